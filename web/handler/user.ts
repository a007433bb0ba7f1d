/**
 * Who sent the request, and whether it came from a page of ours: the current user and the XSRF token.
 *
 * Both are worked out when they are first asked for, and once for each request.
 *
 * @module
 */

import { isThenable } from "../../ioloop/mod.ts";
import { HTTPError } from "../errors.ts";
import { sameOriginTarget } from "../login_redirect.ts";
import {
  createXsrfToken,
  decodeXsrfToken,
  encodeXsrfToken,
  equalXsrfTokens,
  XSRF_NAME,
  type XsrfToken,
} from "../xsrf.ts";
import { CookieHandler } from "./cookies.ts";

/** What was worked out so far. */
interface UserState {
  user?: { readonly value: unknown };
  rawXsrfToken?: XsrfToken;
  xsrfToken?: string;
}

/** Knows the user of a request; a part of {@linkcode RequestHandler}. */
export abstract class UserHandler extends CookieHandler {
  #state: UserState | undefined;

  // --- the user ---

  /**
   * Who sent the request. Worked out by {@linkcode getCurrentUser} when it is first asked for, unless it was set; a user
   * whose finding takes time is set in `prepare`. Its type is what `getCurrentUser` of the class says.
   *
   * @throws {TypeError} if it is set to a promise, which would pass for a user
   */
  get currentUser(): ReturnType<this["getCurrentUser"]> {
    const state = this.#state ??= {};
    const { value } = state.user ??= { value: settled(this.getCurrentUser()) };
    return value as ReturnType<this["getCurrentUser"]>;
  }

  set currentUser(value: unknown) {
    (this.#state ??= {}).user = { value: settled(value) };
  }

  /**
   * Tells who sent the request, from a signed cookie for instance; to be overridden. It must not take time.
   *
   * @default nobody
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Application, RequestHandler } from "@denado/denado";
   * import { authenticated } from "@denado/denado/web";
   *
   * class BaseHandler extends RequestHandler {
   *   override getCurrentUser(): string | undefined {
   *     return this.getSignedCookieText("user");
   *   }
   * }
   *
   * class Home extends BaseHandler {
   *   @authenticated
   *   override get() {
   *     this.write(`Hello, ${this.currentUser}`);
   *   }
   * }
   *
   * const settings = { cookieSecret: crypto.randomUUID(), loginUrl: "/login" };
   * const server = new Application([["/", Home]], settings).listen(0, { address: "127.0.0.1" });
   * const response = await fetch(`http://127.0.0.1:${server.port}/`, { redirect: "manual" });
   * assertEquals([response.status, response.headers.get("Location")], [302, "/login?next=%2F"]);
   * await response.body?.cancel();
   * server.stop();
   * await server.closeAllConnections();
   * ```
   */
  getCurrentUser(): unknown {
    return undefined;
  }

  /** Where `authenticated` sends those who are not signed in. @throws {TypeError} without the setting `loginUrl` */
  getLoginUrl(): string {
    return this.requireSetting("loginUrl", "@authenticated");
  }

  /**
   * Where a login page leads when it is done: the argument `next`, if it is on this host; anybody can link to a login
   * page with any `next`.
   *
   * @param defaultUrl What to use if there is none, or it leads elsewhere.
   */
  getNextUrl(defaultUrl = "/"): string {
    const next = this.getArgument("next", "");
    return sameOriginTarget(next, `${this.request.protocol}://${this.request.host}`) ?? defaultUrl;
  }

  // --- cross-site request forgery ---

  /**
   * The token that a form or a script sends back, to show that it is ours; ASCII without quotes and markup. Asking for
   * it sets the cookie, unless the client has it. With each request it looks different.
   *
   * @throws {Error} if the cookie must be set and the head was sent already
   */
  get xsrfToken(): string {
    const state = this.#state ??= {};
    return state.xsrfToken ??= this.#makeXsrfToken();
  }

  /**
   * Checks that the argument `_xsrf`, or the header `X-Xsrftoken` or `X-Csrftoken`, has the token of the cookie. Called
   * before `prepare` for requests that change something, if `xsrfCookies` is set; to be overridden for handlers that do
   * without, such as an API that no browser signs in to by itself.
   *
   * @throws {HTTPError} with status 403 if it has not
   */
  checkXsrfCookie(): void {
    const { headers } = this.request;
    const sent = this.getArgument(XSRF_NAME, "") || headers.get("X-Xsrftoken") || headers.get("X-Csrftoken");
    if (!sent) throw new HTTPError(403, { logMessage: "'_xsrf' argument missing from POST" });
    const token = decodeXsrfToken(sent);
    if (token === undefined || token.bytes.length === 0) {
      throw new HTTPError(403, { logMessage: "'_xsrf' argument has invalid format" });
    }
    if (!equalXsrfTokens(token, this.#getRawXsrfToken())) {
      throw new HTTPError(403, { logMessage: "XSRF cookie does not match POST argument" });
    }
  }

  /** The hidden field with the token that belongs into each form, as HTML. */
  xsrfFormHtml(): string {
    return `<input type="hidden" name="${XSRF_NAME}" value="${this.xsrfToken}"/>`;
  }

  #makeXsrfToken(): string {
    const { xsrfCookieName = XSRF_NAME, xsrfCookieKwargs = {}, xsrfCookieVersion = 2 } = this.settings;
    const raw = this.#getRawXsrfToken();
    const text = encodeXsrfToken(raw, xsrfCookieVersion);
    if (raw.version === undefined) {
      const keeps = "expiresDays" in xsrfCookieKwargs || !this.currentUser;
      this.setCookie(xsrfCookieName, text, keeps ? xsrfCookieKwargs : { ...xsrfCookieKwargs, expiresDays: 30 });
    }
    return text;
  }

  /** The token of the cookie, or a new one. */
  #getRawXsrfToken(): XsrfToken {
    const state = this.#state ??= {};
    if (state.rawXsrfToken === undefined) {
      const cookie = this.getCookie(this.settings.xsrfCookieName ?? XSRF_NAME);
      const sent = cookie ? decodeXsrfToken(cookie) : undefined;
      state.rawXsrfToken = sent ?? createXsrfToken();
    }
    return state.rawXsrfToken;
  }
}

/** A promise is true, so everybody would be signed in. */
function settled(user: unknown): unknown {
  if (isThenable(user)) {
    throw new TypeError("Cannot use a promise as current user: await it in prepare, and set currentUser there");
  }
  return user;
}
