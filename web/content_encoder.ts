/**
 * Content codings for what is sent: a body as a whole, or piece by piece with everything flushed that went in.
 *
 * The work is done by `node:zlib`. A small body is encoded at once, which costs less than the way to another thread and
 * back; a larger one there, so that the loop goes on meanwhile. `CompressionStream` has no flush, without which
 * server-sent events would arrive late.
 *
 * @module
 */

import * as zlib from "node:zlib";

/** A content coding by its registered name. */
export type ContentCoding = "zstd" | "br" | "gzip";

/** Larger bodies are encoded on another thread. */
const MAX_SYNC_BYTES = 65536;
/** Tornado's level. */
const GZIP_LEVEL = 6;
/** About as fast as gzip, and a tenth smaller; the default of 11 takes a hundred times as long. */
const BROTLI_QUALITY = 4;

type Encoder = zlib.Gzip | zlib.BrotliCompress | zlib.ZstdCompress;
type Callback = (error: Error | null, result: Uint8Array) => void;

interface Codec {
  encodeSync(body: Uint8Array): Uint8Array;
  encode(body: Uint8Array, callback: Callback): void;
  create(): Encoder;
  /** The flush that ends a block and keeps what was learned. */
  readonly flush: number;
}

const { constants } = zlib;
const brotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } };
const gzipOptions = { level: GZIP_LEVEL };

const CODECS: ReadonlyMap<ContentCoding, Codec> = new Map<ContentCoding, Codec>([
  ["zstd", {
    encodeSync: (body) => zlib.zstdCompressSync(body),
    encode: (body, callback) => zlib.zstdCompress(body, callback),
    create: () => zlib.createZstdCompress(),
    flush: constants.ZSTD_e_flush,
  }],
  ["br", {
    encodeSync: (body) => zlib.brotliCompressSync(body, brotliOptions),
    encode: (body, callback) => zlib.brotliCompress(body, brotliOptions, callback),
    create: () => zlib.createBrotliCompress(brotliOptions),
    flush: constants.BROTLI_OPERATION_FLUSH,
  }],
  ["gzip", {
    encodeSync: (body) => zlib.gzipSync(body, gzipOptions),
    encode: (body, callback) => zlib.gzip(body, gzipOptions, callback),
    create: () => zlib.createGzip(gzipOptions),
    flush: constants.Z_SYNC_FLUSH,
  }],
]);

/** The codings that this runtime has, the one that is preferred first: zstd is the fastest by far. */
export const CONTENT_CODINGS: readonly ContentCoding[] = [...CODECS.keys()].filter((coding) =>
  coding !== "zstd" || typeof zlib.zstdCompressSync === "function"
);

/** Encodes a whole body: at once if it is small, else elsewhere; it must not be changed until the promise is settled. */
export function encodeContent(coding: ContentCoding, body: Uint8Array): Uint8Array | Promise<Uint8Array> {
  const codec = CODECS.get(coding)!;
  if (body.length <= MAX_SYNC_BYTES) return codec.encodeSync(body);
  return new Promise((resolve, reject) => {
    codec.encode(body, (error, result) => error === null ? resolve(result) : reject(error));
  });
}

/**
 * Encodes a body piece by piece. One call at a time; a piece must not be changed until its promise is settled.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { StreamEncoder } from "@denado/denado/web";
 * import { gunzipSync } from "node:zlib";
 *
 * const encoder = new StreamEncoder("gzip");
 * const text = new TextEncoder();
 * const pieces = [await encoder.write(text.encode("Hello, ")), await encoder.end(text.encode("world"))];
 * assertEquals(gunzipSync(Uint8Array.from(pieces.flatMap((piece) => [...piece]))).toString(), "Hello, world");
 * ```
 */
export class StreamEncoder {
  readonly #encoder: Encoder;
  readonly #flush: number;
  #output: Uint8Array[] = [];
  #closed = false;
  #reject: ((error: unknown) => void) | undefined;

  /** An encoder, to be ended or closed. */
  constructor(coding: ContentCoding) {
    const codec = CODECS.get(coding)!;
    this.#encoder = codec.create();
    this.#flush = codec.flush;
    this.#encoder.on("data", (piece: Uint8Array) => this.#output.push(piece));
    this.#encoder.on("error", (error) => this.#fail(error));
  }

  /** Encodes a piece; resolves to everything that the client needs to decode it. */
  write(piece: Uint8Array): Promise<Uint8Array> {
    if (piece.length === 0) return Promise.resolve(piece);
    return this.#run((done) => {
      this.#encoder.write(piece);
      this.#encoder.flush(this.#flush, done);
    });
  }

  /** Encodes the last piece; resolves to it and the end of the coding. The encoder is closed then. */
  async end(piece: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.#run((done) => {
        this.#encoder.on("end", done);
        this.#encoder.end(piece);
      });
    } finally {
      this.close();
    }
  }

  /** Lets go of the memory; a piece that is being encoded is lost, and its promise rejects. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#encoder.destroy();
    this.#reject?.(new Error("Cannot encode content: the encoder was closed"));
  }

  #run(start: (done: () => void) => void): Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(new Error("Cannot encode content: the encoder is closed"));
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      start(() => {
        this.#reject = undefined;
        resolve(this.#take());
      });
    });
  }

  #take(): Uint8Array {
    const pieces = this.#output;
    this.#output = [];
    if (pieces.length === 1) return pieces[0]!;
    const all = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  #fail(error: unknown): void {
    this.#reject?.(error);
    this.close();
  }
}
