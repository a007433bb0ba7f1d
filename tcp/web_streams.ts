/**
 * A stream in the platform's own terms: a `ReadableStream` and a `WritableStream`.
 *
 * Both pass the back pressure on: bytes are read when somebody pulls, and a write
 * is done when the kernel has the bytes.
 *
 * @module
 */

import type { BaseIOStream } from "./base_iostream.ts";
import { StreamClosedError } from "./errors.ts";

const CHUNK_BYTES = 65536;

/** What arrives on a stream, until the peer finishes. Cancelling it closes the stream. */
export function readableOf(stream: BaseIOStream): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller) {
      try {
        controller.enqueue(await stream.readBytes(CHUNK_BYTES, { partial: true }));
      } catch (error) {
        const ended = error instanceof StreamClosedError && error.realError === undefined;
        if (ended) controller.close();
        else controller.error(error);
      }
    },
    cancel: () => stream.close(),
  }, { highWaterMark: 0 });
}

/** What is written goes to the peer. Closing it ends that direction only; aborting it closes the stream. */
export function writableOf(stream: BaseIOStream): WritableStream<Uint8Array | string> {
  return new WritableStream({
    write: (chunk) => stream.write(chunk),
    close: () => stream.closeWrite(),
    abort: (reason) => stream.close(reason),
  });
}
