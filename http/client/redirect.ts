/**
 * Where a redirect leads, and what of the request goes along.
 *
 * Pure functions. The rules are those of RFC 9110 15.4 and, where it leaves a choice, of browsers: 303 becomes GET,
 * 301 and 302 make a GET of a POST, 307 and 308 change nothing. Whatever might be a secret between the program and one
 * origin stays behind when the next one is another.
 *
 * Sources: RFC 9110 15.4, Fetch 4.4 (HTTP-redirect fetch). Tornado: `_HTTPConnection.finish`.
 *
 * @module
 */

import { decodeByteString } from "../form_data.ts";
import { HTTPHeaders } from "../headers.ts";

/** One of the requests that lead to a response: the first, or what a redirect made of it. */
export interface Hop {
  /** Where to. */
  readonly url: URL;
  /** The method. */
  readonly method: string;
  /** The header fields that the program gave, as far as they go along. */
  readonly headers: HTTPHeaders;
  /** Whether the body is sent. */
  readonly sendsBody: boolean;
  /** Whether the user name and password that the program gave are for this origin. */
  readonly authenticates: boolean;
  /** The value of `Authorization` that answers a challenge. */
  readonly authorization?: string;
}

/** A response that may be a redirect. */
export interface Redirecting {
  /** The status code. */
  readonly code: number;
  /** The header fields. */
  readonly headers: HTTPHeaders;
}

const CREDENTIALS = ["Authorization", "Cookie", "Proxy-Authorization"];
const BODY_FIELDS = [
  "Content-Encoding",
  "Content-Language",
  "Content-Length",
  "Content-Location",
  "Content-Type",
  "Expect",
  "Transfer-Encoding",
];

/**
 * The request to which a response redirects.
 *
 * @param hop The request that was answered.
 * @param response The answer.
 * @param canReplayBody Whether the body could be sent again.
 * @returns The next request, or `undefined` where there is none that can be made: it is no redirect, has no usable
 * `Location`, leads out of HTTP, or asks for a body that is gone.
 */
export function nextHop(hop: Hop, response: Redirecting, canReplayBody: boolean): Hop | undefined {
  const { code, headers } = response;
  if (code !== 301 && code !== 302 && code !== 303 && code !== 307 && code !== 308) return undefined;
  const location = headers.getList("Location")[0];
  if (location === undefined) return undefined;
  const url = URL.parse(decodeByteString(location) ?? location, hop.url);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;

  const becomesGet = code === 303 ? hop.method !== "HEAD" : code < 303 && hop.method === "POST";
  const sendsBody = hop.sendsBody && !becomesGet;
  if (sendsBody && !canReplayBody) return undefined;

  const kept = new HTTPHeaders(hop.headers);
  kept.delete("Host");
  if (becomesGet) { for (const name of BODY_FIELDS) kept.delete(name); }
  const isSameOrigin = url.origin === hop.url.origin;
  if (!isSameOrigin) {
    for (const name of CREDENTIALS) kept.delete(name);
    url.username = "";
    url.password = "";
  }
  return {
    url,
    method: becomesGet ? "GET" : hop.method,
    headers: kept,
    sendsBody,
    authenticates: hop.authenticates && isSameOrigin,
  };
}
