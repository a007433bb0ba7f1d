/**
 * Entity tags and the conditional request that goes with them.
 *
 * Source: RFC 9110 8.8.3 and 13.1.2.
 *
 * @module
 */

import { sha1Hex } from "./sha1.ts";

/** A strong entity tag for a body, in quotes: its SHA-1, as in Tornado. */
export function etagOf(body: Uint8Array): string {
  return `"${sha1Hex(body)}"`;
}

/**
 * Whether the value of an `If-None-Match` header holds an entity tag, by weak comparison; `*` holds all.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { etagMatches } from "@denado/denado/web";
 *
 * assert(etagMatches('"a", W/"b"', '"b"'));
 * assert(!etagMatches('"a"', '"b"'));
 * ```
 */
export function etagMatches(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch.trim() === "*") return true;
  const wanted = opaqueTag(etag);
  for (const [candidate] of ifNoneMatch.matchAll(/\*|(?:W\/)?"[^"]*"/g)) {
    if (candidate === "*" || opaqueTag(candidate) === wanted) return true;
  }
  return false;
}

function opaqueTag(etag: string): string {
  return etag.startsWith("W/") ? etag.slice(2) : etag;
}
