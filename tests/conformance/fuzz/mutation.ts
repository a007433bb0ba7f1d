/**
 * Requests that were fine once: a corpus, and how it is spoiled.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { deflateSync, gzipSync } from "node:zlib";
import type { Random } from "../../helpers/random.ts";

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const GZIP = latin1(gzipSync("a=b&c=d"));
const DEFLATE = latin1(deflateSync("Hello"));
const FORM = "Content-Type: application/x-www-form-urlencoded\r\n";
const PARTS = '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--B\r\n' +
  "Content-Disposition: form-data; name=f; filename=\"a.txt\"; filename*=UTF-8''%C3%A4\r\n" +
  "Content-Type: text/plain\r\n\r\nabc\r\n--B--\r\n";

/** Good requests, several on a connection in some. */
export const CORPUS: readonly string[] = [
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /a/b?c=d&e=%20f#g HTTP/1.1\r\nHost: example.com:80\r\nConnection: keep-alive, Upgrade\r\nX-A:  b \t\r\n\r\n",
  "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET /second HTTP/1.0\r\n\r\n",
  'HEAD / HTTP/1.1\r\nHost: [::1]:8080\r\nIf-None-Match: "a", W/"b"\r\nRange: bytes=0-5,-3\r\n\r\n',
  'OPTIONS * HTTP/1.1\nHost: a\nCookie: a=b; c="d\\"\\101"; e\nCookie: f\n\n',
  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /next HTTP/1.1\r\nHost: a\r\n\r\n",
  "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2, 2\r\nExpect: 100-continue\r\n\r\nok",
  "PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n\r\n" +
  '5\r\nhello\r\n01;x="y"\r\n!\r\nA \r\n0123456789\r\n0\r\nChecksum: 1\r\n\r\n' +
  "DELETE http://b.example/c HTTP/1.1\r\nHost: a\r\n\r\n",
  `POST /form?a=1 HTTP/1.1\r\nHost: a\r\n${FORM}Content-Length: 14\r\n\r\na=b&c=%20+&d=&e`,
  `POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: ${PARTS.length}\r\n\r\n${PARTS}`,
  `POST /form HTTP/1.1\r\nHost: a\r\n${FORM}Content-Encoding: gzip\r\nContent-Length: ${GZIP.length}\r\n\r\n${GZIP}`,
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: deflate\r\nTransfer-Encoding: chunked\r\n\r\n` +
  `${DEFLATE.length.toString(16)}\r\n${DEFLATE}\r\n0\r\n\r\n`,
  "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4, ::1, 10.0.0.1\r\nX-Forwarded-Proto: https, http\r\n\r\n",
  "GET /stream HTTP/1.1\r\nHost: a\r\n\r\nGET /late HTTP/1.1\r\nHost: a\r\n\r\nGET /length HTTP/1.1\r\nHost: a\r\n\r\n",
  "POST /never HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nabGET /never HTTP/1.1\r\nHost: a\r\n\r\n",
  "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\nraw bytes",
  "GET /detach HTTP/1.1\r\nHost: a\r\nUpgrade: raw\r\nConnection: Upgrade\r\n\r\nraw bytes",
  "GET /hints HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
];

/** What parsers look for, in places where they do not expect it. */
const DICTIONARY: readonly string[] = [
  ...[
    "\r",
    "\n",
    "\r\n",
    "\r\n\r\n",
    "\n\n",
    "\n\r",
    "\0",
    " ",
    "\t",
    "\x0b",
    "\x0c",
    "\x7f",
    "\x80",
    "\xff",
    "\x85",
    "\xa0",
  ],
  ...[":", ",", ";", "=", "&", "%", '"', "\\", "?", "#", "//", "../", "[", "]", "*", "--", "--B", "--B--\r\n"],
  ...["0", "00", "f", "-1", "+1", "0x1", "1_0", "9".repeat(17), "f".repeat(16), "1\r\nx\r\n", "0\r\n\r\n", ";a=b", ";"],
  ..."Content-Length: 1\r\n|Content-Length: 0\r\n|Transfer-Encoding: chunked\r\n|Transfer-Encoding: gzip\r\n".split(
    "|",
  ),
  ..."Host: b\r\n|Connection: close\r\n|Expect: 100-continue\r\n|Content-Encoding: gzip\r\n|Content-Type: x/y\r\n"
    .split("|"),
  ..."Cookie: a=b\r\n| folded\r\n|HTTP/1.1|HTTP/1.0|HTTP/2.0|GET |POST |CONNECT |http://|chunked|boundary=|filename*="
    .split("|"),
  ...["x".repeat(300), "a=".repeat(1200), "A: b\r\n".repeat(120), "GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
];

/** A request of the corpus with a few changes; after many it is only garbage, and that is refused early. */
export function mutate(random: Random): string {
  let text = random.pick(CORPUS);
  for (let count = random.pick([1, 1, 1, 1, 2, 2, 3, 6]); count > 0; count--) text = mutateOnce(text, random);
  return text;
}

function mutateOnce(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const to = Math.min(text.length, at + random.below(20));
  switch (random.below(9)) {
    case 0: // insert
      return text.slice(0, at) + random.pick(DICTIONARY) + text.slice(at);
    case 1: // overwrite
      return text.slice(0, at) + random.pick(DICTIONARY) + text.slice(to);
    case 2: // delete
      return text.slice(0, at) + text.slice(to);
    case 3: // flip a bit
      return at === text.length
        ? text
        : text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << random.below(8))) + text.slice(at + 1);
    case 4: // any byte
      return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1);
    case 5: // repeat
      return text.slice(0, to) + text.slice(at, to).repeat(random.below(5)) + text.slice(to);
    case 6: // cut off
      return text.slice(0, at);
    case 7: // join with another
      return text.slice(0, at) + random.pick(CORPUS).slice(random.below(40));
    default: // swap two lines
      return swapLines(text, random);
  }
}

function swapLines(text: string, random: Random): string {
  const lines = text.split("\r\n");
  const [one, other] = [random.below(lines.length), random.below(lines.length)];
  [lines[one], lines[other]] = [lines[other]!, lines[one]!];
  return lines.join("\r\n");
}

/** The text in pieces, most often few. */
export function cut(text: string, random: Random): string[] {
  const pieces: string[] = [];
  const most = random.pick([1, 1, 2, 3, 8, 40]);
  let start = 0;
  for (let count = 1; count < most && start < text.length; count++) {
    const end = start + 1 + random.below(Math.ceil(text.length / most) * 2);
    pieces.push(text.slice(start, end));
    start = end;
  }
  if (start < text.length) pieces.push(text.slice(start));
  return pieces;
}
