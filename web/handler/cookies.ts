/**
 * What a handler reads and sets of cookies.
 *
 * @module
 */

import { ArgumentHandler } from "./arguments.ts";

/** Reads and sets cookies; a part of {@linkcode RequestHandler}. */
export abstract class CookieHandler extends ArgumentHandler {
  /** The cookies that the client sent, by name. Those that were set are not among them. */
  get cookies(): ReadonlyMap<string, string> {
    return this.request.cookies;
  }
}
