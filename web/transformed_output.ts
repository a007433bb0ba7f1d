/**
 * The way of a response through its transforms to the connection.
 *
 * A transform may take time. What was handed over before then goes first, so that the order is kept whoever waits, and
 * the end of the response is known only when all of it is with the connection.
 *
 * @module
 */

import { type HTTPConnection, type HTTPHeaders, reasonPhrase } from "../http/mod.ts";
import { type FirstChunk, TransformChain } from "./output_transform.ts";

/** Who is told what becomes of a response. */
export interface OutputOwner {
  /** Called when all of the response is with the connection, unless it was when `send` returned. */
  onSentLate(): void;
  /** Called when a part that took time cannot be sent. */
  onSendError(error: unknown): void;
}

/** A part of a response. */
export interface OutputPart {
  /** The status line. */
  readonly startLine: { readonly code: number; readonly reason: string };
  /** The header fields. */
  readonly headers: HTTPHeaders;
  /** The part of the body. */
  readonly chunk: Uint8Array;
  /** Whether it is the first part, with which status and headers go. */
  readonly begins: boolean;
  /** Whether it is the last part. */
  readonly ends: boolean;
}

/** Sends the response to one request by way of transforms. */
export class TransformedOutput extends TransformChain {
  readonly #connection: HTTPConnection;
  readonly #owner: OutputOwner;
  /** What is still on its way through transforms that take time. */
  #sending: Promise<void> | undefined;

  /** An output for one response; `transforms` apart, see {@linkcode TransformChain}. */
  constructor(
    transforms: ConstructorParameters<typeof TransformChain>[0],
    parts: { readonly connection: HTTPConnection; readonly owner: OutputOwner },
  ) {
    super(transforms);
    this.#connection = parts.connection;
    this.#owner = parts.owner;
  }

  /** Whether something is still on its way. */
  get busy(): boolean {
    return this.#sending !== undefined;
  }

  /** Sends a part: at once, unless the transforms or what was sent before take time. */
  send(part: OutputPart): void {
    const transformed = this.#sending === undefined
      ? this.#transform(part)
      : this.#sending.then(() => this.#transform(part));
    if (transformed instanceof Promise) this.#sendLater(part, transformed);
    else this.#deliver(part, transformed);
  }

  /** Kept when all that was sent so far was handed to the kernel. */
  flushed(): Promise<void> {
    if (this.#sending === undefined) return this.#connection.flushed();
    const flushed = this.#sending.then(() => this.#connection.flushed());
    flushed.catch(() => {}); // the owner knows; awaiting it is optional
    return flushed;
  }

  #transform({ startLine, headers, chunk, begins, ends }: OutputPart): FirstChunk | Promise<FirstChunk> {
    const statusCode = startLine.code;
    if (begins) return this.transformFirstChunk({ statusCode, headers, chunk }, ends);
    const result = this.transformChunk(chunk, ends);
    const wrap = (chunk: Uint8Array): FirstChunk => ({ statusCode, headers, chunk });
    return result instanceof Promise ? result.then(wrap) : wrap(result);
  }

  #deliver({ startLine, begins, ends }: OutputPart, { statusCode, headers, chunk }: FirstChunk): void {
    const connection = this.#connection;
    if (begins) {
      const same = statusCode === startLine.code;
      const line = same ? startLine : { code: statusCode, reason: reasonPhrase(statusCode) };
      if (ends) connection.respond(line, headers, chunk);
      else connection.writeHeaders(line, headers, chunk);
      return;
    }
    if (chunk.length > 0) connection.write(chunk);
    if (ends) connection.finish();
  }

  #sendLater(part: OutputPart, transformed: Promise<FirstChunk>): void {
    const sending = transformed.then((result) => this.#deliver(part, result)).then(() => {
      if (this.#sending === sending) this.#sending = undefined;
      if (part.ends) this.#owner.onSentLate();
    });
    this.#sending = sending;
    sending.catch((error) => this.#owner.onSendError(error));
  }
}
