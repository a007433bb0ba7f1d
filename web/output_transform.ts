/**
 * Output transforms: what stands between a handler and the connection, and may change status, headers and body on their
 * way. Compression is one (`content_encoding.ts`).
 *
 * Tornado: `tornado.web.OutputTransform`.
 *
 * @module
 */

import type { HTTPHeaders, HTTPServerRequest } from "../http/mod.ts";

/** The beginning of a response. */
export interface FirstChunk {
  /** The status code. */
  readonly statusCode: number;
  /** The header fields; may be changed. */
  readonly headers: HTTPHeaders;
  /** The beginning of the body, which must not be changed and is valid during the call, or until its promise is settled. */
  readonly chunk: Uint8Array;
}

/** A class of transforms; one is made for each request. */
export interface OutputTransformClass {
  /** Makes a transform for one response. */
  new (request: HTTPServerRequest): OutputTransform;
  /**
   * What the transform does to short bodies, if that is nearly nothing, so that none need be made for them. It counts for
   * the class itself and not for its subclasses.
   */
  readonly shortBodies?: ShortBodies;
}

/** Bodies that a transform lets pass, apart from one header line. */
export interface ShortBodies {
  /** The number of bytes from which on the transform is needed. */
  readonly below: number;
  /** The value of `Vary` that it adds to a response that sets no headers, other than its type, and no status. */
  readonly vary: string;
}

/** What a list of transforms does to short bodies; `undefined` if they are needed for all. */
export function shortBodiesOf(transforms: readonly OutputTransformClass[]): ShortBodies | undefined {
  const [first] = transforms;
  if (first === undefined || transforms.length > 1) return undefined;
  return Object.hasOwn(first, "shortBodies") ? first.shortBodies : undefined;
}

/**
 * Changes responses on their way out. The base class changes nothing.
 *
 * Each method may return a promise; what comes after it waits, so that the order is kept.
 *
 * @example A transform that shouts
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, RequestHandler } from "@denado/denado";
 * import { type FirstChunk, OutputTransform } from "@denado/denado/web";
 *
 * class Shout extends OutputTransform {
 *   override transformFirstChunk(first: FirstChunk): FirstChunk {
 *     return { ...first, chunk: this.transformChunk(first.chunk) };
 *   }
 *   override transformChunk(chunk: Uint8Array): Uint8Array {
 *     return new TextEncoder().encode(new TextDecoder().decode(chunk).toUpperCase());
 *   }
 * }
 *
 * class Hello extends RequestHandler {
 *   override get() {
 *     this.write("hello");
 *   }
 * }
 *
 * const app = new Application([["/", Hello]]);
 * app.addTransform(Shout);
 * const server = app.listen(0, { address: "127.0.0.1" });
 * assertEquals(await (await fetch(`http://127.0.0.1:${server.port}/`)).text(), "HELLO");
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export class OutputTransform {
  /** A transform for the response to one request. */
  constructor(_request: HTTPServerRequest) {}

  /**
   * Changes the beginning of the response.
   *
   * @param first Status, headers and the beginning of the body.
   * @param _finishing Whether this is all of the body, and `Content-Length` is set; a transform that changes the length
   * of the body sets it anew, or else deletes it.
   */
  transformFirstChunk(first: FirstChunk, _finishing: boolean): FirstChunk | Promise<FirstChunk> {
    return first;
  }

  /**
   * Changes another part of the body.
   *
   * @param chunk The part, possibly empty; valid during the call, or until its promise is settled.
   * @param _finishing Whether it is the last one.
   */
  transformChunk(chunk: Uint8Array, _finishing: boolean): Uint8Array | Promise<Uint8Array> {
    return chunk;
  }

  /**
   * The entity tag that the response will have after this transform, which a conditional request is compared with. Not
   * in Tornado, where a compressed response has the entity tag of the other one.
   *
   * @param etag The entity tag before.
   * @param _headers The header fields as they are before this transform.
   */
  transformEtag(etag: string, _headers: HTTPHeaders): string {
    return etag;
  }

  /** Lets go of what the transform holds; called once, at the end of the response or when it is broken off. */
  close(): void {}
}

/** The transforms of one response, one after the other. */
export class TransformChain {
  readonly #transforms: readonly OutputTransform[];

  /** The transforms in the order in which they are applied. */
  constructor(transforms: readonly OutputTransform[]) {
    this.#transforms = transforms;
  }

  /** What the first chunk becomes; no promise unless a transform returns one. */
  transformFirstChunk(first: FirstChunk, finishing: boolean): FirstChunk | Promise<FirstChunk> {
    return inTurn(this.#transforms, first, (transform, value) => transform.transformFirstChunk(value, finishing));
  }

  /** What another chunk becomes. */
  transformChunk(chunk: Uint8Array, finishing: boolean): Uint8Array | Promise<Uint8Array> {
    return inTurn(this.#transforms, chunk, (transform, value) => transform.transformChunk(value, finishing));
  }

  /** What an entity tag becomes. */
  transformEtag(etag: string, headers: HTTPHeaders): string {
    return this.#transforms.reduce((tag, transform) => transform.transformEtag(tag, headers), etag);
  }

  /** Ends all of them. */
  close(): void {
    for (const transform of this.#transforms) transform.close();
  }
}

function inTurn<T>(
  transforms: readonly OutputTransform[],
  value: T,
  apply: (transform: OutputTransform, value: T) => T | Promise<T>,
): T | Promise<T> {
  let result: T | Promise<T> = value;
  for (const transform of transforms) {
    result = result instanceof Promise ? result.then((it) => apply(transform, it)) : apply(transform, result);
  }
  return result;
}
