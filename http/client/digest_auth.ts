/**
 * The answer to a challenge for Digest authentication: a hash shows that the client knows the password.
 *
 * Pure functions, but for the random number of each answer. SHA-256 is preferred to MD5, which old servers still ask for;
 * `auth-int`, which hashes the body too, is not there: no server is known that insists on it.
 *
 * Source: RFC 7616 3.3 to 3.4, 3.9.
 *
 * @module
 */

import { createHash, randomBytes } from "node:crypto";
import type { Challenge } from "./challenge.ts";
import type { Credentials } from "./outgoing_head.ts";

/** What the answer to a challenge depends on. */
export interface DigestRequest {
  /** The method of the request. */
  readonly method: string;
  /** Its target, as it is sent. */
  readonly target: string;
  /** User name and password. */
  readonly credentials: Credentials;
  /** A random text of the client's. @default 32 hexadecimal digits */
  readonly cnonce?: string;
}

/** By name in lower case, the better one first. */
const ALGORITHMS: readonly string[] = ["sha-256", "sha-256-sess", "md5", "md5-sess"];

/**
 * The best challenge among several that can be answered.
 *
 * @param challenges The challenges of a response.
 * @returns The challenge, or `undefined` where there is none for Digest.
 */
export function digestChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  const rank = (challenge: Challenge): number => ALGORITHMS.indexOf(algorithmOf(challenge));
  const usable = challenges.filter((challenge) => {
    const { scheme, parameters } = challenge;
    return scheme === "digest" && parameters.has("realm") && parameters.has("nonce") && rank(challenge) >= 0 &&
      (!parameters.has("qop") || hasAuth(parameters.get("qop")!));
  });
  return usable.sort((one, other) => rank(one) - rank(other))[0];
}

/**
 * Answers a challenge.
 *
 * @param challenge One that {@linkcode digestChallenge} found.
 * @param request What is asked for, and by whom.
 * @returns The value of `Authorization`.
 */
export function digestAuthorization(challenge: Challenge, request: DigestRequest): string {
  const { parameters } = challenge;
  const { method, target, credentials, cnonce = randomBytes(16).toString("hex") } = request;
  const algorithm = algorithmOf(challenge);
  const hash = (text: string): string =>
    createHash(algorithm.startsWith("md5") ? "md5" : "sha256").update(text).digest("hex");
  const realm = parameters.get("realm")!;
  const nonce = parameters.get("nonce")!;
  const [username, password] = [credentials.username.normalize("NFC"), credentials.password.normalize("NFC")];

  let secret = hash(`${username}:${realm}:${password}`);
  if (algorithm.endsWith("-sess")) secret = hash(`${secret}:${nonce}:${cnonce}`);
  const asked = hash(`${method}:${target}`);
  const count = "00000001";
  const isPlain = !parameters.has("qop"); // RFC 2069, which had neither count nor cnonce
  const response = hash(
    isPlain ? `${secret}:${nonce}:${asked}` : `${secret}:${nonce}:${count}:${cnonce}:auth:${asked}`,
  );

  const isHashed = parameters.get("userhash")?.toLowerCase() === "true";
  const parts = [
    isHashed ? `username="${hash(`${username}:${realm}`)}"` : usernameParameter(username),
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(target)}`,
    `response="${response}"`,
  ];
  if (parameters.has("algorithm")) parts.push(`algorithm=${parameters.get("algorithm")}`);
  if (!isPlain) parts.push(`cnonce=${quoted(cnonce)}`, "qop=auth", `nc=${count}`);
  if (parameters.has("opaque")) parts.push(`opaque=${quoted(parameters.get("opaque")!)}`);
  if (isHashed) parts.push("userhash=true");
  return `Digest ${parts.join(", ")}`;
}

function algorithmOf({ parameters }: Challenge): string {
  return parameters.get("algorithm")?.toLowerCase() ?? "md5";
}

function hasAuth(qop: string): boolean {
  return qop.split(",").some((option) => option.trim().toLowerCase() === "auth");
}

/** RFC 7616 3.4: a name that a quoted string cannot hold is encoded as RFC 8187 says. */
function usernameParameter(username: string): string {
  if (/^[\x20-\x7e]*$/.test(username)) return `username=${quoted(username)}`;
  const encoded = encodeURIComponent(username).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `username*=UTF-8''${encoded}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
