/**
 * Trying again, with pauses that grow.
 *
 * The pauses are those of `retry` in `@std/async`: each one is `multiplier` times as long as the one before, up to a
 * limit, and a random part of it is left out, so that clients which failed together do not come back together. A server
 * that says `Retry-After` is not asked before that.
 *
 * Sources: RFC 9110 9.2.2 (idempotent methods), 10.2.3 (Retry-After).
 *
 * @module
 */

import { sleep } from "../../ioloop/mod.ts";
import { parseHttpDate } from "../http_date.ts";
import { HTTPClientError } from "./client_errors.ts";
import { isConnectionFailure } from "./exchange.ts";
import type { HTTPResponse } from "./http_response.ts";

/** How often and when a fetch is tried again; names and defaults as in `@std/async`. */
export interface FetchRetryOptions {
  /** How often it is tried at most. @default 5 */
  readonly maxAttempts?: number;
  /** The first pause, in milliseconds. @default 1000 */
  readonly minTimeoutMs?: number;
  /** The longest pause, in milliseconds. @default 60000 */
  readonly maxTimeoutMs?: number;
  /** By how much each pause is longer than the one before. @default 2 */
  readonly multiplier?: number;
  /** Which part of a pause is random, from 0 to 1. @default 1 */
  readonly jitter?: number;
  /**
   * Whether to try again after an error; given instead of the rule that only requests which can be repeated without harm
   * are, after time limits, broken connections and the codes 408, 425, 429, 500, 502, 503 and 504.
   */
  readonly isRetriable?: (error: unknown) => boolean;
}

/** It was tried as often as it may be. `cause` is the last error. */
export class RetryError extends Error {
  /** Always `"RetryError"`. */
  override readonly name = "RetryError";

  /** An error after so many attempts. */
  constructor(cause: unknown, readonly attempts: number) {
    super(`Retrying exceeded the maxAttempts (${attempts})`, { cause });
  }
}

/** What {@linkcode retryFetch} needs beside the options. */
export interface RetryContext {
  /** Whether the request can be sent again without harm. */
  readonly isRepeatable: boolean;
  /** Whether a response with a bad code counts as an error in the end. */
  readonly raiseError: boolean;
  /** Ends a pause when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** A number from 0 to 1. @default Math.random */
  readonly random?: () => number;
}

const RETRIABLE_CODES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Makes attempts until one is good.
 *
 * @param attempt Makes one; a bad code is no exception here.
 * @param options How often and when.
 * @param context What is known about the request.
 * @returns The response, perhaps a bad one where those are no errors.
 * @throws {RetryError} After the last attempt.
 * @throws {RangeError} When the options contradict each other.
 * @throws what an attempt throws, or the error of its response, where it is not worth another attempt
 */
export async function retryFetch(
  attempt: () => Promise<HTTPResponse>,
  options: FetchRetryOptions,
  context: RetryContext,
): Promise<HTTPResponse> {
  const backoff = new Backoff(options, context.random);
  const isRetriable = options.isRetriable ?? ((error) => context.isRepeatable && isTransient(error));
  for (let made = 1;; made++) {
    let response: HTTPResponse | undefined;
    let error: unknown;
    try {
      response = await attempt();
      if (response.error === undefined) return response;
      error = response.error;
    } catch (thrown) {
      error = thrown;
    }
    const isOver = !isRetriable(error);
    if (isOver || made >= backoff.maxAttempts) {
      if (response !== undefined && !context.raiseError) return response;
      throw isOver ? error : new RetryError(error, made);
    }
    await response?.stream?.cancel();
    const pauseMs = Math.max(backoff.pauseMs(made - 1), Math.min(retryAfterMs(response), backoff.maxTimeoutMs));
    await sleep(pauseMs, { signal: context.signal });
  }
}

/** The pauses between attempts. */
class Backoff {
  readonly maxAttempts: number;
  readonly maxTimeoutMs: number;
  readonly #minTimeoutMs: number;
  readonly #multiplier: number;
  readonly #jitter: number;
  readonly #random: () => number;

  constructor(options: FetchRetryOptions, random: () => number = Math.random) {
    this.maxAttempts = options.maxAttempts ?? 5;
    this.#minTimeoutMs = options.minTimeoutMs ?? 1000;
    this.maxTimeoutMs = options.maxTimeoutMs ?? 60_000;
    this.#multiplier = options.multiplier ?? 2;
    this.#jitter = options.jitter ?? 1;
    this.#random = random;
    check("maxAttempts", this.maxAttempts, this.maxAttempts >= 1);
    check("minTimeoutMs", this.#minTimeoutMs, this.#minTimeoutMs >= 0);
    check("maxTimeoutMs", this.maxTimeoutMs, this.maxTimeoutMs >= this.#minTimeoutMs);
    check("multiplier", this.#multiplier, this.#multiplier >= 1);
    check("jitter", this.#jitter, this.#jitter >= 0 && this.#jitter <= 1);
  }

  pauseMs(attempt: number): number {
    const longest = Math.min(this.maxTimeoutMs, this.#minTimeoutMs * this.#multiplier ** attempt);
    return (1 - this.#jitter * this.#random()) * longest;
  }
}

function check(name: string, value: number, isGood: boolean): void {
  if (!isGood) throw new RangeError(`Cannot retry: ${name} is out of range: ${value}`);
}

function isTransient(error: unknown): boolean {
  if (!(error instanceof HTTPClientError)) {
    return isConnectionFailure(error) || error instanceof Deno.errors.ConnectionRefused;
  }
  return error.response === undefined ? true : RETRIABLE_CODES.has(error.code);
}

/** Seconds, or a date; 0 where there is neither. */
function retryAfterMs(response: HTTPResponse | undefined): number {
  const field = response?.headers.get("Retry-After");
  if (field === undefined) return 0;
  if (/^\d{1,9}$/.test(field)) return Number(field) * 1000;
  const date = parseHttpDate(field);
  return date === undefined ? 0 : Math.max(0, date.getTime() - Date.now());
}
