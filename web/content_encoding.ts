/**
 * Compression of responses: an output transform that is added by the setting `compressResponse`.
 *
 * A response is compressed if the client accepts a coding that the application has, its type is that of text, and it is
 * not small. What is streamed is compressed from its first flush on, and each flush reaches the client.
 *
 * A compressed response is another representation, so a strong entity tag becomes another one (`"x"` → `"x-gzip"`). A
 * weak one stays, since it stands for all representations that mean the same.
 *
 * Source: RFC 9110 8.4, 8.8.3.3 and 12.5.3, RFC 9111 5.2.2.6. Tornado: `tornado.web.GZipContentEncoding`.
 *
 * @module
 */

import type { HTTPHeaders, HTTPServerRequest } from "../http/mod.ts";
import { CONTENT_CODINGS, type ContentCoding, encodeContent, StreamEncoder } from "./content_encoder.ts";
import { type FirstChunk, OutputTransform, type OutputTransformClass, type ShortBodies } from "./output_transform.ts";
import { parsePreferences } from "./quality_values.ts";

/** What is compressed, and how. */
export interface CompressionOptions {
  /** The codings to offer, the preferred one first. @default those of the runtime: zstd, br, gzip */
  readonly codings?: readonly ContentCoding[];
  /** The least length of a body that is compressed, in bytes; one of unknown length is. @default 1024 */
  readonly minLength?: number;
  /** Whether a type, in lower case and without parameters, is compressed. @default text and its relatives */
  readonly isCompressible?: (contentType: string) => boolean;
}

const DEFAULT_MIN_LENGTH = 1024;
const NO_BODY = new Uint8Array(0);

/** Compresses responses in the coding that the client likes best. */
export class ContentEncoding extends OutputTransform {
  /** The types that are compressed, besides `text/*` and those that end in `+json` or `+xml`. */
  static readonly CONTENT_TYPES: ReadonlySet<string> = new Set([
    "application/javascript",
    "application/x-javascript",
    "application/json",
    "application/xml",
    "application/wasm",
    "image/bmp",
    "image/x-icon",
    "image/vnd.microsoft.icon",
    "font/otf",
    "font/ttf",
  ]);

  /** Short bodies pass, and vary by what the client accepts, though these do not. */
  static readonly shortBodies: ShortBodies = { below: DEFAULT_MIN_LENGTH, vary: "Accept-Encoding" };

  readonly #request: HTTPServerRequest;
  readonly #options: CompressionOptions;
  #encoder: StreamEncoder | undefined;

  /** A transform for one response. */
  constructor(request: HTTPServerRequest, options: CompressionOptions = {}) {
    super(request);
    this.#request = request;
    this.#options = options;
  }

  /** Adds `Vary`, and compresses what is to be compressed. */
  override transformFirstChunk(first: FirstChunk, finishing: boolean): FirstChunk | Promise<FirstChunk> {
    const { headers, chunk, statusCode } = first;
    addVary(headers, "Accept-Encoding");
    const coding = hasWholeBody(statusCode) ? this.#codingFor(headers) : undefined;
    if (coding === undefined) return first;
    const etag = headers.get("Etag");
    if (etag !== undefined) headers.set("Etag", tagWith(etag, coding));
    headers.set("Content-Encoding", coding);
    const length = headers.get("Content-Length");
    headers.delete("Content-Length");
    // A handler may answer HEAD without the body; how long it would be when compressed is not known then.
    if (finishing && this.#request.method === "HEAD" && length !== String(chunk.length)) {
      return { ...first, chunk: NO_BODY };
    }
    if (finishing) {
      const encoded = encodeContent(coding, chunk);
      const finish = (encoded: Uint8Array): FirstChunk => {
        headers.set("Content-Length", String(encoded.length));
        return { ...first, chunk: encoded };
      };
      return encoded instanceof Promise ? encoded.then(finish) : finish(encoded);
    }
    if (this.#request.method === "HEAD") return { ...first, chunk: NO_BODY };
    this.#encoder = new StreamEncoder(coding);
    return this.#encoder.write(chunk).then((encoded) => ({ ...first, chunk: encoded }));
  }

  /** Compresses another part, so that the client can decode it at once. */
  override transformChunk(chunk: Uint8Array, finishing: boolean): Uint8Array | Promise<Uint8Array> {
    if (this.#encoder === undefined) return chunk;
    return finishing ? this.#encoder.end(chunk) : this.#encoder.write(chunk);
  }

  /** The entity tag of what will be sent. */
  override transformEtag(etag: string, headers: HTTPHeaders): string {
    const coding = this.#codingFor(headers);
    return coding === undefined ? etag : tagWith(etag, coding);
  }

  /** Lets go of the encoder. */
  override close(): void {
    this.#encoder?.close();
  }

  /** The coding for a response; what is cheap to find out comes first, since most responses are small. */
  #codingFor(headers: HTTPHeaders): ContentCoding | undefined {
    const { minLength = DEFAULT_MIN_LENGTH, isCompressible = isText, codings = CONTENT_CODINGS } = this.#options;
    const length = headers.get("Content-Length");
    if (length !== undefined && Number(length) < minLength) return undefined;
    const accepted = this.#request.headers.get("Accept-Encoding");
    if (accepted === undefined || headers.has("Content-Encoding") || headers.has("Content-Range")) return undefined;
    if (/\bno-transform\b/i.test(headers.get("Cache-Control") ?? "")) return undefined;
    const type = (headers.get("Content-Type") ?? "").split(";", 1)[0]!.trim().toLowerCase();
    return isCompressible(type) ? negotiateCoding(accepted, codings) : undefined;
  }
}

/** Compresses responses with gzip alone. Tornado's class, for {@linkcode Application.addTransform}. */
export class GZipContentEncoding extends ContentEncoding {
  /** The level of compression. */
  static readonly GZIP_LEVEL: number = 6;
  /** The least length of a body that is compressed, in bytes. */
  static readonly MIN_LENGTH: number = DEFAULT_MIN_LENGTH;
  /** As in {@linkcode ContentEncoding}. */
  static override readonly shortBodies: ShortBodies = ContentEncoding.shortBodies;

  /** A transform for one response. */
  constructor(request: HTTPServerRequest) {
    super(request, { codings: ["gzip"] });
  }
}

/**
 * A class of transforms with options, as the setting `compressResponse` makes one.
 *
 * @throws {RangeError} if a coding does not exist here, or `minLength` is not a number from 0 on
 */
export function contentEncoding(options: CompressionOptions = {}): OutputTransformClass {
  for (const coding of options.codings ?? []) {
    if (!CONTENT_CODINGS.includes(coding)) {
      throw new RangeError(
        `Cannot compress responses with ${JSON.stringify(coding)}: use ${CONTENT_CODINGS.join(", ")}`,
      );
    }
  }
  if (!((options.minLength ?? 0) >= 0)) {
    throw new RangeError(`Cannot compress responses: minLength must be a number from 0 on: ${options.minLength}`);
  }
  return class extends ContentEncoding {
    static override readonly shortBodies = {
      ...ContentEncoding.shortBodies,
      below: options.minLength ?? DEFAULT_MIN_LENGTH,
    };
    constructor(request: HTTPServerRequest) {
      super(request, options);
    }
  };
}

/**
 * The coding for a response: the one that the value of `Accept-Encoding` likes best, of those the first one offered.
 * `undefined` for none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { negotiateCoding } from "@denado/denado/web";
 *
 * assertEquals(negotiateCoding("gzip, br;q=0.5", ["br", "gzip"]), "gzip");
 * assertEquals(negotiateCoding("gzip;q=0", ["br", "gzip"]), undefined);
 * ```
 */
export function negotiateCoding(
  acceptEncoding: string,
  offered: readonly ContentCoding[],
): ContentCoding | undefined {
  const qualities = new Map<string, number>();
  for (const { value, quality } of parsePreferences(acceptEncoding)) {
    const name = value.toLowerCase();
    qualities.set(name === "x-gzip" ? "gzip" : name, quality);
  }
  let best: ContentCoding | undefined;
  let bestQuality = 0;
  for (const coding of offered) {
    const quality = qualities.get(coding) ?? qualities.get("*") ?? 0;
    if (quality > bestQuality) {
      best = coding;
      bestQuality = quality;
    }
  }
  return bestQuality >= (qualities.get("identity") ?? 0) ? best : undefined;
}

function isText(type: string): boolean {
  return type.startsWith("text/") || type.endsWith("+json") || type.endsWith("+xml") ||
    ContentEncoding.CONTENT_TYPES.has(type);
}

/** Part of a body (206) must stay what it is, and the others have none. */
function hasWholeBody(statusCode: number): boolean {
  return statusCode >= 200 && statusCode !== 204 && statusCode !== 206 && statusCode !== 304;
}

function tagWith(etag: string, coding: ContentCoding): string {
  return etag.startsWith('"') && etag.endsWith('"') ? `${etag.slice(0, -1)}-${coding}"` : etag;
}

function addVary(headers: HTTPHeaders, name: string): void {
  const vary = headers.get("Vary");
  if (vary === undefined || vary.trim() === "") return headers.set("Vary", name);
  const names = vary.split(",").map((part) => part.trim().toLowerCase());
  if (!names.includes("*") && !names.includes(name.toLowerCase())) headers.set("Vary", `${vary}, ${name}`);
}
