/**
 * The body of a request, whatever it is given as, and how it goes onto a connection.
 *
 * @module
 */

import type { Chunk } from "../delegates.ts";
import type { HTTP1ClientConnection } from "../http1_client_connection.ts";
import type { BodyProducer, RequestBody } from "./request_options.ts";

/** A body that can be sent. */
export class OutgoingBody {
  /** The length in bytes; -1 where it is not known. */
  readonly contentLength: number;
  readonly #bytes: Uint8Array | undefined;
  readonly #source: AsyncIterable<Chunk> | undefined;
  readonly #producer: BodyProducer | undefined;
  #begun = false;

  /**
   * A body.
   *
   * @param body Text, bytes, or something that is read while it is sent.
   * @param producer Writes the body, instead of `body`.
   * @throws {TypeError} When the body is something else.
   */
  constructor(body: RequestBody | undefined, producer: BodyProducer | undefined) {
    this.#producer = producer;
    if (typeof body === "string") this.#bytes = encoder.encode(body);
    else if (body instanceof Uint8Array) this.#bytes = body;
    else if (body !== undefined) this.#source = checkSource(body);
    this.contentLength = this.#bytes?.length ?? -1;
  }

  /** Whether it is there as a whole, so that it is sent at once. */
  get isWhole(): boolean {
    return this.#bytes !== undefined;
  }

  /** Whether it can be sent (again). */
  get isReplayable(): boolean {
    return this.#source === undefined || !this.#begun;
  }

  /** Sends the whole body, and ends the request. For {@linkcode isWhole}. */
  sendWhole(connection: HTTP1ClientConnection): void {
    if (connection.stream.closed) return; // whoever reads the response hears of it
    connection.push(this.#bytes!);
    connection.finish();
  }

  /**
   * Sends the body piece by piece as fast as the server takes it, and ends the request. Stops when the response is there
   * already, since nobody wants the rest then.
   */
  async send(connection: HTTP1ClientConnection): Promise<void> {
    if (this.#bytes !== undefined) return this.sendWhole(connection);
    this.#begun = true;
    if (this.#producer !== undefined) {
      await this.#producer((chunk) => connection.write(chunk));
    } else {
      for await (const chunk of this.#source!) {
        if (connection.responseFinished) return;
        await connection.write(chunk);
      }
    }
    if (!connection.responseFinished) connection.finish();
  }
}

function checkSource(body: unknown): AsyncIterable<Chunk> {
  if (typeof body === "object" && body !== null && Symbol.asyncIterator in body) return body as AsyncIterable<Chunk>;
  throw new TypeError(
    `Cannot send a body that is neither text, nor bytes, nor a stream of them: ${Deno.inspect(body)}`,
  );
}

const encoder = new TextEncoder();
