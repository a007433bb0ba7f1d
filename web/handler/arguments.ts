/**
 * What a handler reads of the query and of the body: their arguments, as text.
 *
 * Source: Tornado's `get_argument` family.
 *
 * @module
 */

import { decodeByteString } from "../../http/mod.ts";
import { HTTPError } from "../errors.ts";
import { ResponseHandler } from "./response.ts";

/** Reads the arguments of one request; a part of {@linkcode RequestHandler}. */
export abstract class ArgumentHandler extends ResponseHandler {
  /**
   * Decodes an argument; to be overridden for another charset than UTF-8.
   *
   * @param value The value, percent-decoded, as a byte string: a character for each byte.
   * @param name The name of the argument, where it has one.
   * @throws {HTTPError} with status 400 if it is not UTF-8
   */
  decodeArgument(value: string, name?: string): string {
    const text = decodeByteString(value);
    if (text !== undefined) return text;
    const what = name === undefined ? "the URL" : `argument ${JSON.stringify(name)}`;
    throw new HTTPError(400, {
      logMessage: `Invalid UTF-8 in ${what}: ${JSON.stringify(value.slice(0, 40))}`,
    });
  }
}
