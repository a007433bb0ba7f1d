/**
 * What Denado's client sends, beside what Tornado's sends for the same request, and what both make of the same answers.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { type FetchOptions, SimpleAsyncHTTPClient } from "@denado/denado/http";
import { PYTHON, runPython } from "../helpers/python_tornado.ts";
import { ScriptedServer } from "../helpers/scripted_server.ts";

const SCRIPT = `
import asyncio, json, sys
from tornado.httpclient import AsyncHTTPClient, HTTPError

async def main():
    client = AsyncHTTPClient()
    results = []
    for case in json.load(sys.stdin):
        try:
            response = await client.fetch(case["url"], raise_error=False, request_timeout=5, **case["options"])
            results.append([response.code, response.body.decode("latin1"), response.effective_url,
                            response.headers.get_list("X-A")])
        except Exception as error:
            results.append("error")
    print(json.dumps(results))

asyncio.run(main())
`;

/** A request in Tornado's names and in Denado's. */
interface Case {
  readonly path: string;
  readonly tornado: Record<string, unknown>;
  readonly denado: FetchOptions;
}

const AUTH = { authUsername: "Aladdin", authPassword: "open sesame" };

const CASES: readonly Case[] = [
  { path: "/", tornado: {}, denado: {} },
  { path: "/a/b%20c?d=e&f#g", tornado: {}, denado: {} },
  { path: "?only=query", tornado: {}, denado: {} },
  { path: "/", tornado: { method: "HEAD" }, denado: { method: "HEAD" } },
  { path: "/", tornado: { method: "OPTIONS" }, denado: { method: "OPTIONS" } },
  { path: "/", tornado: { method: "DELETE" }, denado: { method: "DELETE" } },
  { path: "/", tornado: { method: "POST", body: "a=\u00e9" }, denado: { method: "POST", body: "a=\u00e9" } },
  { path: "/", tornado: { method: "PUT", body: "" }, denado: { method: "PUT", body: "" } },
  {
    path: "/",
    tornado: { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } },
    denado: { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } },
  },
  {
    path: "/",
    tornado: { headers: { "X-A": "\u00e9", "user-agent": "mine" } },
    denado: { headers: { "X-A": "\u00e9", "user-agent": "mine" } },
  },
  { path: "/", tornado: { user_agent: "given" }, denado: { userAgent: "given" } },
  { path: "/", tornado: { auth_username: "Aladdin", auth_password: "open sesame" }, denado: AUTH },
  { path: "/", tornado: { auth_username: "\u00fc", auth_password: "" }, denado: { authUsername: "\u00fc" } },
  { path: "/", tornado: { if_modified_since: 1359312200 }, denado: { ifModifiedSince: 1359312200_000 } },
  { path: "/", tornado: { decompress_response: false }, denado: { decompressResponse: false } },
  { path: "/redirect/301", tornado: {}, denado: {} },
  { path: "/redirect/302", tornado: { method: "POST", body: "x" }, denado: { method: "POST", body: "x" } },
  { path: "/redirect/303", tornado: { method: "PUT", body: "x" }, denado: { method: "PUT", body: "x" } },
  { path: "/redirect/307", tornado: { method: "PUT", body: "x" }, denado: { method: "PUT", body: "x" } },
  { path: "/redirect/308", tornado: { method: "POST", body: "x" }, denado: { method: "POST", body: "x" } },
  { path: "/redirect/302", tornado: { follow_redirects: false }, denado: { followRedirects: false } },
  { path: "/loop", tornado: { max_redirects: 3 }, denado: { maxRedirects: 3 } },
  { path: "/chunked", tornado: {}, denado: {} },
  { path: "/close", tornado: {}, denado: {} },
  { path: "/204", tornado: {}, denado: {} },
  { path: "/304", tornado: {}, denado: {} },
  { path: "/404", tornado: {}, denado: {} },
  { path: "/folded", tornado: {}, denado: {} },
  { path: "/twice", tornado: {}, denado: {} },
  { path: "/unequal", tornado: {}, denado: {} },
  { path: "/short", tornado: {}, denado: {} },
  { path: "/both", tornado: {}, denado: {} },
];

function answerFor(path: string): string {
  const [, kind, code] = path.split(/[/?]/);
  switch (kind) {
    case "redirect":
      return `HTTP/1.1 ${code} Moved\r\nLocation: /end?x\r\nContent-Length: 0\r\n\r\n`;
    case "loop":
      return "HTTP/1.1 302 Found\r\nLocation: loop\r\nContent-Length: 4\r\n\r\nloop";
    case "chunked":
      return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    case "close":
      return "HTTP/1.0 200 OK\r\n\r\nuntil the close";
    case "204":
      return "HTTP/1.1 204 No Content\r\n\r\n";
    case "304":
      return "HTTP/1.1 304 Not Modified\r\nContent-Length: 42\r\n\r\n";
    case "404":
      return "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno";
    case "folded":
      return "HTTP/1.1 200 OK\r\nX-A: one\r\n two\r\nX-A: \u00e9\r\nContent-Length: 0\r\n\r\n";
    case "twice":
      return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok";
    case "unequal":
      return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok";
    case "short":
      return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok";
    case "both":
      return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    default:
      return "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";
  }
}

/** Answers by path, and writes requests down in a form that can be compared. */
function recordingServer(requests: string[][]): ScriptedServer {
  return new ScriptedServer(async (peer) => {
    for (;;) {
      const { head, body } = await peer.readRequest();
      const [line, ...fields] = head.trimEnd().split("\r\n");
      requests.push([line!, ...fields.map(comparable).filter((field) => field !== "").sort(), body]);
      const [method, path] = line!.split(" ");
      const answer = answerFor(path!);
      await peer.send(method === "HEAD" ? answer.slice(0, answer.indexOf("\r\n\r\n") + 4) : answer);
      if (/^\/(?:close|short|unequal|both)/.test(path!)) return;
    }
  });
}

/** Without what differs on purpose: MIGRATING.md names each. */
function comparable(field: string): string {
  const [name, value] = field.split(/: ?(.*)/);
  const lower = name!.toLowerCase();
  if (lower === "connection") return "";
  if (lower === "accept-encoding") return "accept-encoding: gzip";
  if (lower === "user-agent") return `user-agent: ${value!.replace(/^(?:Tornado|Denado)\/.*/, "own")}`;
  return lower === "host" ? "host: server" : `${lower}: ${value}`;
}

Deno.test("SimpleAsyncHTTPClient sends what Tornado's sends, and gets the same", PYTHON, async () => {
  const [theirs, ours]: [string[][], string[][]] = [[], []];
  await using tornadoServer = recordingServer(theirs);
  const input = CASES.map(({ path, tornado }) => ({ url: tornadoServer.url + path, options: tornado }));
  const theirResults = await runPython(SCRIPT, input) as (unknown[] | "error")[];

  await using server = recordingServer(ours);
  using client = new SimpleAsyncHTTPClient();
  const ourResults = [];
  for (const { path, denado } of CASES) {
    try {
      const { code, body, effectiveUrl, headers } = await client.fetch(server.url + path, {
        ...denado,
        raiseError: false,
      });
      ourResults.push([code, new TextDecoder("latin1").decode(body), effectiveUrl, headers.getList("X-A")]);
    } catch {
      ourResults.push("error");
    }
  }

  const portable = (results: readonly unknown[]) =>
    JSON.parse(JSON.stringify(results).replace(/127\.0\.0\.1:\d+/g, "server"));
  // Python leaves out the slash of an empty path.
  const withSlash = JSON.stringify(portable(theirResults)).replace("http://server?only", "http://server/?only");
  assertEquals(portable(ourResults), JSON.parse(withSlash));
  assertEquals(ours, theirs);
  assert(ours.length > CASES.length, "redirects were followed");
});
