/**
 * Mutated messages, cut at random: the parser never crashes, and the cut never matters.
 *
 * The mutations are made by a generator with a fixed seed, so that a failure can be repeated. To look further,
 * run with another seed and count: `deno test -A tests/conformance/message_parser_mutations_test.ts -- 7 100000`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { MessageRole } from "../../http/message_parser.ts";
import { type FedEvent, feedPieces, latin1 } from "../helpers/parser_feed.ts";

const SEED = Number(Deno.args[0] ?? 1);
const COUNT = Number(Deno.args[1] ?? 1500);

const CORPUS: [role: MessageRole, text: string][] = [
  ["request", "GET /a?b=c HTTP/1.1\r\nHost: example.com:80\r\nConnection: keep-alive, Upgrade\r\nX-A:  b \t\r\n\r\n"],
  ["request", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: a\r\n\r\n"],
  [
    "request",
    "PUT /x HTTP/1.1\r\nhost: [::1]:8080\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n" +
    "5\r\nhello\r\n01;x=y\r\n!\r\nA \r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\nGET http://b/ HTTP/1.0\n\n",
  ],
  ["request", "\r\nOPTIONS * HTTP/1.1\nHost: a\nCookie: a=b; c=d\nCookie: e\nContent-Length: 2, 2\n\nok"],
  ["response", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\nSet-Cookie: a\r\n b\r\n\r\nabc"],
  ["response", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nHTTP/1.1 404 \r\n\r\nrest"],
];

const INSERTS = [
  "\r",
  "\n",
  "\r\n",
  "\r\n\r\n",
  " ",
  "\t",
  ":",
  ",",
  ";",
  "\0",
  "\x7f",
  "\x80",
  "0",
  "f",
  "Content-Length: 1\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Host: b\r\n",
  " x\r\n",
  "HTTP/1.1",
  "9".repeat(17),
  "x".repeat(300),
];

/** Marsaglia's xorshift: small, and the same everywhere. */
function generator(seed: number): (below: number) => number {
  let state = seed * 2654435761 >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function mutate(text: string, random: (below: number) => number): string {
  for (let i = random(4); i >= 0; i--) {
    const at = random(text.length + 1);
    const to = Math.min(text.length, at + random(20));
    const insert = INSERTS[random(INSERTS.length)]!;
    switch (random(4)) {
      case 0:
        text = text.slice(0, at) + insert + text.slice(at);
        break;
      case 1:
        text = text.slice(0, at) + text.slice(at + 1);
        break;
      case 2:
        text = text.slice(0, at) + insert + text.slice(at + 1);
        break;
      default:
        text = text.slice(0, to) + text.slice(at);
    }
  }
  return text;
}

function cutUp(bytes: Uint8Array, random: (below: number) => number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const size = 1 + random(40);
  for (let at = 0; at < bytes.length;) {
    const to = at + 1 + random(size);
    pieces.push(bytes.subarray(at, to));
    at = to;
  }
  return pieces;
}

/** A message ends before the next begins, and nothing follows an error or the end of the stream. */
function assertOrder(events: FedEvent[], input: string): void {
  const order = events.map((event) => event.type[0]).join("");
  // (h)ead, (d)ata, (t)railers, (e)nd; at last an (e)rror or (e)of.
  assert(/^(?:hd?t?e)*(?:hd?t?)?e$/.test(order), `${order} for ${JSON.stringify(input)}`);
}

Deno.test("MessageParser gives the same events for mutated messages, however they are cut", () => {
  const random = generator(SEED);
  const limits = { maxHeaderSize: 400, maxHeaderCount: 8, maxBodySize: 40, chunkSize: 7 };
  for (let i = 0; i < COUNT; i++) {
    const [role, text] = CORPUS[i % CORPUS.length]!;
    const input = mutate(text, random);
    const bytes = latin1(input);
    const whole = feedPieces(role, [bytes], limits);
    assertOrder(whole, input);
    for (let cut = 0; cut < 3; cut++) {
      const pieces = cutUp(bytes, random);
      assertEquals(feedPieces(role, pieces, limits), whole, `${JSON.stringify(input)} in ${pieces.length} pieces`);
    }
  }
});
