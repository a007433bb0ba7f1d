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
import { ParseError, TemplateError } from "./template/mod.ts";
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
  /** The text of a template, if it can be had. */
  readonly templateSource?: (name: string) => string | undefined;
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
  const sources = new Sources(traceback.templateSource);
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

function errorSection({ value, relation }: ListedError, at: number, sources: Sources): string {
  const message = value instanceof Error ? value.message : Deno.inspect(value);
  const heading = relation === "" ? "" : `<p class="relation">${relation}</p>`;
  const templates = templateFrames(value);
  const calls = value instanceof Error ? parseStack(value.stack ?? "").map((frame) => callFrame(frame)) : [];
  const frames = [...templates, ...calls];
  const first = Math.max(frames.findIndex((frame) => frame.own), 0);
  const shown = frames.map((frame, index) => frameHtml(frame, sources, index === first && at === 0));
  return `<section class="error">${heading}<h1>${xhtmlEscape(titleOf(value))}</h1>` +
    `<pre class="message">${xhtmlEscape(message)}</pre>${shown.join("")}</section>`;
}

/** A place that led to an error. */
interface Frame {
  readonly title: string;
  /** The file as a URL, or the name of a template. */
  readonly file: string;
  readonly isTemplate: boolean;
  readonly line: number;
  /** The line, and the column if it is known. */
  readonly position: string;
  /** Whether it is the programmer's. */
  readonly own: boolean;
}

function callFrame(frame: StackFrame): Frame {
  const { functionName, file, line, column } = frame;
  const position = `${line}:${column}`;
  return { title: functionName || "(module)", file, isTemplate: false, line, position, own: isOwn(frame) };
}

/** The lines of templates that an error of one names. */
function templateFrames(error: unknown): Frame[] {
  if (!(error instanceof TemplateError || error instanceof ParseError) || error.filename === undefined) return [];
  const via = error instanceof TemplateError ? error.via : [];
  return [{ filename: error.filename, lineno: error.lineno }, ...via].map(({ filename, lineno }) => (
    { title: "template", file: filename, isTemplate: true, line: lineno, position: String(lineno), own: true }
  ));
}

/** The lines of source files and templates, as HTML; each is read once. */
class Sources {
  readonly #templateSource: (name: string) => string | undefined;
  readonly #files = new Map<string, readonly string[] | undefined>();
  readonly #templates = new Map<string, readonly string[] | undefined>();

  constructor(templateSource: (name: string) => string | undefined = () => undefined) {
    this.#templateSource = templateSource;
  }

  linesOf({ file, isTemplate }: Frame): readonly string[] | undefined {
    const known = isTemplate ? this.#templates : this.#files;
    if (!known.has(file)) {
      const source = isTemplate ? this.#templateSource(file) : readSource(file);
      const lines = isTemplate
        ? source?.split(/\r?\n/).map((line) => xhtmlEscape(line))
        : source && highlightSource(source);
      known.set(file, lines || undefined);
    }
    return known.get(file);
  }
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

function frameHtml(frame: Frame, sources: Sources, open: boolean): string {
  const { title, file, line, position } = frame;
  const place = `<span class="place">${xhtmlEscape(shortName(file))}<i>:${position}</i></span>`;
  const heading = `<code>${xhtmlEscape(title)}</code> ${place}`;
  const css = frame.own ? "own" : "other";
  const lines = sources.linesOf(frame);
  if (lines === undefined || line < 1 || line > lines.length) return `<p class="frame ${css}">${heading}</p>`;
  const first = Math.max(1, line - CONTEXT_LINES);
  const code = lines.slice(first - 1, line + CONTEXT_LINES).map((html, index) => {
    const number = first + index;
    return `<span class="line${number === line ? " here" : ""}"><i>${number}</i>${html}\n</span>`;
  });
  return `<details class="frame ${css}"${open ? " open" : ""}><summary>${heading}</summary>` +
    `<pre>${code.join("")}</pre></details>`;
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
