/**
 * A body that is JSON: whether it says so, and what it says.
 *
 * Source: RFC 8259; RFC 6839 3.1 for types that end in `+json`.
 *
 * @module
 */

import { parseHeaderParameters } from "../http/mod.ts";
import { HTTPError, InvalidArgumentError } from "./errors.ts";
import { quoteForLog } from "./log_text.ts";

/**
 * Reads a JSON body. Its size is limited by the server.
 *
 * A key `__proto__` is refused: the object that is made is harmless, the one that it is copied to later is not.
 *
 * @param contentType The value of `Content-Type`, if there is one.
 * @param body The bytes.
 * @throws {HTTPError} with status 415 if the body is not said to be JSON, or to be in another charset than UTF-8
 * @throws {InvalidArgumentError} if it is not JSON
 */
export function parseJsonBody(contentType: string | undefined, body: Uint8Array): unknown {
  if (!isJsonType(contentType)) {
    throw new HTTPError(415, {
      logMessage: `Body is not JSON: ${contentType === undefined ? "no type" : quoteForLog(contentType)}`,
    });
  }
  let text;
  try {
    text = utf8.decode(body);
  } catch (cause) {
    throw invalid("must be UTF-8", cause);
  }
  if (PROTO_KEY.test(text)) throw invalid("must not have a key __proto__");
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The message of the cause quotes the body, which may hold secrets.
    throw invalid("must be JSON", cause);
  }
}

/** Whether a `Content-Type` is that of JSON in UTF-8. */
export function isJsonType(contentType: string | undefined): boolean {
  if (contentType === undefined) return false;
  const { value, parameters } = parseHeaderParameters(contentType);
  return JSON_TYPE.test(value) && /^utf-?8$/i.test(parameters.get("charset") ?? "utf-8");
}

const JSON_TYPE = /^application\/(?:[!#$%&'*+.^_`|~0-9a-z-]+\+)?json$/i;

/** `"__proto__":`, with any of its characters written as an escape. */
const PROTO_KEY = new RegExp(
  '"' + [..."__proto__"].map((character) => {
    return `(?:${character}|\\\\u00${character.charCodeAt(0).toString(16).replace("f", "[fF]")})`;
  }).join("") + '"\\s*:',
);

// A byte order mark is not JSON, but RFC 8259 8.1 allows to ignore it.
const utf8 = new TextDecoder("utf-8", { fatal: true });

function invalid(message: string, cause?: unknown): InvalidArgumentError {
  return new InvalidArgumentError([{ field: "", message: `The body ${message}` }], { cause });
}
