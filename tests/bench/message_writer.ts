/**
 * How long a response head takes: `deno run tests/bench/message_writer.ts`.
 *
 * Prints nanoseconds for each head, the best of many short rounds: filling the header map,
 * building the text, and encoding it; and compares with one template string, which checks
 * nothing.
 *
 * @module
 */

import { HTTPHeaders } from "../../http/headers.ts";
import { currentHttpDate } from "../../http/http_date.ts";
import { MessageWriter } from "../../http/message_writer.ts";

const REQUEST = { method: "GET", minorVersion: 1, keepAlive: true };
const OK = { code: 200, reason: "OK" };
const into = new Uint8Array(65536);
const encoder = new TextEncoder();

let sink = 0;

function nsEach(work: () => void): number {
  let best = Infinity;
  for (let i = 0; i < 20_000; i++) work();
  for (let round = 0; round < 300; round++) {
    const start = performance.now();
    for (let i = 0; i < 1000; i++) work();
    best = Math.min(best, (performance.now() - start) * 1000);
  }
  return best;
}

function encode(text: string, bytes: Uint8Array): number {
  return encoder.encodeInto(text, bytes).written;
}

function fill(): HTTPHeaders {
  const headers = new HTTPHeaders();
  headers.set("Server", "TornadoServer/6.6");
  headers.set("Content-Type", "text/html; charset=UTF-8");
  headers.set("Date", currentHttpDate(1_700_000_000_000));
  headers.set("Etag", '"943a702d06f34599aee1f8da8ef9f7296031d699"');
  headers.set("Content-Length", "12");
  return headers;
}

if (import.meta.main) {
  const writer = new MessageWriter();
  const filled = fill();
  const head = writer.startResponse(OK, filled, REQUEST);
  const results: [string, number][] = [
    ["fill 5 headers", nsEach(() => sink += fill().fieldCount)],
    ["start line and 5 headers to text", nsEach(() => sink += writer.startResponse(OK, filled, REQUEST).length)],
    ["encode the text", nsEach(() => sink += encode(head, into))],
    [
      "all of it",
      nsEach(() => sink += encode(writer.startResponse(OK, fill(), REQUEST), into)),
    ],
    [
      "one template string, encoded",
      nsEach(() =>
        sink += encode(
          `HTTP/1.1 200 OK\r\nServer: TornadoServer/6.6\r\nContent-Type: text/html; charset=UTF-8\r\nDate: ${
            currentHttpDate(1_700_000_000_000)
          }\r\nEtag: "943a702d06f34599aee1f8da8ef9f7296031d699"\r\nContent-Length: ${sink & 15}\r\n\r\n`,
          into,
        )
      ),
    ],
  ];
  console.log(`response head of ${head.length} bytes`);
  for (const [name, ns] of results) console.log(`${name.padEnd(40)} ${ns.toFixed(0).padStart(6)} ns`);
}
