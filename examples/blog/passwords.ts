// Passwords are kept as scrypt makes them: slow to try, each with a salt of its own.

import { Semaphore } from "@denado/denado/ioloop";
import { Buffer } from "node:buffer";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

const COST = { N: 32768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
const KEY_LENGTH = 32;

/** Each takes 32 MB for as long as it runs, so two at a time are enough; who tries many waits. */
const hashing = new Semaphore(2);

async function derive(password: string, salt: Uint8Array): Promise<Uint8Array> {
  using _turn = await hashing.acquire();
  return await new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), salt, KEY_LENGTH, COST, (error, key) => error ? reject(error) : resolve(key));
  });
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `${salt.toString("base64")}:${Buffer.from(await derive(password, salt)).toString("base64")}`;
}

/** What is compared with where there is no such author, so that the time tells nobody who is one. */
const NOBODY = `${randomBytes(16).toString("base64")}:${randomBytes(KEY_LENGTH).toString("base64")}`;

export async function isPassword(password: string, kept: string = NOBODY): Promise<boolean> {
  const [salt, key] = kept.split(":").map((part) => Buffer.from(part, "base64")) as [Buffer, Buffer];
  return timingSafeEqual(await derive(password, salt), key);
}
