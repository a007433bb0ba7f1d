/**
 * Plain text to HTML with links. Tornado: `tornado.escape.linkify`.
 *
 * The text is escaped first, and links are found in the result, so that nothing of it becomes markup.
 *
 * @module
 */

import { xhtmlEscape } from "./xhtml_escape.ts";

/** Options of {@linkcode linkify}. */
export interface LinkifyOptions {
  /**
   * Whether long URLs are shortened, to about 30 characters, with the whole URL as the link's title.
   *
   * @default false
   */
  readonly shorten?: boolean;
  /** More attributes for the tag, as HTML, or a function that returns them for a URL. The URL it gets is escaped. */
  readonly extraParams?: string | ((href: string) => string);
  /** Whether `www.example.com` without a protocol is left alone. @default false */
  readonly requireProtocol?: boolean;
  /** The protocols that become links. It is unsafe to have `javascript` among them. @default ["http", "https"] */
  readonly permittedProtocols?: readonly string[];
}

/**
 * Turns plain text into HTML in which URLs are links.
 *
 * @param text Text, or UTF-8 bytes.
 * @returns HTML; not to be escaped again: `{% raw linkify(text) %}`.
 * @throws {TypeError} if the bytes are not UTF-8
 *
 * @example
 * ```ts
 * import { linkify } from "@denado/denado/escape";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   linkify("Hello http://tornadoweb.org!", { extraParams: 'rel="nofollow"' }),
 *   'Hello <a href="http://tornadoweb.org" rel="nofollow">http://tornadoweb.org</a>!',
 * );
 * ```
 */
export function linkify(text: string | Uint8Array, options: LinkifyOptions = {}): string {
  const { shorten = false, extraParams = "", requireProtocol = false, permittedProtocols = DEFAULT_PROTOCOLS } =
    options;
  const attributes = typeof extraParams === "string" && extraParams !== "" ? ` ${extraParams.trim()}` : "";
  return xhtmlEscape(text).replace(URLS, (url: string, protocol?: string, slashes?: string) => {
    if (protocol === undefined ? requireProtocol : !permittedProtocols.includes(protocol)) return url;
    const href = protocol === undefined ? `http://${url}` : url;
    const params = typeof extraParams === "function" ? ` ${extraParams(href).trim()}` : attributes;
    const schemeLength = protocol === undefined ? 0 : protocol.length + 1 + (slashes?.length ?? 0);
    const label = shorten ? clip(url, schemeLength) : url;
    return `<a href="${href}"${params}${label === url ? "" : ` title="${href}"`}>${label}</a>`;
  });
}

const DEFAULT_PROTOCOLS: readonly string[] = ["http", "https"];

/**
 * A protocol with one to three slashes, or `www.`, then runs that end in no punctuation, or are in parentheses. The
 * text is escaped: of its entities only `&amp;` and `&quot;` may be part of a URL. `\b`, `\w` and `\s` are Python's,
 * which know all of Unicode.
 */
const URLS = (() => {
  const word = String.raw`[\p{L}\p{N}_]`;
  const space = String.raw`\s\x1c-\x1f\x85`;
  const inside = String.raw`(?:[^${space}&()]|&amp;|&quot;)`;
  const last = String.raw`[^!"#$%&'()*+,.:;<=>?@\[\]^\x60{|}~${space}]`;
  // The limit of a protocol's length keeps "a-a-a-…" from being read to its end from each of its letters.
  const start = String.raw`(?<!${word})(?=${word})(?:([\p{L}\p{N}_\-]{1,64}):(\/{1,3})|www[.])`;
  return new RegExp(`${start}(?:${inside}*${last}|\\(${inside}*\\))+`, "gu");
})();

const MAX_LENGTH = 30;

/** The host and the beginning of the path. It must not end inside of an entity. Lengths are in characters. */
function clip(url: string, schemeLength: number): string {
  if (lengthOf(url) <= MAX_LENGTH) return url;
  let clipped = url;
  const parts = url.slice(schemeLength).split("/");
  if (parts.length > 1) {
    const page = first(8, parts[1]!).split("?")[0]!.split(".")[0]!;
    clipped = `${url.slice(0, schemeLength)}${parts[0]}/${page}`;
  }
  if (lengthOf(clipped) > MAX_LENGTH * 1.5) clipped = first(MAX_LENGTH, clipped);
  if (clipped === url) return url;
  const entity = clipped.lastIndexOf("&");
  if (entity > MAX_LENGTH - 5) clipped = clipped.slice(0, entity);
  clipped += "...";
  return lengthOf(clipped) >= lengthOf(url) ? url : clipped;
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}

function first(count: number, text: string): string {
  return Array.from(text).slice(0, count).join("");
}
