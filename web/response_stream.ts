/**
 * A response body from a source that makes it piece by piece: an async iterable, a generator, a web stream.
 *
 * The source is asked for the next piece only when the one before was handed to the kernel, so it works as fast as the
 * client reads. A client that leaves ends the source at once, also while it is at work.
 *
 * @module
 */

import type { Chunk } from "../http/mod.ts";

/** Pieces of a body. */
export type ChunkSource<Piece = Chunk> = AsyncIterable<Piece> | Iterable<Piece> | ReadableStream<Piece>;

/** Where pieces go. */
export interface ChunkSink<Piece> {
  /** Called with each piece; the next one waits for its promise. */
  deliver(piece: Piece): Promise<void>;
  /** Called when the source is at work and when it is done, in turns. */
  onWaiting?(waiting: boolean): void;
  /** Aborted when nobody wants more. */
  readonly signal: AbortSignal;
}

type Pulled<Piece> = IteratorResult<Piece, unknown> | ReadableStreamReadResult<Piece>;

/** A source that can be asked for its next piece, and told that no more is wanted. */
interface Puller<Piece> {
  next(): Promise<Pulled<Piece>> | Pulled<Piece>;
  stop(reason: unknown): unknown;
}

/**
 * Takes a source to its end. If that fails or nobody wants more, the source is told so, and the promise rejects with the
 * reason.
 *
 * @throws {TypeError} if it is no source
 */
export async function drainSource<Piece>(source: ChunkSource<Piece>, sink: ChunkSink<Piece>): Promise<void> {
  const puller = pullerOf(source);
  const { signal } = sink;
  let reject: (reason: unknown) => void = () => {};
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  const next = () =>
    new Promise<Pulled<Piece>>((resolve, rejectNext) => {
      reject = rejectNext;
      if (signal.aborted) onAbort();
      else Promise.resolve(puller.next()).then(resolve, rejectNext);
    });
  try {
    for (;;) {
      sink.onWaiting?.(true);
      const pulled = await next();
      sink.onWaiting?.(false);
      if (pulled.done) return;
      await sink.deliver(pulled.value);
    }
  } catch (error) {
    // Not waited for: a generator that is at work would answer only when it is done with that.
    Promise.resolve(puller.stop(error)).catch(() => {}); // what matters is known
    throw error;
  } finally {
    sink.onWaiting?.(false);
    signal.removeEventListener("abort", onAbort);
  }
}

/** Ends a source of which nothing is wanted. @throws {TypeError} if it is no source */
export async function dropSource(source: ChunkSource<unknown>): Promise<void> {
  await pullerOf(source).stop(undefined);
}

function pullerOf<Piece>(source: ChunkSource<Piece>): Puller<Piece> {
  if (source instanceof ReadableStream) {
    const reader = source.getReader();
    return { next: () => reader.read(), stop: (reason) => reader.cancel(reason) };
  }
  if (typeof source === "object" && source !== null && !ArrayBuffer.isView(source)) {
    if (Symbol.asyncIterator in source) return pullIterator(source[Symbol.asyncIterator]());
    if (Symbol.iterator in source) return pullIterator(source[Symbol.iterator]());
  }
  throw new TypeError(`Cannot stream from ${Deno.inspect(source)}: use an async iterable or a ReadableStream`);
}

function pullIterator<Piece>(iterator: AsyncIterator<Piece> | Iterator<Piece>): Puller<Piece> {
  return { next: () => iterator.next(), stop: () => iterator.return?.() };
}
