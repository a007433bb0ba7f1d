/**
 * A handler that sends everybody elsewhere.
 *
 * The target may be made of what the route captured. That comes from the request, so it is percent-encoded, and it must
 * not change the host that the target names: else a link to a trusted site would lead to any other (CVE-2023-28370).
 *
 * Tornado: `tornado.web.RedirectHandler`.
 *
 * @module
 */

import { HTTPError } from "./errors.ts";
import { quoteForLog } from "./log_text.ts";
import { RequestHandler } from "./request_handler.ts";

/** Options of a route to a {@linkcode RedirectHandler}. */
export interface RedirectHandlerOptions {
  /**
   * Where to: a URL, absolute or relative. `{0}`, `{1}` and so on, or `{}` in order, stand for the groups of the
   * pattern, `{name}` for a named one; `{{` and `}}` are braces.
   */
  readonly url: string;
  /** Whether the status is 301 instead of 302. @default true */
  readonly permanent?: boolean;
}

/** What may be filled in, by position or by name. */
export interface Substitutions {
  /** Values by position. */
  readonly args: readonly (string | undefined)[];
  /** Values by name. */
  readonly kwargs: Readonly<Record<string, string | undefined>>;
}

/**
 * Redirects GET and HEAD to one URL. The query of the request is added to it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, RedirectHandler } from "@denado/denado";
 *
 * const app = new Application([
 *   ["/photos/(.+)/(.+)", RedirectHandler, { url: "/{1}/photos/{0}" }],
 * ]);
 * const server = app.listen(0, { address: "127.0.0.1" });
 * const response = await fetch(`http://127.0.0.1:${server.port}/photos/1/ann?size=l`, { redirect: "manual" });
 * assertEquals([response.status, response.headers.get("Location")], [301, "/ann/photos/1?size=l"]);
 * await response.body?.cancel();
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export class RedirectHandler extends RequestHandler {
  #url = "";
  #permanent = true;

  /** Takes the target from the route. @throws {TypeError} if it has none */
  override initialize(options: RedirectHandlerOptions): void {
    if (typeof options?.url !== "string") {
      throw new TypeError(`Cannot redirect: the route has no url: ${Deno.inspect(options)}`);
    }
    this.#url = options.url;
    this.#permanent = options.permanent ?? true;
  }

  /** Redirects. */
  override get(): void {
    const { pathArgs, pathKwargs = {} } = this;
    const url = fillTemplate(this.#url, { args: pathArgs, kwargs: pathKwargs });
    if (!keepsHost(this.#url, url)) {
      throw new HTTPError(403, { logMessage: `Cannot redirect to ${quoteForLog(url)}: it may be another host` });
    }
    this.redirect(withQuery(url, this.request.query), { permanent: this.#permanent });
  }
}

/** A field of a template of Python's `str.format`, without conversions and formats, or an escaped brace. */
const FIELD = /\{\{|\}\}|\{(\w*)\}|[{}]/g;

/**
 * A URL with the groups of the route filled in, percent-encoded.
 *
 * @throws {RangeError} if a field has no value
 * @throws {SyntaxError} if a brace stands alone
 */
export function fillTemplate(template: string, { args, kwargs }: Substitutions): string {
  let next = 0;
  return template.replace(FIELD, (field, name?: string) => {
    if (field === "{{" || field === "}}") return field[0]!;
    if (name === undefined) {
      throw new SyntaxError(`Cannot redirect to ${JSON.stringify(template)}: a brace stands alone`);
    }
    const isPosition = /^\d*$/.test(name);
    const index = name === "" ? next++ : Number(name);
    if (isPosition ? index >= args.length : !Object.hasOwn(kwargs, name)) {
      throw new RangeError(`Cannot redirect to ${JSON.stringify(template)}: the pattern has no group ${field}`);
    }
    return encodeSegments((isPosition ? args[index] : kwargs[name]) ?? "");
  });
}

/** Slashes stay, and what is allowed in a path and has no meaning in a query. */
function encodeSegments(value: string): string {
  return encodeURIComponent(value).replace(/%(?:2F|3A|40|24|2C|3B)/g, decodeURIComponent);
}

const SELF = "http://self.invalid";

/**
 * Whether a URL has the host that its template says: none where that is relative, and the one that is written out. A
 * template with a field inside of its host asks for another one.
 */
export function keepsHost(template: string, url: string): boolean {
  const written = /^(?:[a-z][a-z0-9+.-]*:)?\/\/([^/?#{]*)(\{\w*\})?(?=([^{]?))/i.exec(template);
  const target = URL.parse(url, SELF);
  if (written === null) return target?.origin === SELF || /^[a-z][a-z0-9+.-]*:/i.test(template);
  const [, host, field, behind] = written;
  if (host === "" || field === undefined || !/^[/?#]?$/.test(behind!)) return true;
  return target !== null &&
    target.host === URL.parse(`${template.slice(0, template.indexOf("//"))}//${host}/`, SELF)?.host;
}

/** Adds a query as it was sent; bytes that a URL has not are percent-encoded. */
function withQuery(url: string, query: string): string {
  if (query === "") return url;
  const encoded = query.replace(/[^\x21-\x7e]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
  const hash = url.indexOf("#");
  const target = hash < 0 ? url : url.slice(0, hash);
  const joint = !target.includes("?") ? "?" : /[?&]$/.test(target) ? "" : "&";
  return target + joint + encoded + (hash < 0 ? "" : url.slice(hash));
}
