/**
 * What a server sends back for raw bytes, in a form in which two servers can be compared.
 *
 * Of a response counts what a client could notice: status, body, how it ends, whether the connection goes on, and the
 * header fields, except for those that tell the time and the server's name. An error that the connection itself answers
 * has no body and few headers in both, which ones is not compared.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** One response. */
export interface Answered {
  readonly status: number;
  readonly version: string;
  readonly framing?: "none" | "length" | "chunked" | "close";
  /** Sorted, names in lower case. */
  readonly headers?: readonly string[];
  /** Parsed where it is JSON. */
  readonly body?: unknown;
}

/** All that came: responses, and what is none. */
export interface Transcript {
  readonly responses: readonly Answered[];
  /** What could not be read as a response. */
  readonly rest?: string;
}

/** How long nothing may come before a server counts as one that hangs. */
const QUIET_MS = 5000;

/** Sends the pieces, waits until the server closes, and reads what came. */
export async function record(
  port: number,
  pieces: readonly string[],
  { methods, halfClose }: { readonly methods: readonly string[]; readonly halfClose: boolean },
): Promise<Transcript> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const reading = readToEnd(conn);
  try {
    for (const [at, piece] of pieces.entries()) {
      if (at > 0) await new Promise((resolve) => setTimeout(resolve, 2)); // so that it is a segment of its own
      let bytes = Buffer.from(piece, "latin1");
      while (bytes.length > 0) bytes = bytes.subarray(await conn.write(bytes));
    }
    if (halfClose) await conn.closeWrite();
  } catch {
    // a server that has answered and closed need not take everything
  }
  return parse(await reading, methods);
}

async function readToEnd(conn: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(65536);
  let text = "";
  const timer = setTimeout(() => {
    text += "(hangs)";
    conn.close();
  }, QUIET_MS);
  try {
    for (let count; (count = await conn.read(buffer)) !== null;) {
      text += Buffer.from(buffer.buffer, 0, count).toString("latin1");
    }
  } catch {
    // a reset, or the timer
  }
  clearTimeout(timer);
  try {
    conn.close();
  } catch {
    // the timer has closed it
  }
  return text;
}

function parse(text: string, methods: readonly string[]): Transcript {
  const responses: Answered[] = [];
  for (let number = 0; text !== ""; number++) {
    const end = text.indexOf("\r\n\r\n");
    const [statusLine, ...lines] = text.slice(0, end < 0 ? 0 : end).split("\r\n");
    const match = /^(HTTP\/1\.\d) (\d{3}) /.exec(`${statusLine} `);
    if (match === null) return { responses, rest: text };
    const status = Number(match[2]);
    const head = readFields(lines);
    const { body, framing, rest } = readBody(text.slice(end + 4), { status, head, method: methods[number] ?? "GET" });
    text = rest;
    if (status < 200) number--;
    responses.push(describe({ version: match[1]!, status, head, body, framing }));
  }
  return { responses };
}

function readFields(lines: readonly string[]): Map<string, string[]> {
  const head = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    head.set(name, [...head.get(name) ?? [], line.slice(colon + 1).trim()]);
  }
  return head;
}

interface HeadFacts {
  readonly status: number;
  readonly head: ReadonlyMap<string, string[]>;
  readonly method: string;
}

interface Body {
  readonly body: string;
  readonly framing: "none" | "length" | "chunked" | "close";
  readonly rest: string;
}

function readBody(text: string, { status, head, method }: HeadFacts): Body {
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) {
    return { body: "", framing: "none", rest: text };
  }
  const length = head.get("content-length")?.[0];
  if (head.has("transfer-encoding")) return readChunks(text);
  if (length === undefined) return { body: text, framing: "close", rest: "" };
  return { body: text.slice(0, Number(length)), framing: "length", rest: text.slice(Number(length)) };
}

function readChunks(text: string): Body {
  for (let body = "";;) {
    const end = text.indexOf("\r\n");
    const size = parseInt(text.slice(0, end), 16);
    if (end < 0 || Number.isNaN(size)) return { body: `${body}(no chunk: ${text})`, framing: "chunked", rest: "" };
    body += text.slice(end + 2, end + 2 + size);
    text = text.slice(end + 4 + size);
    if (size === 0) return { body, framing: "chunked", rest: text };
  }
}

interface Parts extends Omit<Body, "rest">, Omit<HeadFacts, "method"> {
  readonly version: string;
}

const NOT_COMPARED: ReadonlySet<string> = new Set(["date", "server"]);

function describe({ version, status, head, body, framing }: Parts): Answered {
  if (status >= 400 && body === "") return { version, status };
  const headers = [...head].filter(([name]) => !NOT_COMPARED.has(name))
    // The values of what describes the connection may be written in any case.
    .map(([name, values]) => `${name}: ${name === "connection" ? String(values).toLowerCase() : values.join(" | ")}`);
  const parsed = body.startsWith("{") ? JSON.parse(Buffer.from(body, "latin1").toString()) : body;
  return {
    version,
    status,
    framing,
    headers: headers.sort(),
    body: parsed,
  };
}
