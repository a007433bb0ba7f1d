/**
 * Signed values: text that a client keeps for us and cannot change, with the time at which it was signed.
 *
 * The formats are Tornado's, byte for byte, so that programs of both kinds can share their cookies:
 *
 * ```text
 * version 1   base64 "|" seconds "|" hex(HMAC-SHA1(name base64 seconds))
 * version 2   "2|" 1*( length ":" field "|" ) hex(HMAC-SHA256(all before it))
 *             the fields are key version, seconds, name and base64
 * ```
 *
 * Version 1 is read for old cookies only: nothing divides what it signs, so a client can move digits from the end of
 * the value to the beginning of the time; that is why times in the far future are refused. Whatever a client sends, it
 * is `undefined` and no error when it is not what was signed. Nothing here reads a cookie or a setting.
 *
 * Source: Tornado's `create_signed_value`, `decode_signed_value` and `get_signature_key_version`.
 *
 * @module
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";
import { genLog } from "../ioloop/mod.ts";
import { quoteForLog } from "./log_text.ts";

/** A secret that values are signed with; it should be long and random. Text stands for its UTF-8 bytes. */
export type SigningKey = string | Uint8Array;

/** One secret, or several by their version, so that one can follow another while old cookies stay valid. */
export type CookieSecret = SigningKey | Readonly<Record<number, SigningKey>>;

/** The version of a signed value's format. */
export type SignedValueVersion = 1 | 2;

/** The oldest format that can be read. */
export const MIN_SUPPORTED_SIGNED_VALUE_VERSION = 1;
/** The newest format. */
export const MAX_SUPPORTED_SIGNED_VALUE_VERSION = 2;
/** The format that values are signed in, unless another is asked for. */
export const DEFAULT_SIGNED_VALUE_VERSION = 2;
/** The oldest format that is read, unless another is asked for. */
export const DEFAULT_SIGNED_VALUE_MIN_VERSION = 1;

/** How {@linkcode createSignedValue} signs. */
export interface CreateSignedValueOptions {
  /** The secret, or all secrets by version. */
  readonly secret: CookieSecret;
  /** Which of several secrets signs; needed if there are several. */
  readonly keyVersion?: number | undefined;
  /** The format. @default 2 */
  readonly version?: SignedValueVersion | undefined;
  /** The time that is signed, in milliseconds since the epoch; it is kept in seconds. @default now */
  readonly nowMs?: number | undefined;
}

/** What {@linkcode decodeSignedValue} accepts. */
export interface DecodeSignedValueOptions {
  /** The secret, or all secrets by version. */
  readonly secret: CookieSecret;
  /** How old a value may be, in days; that it is past by then does not depend on the client. @default 31 */
  readonly maxAgeDays?: number | undefined;
  /** The oldest format that is accepted; 2 refuses the weaker version 1. @default 1 */
  readonly minVersion?: SignedValueVersion | undefined;
  /** The time now, in milliseconds since the epoch. @default now */
  readonly nowMs?: number | undefined;
}

const DAY_S = 86_400;
/** How far in the future a time may be: more than clocks of several servers differ, less than ten times "now". */
const MAX_AHEAD_S = 31 * DAY_S;

/**
 * Signs a value under a name, together with the time. Tornado: `create_signed_value(secret, name, value, …)`.
 *
 * @param name What the value is for; a value is valid under its own name only.
 * @param value Bytes, or text to be kept as UTF-8. It can be read by everyone, it is not encrypted.
 * @returns ASCII without blanks, quotes, commas and semicolons, fit for a cookie if the name is one of a cookie.
 * @throws {TypeError} if the secret is empty, or is several and the key version names none of them, or the version is 1
 * @throws {RangeError} if there is no such version, or the key version is not a whole number from 0
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createSignedValue, decodeSignedValue } from "@denado/denado/web";
 *
 * const secret = "It's a secret to everybody";
 * const signed = createSignedValue("key", "value", { secret, nowMs: 1_300_000_000_000 });
 * assertEquals(
 *   signed,
 *   "2|1:0|10:1300000000|3:key|8:dmFsdWU=|3d4e60b996ff9c5d5788e333a0cba6f238a22c6c0f94788870e1a9ecd482e152",
 * );
 * const value = decodeSignedValue("key", signed, { secret, nowMs: 1_300_000_000_000 });
 * assertEquals(new TextDecoder().decode(value), "value");
 * ```
 */
export function createSignedValue(
  name: string,
  value: string | Uint8Array,
  options: CreateSignedValueOptions,
): string {
  const { secret, keyVersion, version = DEFAULT_SIGNED_VALUE_VERSION, nowMs = Date.now() } = options;
  const seconds = String(Math.floor(nowMs / 1000));
  const base64 = Buffer.from(value as string).toString("base64");
  if (version === 1) {
    if (!isSigningKey(secret)) throw new TypeError("Cannot sign in version 1: it has no key versions");
    return `${base64}|${seconds}|${signatureV1(secret, name, base64, seconds)}`;
  }
  if (version !== 2) throw new RangeError(`Cannot sign in version ${version}: there are 1 and 2`);
  if (keyVersion !== undefined && !(Number.isSafeInteger(keyVersion) && keyVersion >= 0)) {
    throw new RangeError(`Cannot sign with key version ${keyVersion}: it must be a whole number from 0`);
  }
  const key = isSigningKey(secret) ? secret : keyVersion === undefined ? undefined : keyOf(secret, keyVersion);
  if (key === undefined) {
    throw new TypeError(`Cannot sign with key version ${keyVersion}: no secret has it`);
  }
  const fields = [String(keyVersion ?? 0), seconds, name, base64];
  const signed = `2|${fields.map((field) => `${Buffer.byteLength(field)}:${field}|`).join("")}`;
  return signed + signatureV2(key, signed);
}

/**
 * Reads a value that was signed under this name. Tornado: `decode_signed_value(secret, name, value, …)`.
 *
 * A value of version 1 that is refused is logged as a warning, as in Tornado, by its name only.
 *
 * @param name The name that the value was signed under.
 * @param value What the client sent, if anything.
 * @returns The bytes that were signed, or `undefined` if they were not signed by us, too long ago or in the future.
 * @throws {TypeError} if the secret is empty
 * @throws {RangeError} if there is no such `minVersion`, or `maxAgeDays` is not a number
 */
export function decodeSignedValue(
  name: string,
  value: string | undefined,
  options: DecodeSignedValueOptions,
): Uint8Array<ArrayBuffer> | undefined {
  const { secret, maxAgeDays = 31, minVersion = DEFAULT_SIGNED_VALUE_MIN_VERSION, nowMs = Date.now() } = options;
  if (minVersion !== 1 && minVersion !== 2) {
    throw new RangeError(`Cannot read signed values from version ${minVersion} on: there are 1 and 2`);
  }
  if (typeof maxAgeDays !== "number" || Number.isNaN(maxAgeDays)) {
    throw new RangeError(`Cannot read a signed value: maxAgeDays must be a number: ${maxAgeDays}`);
  }
  if (isSigningKey(secret)) assertNotEmpty(secret);
  if (value === undefined || value === "") return undefined;
  const version = versionOf(value);
  if (version < minVersion) return undefined;
  const times = { oldest: nowMs / 1000 - maxAgeDays * DAY_S, newest: nowMs / 1000 + MAX_AHEAD_S };
  if (version === 1) return decodeV1(name, value, secret, times);
  return version === 2 ? decodeV2(name, value, secret, times) : undefined;
}

/**
 * Which secret a value says that it was signed with. Not checked: it is for finding out which keys are still in use.
 * Tornado: `get_signature_key_version`.
 *
 * @returns The key version, or `undefined` if the value has none: because of its version 1, or because it is none.
 */
export function getSignatureKeyVersion(value: string): number | undefined {
  return versionOf(value) < 2 ? undefined : parseV2(value)?.keyVersion;
}

/** The times that are accepted, in seconds since the epoch. */
interface TimeWindow {
  readonly oldest: number;
  readonly newest: number;
}

interface SignedFields {
  readonly keyVersion: number;
  readonly time: string;
  readonly name: string;
  readonly base64: string;
  /** All that is signed, as text again. */
  readonly signed: string;
  readonly signature: string;
}

/**
 * The format of a value. Base64 may begin with digits too and then be followed by the `|` of version 1; because of its
 * padding that happens to four digits and more only, so up to 999 it is a version.
 */
function versionOf(value: string): number {
  const match = /^([1-9][0-9]{0,2})\|/.exec(value);
  return match === null ? 1 : Number(match[1]);
}

function decodeV1(
  name: string,
  value: string,
  secret: CookieSecret,
  { oldest, newest }: TimeWindow,
): Uint8Array<ArrayBuffer> | undefined {
  // Old cookies do not say which of several keys they were signed with.
  if (!isSigningKey(secret)) return undefined;
  const parts = value.split("|", 4);
  if (parts.length !== 3) return undefined;
  const [base64, time, signature] = parts as [string, string, string];
  if (!equalsInConstantTime(signature, signatureV1(secret, name, base64, time))) {
    return refuse("Invalid signature", name);
  }
  // A time with another digit in front, or with what is no digit, had a part of the value moved to it.
  if (!/^[1-9][0-9]*$/.test(time)) return refuse("Tampered value", name);
  if (Number(time) < oldest) return refuse("Expired value", name);
  if (Number(time) > newest) return refuse("Time in the future, possibly tampered value", name);
  return decodeBase64(base64);
}

function refuse(why: string, name: string): undefined {
  genLog.warning(`${why} of signed cookie ${quoteForLog(name)}`);
}

function decodeV2(
  name: string,
  value: string,
  secret: CookieSecret,
  { oldest, newest }: TimeWindow,
): Uint8Array<ArrayBuffer> | undefined {
  const fields = parseV2(value);
  if (fields === undefined) return undefined;
  const key = keyOf(secret, fields.keyVersion);
  if (key === undefined) return undefined;
  if (!equalsInConstantTime(fields.signature, signatureV2(key, fields.signed))) return undefined;
  if (fields.name !== toByteString(name)) return undefined;
  const seconds = parseDigits(fields.time);
  if (seconds === undefined || seconds < oldest || seconds > newest) return undefined;
  return decodeBase64(fields.base64);
}

/** The fields of a value of version 2, as byte strings; `undefined` if it is malformed. */
function parseV2(value: string): SignedFields | undefined {
  const bytes = toByteString(value); // lengths count bytes
  let at = 2;
  const next = (): string | undefined => {
    const colon = bytes.indexOf(":", at);
    const length = colon < 0 ? undefined : parseDigits(bytes.slice(at, colon));
    if (length === undefined || bytes[colon + 1 + length] !== "|") return undefined;
    at = colon + 1 + length + 1;
    return bytes.slice(colon + 1, at - 1);
  };
  const [keyVersion, time, name, base64] = [parseDigits(next()), next(), next(), next()];
  if (!bytes.startsWith("2|") || keyVersion === undefined) return undefined;
  if (time === undefined || name === undefined || base64 === undefined) return undefined;
  const signed = bytes === value ? value.slice(0, at) : Buffer.from(bytes.slice(0, at), "latin1").toString();
  return { keyVersion, time, name, base64, signed, signature: bytes.slice(at) };
}

/** The UTF-8 of a text, a character for each byte; itself where it is ASCII, as every cookie of ours is. */
function toByteString(text: string): string {
  // deno-lint-ignore no-control-regex -- all of ASCII
  return /^[\x00-\x7f]*$/.test(text) ? text : Buffer.from(text).toString("latin1");
}

/** A whole number in decimal without leading zeros, which fits in 53 bits. */
function parseDigits(text: string | undefined): number | undefined {
  return text !== undefined && /^(?:0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : undefined;
}

function signatureV1(key: SigningKey, ...parts: string[]): string {
  const hmac = createHmac("sha1", assertNotEmpty(key));
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

function signatureV2(key: SigningKey, signed: string): string {
  return createHmac("sha256", assertNotEmpty(key)).update(signed).digest("hex");
}

function keyOf(secret: CookieSecret, keyVersion: number): SigningKey | undefined {
  if (isSigningKey(secret)) return secret;
  return Object.hasOwn(secret, keyVersion) ? secret[keyVersion] : undefined;
}

function isSigningKey(secret: CookieSecret): secret is SigningKey {
  return typeof secret === "string" || secret instanceof Uint8Array;
}

/** Anybody can sign with an empty key. */
function assertNotEmpty(key: SigningKey): SigningKey {
  if (key.length === 0) throw new TypeError("Cannot use a signed value: the secret is empty");
  return key;
}

/** Whether a signature is the right one. The time that it takes depends on what was sent, and not on what is right. */
function equalsInConstantTime(sent: string, right: string): boolean {
  if (sent.length !== right.length || !/^[0-9a-f]*$/.test(sent)) return false;
  const [a, b] = [scratch.subarray(0, right.length), scratch.subarray(right.length, 2 * right.length)];
  encoder.encodeInto(sent, a);
  encoder.encodeInto(right, b);
  return timingSafeEqual(a, b);
}

const encoder = new TextEncoder();
/** Two signatures beside each other. */
const scratch = new Uint8Array(2 * 64);

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
  } catch {
    // Signed, but not by createSignedValue, or with a part moved to the time: no value of ours.
    return undefined;
  }
}
