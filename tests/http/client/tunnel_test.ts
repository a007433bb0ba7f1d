import { HTTPInputError, HTTPProxyError, HTTPStreamClosedError } from "@denado/denado/http";
import { IOStream } from "@denado/denado/tcp";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { openTunnel, type ProxyOptions } from "../../../http/client/tunnel.ts";
import { type Script, ScriptedServer } from "../../helpers/scripted_server.ts";

const TARGET = { secure: true, hostname: "a.example", port: 443 };

interface Scene {
  readonly server: ScriptedServer;
  readonly stream: IOStream;
  open(settings?: { proxy?: Partial<ProxyOptions>; signal?: AbortSignal; hostname?: string }): Promise<void>;
}

async function withProxy(script: Script, body: (scene: Scene) => Promise<void>): Promise<void> {
  await using server = new ScriptedServer(script);
  await using stream = await IOStream.connect({ hostname: "127.0.0.1", port: server.port });
  await body({
    server,
    stream,
    open: ({ proxy = {}, signal, hostname = TARGET.hostname } = {}) =>
      openTunnel(stream, { ...TARGET, hostname }, {
        proxy: { host: "127.0.0.1", port: server.port, ...proxy },
        signal,
      }),
  });
}

function answering(text: string): Script {
  return async (peer) => {
    await peer.readHead();
    await peer.send(text);
    await peer.ended();
  };
}

Deno.test("openTunnel asks for the authority of the target, and leaves the stream idle", () =>
  withProxy(async (peer) => {
    await peer.readHead();
    await peer.send("HTTP/1.1 200 Connection established\r\nVia: 1.1 p\r\n\r\n");
    assertEquals(await peer.read(2), "hi");
    await peer.send("there");
  }, async ({ server, stream, open }) => {
    await open();
    assertEquals(server.heads, ["CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"]);
    await stream.write("hi");
    assertEquals(new TextDecoder().decode(await stream.readUntilClose()), "there");
  }));

Deno.test("openTunnel sends the proxy's credentials, and brackets around an IPv6 address", () =>
  withProxy(answering("HTTP/1.1 200 OK\r\n\r\n"), async ({ server, open }) => {
    await open({ proxy: { username: "u", password: "p" }, hostname: "::1" });
    assertEquals(server.heads, [
      "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\nProxy-Authorization: Basic dTpw\r\n\r\n",
    ]);
  }));

Deno.test("openTunnel ignores framing fields of a success, and interim responses before it", () =>
  withProxy(
    answering("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"),
    async ({ stream, open }) => {
      await open();
      assert(!stream.closed);
    },
  ));

Deno.test("openTunnel tells the status of a refusal, and closes the stream", () =>
  withProxy(answering("HTTP/1.1 407 Who are you\r\nContent-Length: 3\r\n\r\nwho"), async ({ stream, open }) => {
    const error = await assertRejects(() => open(), HTTPProxyError);
    assertEquals(error.message, "Proxy refused to connect to a.example:443: 407 Who are you");
    assertEquals([error.code, error.proxyStatus, stream.closed], [599, 407, true]);
  }));

const BROKEN: readonly [what: string, answer: string, message: string][] = [
  ["data behind the head", "HTTP/1.1 200 OK\r\n\r\nHello", "sent data behind its head"],
  ["no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", "Malformed HTTP status line"],
  ["a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "Unexpected answer to CONNECT: 101"],
  ["interim responses without end", "HTTP/1.1 100 Continue\r\n\r\n".repeat(17), "Unexpected answer to CONNECT: 100"],
  ["a head without end", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(20000)}`, "Head too large"],
];

for (const [what, answer, message] of BROKEN) {
  Deno.test(`openTunnel refuses a proxy that sends ${what}`, () =>
    withProxy(answering(answer), async ({ stream, open }) => {
      await assertRejects(() => open(), HTTPInputError, message);
      assert(stream.closed);
    }));
}

Deno.test("openTunnel fails when the proxy closes the connection", () =>
  withProxy(async (peer) => {
    await peer.readHead();
    await peer.send("HTTP/1.1 200 OK\r\n");
  }, async ({ open }) => {
    await assertRejects(() => open(), HTTPStreamClosedError, "Proxy closed the connection");
  }));

Deno.test("openTunnel gives up with the reason of its signal", () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  return withProxy(async (peer) => {
    await peer.readHead();
    controller.abort(reason);
    await peer.ended();
  }, async ({ stream, open }) => {
    assertEquals(await assertRejects(() => open({ signal: controller.signal })), reason);
    assert(stream.closed);
    await assertRejects(() => open({ signal: controller.signal }), Error, "enough");
  });
});
