/**
 * A server for one protocol over TCP: it accepts, wraps each connection in an
 * {@linkcode IOStream} and hands it to {@linkcode TCPServer.handleStream}.
 *
 * @module
 */

import { appLog, describeError, IOLoop } from "../ioloop/mod.ts";
import { IOStream } from "./iostream.ts";
import type { ListenSocket } from "./listen_socket.ts";
import { addAcceptHandler, type BindOptions, bindSockets } from "./netutil.ts";
import { type Address, Socket } from "./socket.ts";

/** Settings of a {@linkcode TCPServer}. */
export interface TCPServerOptions {
  /** The loop that the server runs on. @default the current one when it starts to listen */
  readonly ioLoop?: IOLoop;
  /** The most bytes of a connection that wait to be read. @default 104857600 (100 MiB) */
  readonly maxBufferSize?: number;
  /** The most bytes of a connection that wait to be written; a write beyond fails. @default no limit */
  readonly maxWriteBufferSize?: number;
  /** The most bytes that one read of a connection brings. @default 65536 */
  readonly readChunkSize?: number;
}

/**
 * A non-blocking TCP server. Tornado: `tornado.tcpserver.TCPServer`.
 *
 * @example An echo server
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type IOStream, TCPServer } from "@denado/denado/tcp";
 *
 * class EchoServer extends TCPServer {
 *   override async handleStream(stream: IOStream) {
 *     const line = await stream.readUntil("\n");
 *     await stream.write(line);
 *     stream.close();
 *   }
 * }
 *
 * const server = new EchoServer();
 * server.listen(0, { address: "127.0.0.1" });
 * const client = await Deno.connect({ hostname: "127.0.0.1", port: server.port! });
 * await client.write(new TextEncoder().encode("hello\n"));
 * const answer = await new Response(client.readable).text();
 * assertEquals(answer, "hello\n");
 * server.stop();
 * ```
 */
export abstract class TCPServer {
  readonly #options: TCPServerOptions;
  readonly #sockets = new Map<ListenSocket, () => void>();

  /** A server that does not listen yet. */
  constructor(options: TCPServerOptions = {}) {
    this.#options = options;
  }

  /** The port it listens on; `undefined` before {@linkcode listen}, and for Unix sockets. */
  get port(): number | undefined {
    for (const socket of this.#sockets.keys()) return socket.port;
    return undefined;
  }

  /** The sockets it listens on. */
  get sockets(): ListenSocket[] {
    return [...this.#sockets.keys()];
  }

  /**
   * Listens on a port, at once; may be called several times. Port 0 takes a free one, which {@linkcode port} tells.
   *
   * @throws what {@linkcode bindSockets} throws
   */
  listen(port: number, options: BindOptions = {}): void {
    this.addSockets(bindSockets(port, options));
  }

  /** Accepts connections on sockets which the server owns from now on. */
  addSockets(sockets: Iterable<ListenSocket>): void {
    const ioLoop = this.#options.ioLoop ?? IOLoop.current();
    for (const socket of sockets) {
      const remove = addAcceptHandler(socket, (conn, address) => this.#handleConnection(conn, address, ioLoop), {
        ioLoop,
      });
      this.#sockets.set(socket, remove);
    }
  }

  /** Accepts connections on one socket more. */
  addSocket(socket: ListenSocket): void {
    this.addSockets([socket]);
  }

  /** Stops listening; connections go on. Idempotent. */
  stop(): void {
    for (const [socket, remove] of this.#sockets) {
      remove();
      socket.close();
    }
    this.#sockets.clear();
  }

  /**
   * Serves one connection; to be overridden. An error, thrown or as a rejection, is logged and closes the stream.
   */
  abstract handleStream(stream: IOStream, address: Address): void | Promise<void>;

  #handleConnection(conn: Deno.Conn, address: Address, ioLoop: IOLoop): void {
    const stream = new IOStream(new Socket(conn), { ...this.#options, ioLoop });
    const fail = (error: unknown) => {
      appLog.error(`Error in connection callback\n${describeError(error)}`);
      stream.close(error);
    };
    try {
      this.handleStream(stream, address)?.then(undefined, fail);
    } catch (error) {
      fail(error);
    }
  }
}
