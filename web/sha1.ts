/**
 * SHA-1 of small inputs, in plain TypeScript.
 *
 * The entity tag of a response is the SHA-1 of its body, as in Tornado. For the
 * few bytes of an ordinary answer the host's hash costs more in objects, which
 * the garbage collector has to finalise, than in hashing; so small bodies are
 * hashed here and large ones by the host. This is an entity tag, not a
 * signature: nothing else may use it.
 *
 * Source: RFC 3174.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** From this size on the host's hash is faster. */
const HOST_FROM = 1024;
const BLOCK = 64;

const words = new Int32Array(80);
const state = new Int32Array(5);
const padded = new Uint8Array(HOST_FROM + 2 * BLOCK);
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The SHA-1 of `bytes` as 40 hexadecimal digits. */
export function sha1Hex(bytes: Uint8Array): string {
  if (bytes.length >= HOST_FROM) return createHash("sha1").update(bytes).digest("hex");
  const length = bytes.length;
  const end = (length + 8 + BLOCK) & ~(BLOCK - 1);
  padded.set(bytes);
  padded.fill(0, length, end);
  padded[length] = 0x80;
  padded[end - 2] = length >>> 5;
  padded[end - 1] = length << 3;
  state[0] = 0x67452301;
  state[1] = 0xefcdab89;
  state[2] = 0x98badcfe;
  state[3] = 0x10325476;
  state[4] = 0xc3d2e1f0;
  for (let at = 0; at < end; at += BLOCK) addBlock(at);
  let hex = "";
  for (let i = 0; i < 5; i++) {
    const word = state[i]!;
    hex += HEX[word >>> 24]! + HEX[(word >>> 16) & 255]! + HEX[(word >>> 8) & 255]! + HEX[word & 255]!;
  }
  return hex;
}

function addBlock(at: number): void {
  const w = words;
  for (let i = 0; i < 16; i++, at += 4) {
    w[i] = (padded[at]! << 24) | (padded[at + 1]! << 16) | (padded[at + 2]! << 8) | padded[at + 3]!;
  }
  for (let i = 16; i < 80; i++) {
    const x = w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!;
    w[i] = (x << 1) | (x >>> 31);
  }
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!, e = state[4]!;
  for (let i = 0; i < 80; i++) {
    let f: number;
    if (i < 20) f = ((b & c) | (~b & d)) + 0x5a827999;
    else if (i < 40) f = (b ^ c ^ d) + 0x6ed9eba1;
    else if (i < 60) f = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    else f = (b ^ c ^ d) + 0xca62c1d6;
    const next = (((a << 5) | (a >>> 27)) + f + e + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0] = (state[0]! + a) | 0;
  state[1] = (state[1]! + b) | 0;
  state[2] = (state[2]! + c) | 0;
  state[3] = (state[3]! + d) | 0;
  state[4] = (state[4]! + e) | 0;
}
