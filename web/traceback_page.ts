/**
 * The page that shows an error to its programmer: what was thrown, where, in which lines of the source, and on what
 * request. It is served with the setting `serveTraceback`, to browsers; other clients get the stack as text.
 *
 * Everything on it is escaped, and it loads and runs nothing. Credentials of the request are left out.
 *
 * @module
 */

import type { HTTPServerRequest } from "../http/mod.ts";
import { describeError } from "../ioloop/mod.ts";
import { parsePreferences } from "./quality_values.ts";
import { highlightSource } from "./source_highlight.ts";
import { parseStack, readSource, type StackFrame } from "./stack_trace.ts";
import { TRACEBACK_STYLE } from "./traceback_style.ts";
import { xhtmlEscape } from "./xhtml_escape.ts";

/** What a page is about. */
export interface Traceback {
  /** What was thrown. */
  readonly error: unknown;
  /** The status of the response. */
  readonly statusCode: number;
  /** The reason phrase of the response. */
  readonly reason: string;
  /** The request. */
  readonly request: HTTPServerRequest;
}

/** The page may use its own style and nothing else. */
export const TRACEBACK_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

const CONTEXT_LINES = 5;
/** As many errors are shown of a chain of causes and of those within them. */
const MAX_ERRORS = 10;
const SECRET_FIELDS: ReadonlySet<string> = new Set(["authorization", "cookie", "proxy-authorization"]);

/** Whether a client, by its `Accept` header, is one to show a page to: it names HTML, as every browser does. */
export function wantsPage(accept: string): boolean {
  return parsePreferences(accept).some(({ value, quality }) => quality > 0 && value.toLowerCase() === "text/html");
}

/** The page. */
export function tracebackPage(traceback: Traceback): string {
  const { error, statusCode, reason, request } = traceback;
  const status = `${statusCode} ${reason}`;
  const sources = new Map<string, readonly string[] | undefined>();
  const errors = listErrors(error).map((entry, at) => errorSection(entry, at, sources)).join("");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${xhtmlEscape(`${titleOf(error)} at ${request.path}`)}</title>
<style>${TRACEBACK_STYLE}</style>
</head>
<body>
<header><p><b>${xhtmlEscape(status)}</b> ${xhtmlEscape(`${request.method} ${request.uri}`)}</p></header>
<main>
${errors}
<section><h2>Request</h2>${table(requestRows(request))}</section>
<section><h2>Headers</h2>${table(headerRows(request))}</section>
<details><summary>As text</summary><pre class="text">${xhtmlEscape(describeError(error))}</pre></details>
</main>
<footer>Shown because of the setting <code>serveTraceback</code>, which <code>debug</code> turns on. Turn it off where
others can see it. Deno ${xhtmlEscape(Deno.version.deno)}, V8 ${xhtmlEscape(Deno.version.v8)}.</footer>
</body>
</html>
`;
}

interface ListedError {
  readonly value: unknown;
  /** How it belongs to the one before. */
  readonly relation: string;
}

/** An error with its causes and, for an aggregate, its parts; each of them once. */
function listErrors(error: unknown): ListedError[] {
  const listed: ListedError[] = [];
  const add = (value: unknown, relation: string): void => {
    if (listed.length === MAX_ERRORS || listed.some((entry) => entry.value === value)) return;
    listed.push({ value, relation });
    if (!(value instanceof Error)) return;
    if (value instanceof AggregateError) { for (const part of value.errors) add(part, "One of its errors"); }
    if (value.cause !== undefined) add(value.cause, "Caused by");
  };
  add(error, "");
  return listed;
}

function errorSection(
  { value, relation }: ListedError,
  at: number,
  sources: Map<string, readonly string[] | undefined>,
): string {
  const message = value instanceof Error ? value.message : Deno.inspect(value);
  const heading = relation === "" ? "" : `<p class="relation">${relation}</p>`;
  const frames = value instanceof Error ? parseStack(value.stack ?? "") : [];
  const own = frames.findIndex(isOwn);
  const shown = frames.map((frame, index) => frameHtml(frame, index === Math.max(own, 0) && at === 0, sources));
  return `<section class="error">${heading}<h1>${xhtmlEscape(titleOf(value))}</h1>` +
    `<pre class="message">${xhtmlEscape(message)}</pre>${shown.join("")}</section>`;
}

function titleOf(error: unknown): string {
  return error instanceof Error ? error.name : "Thrown value";
}

/** The folder that this framework is in; its frames, and those of the runtime, are rarely the place to look at. */
const FRAMEWORK = new URL("../", import.meta.url).href;
const OF_FRAMEWORK = new RegExp(`^${RegExp.escape(FRAMEWORK)}(?:ioloop|tcp|http|web)/`);

function isOwn({ file }: StackFrame): boolean {
  return !/^(?:ext|node|deno|<)/.test(file) && !OF_FRAMEWORK.test(file);
}

function frameHtml(
  frame: StackFrame,
  open: boolean,
  sources: Map<string, readonly string[] | undefined>,
): string {
  const { functionName, file, line, column } = frame;
  const place = `<span class="place">${xhtmlEscape(shortName(file))}<i>:${line}:${column}</i></span>`;
  const title = `<code>${xhtmlEscape(functionName || "(module)")}</code> ${place}`;
  const css = isOwn(frame) ? "own" : "other";
  const lines = sourceLines(file, sources);
  if (lines === undefined || line > lines.length) return `<p class="frame ${css}">${title}</p>`;
  const first = Math.max(1, line - CONTEXT_LINES);
  const code = lines.slice(first - 1, line + CONTEXT_LINES).map((html, index) => {
    const number = first + index;
    return `<span class="line${number === line ? " here" : ""}"><i>${number}</i>${html}\n</span>`;
  });
  return `<details class="frame ${css}"${open ? " open" : ""}><summary>${title}</summary>` +
    `<pre>${code.join("")}</pre></details>`;
}

function sourceLines(file: string, sources: Map<string, readonly string[] | undefined>): readonly string[] | undefined {
  if (!sources.has(file)) {
    const source = readSource(file);
    sources.set(file, source === undefined ? undefined : highlightSource(source));
  }
  return sources.get(file);
}

function shortName(file: string): string {
  if (!file.startsWith("file://")) return file;
  const folder = /^.*\//.exec(new URL(Deno.mainModule).href)![0];
  return decodeURI(file.startsWith(folder) ? file.slice(folder.length) : file.slice("file://".length));
}

type Row = readonly [name: string, value: string];

function requestRows(request: HTTPServerRequest): Row[] {
  const { method, uri, version, remoteIp, protocol, host, body } = request;
  return [
    ["Request", `${method} ${uri} ${version}`],
    ["Host", `${protocol}://${host}`],
    ["Client", remoteIp],
    ["Body", body.length === 0 ? "none" : `${body.length} bytes`],
  ];
}

function headerRows(request: HTTPServerRequest): Row[] {
  return [...request.headers.getAll()].map(([name, value]) =>
    [name, SECRET_FIELDS.has(name.toLowerCase()) ? "(not shown)" : value] as const
  );
}

function table(rows: readonly Row[]): string {
  const cells = rows.map(([name, value]) => `<tr><th>${xhtmlEscape(name)}</th><td>${xhtmlEscape(value)}</td></tr>`);
  return `<table>${cells.join("")}</table>`;
}
