/**
 * Which requests may be sent again when nobody knows whether the server has seen them.
 *
 * Sources: RFC 9110 9.2.2; draft-ietf-httpapi-idempotency-key-header.
 *
 * @module
 */

import type { HTTPHeaders } from "../headers.ts";

const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/**
 * Whether a request has the same effect when it arrives twice: by its method, or because it says so with a key by which
 * the server knows it again.
 *
 * @param method The method.
 * @param headers The header fields.
 * @returns True when it can be repeated without harm.
 */
export function isIdempotent(method: string, headers: HTTPHeaders): boolean {
  return IDEMPOTENT.has(method) || headers.has("Idempotency-Key");
}
