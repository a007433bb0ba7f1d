/**
 * A child's pipe as a channel of bytes that a loop can watch.
 *
 * Deno hands out the pipes of a child as web streams. Here a web stream, or one
 * for each direction, becomes the host of a {@linkcode ByteChannel}, on which an
 * `IOStream` can stand as it does on a socket.
 *
 * @module
 */

import { ByteChannel, type ByteHost } from "./byte_channel.ts";

/** The streams of a {@linkcode PipeChannel}; one may be missing. */
export interface PipeStreams {
  /** What is read, a child's standard output for instance. */
  readonly readable?: ReadableStream<Uint8Array>;
  /** What is written to, a child's standard input. */
  readonly writable?: WritableStream<Uint8Array>;
}

/** Large writes go in parts, so that progress is seen and closing does not wait for all of it. */
const MAX_WRITE_BYTES = 65536;

/**
 * Web streams as a channel, which owns and locks them from now on. Closing it closes both streams; a child that reads
 * its standard input sees the end then.
 *
 * @example A pipe that a loop watches
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { IOLoop, PipeChannel } from "@denado/denado/ioloop";
 *
 * const loop = IOLoop.current();
 * const pipe = new PipeChannel({ readable: new Blob(["hello"]).stream() });
 * const text = await new Promise<string>((resolve) => {
 *   loop.addHandler(pipe, () => {
 *     const count = pipe.takeReceived()!;
 *     resolve(new TextDecoder().decode(pipe.receiveBuffer.subarray(0, count)));
 *     pipe.recycle();
 *   }, IOLoop.READ);
 * });
 * assertEquals(text, "hello");
 * loop.removeHandler(pipe);
 * pipe.close();
 * ```
 */
export class PipeChannel extends ByteChannel {
  /** A channel over the streams. @throws {TypeError} if one of them is locked */
  constructor(streams: PipeStreams) {
    super(new PipeHost(streams));
  }
}

class PipeHost implements ByteHost {
  readonly read?: (buffer: Uint8Array) => Promise<number | null>;
  readonly write?: (bytes: Uint8Array) => Promise<number>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  /** What the reader gave and the buffer had no room for. */
  #rest = new Uint8Array(0);
  #writing = false;

  constructor(streams: PipeStreams) {
    this.#reader = streams.readable?.getReader();
    this.#writer = streams.writable?.getWriter();
    if (this.#reader !== undefined) this.read = (buffer) => this.#read(this.#reader!, buffer);
    if (this.#writer !== undefined) this.write = (bytes) => this.#write(this.#writer!, bytes);
    // Read and write report failures; these two only repeat them.
    this.#reader?.closed.catch(ignoreRepeated);
    this.#writer?.closed.catch(ignoreRepeated);
  }

  async closeWrite(): Promise<void> {
    await this.#writer?.close();
  }

  close(): void {
    this.#reader?.cancel().catch(ignoreRepeated);
    // A write that is stuck would hold up a close for ever.
    const closing = this.#writing ? this.#writer?.abort() : this.#writer?.close();
    closing?.catch(ignoreRepeated);
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>, buffer: Uint8Array): Promise<number | null> {
    while (this.#rest.length === 0) {
      const { done, value } = await reader.read();
      if (done) return null;
      this.#rest = value as Uint8Array<ArrayBuffer>;
    }
    const count = Math.min(this.#rest.length, buffer.length);
    buffer.set(this.#rest.subarray(0, count));
    this.#rest = this.#rest.subarray(count);
    return count;
  }

  async #write(writer: WritableStreamDefaultWriter<Uint8Array>, bytes: Uint8Array): Promise<number> {
    // A copy: the bytes are memory that is used again after the write, and a stream may keep its chunks.
    const part = bytes.slice(0, MAX_WRITE_BYTES);
    this.#writing = true;
    try {
      await writer.write(part);
    } finally {
      this.#writing = false;
    }
    return part.length;
  }
}

/** The failure was, or will be, the result of a read or a write; after a close nobody wants to know. */
function ignoreRepeated(): void {}
