/**
 * An HTTP server for one test, on a loop and a clock of its own, that must leave nothing behind.
 *
 * However the connections of a test end: afterwards the server has none left, the loop watches nothing, no timer is
 * armed and no error reached the loop. The clock stands still, so a time limit passes only where a test moves it.
 *
 * @module
 */

import {
  type ConnectionContext,
  type HTTPConnection,
  HTTPServer,
  type HTTPServerConnectionDelegate,
  type HTTPServerOptions,
  type RequestCallback,
  type ServerConnection,
} from "@denado/denado/http";
import { type ExceptionContext, IOLoop } from "@denado/denado/ioloop";
import { assertEquals } from "@std/assert";
import { RawClient } from "./http_client.ts";
import { ManualClock, settle } from "./manual_clock.ts";

/** A running server. */
export class TestServer {
  readonly clock = new ManualClock(1000);
  readonly loop: IOLoop = new IOLoop({ clock: this.clock, makeCurrent: false });
  readonly server: HTTPServer;
  /** What reached the exception handler of the loop; a test that expects some empties it. */
  readonly errors: ExceptionContext[] = [];
  /** The contexts of the connections that ended, in order. */
  readonly ended: ConnectionContext[] = [];
  readonly #clients: RawClient[] = [];

  constructor(target: HTTPServerConnectionDelegate | RequestCallback, options: HTTPServerOptions = {}) {
    this.loop.eventLoop.setExceptionHandler((_loop, context) => this.errors.push(context));
    this.server = new HTTPServer(typeof target === "function" ? target : this.#observe(target), {
      ...options,
      ioLoop: this.loop,
    });
    this.server.listen(0, { address: "127.0.0.1" });
  }

  get port(): number {
    return this.server.port!;
  }

  /** A client, which leaves at the end of the test at the latest. */
  async connect(): Promise<RawClient> {
    const client = await RawClient.connect(this.port);
    this.#clients.push(client);
    return client;
  }

  /** Resolves when the server has no connection, and no stream that was detached from one; the clients must have caused that. */
  async connectionsEnded(): Promise<void> {
    await settle();
    // The end of a connection is noticed by an event of the system, which no promise here stands for.
    while (this.server.connectionCount + this.server.openStreams.size > 0) await nextEvent();
  }

  /** Resolves when `count` connections are open. */
  async connectionsOpen(count: number): Promise<void> {
    while (this.server.connectionCount < count) await nextEvent();
  }

  /** Resolves when `count` connections were accepted, those that wait for a place among them. */
  async accepted(count: number): Promise<void> {
    while (this.server.acceptedCount < count) await nextEvent();
  }

  /** Ends the server and asserts that it leaves nothing behind. */
  async finish(): Promise<void> {
    this.server.stop();
    for (const client of this.#clients) client.close();
    await this.connectionsEnded();
    await settle();
    this.assertNothingLeft();
    this.loop.close();
  }

  /** Asserts that connections that ended left nothing in the server or the loop, which no longer listens. */
  assertNothingLeft(): void {
    assertEquals(this.server.connectionCount, 0, "connections that the server remembers");
    assertEquals([...this.loop.handlers.keys()], [], "handlers in the loop");
    assertEquals(this.loop.readers.size + this.loop.writers.size, 0, "readers and writers in the loop");
    assertEquals(this.clock.armed, 0, "timers that are armed");
    assertEquals(this.errors, [], "errors that reached the loop");
  }

  #observe(target: HTTPServerConnectionDelegate): HTTPServerConnectionDelegate {
    return {
      startRequest: (server: ServerConnection, connection: HTTPConnection) => target.startRequest(server, connection),
      onClose: (server: ServerConnection) => {
        this.ended.push(server.context);
        target.onClose?.(server);
      },
    };
  }
}

/** Runs a test with a server, and asserts that it leaves nothing behind. */
export async function withServer(
  target: HTTPServerConnectionDelegate | RequestCallback,
  test: (server: TestServer) => Promise<void>,
  options: HTTPServerOptions = {},
): Promise<void> {
  const server = new TestServer(target, options);
  try {
    await test(server);
  } catch (error) {
    server.server.stop();
    await server.server.closeAllConnections();
    throw error;
  }
  await server.finish();
}

/** Lets Deno's own loop take one turn, in which it delivers what the system has to say. */
function nextEvent(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
