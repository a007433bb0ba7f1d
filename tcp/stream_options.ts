/**
 * The settings of streams and of their reads.
 *
 * @module
 */

import type { IOLoop } from "../ioloop/mod.ts";
import type { BaseIOStream } from "./base_iostream.ts";
import type { ReadOptions } from "./read_limit.ts";

/** Settings of a stream. */
export interface IOStreamOptions {
  /** The loop that watches the channel. @default the current one */
  readonly ioLoop?: IOLoop;
  /** The most bytes that may wait to be read; a read that needs more closes the stream. @default 104857600 (100 MiB) */
  readonly maxBufferSize?: number;
  /** The most bytes that may wait to be written; a write beyond fails. @default no limit */
  readonly maxWriteBufferSize?: number;
  /** The most bytes that one read of the channel brings; half of `maxBufferSize` if that is less. @default 65536 */
  readonly readChunkSize?: number;
  /**
   * Whether the stream stays open when the peer has finished sending, so that it can still be written to; then it must
   * be closed by the program. By default only what is queued at that moment is still sent, as in Tornado.
   * @default false
   */
  readonly allowHalfOpen?: boolean;
  /** Called at once, with the stream, when it has closed; for an owner of many, who must not throw. */
  readonly onClosed?: (stream: BaseIOStream) => void;
}

/** Settings of a read that may be satisfied by less. */
export interface PartialReadOptions extends ReadOptions {
  /** Whether to return as soon as there is at least one byte. @default false */
  readonly partial?: boolean;
}

/** Settings of a read up to a delimiter. */
export interface DelimitedReadOptions extends ReadOptions {
  /** Closes the stream if the delimiter does not end within this many bytes. @default no limit */
  readonly maxBytes?: number;
}

/** A size as it is. @throws {RangeError} if it is not a positive number */
export function checkSize(name: string, size: number): number {
  if (size > 0) return size;
  throw new RangeError(`Cannot make a stream, ${name} must be a positive number of bytes: ${size}`);
}
