/**
 * Undoing the content coding of a message's body, gzip or deflate, between a connection and its delegate.
 *
 * A body that is small on the wire may be huge behind it. So the inflated bytes are counted against the same limit as
 * the others, and inflating stops there: zlib fills one piece, the delegate takes it, and only then comes the next. It
 * is the public stream of `node:zlib` in its pulling form that keeps to this.
 *
 * Any other coding, and several in a row, is left to the delegate.
 *
 * Sources: RFC 9110 8.4, RFC 1950 to 1952. Tornado: `http1connection._GzipMessageDelegate`.
 *
 * @module
 */

import { createGunzip, createInflate, type Gunzip, type Inflate } from "node:zlib";
import type {
  HTTPConnection,
  HTTPMessageDelegate,
  HTTPServerConnectionDelegate,
  ServerConnection,
} from "./delegates.ts";
import { HTTPInputError } from "./errors.ts";
import type { HTTPHeaders } from "./headers.ts";
import type { RequestHead } from "./message_parser.ts";

/** Options of {@linkcode DecompressingDelegate}. */
export interface DecompressOptions {
  /**
   * Most bytes in one call of `dataReceived`.
   *
   * @default 65536
   */
  readonly chunkSize?: number;
}

/** The limit for a body, as a connection has it. It is looked at again for each piece, since it may change. */
export interface BodySizeLimit {
  /** Most bytes of the body. */
  readonly maxBodySize: number;
}

/**
 * Stands between a connection and a delegate, and hands the delegate the body without its content coding.
 *
 * What is decoded has `X-Consumed-Content-Encoding` in place of `Content-Encoding`, as in Tornado. `Content-Length`
 * stays that of the coded body.
 *
 * Errors, in what `dataReceived` and `finish` return: {@linkcode HTTPInputError} with status 400 where the body is damaged
 * or cut off, with 413 where it is larger than the limit after decoding.
 *
 * @example A body that arrives in gzip
 * ```ts
 * import { DecompressingDelegate, HTTPHeaders } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 * import { gzipSync } from "node:zlib";
 *
 * let text = "";
 * const delegate = new DecompressingDelegate<string>({
 *   headersReceived: () => {},
 *   dataReceived: (chunk) => void (text += new TextDecoder().decode(chunk)),
 *   finish: () => {},
 *   onConnectionClose: () => {},
 * }, { maxBodySize: 1000 });
 *
 * await delegate.headersReceived("head", new HTTPHeaders({ "Content-Encoding": "gzip" }));
 * await delegate.dataReceived(gzipSync("Hello, world"));
 * await delegate.finish();
 * assertEquals(text, "Hello, world");
 * ```
 */
export class DecompressingDelegate<Head = RequestHead> implements HTTPMessageDelegate<Head> {
  readonly #delegate: HTTPMessageDelegate<Head>;
  readonly #limit: BodySizeLimit;
  readonly #chunkSize: number;
  #coding: Coding | undefined;
  /** Made with the first data: without any there is nothing to decode. */
  #inflater: Inflater | undefined;
  #size = 0;

  /**
   * Creates one for one message.
   *
   * @param delegate Gets the decoded message.
   * @param limit The limit, a connection for instance.
   * @param options The size of the pieces.
   */
  constructor(delegate: HTTPMessageDelegate<Head>, limit: BodySizeLimit, options: DecompressOptions = {}) {
    this.#delegate = delegate;
    this.#limit = limit;
    this.#chunkSize = options.chunkSize ?? DEFAULT_CHUNK_SIZE;
  }

  /** Notes the coding, and passes the head on. */
  headersReceived(head: Head, headers: HTTPHeaders): void | Promise<void> {
    const encoding = headers.get("Content-Encoding");
    this.#coding = encoding === undefined ? undefined : CODINGS.get(encoding.toLowerCase());
    if (this.#coding !== undefined) {
      headers.set("X-Consumed-Content-Encoding", encoding!);
      headers.delete("Content-Encoding");
    }
    return this.#delegate.headersReceived(head, headers);
  }

  /** Passes on what the data becomes; the promise is settled when it was taken. */
  dataReceived(chunk: Uint8Array, owned?: boolean): void | Promise<void> {
    if (this.#coding === undefined) return this.#delegate.dataReceived(chunk, owned);
    this.#inflater ??= new Inflater(this.#coding, this.#chunkSize);
    return this.#inflater.write(chunk, this.#deliver);
  }

  /** Passes on the rest, and the end. */
  finish(): void | Promise<void> {
    if (this.#inflater === undefined) return this.#delegate.finish();
    return this.#finish(this.#inflater);
  }

  /** Passes the close on. What is being decoded is dropped. */
  onConnectionClose(): void {
    this.close();
    this.#delegate.onConnectionClose();
  }

  /** Drops what is being decoded, for a message of which nobody wants the rest; the delegate hears nothing. Idempotent. */
  close(): void {
    this.#inflater?.close();
  }

  async #finish(inflater: Inflater): Promise<void> {
    await inflater.end(this.#deliver);
    if (!inflater.closed) await this.#delegate.finish();
  }

  #deliver = (piece: Uint8Array): void | Promise<void> => {
    this.#size += piece.length;
    const { maxBodySize } = this.#limit;
    if (this.#size > maxBodySize) {
      throw new HTTPInputError(`Body too large when decompressed: more than ${maxBodySize} bytes`, { status: 413 });
    }
    return this.#delegate.dataReceived(piece);
  };
}

/** Gives each request of a server a {@linkcode DecompressingDelegate}. For {@linkcode HTTPServerOptions.decompressRequest}. */
export class DecompressingAdapter implements HTTPServerConnectionDelegate {
  readonly #delegate: HTTPServerConnectionDelegate;
  readonly #options: DecompressOptions;
  /** A request that was answered early hears neither of its end nor of the close; zlib's memory must go all the same. */
  readonly #latest = new WeakMap<ServerConnection, DecompressingDelegate>();

  /** An adapter in front of the delegate of a server. */
  constructor(delegate: HTTPServerConnectionDelegate, options: DecompressOptions = {}) {
    this.#delegate = delegate;
    this.#options = options;
  }

  /** Called for each request. */
  startRequest(server: ServerConnection, request: HTTPConnection): HTTPMessageDelegate {
    const delegate = new DecompressingDelegate(this.#delegate.startRequest(server, request), request, this.#options);
    this.#latest.set(server, delegate);
    return delegate;
  }

  /** Called at the end of a connection. */
  onClose(server: ServerConnection): void {
    this.#latest.get(server)?.close();
    this.#delegate.onClose?.(server);
  }
}

const DEFAULT_CHUNK_SIZE = 65536;

type Coding = "gzip" | "deflate";

/** RFC 9110 8.4.1: in any case; `x-gzip` is another name of gzip. */
const CODINGS: ReadonlyMap<string, Coding> = new Map([["gzip", "gzip"], ["x-gzip", "gzip"], ["deflate", "deflate"]]);

type Deliver = (piece: Uint8Array) => void | Promise<void>;

/**
 * A stream of `node:zlib` from which pieces are pulled: it works on only when one was taken, so that it never holds more
 * than a piece or two, whatever it was given.
 */
class Inflater {
  readonly #stream: Gunzip | Inflate;
  readonly #chunkSize: number;
  #failure: HTTPInputError | undefined;
  #writing = false;
  #ended = false;
  #received = 0;
  #wake: (() => void) | undefined;
  /** Whether nothing more will be delivered. */
  closed = false;

  constructor(coding: Coding, chunkSize: number) {
    this.#chunkSize = chunkSize;
    const options = { chunkSize: Math.max(chunkSize, MIN_CHUNK_SIZE), readableHighWaterMark: chunkSize };
    this.#stream = coding === "gzip" ? createGunzip(options) : createInflate(options);
    this.#stream.on("readable", this.#onEvent);
    this.#stream.on("end", () => {
      this.#ended = true;
      this.#onEvent();
    });
    this.#stream.on("error", (error) => {
      this.#failure = new HTTPInputError(`Cannot decompress body: ${error.message}`, { cause: error });
      this.#onEvent();
    });
  }

  /** Delivers what the input becomes. */
  write(input: Uint8Array, deliver: Deliver): Promise<void> {
    if (this.#ended) return this.#refuseRest();
    this.#received += input.length;
    this.#writing = true;
    this.#stream.write(input, () => {
      this.#writing = false;
      this.#onEvent();
    });
    return this.#pump(deliver, () => !this.#writing || this.#ended);
  }

  /** Delivers the rest. */
  async end(deliver: Deliver): Promise<void> {
    if (!this.#ended) this.#stream.end();
    await this.#pump(deliver, () => this.#ended);
    this.#stream.destroy();
  }

  close(): void {
    this.closed = true;
    this.#stream.destroy();
    this.#onEvent();
  }

  async #pump(deliver: Deliver, done: () => boolean): Promise<void> {
    try {
      while (!this.closed) {
        if (this.#failure !== undefined) throw this.#failure;
        const output: Uint8Array | null = this.#stream.read();
        if (output !== null) await this.#deliver(output, deliver);
        else if (done()) break;
        else await new Promise<void>((resolve) => this.#wake = resolve);
      }
      if (this.#ended && this.#stream.bytesWritten !== this.#received) await this.#refuseRest();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  async #deliver(output: Uint8Array, deliver: Deliver): Promise<void> {
    for (let at = 0; at < output.length && !this.closed; at += this.#chunkSize) {
      const taken = deliver(output.subarray(at, at + this.#chunkSize));
      if (taken !== undefined) await taken;
    }
  }

  #refuseRest(): Promise<never> {
    return Promise.reject(new HTTPInputError("Cannot decompress body: there is something behind its end"));
  }

  #onEvent = (): void => {
    this.#wake?.();
    this.#wake = undefined;
  };
}

/** What zlib asks for. */
const MIN_CHUNK_SIZE = 64;
