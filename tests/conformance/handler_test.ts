/**
 * What handlers send, as Tornado's do: redirects, errors, headers, entity tags and conditional requests, compression,
 * slashes, streamed bodies, and a page with UI modules. The same requests go to the same application in both.
 *
 * What differs on purpose is in MIGRATING.md and has its tests in tests/web/. All of it goes to one Tornado process.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { decode, latin1Bytes } from "../helpers/content_codings.ts";
import { type ExpectedLog, expectLog } from "../helpers/expect_log.ts";
import { header, RawClient, type RawResponse } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";
import { PYTHON, PythonServer } from "../helpers/python_tornado.ts";
import { ARGUMENT, makeApp } from "./handler/app.ts";

interface Exchange {
  readonly line: string;
  readonly fields?: string;
  readonly body?: string;
}

const lines = (method: string, path: string, names: string): Exchange[] =>
  names.split(" ").map((name) => ({ line: `${method} ${path}${name}` }));

const ETAG = '"f7ff9e8b7bb2e09b70935a5d785e0cc5d9d0abf0"';
const TAGS = [ETAG, `W/${ETAG}`, `"x", ${ETAG}`, `W/"x",W/${ETAG},"y"`, "*", '"x"', ETAG.slice(1, -1), "", '"'];
const WEAK_TAGS = ['"weak"', 'W/"weak"', '"x", W/"weak"', '"we"', "*"];

const GROUPS: Record<string, Exchange[]> = {
  redirects: [
    ...lines("GET", "/redirect/", "plain permanent status twice wrong late"),
    ...lines("POST", "/redirect/", "plain status"),
  ],
  errors: [
    ...lines(
      "GET",
      "/error/",
      "raise finish finish_chunk unknown reason log send status status_reason 204 304 finished",
    ),
    ...lines("POST", "/error/", "raise log finish"),
    ...lines("GET", "/own_error/", "page fails"),
    { line: "GET /nowhere" },
    { line: "POST /nowhere" },
    { line: "HEAD /nowhere" },
  ],
  writes: [
    ...lines("GET", "/write/", "dict bytes list headers cleared length flush flush_length no_etag nothing"),
    ...lines("HEAD", "/write/", "dict bytes headers length flush flush_length no_etag nothing"),
    ...lines("POST", "/write/", "dict bytes cleared nothing"),
  ],
  conditions: [
    ...TAGS.flatMap((tag) => [
      { line: "GET /conditional", fields: `If-None-Match: ${tag}\r\n` },
      { line: "HEAD /conditional", fields: `If-None-Match: ${tag}\r\n` },
    ]),
    ...WEAK_TAGS.map((tag) => ({ line: "GET /weak", fields: `If-None-Match: ${tag}\r\n` })),
    { line: "POST /conditional", fields: "If-None-Match: *\r\n" },
    { line: "GET /write/no_etag", fields: "If-None-Match: *\r\n" },
  ],
  slashes: ["GET", "POST"].flatMap((method) =>
    ["/add", "/add/", "/add?a=b", "/add/?a=b", "/remove", "/remove/", "/remove?a=b", "/remove/?a=b"]
      .map((path) => ({ line: `${method} ${path}` }))
  ),
  "streamed bodies": [
    { line: "POST /streamed", fields: "Content-Length: 3\r\n", body: "abc" },
    { line: "POST /streamed", fields: "Transfer-Encoding: chunked\r\n", body: "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" },
    { line: "POST /streamed", fields: "Content-Length: 0\r\n" },
    { line: "POST /streamed?refuse=1" },
    { line: "GET /streamed" },
  ],
  pages: [{ line: "GET /page" }],
};

const COMPRESSED: Exchange[] = ["gzip", "deflate, gzip;q=0.5", "identity", "br"].flatMap((accepted) =>
  lines("GET", "/compressed/", "page short limit png json svg encoded vary flush error")
    .map((exchange) => ({ ...exchange, fields: `Accept-Encoding: ${accepted}\r\n` }))
);

/** Logged by Denado: what the handlers throw. */
const LOG: ExpectedLog[] = [
  { level: "error", pattern: "mine" },
  { level: "error", pattern: "late" },
  { level: "error", pattern: "Cannot redirect with status 200" },
  { level: "error", pattern: "Cannot write" },
  { level: "warning", pattern: "secret x" },
];

async function ask(port: number, exchange: Exchange): Promise<RawResponse> {
  const { line, fields = "", body = "" } = exchange;
  using client = await RawClient.connect(port);
  return await client.request(`${line} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n${fields}\r\n${body}`);
}

/** What both must agree on. */
function essence(response: RawResponse): unknown {
  const headers = Object.fromEntries(
    [...response.headers].filter(([name]) => !["server", "date"].includes(name)).sort(),
  );
  delete headers.allow; // RFC 9110 15.5.6 asks for it with 405, and Tornado does not send it
  if (!header(response, "Content-Type")?.startsWith("application/json")) return { ...response, headers };
  // Tornado's JSON has more blanks.
  delete headers["content-length"];
  delete headers.etag;
  return { ...response, headers, body: withoutBlanks(response.body) };
}

function withoutBlanks(json: string): string {
  return json.replaceAll(/([,:]) /g, "$1");
}

/** The same for a response that may be compressed, in which neither the bytes nor the entity tag need be the same. */
function decodedEssence(response: RawResponse): unknown {
  const coding = header(response, "Content-Encoding");
  const compressed = coding === "gzip";
  const body = compressed ? new TextDecoder().decode(decode(coding, latin1Bytes(response.body))) : response.body;
  if (compressed && response.framing === "length") assert(response.body.length < body.length);
  const headers = Object.fromEntries(
    [...response.headers].filter(([name]) => !["server", "date", "content-length", "etag"].includes(name)).sort(),
  );
  const isJson = header(response, "Content-Type")?.startsWith("application/json");
  return { ...response, headers, body: isJson ? withoutBlanks(body) : body };
}

Deno.test("RequestHandler sends what Tornado's sends, apart from what is listed", PYTHON, async (t) => {
  const { text } = ARGUMENT;
  await using python = await PythonServer.start<[number, number]>(
    new URL("handler/app.py", import.meta.url),
    { text, templates: ARGUMENT.templates },
  );
  const [plain, compressing] = python.ready;
  await expectLog(LOG, () =>
    withServer(makeApp({}), async (server) => {
      for (const [group, exchanges] of Object.entries(GROUPS)) {
        await t.step(`${group} (${exchanges.length} requests)`, async () => {
          for (const exchange of exchanges) {
            const [theirs, ours] = await Promise.all([ask(plain, exchange), ask(server.port, exchange)]);
            assertEquals(essence(ours), essence(theirs), `${exchange.line} ${exchange.fields ?? ""}`);
          }
        });
      }
    }));
  await withServer(makeApp({ compressResponse: { codings: ["gzip"] } }), async (server) => {
    await t.step(`compression (${COMPRESSED.length} requests)`, async () => {
      for (const exchange of COMPRESSED) {
        const [theirs, ours] = await Promise.all([ask(compressing, exchange), ask(server.port, exchange)]);
        assertEquals(decodedEssence(ours), decodedEssence(theirs), `${exchange.line} ${exchange.fields ?? ""}`);
      }
    });
  });
});
