/**
 * The preconditions of a request that are not about `If-None-Match`, on a selected representation. Pure functions.
 *
 * Tornado looks at `If-None-Match` and `If-Modified-Since` only. `If-Match` and `If-Unmodified-Since` are what a
 * download that goes on after an interruption relies on, and so is `If-Range`, without which it would join parts of two
 * versions.
 *
 * Source: RFC 9110 13.1 and 13.2.2.
 *
 * @module
 */

import { type HTTPHeaders, parseHttpDate } from "../../http/mod.ts";

/** What is known about the representation that would be sent. */
export interface Validators {
  /** Its entity tag, with its quotes. */
  readonly etag: string | undefined;
  /** When it was modified, in whole seconds. */
  readonly modified: Date | undefined;
}

/**
 * Whether `If-Match`, or else `If-Unmodified-Since`, asks for another version than there is: the answer is 412.
 *
 * @param headers Those of the request.
 */
export function isPreconditionFailed(headers: HTTPHeaders, { etag, modified }: Validators): boolean {
  const ifMatch = headers.get("If-Match");
  if (ifMatch !== undefined) {
    if (ifMatch.trim() === "*") return false;
    return etag === undefined || etag.startsWith("W/") || !entityTags(ifMatch).includes(etag); // a weak tag equals none
  }
  const since = dateOf(headers.get("If-Unmodified-Since"));
  return since !== undefined && modified !== undefined && modified > since;
}

/**
 * Whether `If-Modified-Since` says that the client has this version. A date that is none is ignored.
 *
 * @param headers Those of the request.
 */
export function isUnmodifiedSince(headers: HTTPHeaders, modified: Date | undefined): boolean {
  const since = dateOf(headers.get("If-Modified-Since"));
  return since !== undefined && modified !== undefined && since >= modified;
}

/**
 * Whether `If-Range` allows a part to be sent: there is none, or it names exactly this version.
 *
 * @param headers Those of the request.
 */
export function isRangeApplicable(headers: HTTPHeaders, { etag, modified }: Validators): boolean {
  const ifRange = headers.get("If-Range");
  if (ifRange === undefined) return true;
  if (ifRange.includes('"')) return etag !== undefined && ifRange === etag && !etag.startsWith("W/");
  const date = dateOf(ifRange);
  return date !== undefined && modified !== undefined && date.getTime() === modified.getTime();
}

function entityTags(list: string): string[] {
  return list.match(/(?:W\/)?"[^"]*"/g) ?? [];
}

function dateOf(value: string | undefined): Date | undefined {
  return value === undefined ? undefined : parseHttpDate(value);
}
