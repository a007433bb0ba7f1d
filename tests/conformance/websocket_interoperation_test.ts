/**
 * Denado's WebSockets and those of others understand each other, in both roles, with compression where the other has it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Application, RequestHandler, websocketConnect, WebSocketHandler } from "@denado/denado";
import type { WebSocketCompressionOptions } from "@denado/denado/websocket";
import { PROGRAMS, runClientProgram, withServerProgram } from "./websocket_peers/peers.ts";

/** Every form of a length, text of every width, what compresses and what does not. */
const MESSAGES: readonly (string | Uint8Array)[] = [
  "",
  "Hello",
  "a".repeat(125),
  "b".repeat(126),
  "añ€😀\u0000\ufeff".repeat(50),
  "the same, the same, the same, ".repeat(3000),
  "the same, the same, the same, ".repeat(3000),
  new Uint8Array(0),
  new Uint8Array([0, 255, 128]),
  crypto.getRandomValues(new Uint8Array(65_535)),
  crypto.getRandomValues(new Uint8Array(65_536)),
  new Uint8Array(300_000).map((_, at) => at >> 8),
];

const offers: string[] = [];

class EchoHandler extends WebSocketHandler {
  override getCompressionOptions(): WebSocketCompressionOptions {
    return { threshold: 0 };
  }

  override open(): void {
    offers.push(this.wsConnection!.compression === undefined ? "none" : "compressed");
  }

  override onMessage(message: string | Uint8Array): unknown {
    return message === "close" ? this.close(4001, "as you like") : this.writeMessage(message);
  }
}

for (const program of PROGRAMS) {
  const options = { ignore: !program.available };

  Deno.test(
    `client of Denado and server of ${program.name} understand each other`,
    options,
    () =>
      withServerProgram(program, async (url) => {
        const connection = await websocketConnect(url, { compressionOptions: { threshold: 0 } });
        assertEquals(connection.headers.has("Sec-WebSocket-Extensions"), program.compresses.server);
        for (const message of MESSAGES) {
          await connection.writeMessage(message);
          assertEquals(await connection.readMessage(), message);
        }
        await connection.writeStream(["one message ", "in fragments"]);
        assertEquals(await connection.readMessage(), "one message in fragments");
        await connection.writeMessage("close");
        assertEquals(await connection.readMessage(), null);
        assertEquals([connection.closeCode, connection.closeReason], [4001, "as you like"]);
      }),
  );

  Deno.test(`server of Denado and client of ${program.name} understand each other`, options, async () => {
    const app = new Application([["/", EchoHandler]], { logFunction: () => {} });
    const server = app.listen(0, { address: "127.0.0.1" });
    offers.length = 0;
    const report = await runClientProgram(program, `ws://127.0.0.1:${server.port}/`, MESSAGES);
    assertEquals(report, { echoed: MESSAGES.map(() => true), last: null, code: 4001, reason: "as you like" });
    assertEquals(offers.map((offer) => offer !== "none"), [program.compresses.client]);
    await server.close();
  });
}

const BROWSER = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false; // not there
  }
});
if (BROWSER === undefined) console.error("The test with a browser is ignored: there is no Chromium");

/** What the page does: as the clients above, but the page tells its report by a request. */
function page(messages: readonly (string | Uint8Array)[]): string {
  const json = JSON.stringify(messages.map((message) => typeof message === "string" ? message : [...message]));
  return `<!DOCTYPE html><script type="module">
    const socket = new WebSocket("ws://" + location.host + "/echo", ["unknown", "chat"]);
    socket.binaryType = "arraybuffer";
    const echoed = [];
    await new Promise((resolve) => socket.onopen = resolve);
    for (const message of ${json}) {
      const answer = new Promise((resolve) => socket.onmessage = resolve);
      socket.send(typeof message === "string" ? message : new Uint8Array(message));
      const { data } = await answer;
      echoed.push(typeof message === "string" ? data === message : String(new Uint8Array(data)) === String(message));
    }
    const { protocol, extensions } = socket;
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.send("close");
    const { code, reason, wasClean } = await closed;
    const body = JSON.stringify({ echoed, protocol, extensions, code, reason, wasClean });
    await fetch("/report", { method: "POST", body });
  </script>`;
}

Deno.test(
  "server of Denado and a page in Chromium understand each other",
  { ignore: BROWSER === undefined },
  async () => {
    const { promise: report, resolve } = Promise.withResolvers<unknown>();
    class Page extends RequestHandler {
      override get(): void {
        this.write(page(MESSAGES));
      }
    }
    class Report extends RequestHandler {
      override post(): void {
        resolve(JSON.parse(new TextDecoder().decode(this.request.body)));
      }
    }
    class Chat extends EchoHandler {
      override selectSubprotocol(subprotocols: readonly string[]): string | undefined {
        return subprotocols.find((name) => name === "chat");
      }
    }
    const app = new Application([["/", Page], ["/report", Report], ["/echo", Chat]], { logFunction: () => {} });
    const server = app.listen(0, { address: "127.0.0.1" });
    const profile = await Deno.makeTempDir();
    const browser = new Deno.Command("timeout", {
      args: [
        "60",
        BROWSER!,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        `--user-data-dir=${profile}`,
        "--remote-debugging-port=0", // keeps it running
        `http://127.0.0.1:${server.port}/`,
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      const ended = browser.status.then(() => {
        throw new Error("The browser ended without a report");
      });
      ended.catch(() => {});
      assertEquals(await Promise.race([report, ended]), {
        echoed: MESSAGES.map(() => true),
        protocol: "chat",
        extensions: "permessage-deflate",
        code: 4001,
        reason: "as you like",
        wasClean: true,
      });
    } finally {
      browser.kill("SIGTERM");
      await browser.status;
      await server.close({ timeoutMs: 2000 });
      await removeLater(profile);
    }
  },
);

/** The processes of the browser end a little later than it does, and write until then. */
async function removeLater(path: string): Promise<void> {
  for (;;) {
    try {
      return await Deno.remove(path, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
