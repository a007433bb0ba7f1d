/**
 * Two streams that are joined in memory, with a limited capacity in each direction, and what they stand on.
 *
 * What one side writes is what the other reads. A write takes what there is room for and waits if there is none, as a
 * socket does. A test can also break the connection.
 *
 * @module
 */

import { ByteChannel, type ByteHost } from "../../ioloop/mod.ts";
import { IOStream, type IOStreamOptions } from "../../tcp/mod.ts";

/** How much one direction holds before writing waits, as a socket's buffers do. */
const DEFAULT_CAPACITY = 65536;

/** One direction: bytes in order, and those who wait. */
class Lane {
  #bytes = new Uint8Array(0);
  #ended = false;
  #failure: unknown;
  #waiting: (() => void)[] = [];

  readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get length(): number {
    return this.#bytes.length;
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#bytes.length === 0) {
      this.#check();
      if (this.#ended) return null;
      await this.#change();
    }
    const count = Math.min(into.length, this.#bytes.length);
    into.set(this.#bytes.subarray(0, count));
    this.#bytes = this.#bytes.slice(count);
    this.#wake();
    return count;
  }

  async write(bytes: Uint8Array): Promise<number> {
    for (;;) {
      this.#check();
      if (this.#ended) throw new Deno.errors.BrokenPipe("Broken pipe");
      const room = this.capacity - this.#bytes.length;
      if (room > 0) break;
      await this.#change();
    }
    const part = bytes.subarray(0, this.capacity - this.#bytes.length);
    const joined = new Uint8Array(this.#bytes.length + part.length);
    joined.set(this.#bytes);
    joined.set(part, this.#bytes.length);
    this.#bytes = joined;
    this.#wake();
    return part.length;
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#bytes = new Uint8Array(0);
    this.#wake();
  }

  #check(): void {
    if (this.#failure !== undefined) throw (this.#failure as { error: unknown }).error;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** One end of a pair. */
export class MemoryHost implements ByteHost {
  /** The sizes of the writes that reached the host. */
  readonly writes: number[] = [];
  /** How many reads were issued. */
  reads = 0;
  /** Whether `close` was called. */
  closed = false;
  readonly #incoming: Lane;
  readonly #outgoing: Lane;

  /** @internal */
  constructor(incoming: Lane, outgoing: Lane) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  /** The number of bytes on the way to the other end. */
  get unread(): number {
    return this.#outgoing.length;
  }

  /** Reads what the other end wrote; `null` at its end. */
  read(buffer: Uint8Array): Promise<number | null> {
    this.reads++;
    return this.#incoming.read(buffer);
  }

  /** Writes as much as there is room for. */
  write(bytes: Uint8Array): Promise<number> {
    this.writes.push(bytes.length);
    return this.#outgoing.write(bytes);
  }

  /** Tells the other end that no more will come. */
  closeWrite(): Promise<void> {
    this.#outgoing.end();
    return Promise.resolve();
  }

  /** Closes this end. */
  close(): void {
    this.closed = true;
    this.#outgoing.end();
    this.#incoming.fail(new Deno.errors.Interrupted("operation canceled"));
  }

  /** Breaks the connection: both ends see a reset. */
  reset(): void {
    const error = new Deno.errors.ConnectionReset("Connection reset by peer");
    this.#outgoing.fail(error);
    this.#incoming.fail(error);
  }
}

/** Two hosts for channels that are joined. @param capacity How many bytes each direction holds. */
export function memoryHosts(capacity = DEFAULT_CAPACITY): [MemoryHost, MemoryHost] {
  const [there, back] = [new Lane(capacity), new Lane(capacity)];
  return [new MemoryHost(back, there), new MemoryHost(there, back)];
}

/** Two channels that are joined. @param capacity How many bytes each direction holds. */
export function memoryChannels(capacity = DEFAULT_CAPACITY): [ByteChannel, ByteChannel] {
  const [one, other] = memoryHosts(capacity);
  return [new ByteChannel(one), new ByteChannel(other)];
}

/** Options of {@linkcode memoryStreams}. */
export interface MemoryStreamsOptions extends IOStreamOptions {
  /** How many bytes one direction holds before writing waits. @default 65536 */
  readonly capacity?: number;
}

/**
 * Two streams that are joined: a connection without a socket.
 *
 * @example A server, spoken to without a socket
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { Application, HTTPServer } from "@denado/denado";
 * import { memoryStreams } from "@denado/denado/testing";
 *
 * const server = new HTTPServer(new Application([], { logFunction: () => {} }));
 * const [client, stream] = memoryStreams();
 * server.handleStream(stream);
 * await client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
 * const response = new TextDecoder().decode(await client.readUntilClose());
 * assertStringIncludes(response, "HTTP/1.1 404 Not Found");
 * ```
 */
export function memoryStreams(options: MemoryStreamsOptions = {}): [IOStream, IOStream] {
  const { capacity, ...streamOptions } = options;
  const [one, other] = memoryChannels(capacity);
  return [new IOStream(one, streamOptions), new IOStream(other, streamOptions)];
}
