import type { HTTPRequestOptions } from "@denado/denado/http";
import { IOLoop } from "@denado/denado/ioloop";
import { SSLContext, TCPClient } from "@denado/denado/tcp";
import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { Connector } from "../../../http/client/connector.ts";
import { originOf } from "../../../http/client/origin.ts";
import { requestSettings } from "../../../http/client/request_options.ts";
import { answering, response, withClient } from "../../helpers/client_scene.ts";
import { clientCertificateServer } from "../../helpers/client_certificate_server.ts";
import { tunnelling } from "../../helpers/connect_proxy.ts";
import { expectLog } from "../../helpers/expect_log.ts";
import { ScriptedServer } from "../../helpers/scripted_server.ts";
import { certificates } from "../../helpers/tls_certificates.ts";

function connector(): Connector {
  return new Connector({ ioLoop: IOLoop.current(), tcpClient: new TCPClient(), maxBufferSize: 1000 });
}

// --- what makes connections different ---

const BASE = "https://a.example/x";
const PROXY = { proxyHost: "p.example", proxyPort: 3128 };

const DIFFERENT: readonly [url: string, options: HTTPRequestOptions][] = [
  [BASE, {}],
  ["https://a.example:8443/x", {}],
  ["http://a.example/x", {}],
  ["http://a.example:443/x", {}],
  ["https://b.example/x", {}],
  [BASE, PROXY],
  [BASE, { ...PROXY, proxyPort: 3129 }],
  [BASE, { ...PROXY, proxyUsername: "u" }],
  [BASE, { ...PROXY, proxyUsername: "u", proxyPassword: "p" }],
  ["http://a.example/x", PROXY],
  ["http://a.example/x", { ...PROXY, proxyUsername: "u" }],
  ["http://p.example:3128/x", {}],
  [BASE, { networkInterface: "127.0.0.1" }],
  [BASE, { networkInterface: "127.0.0.2" }],
  [BASE, { allowIpv6: false }],
  ["http://a.example/x", { unixSocket: "/a" }],
  ["http://a.example/x", { unixSocket: "/b" }],
  [BASE, { validateCert: false }],
  [BASE, { sslOptions: { checkHostname: false } }],
  [BASE, { sslOptions: { alpnProtocols: ["x"] } }],
  [BASE, { sslOptions: new SSLContext({}) }],
  [BASE, { sslOptions: new SSLContext({}) }],
];

Deno.test("Connector keeps connections apart that were made under other conditions", () => {
  const made = connector();
  const keys = DIFFERENT.map(([url, options]) => made.route(originOf(new URL(url)), requestSettings({}, options)).key);
  for (const [at, key] of keys.entries()) {
    assertEquals(
      keys.indexOf(key),
      at,
      `${Deno.inspect(DIFFERENT[at])} and ${Deno.inspect(DIFFERENT[keys.indexOf(key)])}`,
    );
  }
  made.close();
});

const SAME: readonly [one: [string, HTTPRequestOptions], other: [string, HTTPRequestOptions]][] = [
  [[BASE, {}], ["https://user:secret@A.EXAMPLE:443/other?q", { userAgent: "x", headers: { A: "b" } }]],
  [[BASE, { sslOptions: {} }], [BASE, { sslOptions: {} }]],
  [["http://a.example/", PROXY], ["http://b.example/", PROXY]],
  [["http://a.example/", {}], ["http://a.example/", { validateCert: false, sslOptions: { checkHostname: false } }]],
];

for (const [one, other] of SAME) {
  Deno.test(`Connector uses one connection for ${Deno.inspect(one)} and ${Deno.inspect(other)}`, () => {
    const made = connector();
    const [a, b] = [one, other].map(([url, options]) =>
      made.route(originOf(new URL(url)), requestSettings({}, options)).key
    );
    assertEquals(a, b);
    made.close();
  });
}

Deno.test("Connector forgets TLS settings when there are too many, and goes on", () => {
  const made = connector();
  const keyOf = (checkHostname: boolean, name: string) =>
    made.route(originOf(new URL(BASE)), requestSettings({}, { sslOptions: { checkHostname, alpnProtocols: [name] } }))
      .key;
  const first = keyOf(true, "x");
  for (let at = 0; at < 100; at++) keyOf(true, `p${at}`);
  assertNotEquals(keyOf(true, "x"), first);
  made.close();
});

Deno.test("Connector refuses settings that cannot be", () => {
  const made = connector();
  const route = (options: HTTPRequestOptions) => made.route(originOf(new URL(BASE)), requestSettings({}, options));
  assertThrows(() => route({ proxyHost: "p" }), TypeError, "proxyPort is missing");
  assertThrows(() => route({ ...PROXY, proxyAuthMode: "digest" as "basic" }), TypeError, "unsupported mode digest");
  assertThrows(() => route({ networkInterface: "eth0" }), TypeError, "networkInterface must be an IP address: eth0");
  assertThrows(() => route({ caCerts: "/does/not/exist" }), TypeError, "Cannot read the cafile");
  made.close();
});

// --- the ways of a request ---

Deno.test("Connector goes to a forwarding proxy for http, with the whole URL and credentials for the proxy", async () => {
  await withClient(answering(response("by proxy")), async ({ client, server }) => {
    const proxy = { proxyHost: "127.0.0.1", proxyPort: server.port, proxyUsername: "u", proxyPassword: "p" };
    const got = await client.fetch("http://a.example:81/x?y#z", proxy);
    assertEquals([got.text(), got.effectiveUrl], ["by proxy", "http://a.example:81/x?y#z"]);
    await client.fetch("http://b.example/", proxy);
    assertEquals(server.connections, 1);
    const [first, second] = server.heads;
    assert(first!.startsWith("GET http://a.example:81/x?y HTTP/1.1\r\nHost: a.example:81\r\n"));
    assert(first!.includes("\r\nProxy-Authorization: Basic dTpw\r\n"));
    assert(second!.startsWith("GET http://b.example/ HTTP/1.1\r\nHost: b.example\r\n"));
  });
});

Deno.test("Connector asks a proxy for a tunnel to https, and uses it again", async () => {
  const { ca, localhost } = certificates();
  await using origin = new ScriptedServer(answering(response("through")), { tls: localhost });
  await withClient(tunnelling(origin.port), async ({ client, server }) => {
    const options = {
      proxyHost: "127.0.0.1",
      proxyPort: server.port,
      proxyUsername: "u",
      sslOptions: { caCerts: [ca] },
    };
    for (let i = 0; i < 2; i++) assertEquals((await client.fetch("https://localhost/x", options)).text(), "through");
    assertEquals(server.heads.map((head) => head.split("\r\n")), [[
      "CONNECT localhost:443 HTTP/1.1",
      "Host: localhost:443",
      "Proxy-Authorization: Basic dTo=",
      "",
      "",
    ]]);
    assert(origin.heads.every((head) => head.startsWith("GET /x HTTP/1.1\r\n") && !head.includes("Proxy-")));
  });
});

Deno.test("Connector connects to a Unix socket, and uses it again", async () => {
  const path = `${Deno.makeTempDirSync()}/s`;
  await using unix = new ScriptedServer(answering(response("unix")), { path });
  await withClient(() => {}, async ({ client }) => {
    for (let i = 0; i < 2; i++) {
      assertEquals((await client.fetch("http://docker/x", { unixSocket: path })).text(), "unix");
    }
    assertEquals([unix.connections, unix.heads[0]!.split("\r\n")[1]], [1, "Host: docker"]);
    await assertRejects(() => client.fetch("https://docker/x", { unixSocket: path }), TypeError, "with TLS");
  });
});

Deno.test("Connector connects from an address of this machine", () =>
  withClient(async (peer) => {
    await peer.readHead();
    await peer.send(response((peer.conn.remoteAddr as Deno.NetAddr).hostname));
  }, async ({ client, url }) => {
    assertEquals((await client.fetch(url, { networkInterface: "127.0.0.2" })).text(), "127.0.0.2");
  }));

for (const [name, mapping] of [["host", "a.example"], ["host and port", "a.example:80"]] as const) {
  Deno.test(`Connector maps a ${name} to another address`, async () => {
    await using server = new ScriptedServer(answering(response("mapped")));
    await withClient(() => {}, async ({ client }) => {
      const got = await client.fetch("http://a.example/x");
      assertEquals([got.text(), got.effectiveUrl], ["mapped", "http://a.example/x"]);
      assert(server.heads[0]!.includes("Host: a.example\r\n"));
    }, { hostnameMapping: { [mapping]: ["127.0.0.1", server.port] } });
  });
}

Deno.test("Connector speaks TLS, trusts files and settings, and checks the host", async () => {
  const { ca, localhost } = certificates();
  const cafile = await Deno.makeTempFile();
  await Deno.writeTextFile(cafile, ca);
  await using secure = new ScriptedServer(answering(response("secure")), { tls: localhost });
  await using other = new ScriptedServer(answering(response("other")), { tls: certificates().other });
  await withClient(() => {}, async ({ client }) => {
    const url = `https://localhost:${secure.port}/`;
    assertEquals((await client.fetch(url, { caCerts: cafile })).text(), "secure");
    assertEquals((await client.fetch(url, { sslOptions: { caCerts: [ca] } })).text(), "secure");
    await assertRejects(() => client.fetch(url), Deno.errors.InvalidData);
    const otherUrl = `https://localhost:${other.port}/`;
    await assertRejects(() => client.fetch(otherUrl, { caCerts: cafile }), Deno.errors.InvalidData);
    const unchecked = { caCerts: [ca], checkHostname: false };
    assertEquals((await client.fetch(otherUrl, { sslOptions: unchecked })).text(), "other");
    assertEquals((await client.fetch(otherUrl, { validateCert: false })).text(), "other");
  }, { logs: [{ level: "warning", pattern: "SSL Error", times: 2 }] });
  await Deno.remove(cafile);
});

Deno.test("Connector presents a client's certificate, through a tunnel too, and needs no valid one of the server", async () => {
  const { ca, other } = certificates();
  const folder = await Deno.makeTempDir();
  const [caCerts, clientCert, clientKey] = [`${folder}/ca`, `${folder}/cert`, `${folder}/key`];
  for (const [path, text] of [[caCerts, ca], [clientCert, other.cert], [clientKey, other.key]] as const) {
    await Deno.writeTextFile(path, text);
  }
  await using server = await clientCertificateServer((name) => response(`hello ${name}`));
  await withClient(tunnelling(server.port), async ({ client, server: proxy }) => {
    const url = `https://localhost:${server.port}/`;
    const options = { caCerts, clientCert, clientKey, keepAlive: false };
    const tunnel = { proxyHost: "127.0.0.1", proxyPort: proxy.port };
    assertEquals((await client.fetch(url, options)).text(), "hello other");
    assertEquals((await client.fetch(url, { ...options, ...tunnel })).text(), "hello other");
    assertEquals((await client.fetch(url, { ...options, ...tunnel, validateCert: false })).text(), "hello other");
    await assertRejects(() => client.fetch(url, { caCerts, keepAlive: false }));
  });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("Connector speaks no protocol but HTTP/1.1, whatever was offered", async () => {
  const { ca, localhost } = certificates();
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...localhost, alpnProtocols: ["h2", "http/1.1"] });
  const { port } = listener.addr as Deno.NetAddr;
  await withClient(() => {}, async ({ client }) => {
    for (const [alpnProtocols, expected] of [[["h2"], "h2"], [undefined, "http/1.1"]] as const) {
      const serving = (async () => {
        const conn = await listener.accept();
        const { alpnProtocol } = await conn.handshake();
        if (alpnProtocol === "http/1.1") await conn.write(new TextEncoder().encode(response("fine")));
        await conn.read(new Uint8Array(1000)).catch(() => null);
        conn.close();
        return alpnProtocol;
      })();
      const sslOptions = { caCerts: [ca], ...alpnProtocols === undefined ? {} : { alpnProtocols } };
      const fetching = client.fetch(`https://localhost:${port}/`, { sslOptions, keepAlive: false });
      if (expected === "h2") {
        await assertRejects(() => fetching, TypeError, "the server chose: h2; offer http/1.1 only");
      } else assertEquals((await fetching).text(), "fine");
      assertEquals(await serving, expected);
    }
  });
});

Deno.test("Connector closes a tunnel whose handshake fails", async () => {
  await using origin = new ScriptedServer(() => {}, { tls: certificates().other });
  await using proxy = new ScriptedServer(tunnelling(origin.port));
  await expectLog({ level: "warning", pattern: "SSL Error" }, async () => {
    const made = connector();
    const options = { proxyHost: "127.0.0.1", proxyPort: proxy.port };
    const route = made.route(originOf(new URL("https://localhost/")), requestSettings({}, options));
    await assertRejects(() => made.open(route, new AbortController().signal), Deno.errors.InvalidData);
    made.close();
  });
});

Deno.test("Connector keeps no process alive by connections that wait", async () => {
  await using server = new ScriptedServer(answering(response("yes")));
  const code = `import { AsyncHTTPClient } from "@denado/denado/http";
    console.log((await new AsyncHTTPClient().fetch("${server.url}")).text());`;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, code);
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-net", `--config=${config}`, file],
    stderr: "inherit",
  }).output();
  assertEquals([success, new TextDecoder().decode(stdout)], [true, "yes\n"]);
  await Deno.remove(file);
});
