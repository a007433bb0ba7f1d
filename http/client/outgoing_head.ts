/**
 * The head of a request that is sent: its target, and the fields that HTTP or the options ask for beside those of the
 * program.
 *
 * Pure functions. `Host` comes first (RFC 9110 7.2); fields of the program keep their order and win, except where they
 * would contradict the truth: the length of a body that is known, and credentials that are given as options.
 *
 * Tornado: `_HTTPConnection.run`.
 *
 * @module
 */

import { VERSION } from "../../ioloop/mod.ts";
import { encodeUsernamePassword } from "../basic_auth.ts";
import { HTTPHeaders } from "../headers.ts";
import type { Hop } from "./redirect.ts";
import type { RequestSettings } from "./request_options.ts";

/** What the head depends on beside the request itself. */
export interface OutgoingHeadOptions {
  /** The length of the body in bytes; -1 where it is not known, or there is none. */
  readonly contentLength: number;
  /** The value of `Authorization`; that of the program's field where it is `undefined`. */
  readonly authorization?: string | undefined;
  /** The value of `Proxy-Authorization`, for a proxy that is asked for the resource. */
  readonly proxyAuthorization?: string | undefined;
}

/**
 * The target in the request line: path and query (RFC 9112 3.2.1).
 *
 * @param url The URL.
 * @returns For example `/path?query`.
 */
export function originForm(url: URL): string {
  return url.pathname + url.search;
}

/**
 * The target for a proxy: the whole URL without credentials and fragment (RFC 9112 3.2.2).
 *
 * @param url The URL.
 * @returns For example `http://a.example/path?query`.
 */
export function absoluteForm(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}${url.search}`;
}

/**
 * The header fields to send.
 *
 * @param hop The request.
 * @param settings What was chosen for it.
 * @param options What else the fields depend on.
 * @returns A new map.
 * @throws {TypeError} When a value that was chosen is not allowed in a header.
 */
export function outgoingHeaders(hop: Hop, settings: RequestSettings, options: OutgoingHeadOptions): HTTPHeaders {
  const given = hop.headers;
  const headers = new HTTPHeaders();
  const host = given.get("Host");
  headers.set("Host", host ?? hop.url.host);
  for (let i = 0, count = given.fieldCount; i < count; i++) {
    const name = given.nameAt(i);
    if (host === undefined || name.toLowerCase() !== "host") headers.add(name, given.valueAt(i));
  }
  if (!settings.keepAlive) headers.set("Connection", "close");
  if (options.authorization !== undefined) headers.set("Authorization", options.authorization);
  if (options.proxyAuthorization !== undefined) headers.set("Proxy-Authorization", options.proxyAuthorization);
  if (settings.userAgent !== undefined) headers.set("User-Agent", settings.userAgent);
  else if (!given.has("User-Agent")) headers.add("User-Agent", USER_AGENT);
  if (settings.decompressResponse) {
    // A part of what is coded cannot be decoded (Fetch 4.6).
    const codings = given.has("Range") ? "identity" : "gzip, deflate";
    if (!given.has("Accept-Encoding")) headers.add("Accept-Encoding", codings);
  }
  if (!hop.sendsBody) {
    // RFC 9110 8.6: where a body would be expected, say that there is none.
    if (BODY_METHODS.has(hop.method) && !given.has("Content-Length")) headers.add("Content-Length", "0");
    return headers;
  }
  if (settings.expect100Continue) headers.set("Expect", "100-continue");
  if (options.contentLength >= 0) headers.set("Content-Length", String(options.contentLength));
  else if (!given.has("Content-Length")) headers.set("Transfer-Encoding", "chunked");
  if (hop.method === "POST" && !given.has("Content-Type")) headers.add("Content-Type", FORM);
  return headers;
}

/**
 * The credentials of a request for Basic authentication (RFC 7617): those among the options, else those in the URL.
 *
 * @param hop The request.
 * @param settings What was chosen for it.
 * @returns The value of `Authorization`, or `undefined` where there are none for this origin, or they are not to be sent so.
 * @throws {TypeError} When the user name holds a colon.
 */
export function basicAuthorization(hop: Hop, settings: RequestSettings): string | undefined {
  const credentials = settings.authMode === "basic" ? credentialsOf(hop, settings) : undefined;
  if (credentials === undefined) return undefined;
  return `Basic ${encodeUsernamePassword(credentials.username, credentials.password).toBase64()}`;
}

/** A user name and a password. */
export interface Credentials {
  /** The user name. */
  readonly username: string;
  /** The password, empty where none was given. */
  readonly password: string;
}

/** The credentials for the origin of a request, if there are some. */
export function credentialsOf(
  hop: Pick<Hop, "url" | "authenticates">,
  settings: Pick<RequestSettings, "authUsername" | "authPassword">,
): Credentials | undefined {
  if (hop.authenticates && settings.authUsername !== undefined) {
    return { username: settings.authUsername, password: settings.authPassword ?? "" };
  }
  const { username, password } = hop.url;
  if (username === "" && password === "") return undefined;
  return { username: percentDecoded(username), password: percentDecoded(password) };
}

/** The URL parser has encoded what it had to; what a program wrote with a stray "%" stays as it is. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Methods that are expected to have a body; others are expected to have none. */
export const BODY_METHODS: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

const USER_AGENT = `Denado/${VERSION}`;
const FORM = "application/x-www-form-urlencoded";
