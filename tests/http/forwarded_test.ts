import {
  ForwardedFields,
  type HTTPConnection,
  HTTPHeaders,
  type HTTPMessageDelegate,
  ProxyAdapter,
} from "@denado/denado/http";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import type { ConnectionContext, ServerConnection } from "../../http/delegates.ts";
import { plainAddress } from "../../http/forwarded.ts";
import { withServer } from "../helpers/http_server.ts";

const PEER: ConnectionContext = { remoteIp: "127.0.0.1", protocol: "http" };

// The first ones are Tornado's (httpserver_test.XHeaderTest).
const ADDRESSES: [headers: Record<string, string | string[]>, expected: string, reason: string][] = [
  [{}, "127.0.0.1", "nothing"],
  [{ "X-Real-IP": "4.4.4.4" }, "4.4.4.4", "an IPv4 address"],
  [{ "X-Forwarded-For": "127.0.0.1, 4.4.4.4" }, "4.4.4.4", "the last of a list"],
  [{ "X-Real-IP": "2620:0:1cfe:face:b00c::3" }, "2620:0:1cfe:face:b00c::3", "an IPv6 address"],
  [{ "X-Forwarded-For": "::1, 2620:0:1cfe:face:b00c::3" }, "2620:0:1cfe:face:b00c::3", "the last of an IPv6 list"],
  [{ "X-Real-IP": "4.4.4.4<script>" }, "127.0.0.1", "junk"],
  [{ "X-Forwarded-For": "4.4.4.4, 5.5.5.5<script>" }, "127.0.0.1", "junk at the end of a list"],
  [{ "X-Real-IP": "www.google.com" }, "127.0.0.1", "a name"],
  [{ "X-Forwarded-For": "127.0.0.1, 4.4.4.4, 5.5.5.5" }, "4.4.4.4", "a trusted proxy is skipped"],
  [{ "X-Forwarded-For": "9.9.9.9, 4.4.4.4, 10.9.8.7, 2001:db8:1::1" }, "4.4.4.4", "trusted networks are skipped"],
  [{ "X-Forwarded-For": "5.5.5.5, 10.0.0.1" }, "5.5.5.5", "all trusted: the first"],
  [{ "X-Forwarded-For": "4.4.4.4, , 5.5.5.5" }, "127.0.0.1", "an empty entry is nobody"],
  [{ "X-Forwarded-For": ",5.5.5.5" }, "127.0.0.1", "an empty entry in front"],
  [{ "X-Forwarded-For": "4.4.4.4," }, "127.0.0.1", "an empty entry at the end"],
  [{ "X-Forwarded-For": "" }, "127.0.0.1", "an empty list"],
  [{ "X-Forwarded-For": "\t4.4.4.4 \t,\t5.5.5.5" }, "4.4.4.4", "tabs"],
  [{ "X-Forwarded-For": ["1.1.1.1, 2.2.2.2", "3.3.3.3"] }, "3.3.3.3", "two fields are one list"],
  [{ "X-Real-Ip": ["1.1.1.1", "2.2.2.2"] }, "127.0.0.1", "two addresses for one"],
  [{ "X-Real-Ip": "1.1.1.1", "X-Forwarded-For": "2.2.2.2" }, "1.1.1.1", "X-Real-Ip comes first"],
  [{ "X-Real-Ip": "junk", "X-Forwarded-For": "2.2.2.2" }, "127.0.0.1", "also where it is junk"],
  [{ "X-Forwarded-For": "1.1.1.1:80" }, "127.0.0.1", "an address with a port"],
  [{ "X-Forwarded-For": "010.0.0.1" }, "127.0.0.1", "an address with zeros in front"],
  [{ "Forwarded": "for=1.1.1.1" }, "127.0.0.1", "a field that is not read"],
];

const SCHEMES: [headers: Record<string, string | string[]>, expected: string][] = [
  [{}, "http"],
  [{ "X-Scheme": "https" }, "https"],
  [{ "X-Forwarded-Proto": "https" }, "https"],
  [{ "X-Forwarded-Proto": "https , http" }, "http"],
  [{ "X-Forwarded-Proto": "http,https" }, "https"],
  [{ "X-Forwarded-Proto": ["http", "https"] }, "https"],
  [{ "X-Forwarded-Proto": "unknown" }, "http"],
  [{ "X-Forwarded-Proto": "https,unknown" }, "http"],
  [{ "X-Forwarded-Proto": "HTTPS" }, "http"],
  [{ "X-Forwarded-Proto": "" }, "http"],
  [{ "X-Scheme": "https", "X-Forwarded-Proto": "http" }, "https"],
];

const forwarded = new ForwardedFields({ trustedDownstream: ["5.5.5.5", "10.0.0.0/8", "2001:db8::/32"] });

for (const [headers, remoteIp, reason] of ADDRESSES) {
  Deno.test(`ForwardedFields takes ${remoteIp} from ${JSON.stringify(headers)}: ${reason}`, () => {
    assertEquals(forwarded.apply(PEER, new HTTPHeaders(headers)), { remoteIp, protocol: "http" });
  });
}

for (const [headers, protocol] of SCHEMES) {
  Deno.test(`ForwardedFields takes the scheme ${protocol} from ${JSON.stringify(headers)}`, () => {
    assertEquals(forwarded.apply(PEER, new HTTPHeaders(headers)), { remoteIp: "127.0.0.1", protocol });
  });
}

// --- whom it believes ---

const unixPeer: ConnectionContext = { ...PEER, remoteIp: "0.0.0.0", address: { transport: "unix", path: "/run/a" } };

/** A context as a server makes it. */
function peer(remoteIp: string): ConnectionContext {
  return { remoteIp, protocol: "http", address: { transport: "tcp", hostname: remoteIp, port: 1 } };
}

const TRUST: [trustedPeers: string[] | undefined, trusted: string[], others: string[]][] = [
  [
    undefined,
    [
      "127.0.0.1",
      "127.9.9.9",
      "::1",
      "10.0.0.1",
      "172.16.0.1",
      "172.31.255.255",
      "192.168.1.1",
      "fd00::1",
      "::ffff:10.0.0.1",
      "unix",
    ],
    [
      "1.1.1.1",
      "172.32.0.1",
      "192.169.0.1",
      "169.254.1.1",
      "100.64.0.1",
      "2001:db8::1",
      "fe80::1",
      "0.0.0.0",
      "::ffff:1.1.1.1",
    ],
  ],
  [["192.0.2.7"], ["192.0.2.7", "::ffff:192.0.2.7"], ["192.0.2.8", "127.0.0.1", "10.0.0.1", "unix"]],
  [["192.0.2.0/25"], ["192.0.2.0", "192.0.2.127"], ["192.0.2.128"]],
  [["2001:db8::/33"], ["2001:db8:7fff::1"], ["2001:db8:8000::1"]],
  [["0.0.0.0/0"], ["1.1.1.1", "127.0.0.1"], ["::1", "2001:db8::1"]],
  [["loopback"], ["127.0.0.1", "::1"], ["10.0.0.1", "unix"]],
  [["private"], ["10.0.0.1", "fc00::1"], ["127.0.0.1", "unix"]],
  [["unix"], ["unix"], ["127.0.0.1", "0.0.0.0"]],
  [["unix", "192.0.2.7"], ["unix", "192.0.2.7"], ["127.0.0.1"]],
  [[], [], ["127.0.0.1", "unix"]],
];

for (const [trustedPeers, trusted, others] of TRUST) {
  Deno.test(`ForwardedFields believes the right peers with ${JSON.stringify(trustedPeers)}`, () => {
    const fields = new ForwardedFields(trustedPeers === undefined ? {} : { trustedPeers });
    const headers = new HTTPHeaders({ "X-Real-Ip": "4.4.4.4", "X-Scheme": "https" });
    for (const address of [...trusted, ...others]) {
      const context = address === "unix" ? unixPeer : peer(address);
      const result = fields.apply(context, headers);
      assertEquals(result.remoteIp === "4.4.4.4" && result.protocol === "https", trusted.includes(address), address);
      if (others.includes(address)) assertStrictEquals(result, context);
    }
  });
}

Deno.test("ForwardedFields believes a proxy further away that is the peer itself", () => {
  const fields = new ForwardedFields({ trustedPeers: [], trustedDownstream: ["5.5.5.0/24"] });
  const headers = new HTTPHeaders({ "X-Forwarded-For": "4.4.4.4" });
  assertEquals(fields.apply(peer("5.5.5.5"), headers).remoteIp, "4.4.4.4");
  assertEquals(fields.apply(peer("127.0.0.1"), headers).remoteIp, "127.0.0.1");
});

Deno.test("ForwardedFields looks at the peer, not at what a proxy said", () => {
  const told = { ...peer("1.1.1.1"), remoteIp: "127.0.0.1" };
  assertStrictEquals(forwarded.apply(told, new HTTPHeaders({ "X-Real-Ip": "4.4.4.4" })), told);
});

const MISTAKES: [entry: string, kind: new (message: string) => Error, message: string][] = [
  ["proxy.example", TypeError, 'Cannot trust "proxy.example": pass an IP address'],
  ["", TypeError, 'Cannot trust "": pass'],
  ["10.0.0", TypeError, 'Cannot trust "10.0.0": pass'],
  ["*", TypeError, 'Cannot trust "*": pass'],
  ["10.0.0.0/33", RangeError, "its prefix is above 32"],
  ["::/129", RangeError, "its prefix is above 128"],
  ["10.0.0.0/", RangeError, "Not a decimal integer"],
  ["10.0.0.0/-1", RangeError, "Not a decimal integer"],
  ["10.0.0.0/255.0.0.0", RangeError, "Not a decimal integer"],
];

for (const [entry, kind, message] of MISTAKES) {
  Deno.test(`ForwardedFields refuses to trust ${JSON.stringify(entry)}`, () => {
    assertThrows(() => new ForwardedFields({ trustedPeers: [entry] }), kind, message);
    assertThrows(() => new ForwardedFields({ trustedDownstream: [entry] }), kind, message);
  });
}

Deno.test("ForwardedFields takes long lists in its stride", () => {
  const list = (entry: string) => new HTTPHeaders({ "X-Forwarded-For": entry.repeat(100_000) + entry.slice(0, -1) });
  assertEquals(forwarded.apply(PEER, list("5.5.5.5,")).remoteIp, "5.5.5.5");
  assertEquals(forwarded.apply(PEER, list(", ,")).remoteIp, "127.0.0.1");
});

for (
  const [address, expected] of [
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["192.0.2.1", "192.0.2.1"],
    ["::1", "::1"],
    ["::ffff:c000:201", "::ffff:c000:201"],
    ["::ffff:junk", "::ffff:junk"],
  ] as const
) {
  Deno.test(`plainAddress turns ${address} into ${expected}`, () => assertEquals(plainAddress(address), expected));
}

// --- in front of a delegate ---

Deno.test("ProxyAdapter passes every call on, after it has replaced the context", () => {
  const calls: unknown[] = [];
  const request = { context: PEER } as HTTPConnection;
  const server = {} as ServerConnection;
  const later = Promise.resolve();
  const delegate: HTTPMessageDelegate = {
    headersReceived: (head) => (calls.push(head, request.context.remoteIp), later),
    dataReceived: (chunk) => (calls.push(chunk), later),
    finish: () => (calls.push("finish"), later),
    onConnectionClose: () => void calls.push("close"),
  };
  const adapter = new ProxyAdapter({
    startRequest: (...args) => (calls.push(args), delegate),
    onClose: (connection) => calls.push(connection),
  });
  const made = adapter.startRequest(server, request);
  const head = {} as never;
  const chunk = new Uint8Array(1);
  assertStrictEquals(made.headersReceived(head, new HTTPHeaders({ "X-Real-Ip": "4.4.4.4" })), later);
  assertStrictEquals(made.dataReceived(chunk), later);
  assertStrictEquals(made.finish(), later);
  made.onConnectionClose();
  adapter.onClose(server);
  assertEquals(calls, [[server, request], head, "4.4.4.4", chunk, "finish", "close", server]);
});

Deno.test("ProxyAdapter gives each request on a connection its own client", async () => {
  const seen: { fullUrl(): string; readonly remoteIp: string }[] = [];
  await withServer((request) => {
    seen.push(request);
    const headers = new HTTPHeaders({ "Content-Length": "0" });
    request.connection.respond({ code: 200, reason: "OK" }, headers, new Uint8Array(0));
  }, async (server) => {
    const client = await server.connect();
    await client.request("GET /1 HTTP/1.1\r\nHost: a\r\nX-Real-Ip: 4.4.4.4\r\nX-Scheme: https\r\n\r\n");
    await client.request("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.request("GET /3 HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6, 5.5.5.5\r\n\r\n");
  }, { xheaders: true, trustedDownstream: ["5.5.5.5"] });
  // Looked at only now: what a later request said must not show in an earlier one.
  assertEquals(seen.map((request) => `${request.remoteIp} ${request.fullUrl()}`), [
    "4.4.4.4 https://a/1",
    "127.0.0.1 http://a/2",
    "6.6.6.6 http://a/3",
  ]);
});
