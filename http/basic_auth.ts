/**
 * The credentials of HTTP's Basic authentication.
 *
 * Source: RFC 7617 2 and 2.1. Tornado: `httputil.encode_username_password`.
 *
 * @module
 */

/**
 * The bytes `username:password`, which Base64 turns into the value of `Authorization: Basic …`.
 *
 * Text is normalised to NFC and encoded as UTF-8, so that the same name gives the same bytes on every system; bytes are
 * taken as they are.
 *
 * @param username The name; without a colon, which would end it.
 * @param password The password.
 * @returns A new array.
 * @throws {TypeError} When the name holds a colon.
 *
 * @example The header of a request
 * ```ts
 * import { encodeUsernamePassword } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * const credentials = encodeUsernamePassword("Aladdin", "open sesame");
 * assertEquals(`Basic ${credentials.toBase64()}`, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
 * ```
 */
export function encodeUsernamePassword(
  username: string | Uint8Array,
  password: string | Uint8Array,
): Uint8Array<ArrayBuffer> {
  const name = toBytes(username);
  const secret = toBytes(password);
  if (name.includes(COLON)) throw new TypeError("Cannot encode credentials: a user name must not hold a colon");
  const bytes = new Uint8Array(name.length + 1 + secret.length);
  bytes.set(name);
  bytes[name.length] = COLON;
  bytes.set(secret, name.length + 1);
  return bytes;
}

const COLON = 0x3a;
const encoder = new TextEncoder();

function toBytes(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? encoder.encode(value.normalize("NFC")) : value;
}
