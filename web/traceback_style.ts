/**
 * How the page about an error looks, by light and by dark.
 *
 * @module
 */

/** The style sheet of the page. */
export const TRACEBACK_STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f5f4, #17181c); --card: light-dark(#fff, #1f2127); --text: light-dark(#1f2328, #e4e5e8);
  --soft: light-dark(#6a7078, #969ba6); --line: light-dark(#e2e1df, #32353d); --accent: light-dark(#c6262e, #ff6b6b);
  --here: light-dark(#ffebe9, #4a2529); --string: light-dark(#1a7f37, #8ddb8c); --keyword: light-dark(#8250df, #c792ea);
  --number: light-dark(#0550ae, #79c0ff);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
header { background: var(--accent); color: light-dark(#fff, #17181c); padding: 10px 0; }
header p { margin: 0 auto; overflow-wrap: anywhere; }
header b { margin-right: .7em; }
header p, main, footer { max-width: 1040px; padding: 0 20px; margin: 0 auto; }
section { margin: 28px 0; }
h1 { font-size: 26px; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 0 0 8px; }
code, pre, td, .place { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 13px; }
pre { margin: 0; }
.relation { color: var(--accent); font-weight: 600; margin: 0 0 4px; }
.message { font-size: 15px; margin: 6px 0 18px; white-space: pre-wrap; overflow-wrap: anywhere; color: var(--accent); }
.frame { margin: 0; background: var(--card); border: 1px solid var(--line); border-top-width: 0; }
.message + .frame { border-top-width: 1px; border-radius: 8px 8px 0 0; }
.frame:last-child { border-radius: 0 0 8px 8px; }
.message + .frame:last-child { border-radius: 8px; }
p.frame, .frame summary { padding: 7px 14px; overflow-wrap: anywhere; }
p.frame { padding-left: 31px; }
.frame code { font-weight: 600; }
.other { color: var(--soft); }
.other code { font-weight: 400; }
.place { color: var(--soft); margin-left: .5em; }
.place i { font-style: normal; }
summary { cursor: pointer; }
summary:hover { background: light-dark(#f3f2f1, #282b32); }
.frame pre { overflow-x: auto; border-top: 1px solid var(--line); padding: 8px 0; color: var(--text); tab-size: 4; }
.line { display: block; min-width: max-content; padding-right: 14px; }
.line i { display: inline-block; width: 58px; padding-right: 16px; text-align: right; font-style: normal; color: var(--soft); user-select: none; }
.here { background: var(--here); box-shadow: inset 3px 0 var(--accent); }
.here i { color: var(--accent); font-weight: 700; }
.c { color: var(--soft); font-style: italic; }
.s { color: var(--string); }
.k { color: var(--keyword); }
.n { color: var(--number); }
table { width: 100%; border-collapse: separate; border-spacing: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
th, td { text-align: left; vertical-align: top; padding: 6px 14px; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
tr:first-child > * { border-top: 0; }
th { width: 200px; font-weight: 500; color: var(--soft); }
.text { margin-top: 10px; padding: 14px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; }
footer { color: var(--soft); font-size: 13px; padding-top: 10px; padding-bottom: 40px; }
@media (max-width: 600px) { th { width: 34%; } .place { display: block; margin: 0; } }
`;
