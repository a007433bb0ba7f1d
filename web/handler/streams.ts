/**
 * Responses that come bit by bit: bodies from a source, server-sent events, and hints before the response itself.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { HTTPHeaders } from "../../http/mod.ts";
import { type ChunkSource, drainSource, dropSource } from "../response_stream.ts";
import { type EventStreamOptions, sendEvents, type ServerSentEvent } from "../server_sent_events.ts";
import { ResponseHandler, type Writable } from "./response.ts";

const EVENT_STREAM = "text/event-stream; charset=UTF-8";

/** Streams responses; a part of {@linkcode RequestHandler}. */
export abstract class StreamHandler extends ResponseHandler {
  /**
   * Sends a body piece by piece from what makes it: an async iterable, such as an async generator, or a web stream. The
   * source works as fast as the client reads, and is ended (`return`, `cancel`) when the client leaves, and at once where
   * HEAD asks for no body.
   *
   * @throws {StreamClosedError} if the client leaves, by the promise; a handler need not catch it
   * @throws {TypeError} if it is no source, or a piece cannot be written
   */
  writeFrom(source: ChunkSource<Writable>): Promise<void> {
    if (this.request.method === "HEAD") return withoutBody(this, source);
    const deliver = (piece: Writable): Promise<void> => {
      this.write(piece);
      return this.flush();
    };
    return drainSource(source, { deliver, signal: this.request.connection.signal });
  }

  /**
   * Sends events to an `EventSource` in a browser, as they come from an async iterable, until it ends or the client
   * leaves, which ends the source and resolves the promise. Sets the headers that this needs.
   *
   * @throws {Error} if headers were sent already
   * @throws {TypeError} if an event cannot be sent, see {@linkcode formatEvent}
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Application, RequestHandler } from "@denado/denado";
   *
   * class CountHandler extends RequestHandler {
   *   override async get() {
   *     await this.writeEvents(this.count(Number(this.lastEventId ?? 0)));
   *   }
   *   async *count(from: number) {
   *     for (let n = from + 1; n <= 3; n++) yield { id: String(n), data: { n } };
   *   }
   * }
   *
   * const server = new Application([["/count", CountHandler]]).listen(0, { address: "127.0.0.1" });
   * const headers = { "Last-Event-ID": "1" };
   * const response = await fetch(`http://127.0.0.1:${server.port}/count`, { headers });
   * assertEquals(await response.text(), 'id: 2\ndata: {"n":2}\n\nid: 3\ndata: {"n":3}\n\n');
   * server.stop();
   * await server.closeAllConnections();
   * ```
   */
  async writeEvents(
    events: ChunkSource<ServerSentEvent | string>,
    options: EventStreamOptions = {},
  ): Promise<void> {
    if (this.headersWritten) throw new Error("Cannot write events: the headers were sent already");
    this.setHeader("Content-Type", EVENT_STREAM);
    this.setHeader("Cache-Control", "no-store");
    this.setHeader("X-Accel-Buffering", "no"); // nginx would collect them
    const { connection, method } = this.request;
    if (method === "HEAD") return await withoutBody(this, events);
    await sendEvents(events, {
      send: (text) => {
        this.write(text);
        return this.flush();
      },
      signal: connection.signal,
      hasLeft: () => connection.closed,
      options,
    });
  }

  /** The id of the last event that an `EventSource` has seen before it connected again. */
  get lastEventId(): string | undefined {
    const value = this.request.headers.get("Last-Event-ID");
    return value === undefined ? undefined : Buffer.from(value, "latin1").toString();
  }

  /**
   * Tells the client what it will need, while the response is still being made: an interim response 103, Early Hints
   * (RFC 8297). HTTP/1.0 clients and connections that have no interim responses get none.
   *
   * @param links Values of `Link`, such as `</style.css>; rel=preload; as=style`.
   * @throws {Error} if headers were sent already
   * @throws {TypeError} if a value cannot be sent
   */
  sendEarlyHints(links: string | readonly string[]): void {
    if (this.headersWritten) throw new Error("Cannot send early hints: the headers were sent already");
    const headers = new HTTPHeaders();
    for (const link of typeof links === "string" ? [links] : links) headers.add("Link", link);
    this.request.connection.writeInterim(103, headers);
  }
}

async function withoutBody(handler: StreamHandler, source: ChunkSource<unknown>): Promise<void> {
  await dropSource(source);
  await handler.flush();
}
