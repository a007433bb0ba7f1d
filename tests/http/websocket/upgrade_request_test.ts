import { assertEquals, assertThrows } from "@std/assert";
import { HTTPRequest, type HTTPRequestOptions } from "@denado/denado/http";
import { upgradeRequest } from "../../../http/websocket/upgrade_request.ts";

const URL_TEXT = "ws://u:p@a.example/chat?x=1";

const OPTIONS: [name: string, given: HTTPRequestOptions, expected: Record<string, unknown>][] = [
  ["the time limit of a request", {}, { connectTimeoutMs: 20_000, sslOptions: {} }],
  ["another time limit", { connectTimeoutMs: 5 }, { connectTimeoutMs: 5 }],
  ["a proxy", { proxyHost: "p.example", proxyPort: 3128, proxyUsername: "me" }, {
    proxy: { host: "p.example", port: 3128, username: "me", password: "" },
  }],
  ["an address to connect from", { networkInterface: "127.0.0.1" }, { sourceIp: "127.0.0.1" }],
  ["IPv4 alone", { allowIpv6: false }, { family: "ipv4" }],
  ["a Unix socket", { unixSocket: "/run/a" }, { unixSocket: "/run/a" }],
  ["files of certificates", { caCerts: "ca", clientCert: "cert", clientKey: "key", validateCert: false }, {
    sslOptions: { cafile: "ca", certfile: "cert", keyfile: "key", verify: false, checkHostname: false },
  }],
  ["TLS settings", { sslOptions: { checkHostname: false } }, { sslOptions: { checkHostname: false } }],
];

for (const [name, given, expected] of OPTIONS) {
  Deno.test(`upgradeRequest takes over ${name}`, () => {
    const { url, options } = upgradeRequest(new HTTPRequest(URL_TEXT, given));
    const { headers: _, ...rest } = options;
    assertEquals([url.href, rest], [URL_TEXT, { connectTimeoutMs: 20_000, sslOptions: {}, ...expected }]);
  });
}

Deno.test("upgradeRequest takes over headers, credentials and signal, and changes nothing of the request", () => {
  const { signal } = new AbortController();
  const request = new HTTPRequest(URL_TEXT, {
    headers: { "Cookie": "a=1" },
    userAgent: "mine",
    authUsername: "me",
    authPassword: "grün",
    signal,
  });
  const { url, options } = upgradeRequest(request);
  assertEquals(url.href, "ws://a.example/chat?x=1");
  assertEquals([...options.headers as Iterable<[string, string]>], [
    ["Cookie", "a=1"],
    ["User-Agent", "mine"],
    ["Authorization", "Basic bWU6Z3LDvG4="],
  ]);
  assertEquals(options.signal, signal);
  assertEquals([...request.headers], [["Cookie", "a=1"]]);
});

const REFUSED: [name: string, options: HTTPRequestOptions, message: string][] = [
  ["another method", { method: "POST" }, "not GET without a body: POST"],
  ["a body", { body: "x" }, "not GET without a body"],
  ["a producer of a body", { bodyProducer: () => {} }, "not GET without a body"],
  ["Digest", { authUsername: "a", authMode: "digest" }, "authMode digest"],
  ["a proxy without a port", { proxyHost: "a" }, "proxyPort is missing"],
  ["a name as address to connect from", { networkInterface: "lo" }, "must be an IP address: lo"],
];

for (const [name, options, message] of REFUSED) {
  Deno.test(`upgradeRequest refuses ${name}`, () => {
    assertThrows(() => upgradeRequest(new HTTPRequest(URL_TEXT, options)), TypeError, message);
  });
}
