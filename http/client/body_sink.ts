/**
 * Where the body of a response goes: into one array, to a callback, into a web stream, or nowhere.
 *
 * A sink gets views, which are valid until its promise is settled. Callbacks get them as they are, since a copy of each
 * piece would cost more than all the rest; everything else that is handed on is memory of its own.
 *
 * @module
 */

import { concatChunks } from "../callback_delegate.ts";

/** Takes a body. */
export interface BodySink {
  /** Takes a piece; the promise holds the server back. */
  take(chunk: Uint8Array): void | Promise<void>;
  /** The body will not be complete. */
  fail(error: unknown): void;
}

/** Collects a body in memory. */
export class CollectingSink implements BodySink {
  #chunks: Uint8Array<ArrayBuffer>[] = [];

  /** Keeps a copy. */
  take(chunk: Uint8Array): void {
    this.#chunks.push(copyOf(chunk));
  }

  /** Forgets what has come. */
  fail(): void {
    this.#chunks = [];
  }

  /** What has come so far. */
  get body(): Uint8Array<ArrayBuffer> {
    const chunks = this.#chunks;
    return chunks.length === 1 ? chunks[0]! : concatChunks(chunks) as Uint8Array<ArrayBuffer>;
  }
}

/** Gives each piece to a function, as a view. */
export class CallbackSink implements BodySink {
  readonly #callback: (chunk: Uint8Array) => void | PromiseLike<void>;

  /** A sink for a callback, which may return a promise as back pressure. */
  constructor(callback: (chunk: Uint8Array) => void | PromiseLike<void>) {
    this.#callback = callback;
  }

  /** Gives the view to the callback. */
  take(chunk: Uint8Array): void | Promise<void> {
    const taken = this.#callback(chunk);
    if (taken !== undefined) return Promise.resolve(taken);
  }

  /** Whoever has the callback learns of it from the response. */
  fail(): void {}
}

/**
 * Offers a body as a web stream of bytes. An ordinary reader gets arrays of its own; a reader that brings its own buffers
 * (`getReader({ mode: "byob" })`) gets the body in them, which saves their allocation.
 */
export class StreamSink implements BodySink {
  /** The body. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  #controller!: ReadableByteStreamController;
  /** Ends the pull in progress. */
  #satisfied: (() => void) | undefined;
  /** Goes on with a body that waits for a reader. */
  #wanted: (() => void) | undefined;
  #over = false;

  /**
   * A stream that nobody has read yet.
   *
   * @param onCancel Called when the reader wants no more.
   */
  constructor(onCancel: (reason: unknown) => void) {
    this.stream = new ReadableStream({
      type: "bytes",
      start: (controller) => void (this.#controller = controller),
      pull: () =>
        new Promise((resolve) => {
          this.#satisfied = resolve;
          this.#wanted?.();
        }),
      cancel: (reason) => {
        this.#over = true;
        onCancel(reason);
        this.#wanted?.();
      },
    }, { highWaterMark: 0 });
  }

  /** Hands the piece to the reader, as soon as there is one that asks; the promise is settled when all of it was taken. */
  take(chunk: Uint8Array): void | Promise<void> {
    if (this.#over) return;
    const rest = this.#satisfied === undefined ? chunk : this.#deliver(chunk);
    if (rest.length > 0) return this.#takeLater(rest);
  }

  async #takeLater(chunk: Uint8Array): Promise<void> {
    for (let rest = chunk; rest.length > 0 && !this.#over;) {
      await new Promise<void>((resolve) => this.#wanted = resolve);
      this.#wanted = undefined;
      if (!this.#over) rest = this.#deliver(rest);
    }
  }

  /** Answers the pull in progress, and returns what did not fit into the reader's buffer. */
  #deliver(chunk: Uint8Array): Uint8Array {
    const request = this.#controller.byobRequest;
    let count = chunk.length;
    if (request === null) {
      this.#controller.enqueue(copyOf(chunk));
    } else {
      const { buffer, byteOffset, byteLength } = request.view!;
      count = Math.min(count, byteLength);
      new Uint8Array(buffer, byteOffset, count).set(chunk.subarray(0, count));
      request.respond(count);
    }
    this.#satisfy();
    return chunk.subarray(count);
  }

  #satisfy(): void {
    const satisfied = this.#satisfied;
    this.#satisfied = undefined;
    satisfied?.();
  }

  /** Closes the stream: the body is complete. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller.close();
    this.#controller.byobRequest?.respond(0); // gives the reader its buffer back
    this.#satisfy();
  }

  /** Fails the stream, also for a reader that comes later. */
  fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller.error(error);
    this.#satisfy();
    this.#wanted?.();
  }
}

/** Drops a body, up to a limit: a short one costs less than a new connection. */
export class DroppingSink implements BodySink {
  readonly #onTooMuch: () => void;
  #left: number;

  /**
   * A sink for a body that nobody wants.
   *
   * @param maxBytes How much is dropped before that is too much.
   * @param onTooMuch Called then, once.
   */
  constructor(maxBytes: number, onTooMuch: () => void) {
    this.#left = maxBytes;
    this.#onTooMuch = onTooMuch;
  }

  /** Drops a piece. */
  take(chunk: Uint8Array): void {
    const isFine = this.#left >= 0;
    this.#left -= chunk.length;
    if (isFine && this.#left < 0) this.#onTooMuch();
  }

  /** Nothing to do. */
  fail(): void {}
}

/** A plain array, also of a `Buffer`, which is what a decompressor gives. */
function copyOf(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(chunk);
}
