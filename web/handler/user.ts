/**
 * Who sent the request, and whether it came from a page of ours.
 *
 * @module
 */

import { CookieHandler } from "./cookies.ts";

/** Knows the user of a request; a part of {@linkcode RequestHandler}. */
export abstract class UserHandler extends CookieHandler {
  /** Tells who sent the request; to be overridden. @default nobody */
  getCurrentUser(): unknown {
    return undefined;
  }
}
