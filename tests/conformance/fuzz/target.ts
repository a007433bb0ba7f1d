/**
 * A server that is fuzzed, and what must be true of it whatever it is sent.
 *
 * It is the whole server on streams in memory, on a loop and a clock of its own: no socket, so that hundreds of
 * thousands of connections take seconds, and no time, so that a connection which waits for something is found out at
 * once. After each connection everything of it must be gone, and another one must be served.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import {
  type HTTPConnection,
  HTTPHeaders,
  HTTPServer,
  type HTTPServerOptions,
  type HTTPServerRequest,
  MessageParser,
  ParseEvents,
} from "@denado/denado/http";
import { ByteChannel, type ByteHost, type ExceptionContext, IOLoop } from "@denado/denado/ioloop";
import { IOStream } from "@denado/denado/tcp";
import { configureSync, resetSync } from "@logtape/logtape";
import { assert, assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import { ManualClock } from "../../helpers/manual_clock.ts";
import { type MemoryHost, memoryHosts } from "../../helpers/memory_pair.ts";

/** An address that is believed as a proxy's. */
const PEER: Deno.Addr = { transport: "tcp", hostname: "127.0.0.1", port: 1 };
const OK = { code: 200, reason: "OK" };
const GOOD = Buffer.from("POST /good HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\ngood");

/** Uses everything that a request has, so that lazy parts are fuzzed as well. */
function use(request: HTTPServerRequest): string {
  const parts = [request.method, request.path, request.query, request.host, request.hostName, request.fullUrl()];
  parts.push(request.remoteIp, request.protocol, String(request), String(request.body.length));
  for (const [name, value] of request.headers.getAll()) parts.push(name, value);
  for (const [name, value] of request.cookies) parts.push(name, value);
  for (const [name, values] of request.arguments) parts.push(name, ...values);
  for (const [name, files] of request.files) parts.push(name, String(files.length));
  for (const [name, value] of request.trailers?.getAll() ?? []) parts.push(name, value);
  return parts.join("\n");
}

async function answer(request: HTTPServerRequest): Promise<void> {
  const { connection, path } = request;
  if (path.startsWith("/detach") || request.method === "CONNECT") return await tunnel(connection);
  if (path.startsWith("/never")) return; // the client will leave
  if (path.startsWith("/late")) await Promise.resolve();
  if (path.startsWith("/hints")) connection.writeInterim(103, new HTTPHeaders({ Link: "</style.css>" }));
  const body = Buffer.from(use(request));
  if (path.startsWith("/stream")) {
    await connection.writeHeaders(OK, new HTTPHeaders(), body);
    return connection.finish(new HTTPHeaders({ Checksum: "1" }));
  }
  connection.respond(OK, new HTTPHeaders({ "Content-Length": String(body.length) }), body);
}

/** Sends everything back until the client has finished. */
async function tunnel(connection: HTTPConnection): Promise<void> {
  connection.respond({ code: 101, reason: "Switching Protocols" }, new HTTPHeaders(), new Uint8Array(0));
  const stream = connection.detach();
  try {
    await stream.write(await stream.readUntilClose());
  } catch {
    // it has gone
  }
  stream.close();
}

/** What came back on one connection. */
export interface Answers {
  /** Status codes, interim ones too. */
  readonly statuses: readonly number[];
  /** All bytes but dates, Latin-1. */
  readonly text: string;
}

/** A server and its loop. */
export class FuzzTarget {
  readonly #clock = new ManualClock(1000);
  readonly #loop = new IOLoop({ clock: this.#clock, makeCurrent: false });
  readonly #errors: ExceptionContext[] = [];
  readonly #server: HTTPServer;
  /** Those of the requests that reached the application on the current connection. */
  #methods: string[] = [];
  #witness: MemoryHost | undefined;
  #goodAnswer: string | undefined;

  /** One with settings of its own. */
  constructor(options: HTTPServerOptions = {}) {
    this.#loop.eventLoop.setExceptionHandler((_loop, context) => this.#errors.push(context));
    const app = (request: HTTPServerRequest) => {
      this.#methods.push(request.method);
      return answer(request);
    };
    this.#server = new HTTPServer(app, { ...options, ioLoop: this.#loop });
  }

  /**
   * Sends the pieces on a new connection, with `pauseMs` before each but the first, then its end; checks everything, and
   * tells what came back.
   */
  async send(pieces: readonly string[], pauseMs: () => number = () => 0): Promise<Answers> {
    this.#methods = [];
    const client = this.#connect();
    const reading = readAll(client);
    try {
      for (const [number, piece] of pieces.entries()) {
        const ms = number === 0 ? 0 : pauseMs();
        if (ms > 0) await this.#clock.advance(ms);
        await client.write(Buffer.from(piece, "latin1"));
      }
      await client.closeWrite();
    } catch {
      // what is refused need not be taken
    }
    const text = await this.#withinTime(reading, "the end of the connection");
    client.close();
    const statuses = checkResponses(text, this.#methods);
    await this.#checkNothingLeft();
    await this.#checkGood();
    return { statuses, text: text.replaceAll(/\r\nDate: [^\r]+/g, "") };
  }

  /** Sends the pieces on a new connection, and leaves in one way or another; checks that nothing stays. */
  async leave(pieces: readonly string[], how: "close" | "reset" | "stall"): Promise<void> {
    this.#methods = [];
    const client = this.#connect(how === "stall" ? 50 : undefined);
    const sending = sendAll(client, pieces);
    if (how === "stall") await this.#clock.advance(130_000); // reads nothing, until the limits have passed
    else await sending;
    if (how === "reset") client.reset();
    client.close();
    await sending;
    await this.#checkNothingLeft();
    await this.#checkGood();
  }

  /** Ends the server and its loop. */
  async close(): Promise<void> {
    this.#witness?.close();
    this.#witness = undefined;
    await this.#checkNothingLeft();
    for (let rounds = 0; rounds < 1000 && this.#clock.armed > 0; rounds++) await hostTurn();
    assertEquals(this.#clock.armed, 0, "timers that are armed");
    this.#loop.close();
  }

  #connect(capacity?: number): MemoryHost {
    const [near, far] = memoryHosts(capacity);
    this.#server.handleStream(new IOStream(new ByteChannel(likeSocket(far)), { ioLoop: this.#loop }), PEER);
    return near;
  }

  /** Nothing here takes time, so what has not happened after a few rounds of the host never will. */
  async #withinTime<T>(promise: Promise<T>, what: string): Promise<T> {
    let done = false;
    promise.then(() => done = true, () => done = true);
    for (let rounds = 0; !done; rounds++) {
      assert(rounds < 1000, `Waiting for ${what} in vain`);
      await hostTurn();
    }
    return await promise;
  }

  async #checkNothingLeft(): Promise<void> {
    const others = this.#witness === undefined ? 0 : 1;
    const isLeft = () => this.#server.connectionCount > others || this.#loop.handlers.size > others;
    for (let rounds = 0; rounds < 1000 && isLeft(); rounds++) {
      await hostTurn();
    }
    assertEquals(this.#server.connectionCount, others, "connections that the server remembers");
    assertEquals(this.#loop.handlers.size, others, "handlers in the loop");
    assert(this.#clock.armed <= 1, "timers that are armed");
    assertEquals(this.#errors, [], "errors that reached the loop");
  }

  /** A connection that was there all the time is served as ever. */
  async #checkGood(): Promise<void> {
    const witness = this.#witness ??= this.#connect();
    await witness.write(GOOD);
    const buffer = new Uint8Array(4096);
    const count = await this.#withinTime(witness.read(buffer), "the answer to a good request");
    const text = Buffer.from(buffer.buffer, 0, count ?? 0).toString("latin1");
    assert(text.startsWith("HTTP/1.1 200 OK\r\n"), text);
    const usual = text.replace("Connection: close\r\n", "");
    this.#goodAnswer ??= usual;
    assertEquals(usual, this.#goodAnswer);
    if (usual === text) return;
    witness.close(); // it was the last request of this connection
    this.#witness = undefined;
  }
}

/**
 * As on a socket, the end does not come in the same instant as the last bytes: the system has to be asked once more; and
 * who writes to a peer that has closed hears of a broken pipe.
 */
function likeSocket(host: MemoryHost): ByteHost {
  return {
    read: async (buffer) => {
      const count = await host.read(buffer);
      if (count === null) await hostTurn();
      return count;
    },
    write: (bytes) =>
      host.write(bytes).catch((error) => {
        throw error instanceof Deno.errors.Interrupted ? new Deno.errors.BrokenPipe("Broken pipe") : error;
      }),
    closeWrite: () => host.closeWrite(),
    close: () => host.close(),
  };
}

function hostTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function sendAll(client: MemoryHost, pieces: readonly string[]): Promise<void> {
  try {
    for (const piece of pieces) {
      let bytes = Buffer.from(piece, "latin1");
      while (bytes.length > 0) bytes = bytes.subarray(await client.write(bytes));
    }
  } catch {
    // what is refused need not be taken
  }
}

async function readAll(client: MemoryHost): Promise<string> {
  const buffer = new Uint8Array(65536);
  let text = "";
  try {
    for (let count; (count = await client.read(buffer)) !== null;) {
      text += Buffer.from(buffer.buffer, 0, count).toString("latin1");
    }
  } catch {
    // a reset
  }
  return text;
}

/** What came back must be responses, one behind the other, until a tunnel begins. */
function checkResponses(text: string, methods: readonly string[]): number[] {
  const bytes = Buffer.from(text, "latin1");
  const parser = new MessageParser("response");
  const statuses: number[] = [];
  let answered = 0;
  for (let at = 0;;) {
    parser.expectResponseTo(methods[answered] ?? "GET");
    const event = parser.parse(bytes, at, bytes.length);
    at += parser.consumed;
    if (event === ParseEvents.NEED_DATA) {
      assert(parser.parseEndOfStream() !== "incomplete", `A response is cut off: ${JSON.stringify(text)}`);
      return statuses;
    }
    if (event !== ParseEvents.HEAD) continue;
    const { code } = parser.head;
    statuses.push(code);
    if (code >= 200) answered++;
    if (code === 101) return statuses;
  }
}

/** Runs something that may log what clients did wrong, but no warning and no error. */
export async function withoutWarnings(run: () => Promise<void>): Promise<void> {
  const warnings: string[] = [];
  configureSync({
    sinks: { keep: (record) => warnings.push(record.message.map(String).join("")) },
    filters: { severe: (record) => !["trace", "debug", "info"].includes(record.level) },
    loggers: [
      { category: [], lowestLevel: "trace", sinks: ["keep"], filters: ["severe"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["keep"], parentSinks: "override" },
    ],
  });
  try {
    await run();
  } finally {
    resetSync();
  }
  assertEquals(warnings, []);
}
