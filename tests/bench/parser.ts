/**
 * How long the parser takes for one message: `deno run tests/bench/parser.ts`.
 *
 * Prints nanoseconds for each message for heads of named sizes,
 * and compares with cutting a head up by `split`, which checks nothing.
 *
 * @module
 */

import { MessageParser, ParseEvents } from "../../http/message_parser.ts";

const MESSAGES: Record<string, string> = {
  "hello (wrk)": "GET /0 HTTP/1.1\r\nHost: 127.0.0.1:8888\r\n\r\n",
  "curl": "GET /items?id=12 HTTP/1.1\r\nHost: localhost:8888\r\n" +
    "User-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n",
  "browser": "GET /articles/2024/05/a-longer-path?utm=1 HTTP/1.1\r\n" +
    "Host: www.example.com\r\nConnection: keep-alive\r\nCache-Control: max-age=0\r\n" +
    'sec-ch-ua: "Chromium";v="124", "Google Chrome";v="124", "Not-A.Brand";v="99"\r\n' +
    'sec-ch-ua-mobile: ?0\r\nsec-ch-ua-platform: "Linux"\r\nUpgrade-Insecure-Requests: 1\r\n' +
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) " +
    "Chrome/124.0.0.0 Safari/537.36\r\n" +
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n" +
    "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\n" +
    "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-US,en;q=0.9\r\n\r\n",
  "30 headers, 4 KB of cookies": "GET /0 HTTP/1.1\r\nHost: 127.0.0.1:8888\r\n" +
    Array.from({ length: 28 }, (_, i) => `X-Header-${i}: value of header ${i}\r\n`).join("") +
    `Cookie: ${"name=0123456789abcdef; ".repeat(186)}end=1\r\n\r\n`,
  "1 KB POST": "POST /echo HTTP/1.1\r\nHost: 127.0.0.1:8888\r\nContent-Length: 1024\r\n\r\n" +
    "x".repeat(1024),
  "64 chunks of 16 bytes": "POST /echo HTTP/1.1\r\nHost: 127.0.0.1:8888\r\n" +
    "Transfer-Encoding: chunked\r\n\r\n" + "10\r\n0123456789abcdef\r\n".repeat(64) + "0\r\n\r\n",
};

let sink = 0;

function parseAll(parser: MessageParser, bytes: Uint8Array): void {
  let at = 0;
  for (;;) {
    const event = parser.parse(bytes, at, bytes.length);
    at += parser.consumed;
    if (event === ParseEvents.HEAD) sink += parser.head.path.length;
    else if (event === ParseEvents.END) return;
    else if (event === ParseEvents.NEED_DATA) throw new Error("message incomplete");
  }
}

function splitHead(bytes: Uint8Array): void {
  const [line, ...fields] = new TextDecoder().decode(bytes).split("\r\n\r\n")[0]!.split("\r\n");
  const map = new Map<string, string>();
  for (const field of fields) {
    const colon = field.indexOf(":");
    map.set(field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim());
  }
  sink += line!.split(" ").length + map.size;
}

/** The best of many short rounds: other work on the machine only adds. */
function nsEach(work: () => void, count: number): number {
  let best = Infinity;
  for (let i = 0; i < 20_000; i++) work();
  for (let round = 0; round < 200; round++) {
    const start = performance.now();
    for (let i = 0; i < count; i++) work();
    best = Math.min(best, (performance.now() - start) * 1e6 / count);
  }
  return best;
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(MESSAGES)) {
    const original = new TextEncoder().encode(text);
    const bytes = original.slice();
    const parser = new MessageParser("request");
    const chunked = text.includes("chunked");
    const target = text.indexOf("/");
    const parsed = nsEach(() => {
      // Chunks are merged in place, so each message needs fresh bytes.
      if (chunked) bytes.set(original);
      // The parser recognises a head that it had just before, so each one differs.
      bytes[target + 1] = bytes[target + 1]! ^ 1;
      parseAll(parser, bytes);
    }, 1000);
    const repeated = nsEach(() => {
      if (chunked) bytes.set(original);
      parseAll(parser, bytes);
    }, 1000);
    const split = nsEach(() => splitHead(bytes), 300);
    console.log(
      `${name.padEnd(30)} ${String(original.length).padStart(5)} bytes ` +
        `${parsed.toFixed(0).padStart(6)} ns   repeated ${repeated.toFixed(0).padStart(6)} ns   split ${
          split.toFixed(0).padStart(6)
        } ns`,
    );
  }
  if (sink === 0) console.log("nothing was parsed");
}
