/**
 * The cases 12 and 13 of the Autobahn test suite with Node's ws as the peer: messages of all sizes of text, JSON and bytes,
 * whole and in fragments, compressed by each combination of parameters, in both roles.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Application, websocketConnect, WebSocketHandler } from "@denado/denado";
import type { WebSocketCompressionOptions } from "@denado/denado/websocket";
import { Buffer } from "node:buffer";
import { WebSocket, WebSocketServer } from "npm:ws@8.23.0";
import { Random } from "../helpers/random.ts";

/** The suite's sizes; its messages are counted in thousands, here a few of each show that the window goes along. */
const SIZES = [0, 16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072];
/** The suite's sizes of fragments, of which the first is for the smaller messages. */
const FRAGMENT_SIZES = [256, 1024, 4096, 32_768];
const ROUNDS = 3;

function messages(): (string | Uint8Array)[] {
  const random = new Random(1);
  const json = JSON.stringify(Array.from({ length: 3000 }, (_, id) => ({ id, name: `grün ${random.below(1000)}` })));
  const noise = new Uint8Array(131_072).map(() => random.below(256));
  const bitmap = noise.map((byte, at) => at % 512 < 400 ? at >> 9 : byte);
  const all: (string | Uint8Array)[] = [];
  for (const size of SIZES) {
    for (let round = 0; round < ROUNDS; round++) {
      const start = random.below(1000);
      all.push(json.repeat(2).slice(start, start + size), bitmap.subarray(0, size), noise.subarray(0, size));
    }
  }
  return all;
}

/** Parameters as ws takes them, and as Denado does. */
interface Parameters {
  readonly serverNoContextTakeover?: boolean;
  readonly clientNoContextTakeover?: boolean;
  readonly serverMaxWindowBits?: number;
  readonly clientMaxWindowBits?: number;
}

/** What one side asks for: the parameters of Autobahn 13, and the same for the other direction. */
const PARAMETERS: readonly Parameters[] = [
  {}, // 12, 13.1
  { serverNoContextTakeover: true }, // 13.2
  { serverMaxWindowBits: 9 }, // 13.3
  { serverMaxWindowBits: 15 }, // 13.4
  { serverNoContextTakeover: true, serverMaxWindowBits: 9 }, // 13.5
  { serverNoContextTakeover: true, serverMaxWindowBits: 15 }, // 13.6
  { clientNoContextTakeover: true },
  { clientMaxWindowBits: 9 },
  { clientNoContextTakeover: true, clientMaxWindowBits: 9 },
  { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 10, clientMaxWindowBits: 11 },
];

/** The parameters in the header, in any order. */
function agreed(answer: string): Parameters {
  const camelCase = (name: string) => name.replace(/_./g, ([, letter]) => letter!.toUpperCase());
  const entries = answer.split(";").slice(1).map((text): [string, boolean | number] => {
    const [name, value] = text.trim().split("=");
    return [camelCase(name!), value === undefined ? true : Number(value)];
  });
  return Object.fromEntries(entries);
}

const NO_PARAMETERS = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

class EchoHandler extends WebSocketHandler {
  static agreed: unknown;

  override open(): void {
    EchoHandler.agreed = this.wsConnection!.compression;
  }

  override getCompressionOptions(): WebSocketCompressionOptions {
    return { threshold: 0 };
  }

  override onMessage(message: string | Uint8Array): Promise<void> {
    return this.writeMessage(message);
  }
}

/** A client of ws, whose messages go to whoever waits for one. */
class WsClient {
  readonly #socket: WebSocket;

  constructor(url: string, perMessageDeflate: Parameters) {
    this.#socket = new WebSocket(url, { perMessageDeflate: { ...perMessageDeflate, threshold: 0 } });
  }

  async open(): Promise<void> {
    await new Promise((resolve, reject) => this.#socket.once("open", resolve).once("error", reject));
  }

  async echo(message: string | Uint8Array, fragmentSize = Infinity): Promise<string | Uint8Array> {
    const bytes = Buffer.from(message as string);
    const answer = new Promise<string | Uint8Array>((resolve) =>
      this.#socket.once(
        "message",
        (data: Buffer, isBinary: boolean) => resolve(isBinary ? new Uint8Array(data) : data.toString()),
      )
    );
    const binary = typeof message !== "string";
    let start = 0;
    for (; bytes.length - start > fragmentSize; start += fragmentSize) {
      this.#socket.send(bytes.subarray(start, start + fragmentSize), { binary, fin: false });
    }
    this.#socket.send(bytes.subarray(start), { binary });
    return await answer;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.once("close", resolve));
    this.#socket.close();
    await closed;
  }
}

Deno.test("server of Denado decompresses and compresses as ws agrees with it, by all parameters", async (t) => {
  const app = new Application([["/", EchoHandler]], { logFunction: () => {} });
  const server = app.listen(0, { address: "127.0.0.1" });
  for (const parameters of PARAMETERS) {
    await t.step(JSON.stringify(parameters), async () => {
      const client = new WsClient(`ws://127.0.0.1:${server.port}/`, parameters);
      await client.open();
      for (const message of messages()) assertEquals(await client.echo(message), message);
      for (const size of FRAGMENT_SIZES) {
        for (const message of messages().slice(-3)) assertEquals(await client.echo(message, size), message);
      }
      assertEquals(EchoHandler.agreed, { ...NO_PARAMETERS, ...parameters });
      await client.close();
    });
  }
  await server.close();
});

Deno.test("client of Denado decompresses and compresses as it agrees with ws, by all parameters", async (t) => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: { threshold: 0 } });
  server.on("connection", (socket: WebSocket) => {
    // what has an odd length comes back in two fragments
    socket.on("message", (data: Buffer, binary: boolean) => {
      const middle = data.length >> 1;
      if (data.length % 2 === 0) return socket.send(data, { binary });
      socket.send(data.subarray(0, middle), { binary, fin: false });
      socket.send(data.subarray(middle), { binary });
    });
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  for (const parameters of PARAMETERS) {
    await t.step(JSON.stringify(parameters), async () => {
      const connection = await websocketConnect(`ws://127.0.0.1:${port}/`, {
        compressionOptions: { ...parameters, threshold: 0 },
      });
      assertEquals(agreed(connection.headers.get("Sec-WebSocket-Extensions")!), parameters);
      for (const message of messages()) {
        const odd = typeof message === "string" ? `${message}x` : message;
        await connection.writeMessage(odd);
        assertEquals(await connection.readMessage(), odd);
      }
      await connection[Symbol.asyncDispose]();
    });
  }
  await new Promise((resolve) => server.close(resolve));
});
