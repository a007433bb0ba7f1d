/**
 * The errors of the tcp layer.
 *
 * ```text
 * Error
 * ├── StreamClosedError        the stream is closed; `realError` tells why, where that is known
 * ├── UnsatisfiableReadError   what was to be read is longer than `maxBytes`
 * └── StreamBufferFullError    a buffer would outgrow its limit
 * ```
 *
 * @module
 */

/** The stream was closed before the operation could finish. Tornado: `tornado.iostream.StreamClosedError`. */
export class StreamClosedError extends Error {
  /** Always `"StreamClosedError"`. */
  override readonly name = "StreamClosedError";
  /** Always `"ESTREAMCLOSED"`. */
  readonly code = "ESTREAMCLOSED";

  /** An error for a closed stream; `realError` is what closed it, also available as `cause`. */
  constructor(readonly realError?: unknown) {
    super("Stream is closed", realError === undefined ? undefined : { cause: realError });
  }
}

/** A delimiter was not found within `maxBytes`. Tornado: `tornado.iostream.UnsatisfiableReadError`. */
export class UnsatisfiableReadError extends Error {
  /** Always `"UnsatisfiableReadError"`. */
  override readonly name = "UnsatisfiableReadError";
  /** Always `"EUNSATISFIABLE"`. */
  readonly code = "EUNSATISFIABLE";
}

/** A read or write buffer would outgrow its limit. Tornado: `tornado.iostream.StreamBufferFullError`. */
export class StreamBufferFullError extends Error {
  /** Always `"StreamBufferFullError"`. */
  override readonly name = "StreamBufferFullError";
  /** Always `"EBUFFERFULL"`. */
  readonly code = "EBUFFERFULL";
}

const PEER_GONE_CODES: readonly unknown[] = ["ECONNRESET", "EPIPE", "ECONNABORTED", "ENOTCONN"];

/** Whether an error of the host only says that the peer has left, which is worth no line in the log. */
export function isPeerGone(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionAborted || error instanceof Deno.errors.UnexpectedEof ||
    error instanceof Deno.errors.NotConnected || PEER_GONE_CODES.includes((error as { code?: unknown } | null)?.code);
}
