import { ParseError } from "@denado/denado/template";
import { assertEquals, assertThrows } from "@std/assert";
import { readTokens, type Terminator, type Token } from "../../../web/template/expression_tokens.ts";
import { SourceText } from "../../../web/template/source_text.ts";

function read(text: string, terminator: Terminator = "}}"): string | undefined {
  const run = readTokens(new SourceText("t", text), 0, terminator);
  return run && `${show(run.tokens)}|${text.slice(run.nextOffset)}`;
}

function show(tokens: readonly Token[]): string {
  return tokens.map(({ kind, text, parts }) => {
    if (parts === undefined) return `${kind[0]}:${text}`;
    return `t:${parts.texts.map((part, i) => `${part}<${show(parts.expressions[i] ?? [])}>`).join("")}`;
  }).join(" ");
}

const TOKENS: { text: string; tokens: string; terminator?: Terminator }[] = [
  { text: "a }}b", tokens: "n:a e:}}|b" },
  { text: "\n}}", tokens: "e:}}|" },
  { text: "$a_1 \u00e9\u{10400}b}}", tokens: "n:$a_1 n:\u00e9\u{10400}b e:}}|" },
  { text: "{a: {b: 1}}}}x", tokens: "p:{ n:a p:: p:{ n:b p:: n:1 p:} p:} e:}}|x" },
  { text: "'}}' + \"}}\"}}", tokens: "s:'}}' p:+ s:\"}}\" e:}}|" },
  { text: "'it\\'s'}}", tokens: "s:'it\\'s' e:}}|" },
  { text: "'a\\\nb'}}", tokens: "s:'a\\\nb' e:}}|" },
  { text: "`a${b}}}`}}", tokens: "t:a<n:b e:}>}}<> e:}}|" },
  { text: "`${`${x}`}\\``}}", tokens: "t:<t:<n:x e:}><> e:}>\\`<> e:}}|" },
  { text: "`${{a: 1}.a}`}}", tokens: "t:<p:{ n:a p:: n:1 p:} p:. n:a e:}><> e:}}|" },
  { text: "a / b / c}}", tokens: "n:a p:/ n:b p:/ n:c e:}}|" },
  { text: "/}}[/]\\//gi.test(x)}}", tokens: "r:/}}[/]\\//gi p:. n:test p:( n:x p:) e:}}|" },
  {
    text: "(a) / 2, [b] / 2, x in /y/}}",
    tokens: "p:( n:a p:) p:/ n:2 p:, p:[ n:b p:] p:/ n:2 p:, n:x n:in r:/y/ e:}}|",
  },
  { text: "a %}b", tokens: "n:a e:%}|b", terminator: "%}" },
  { text: "{a %}b", tokens: "p:{ n:a e:%}|b", terminator: "%}" },
  { text: "a % b %}", tokens: "n:a p:% n:b e:%}|", terminator: "%}" },
  {
    text: "0 1.5 .5 1. 1e3 1_000 0xFf 0b1 0o7 5n 1e-7}}",
    tokens: "n:0 n:1.5 n:.5 n:1. n:1e3 n:1_000 n:0xFf n:0b1 n:0o7 n:5n n:1e-7 e:}}|",
  },
  { text: "a?.b ?.5:c ?? d}}", tokens: "n:a p:?. n:b p:? n:.5 p:: n:c p:?? n:d e:}}|" },
  { text: "a>>>=b>>>c===d**=e=>...f}}", tokens: "n:a p:>>>= n:b p:>>> n:c p:=== n:d p:**= n:e p:=> p:... n:f e:}}|" },
  { text: "a /* }} */ b}}", tokens: "n:a n:b e:}}|" },
];

for (const { text, tokens, terminator } of TOKENS) {
  Deno.test(`readTokens reads ${JSON.stringify(text)}`, () => {
    assertEquals(read(text, terminator), tokens);
  });
}

Deno.test("readTokens returns nothing where the end is missing", () => {
  for (const text of ["", "a", "{ a", "(a", "'}}'"]) assertEquals(read(text), undefined);
});

const ERRORS: { text: string; message: string }[] = [
  { text: "\n'a}}", message: "Missing end of string ' at t:2" },
  { text: "'a\nb'}}", message: "Missing end of string ' at t:1" },
  { text: '"a\\', message: 'Missing end of string " at t:1' },
  { text: "`a}}", message: "Missing end of template literal ` at t:1" },
  { text: "`a${b", message: "Missing end of substitution } at t:1" },
  { text: "/a}}", message: "Missing end of regular expression / at t:1" },
  { text: "/(/}}", message: "Unexpected regular expression at t:1" },
  { text: "/a/zz}}", message: "Unexpected regular expression at t:1" },
  { text: "/* }}", message: "Missing end of comment */ at t:1" },
  { text: "a // b}}", message: "Cannot use //: divide by Math.floor(a / b), comment by /* */ at t:1" },
  { text: "# a}}", message: 'Unexpected character "#" at t:1' },
  { text: "@a}}", message: 'Unexpected character "@" at t:1' },
  { text: "a\\u0062}}", message: 'Unexpected character "\\\\" at t:1' },
  { text: "a } b}}", message: "Unexpected } at t:1" },
  { text: "3px}}", message: 'Unexpected number "3" at t:1' },
  { text: "007}}", message: 'Unexpected number "0" at t:1' },
  { text: "0x}}", message: 'Unexpected number "0" at t:1' },
  { text: "'\\8'}}", message: 'Unexpected escape "\\\\8" in a string at t:1' },
  { text: "'\\01'}}", message: 'Unexpected escape "\\\\0" in a string at t:1' },
  { text: "'\\xg0'}}", message: 'Unexpected escape "\\\\x" in a string at t:1' },
  { text: "'\\u{110000}'}}", message: 'Unexpected escape "\\\\u" in a string at t:1' },
  { text: "`\\u12`}}", message: 'Unexpected escape "\\\\u" in a string at t:1' },
];

for (const { text, message } of ERRORS) {
  Deno.test(`readTokens refuses ${JSON.stringify(text)}`, () => {
    assertEquals(assertThrows(() => read(text), ParseError).message, message);
  });
}

Deno.test("readTokens accepts every legal escape", () => {
  const text = "'\\0\\n\\x41\\u0041\\u{1f600}\\u{00010ffff}\\'\\q'}}";
  assertEquals(read(text), `s:${text.slice(0, -2)} e:}}|`);
});
