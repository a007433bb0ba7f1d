/**
 * Connecting to the best of several addresses: Happy Eyeballs (RFC 8305).
 *
 * The addresses are tried in turn, families alternating, so that a broken family
 * does not hold up the other (section 4). The next attempt begins when the last
 * one failed, or was given 250 ms (section 5). The first that succeeds wins; the
 * others are given up, and one that succeeds all the same is disposed of.
 *
 * @module
 */

import type { IOLoop, TimerHandle } from "../ioloop/mod.ts";
import type { ResolvedAddress } from "./resolver.ts";

/** How to race. */
export interface AddressRaceOptions<T> {
  /** Where the time comes from. */
  readonly ioLoop: IOLoop;
  /** Makes an attempt; the signal is aborted when it is not wanted any more. */
  readonly connect: (address: ResolvedAddress, signal: AbortSignal) => Promise<T>;
  /** Releases a connection that came too late. */
  readonly dispose: (connection: T) => void;
  /** Gives everything up when it is aborted. */
  readonly signal?: AbortSignal;
  /** How long an attempt may take before the next begins, in milliseconds. @default 250 */
  readonly attemptDelayMs?: number;
}

/** The Connection Attempt Delay that RFC 8305, section 5, recommends. */
const ATTEMPT_DELAY_MS = 250;

/**
 * The first connection that succeeds.
 *
 * @throws what the last attempt failed with, if all failed
 * @throws the signal's reason if it is aborted; no attempt goes on then
 */
export function raceAddresses<T>(
  addresses: readonly ResolvedAddress[],
  options: AddressRaceOptions<T>,
): Promise<T> {
  return new AddressRace(interleaveFamilies(addresses), options).promise;
}

/** The addresses with families alternating, beginning with that of the first (RFC 8305, section 4). */
export function interleaveFamilies(addresses: readonly ResolvedAddress[]): ResolvedAddress[] {
  const first = addresses.filter(({ family }) => family === addresses[0]!.family);
  const second = addresses.filter(({ family }) => family !== addresses[0]!.family);
  const mixed: ResolvedAddress[] = [];
  for (let at = 0; at < Math.max(first.length, second.length); at++) {
    if (at < first.length) mixed.push(first[at]!);
    if (at < second.length) mixed.push(second[at]!);
  }
  return mixed;
}

class AddressRace<T> {
  readonly promise: Promise<T>;
  readonly #waiting: ResolvedAddress[];
  readonly #options: AddressRaceOptions<T>;
  readonly #attempts = new Set<AbortController>();
  readonly #resolve: (connection: T) => void;
  readonly #reject: (error: unknown) => void;
  #timer: TimerHandle | undefined;
  #lastError: unknown = new Error("Cannot connect: there is no address");
  #over = false;

  constructor(addresses: ResolvedAddress[], options: AddressRaceOptions<T>) {
    this.#waiting = addresses;
    this.#options = options;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    if (options.signal?.aborted) {
      this.#onAbort();
    } else {
      options.signal?.addEventListener("abort", this.#onAbort);
      this.#next();
    }
  }

  /** Begins the next attempt, or ends the race if none is left. */
  #next = (): void => {
    this.#timer?.cancel();
    const address = this.#waiting.shift();
    if (address === undefined) {
      if (this.#attempts.size === 0) this.#finish(() => this.#reject(this.#lastError));
      return;
    }
    if (this.#waiting.length > 0) {
      const { ioLoop, attemptDelayMs = ATTEMPT_DELAY_MS } = this.#options;
      this.#timer = ioLoop.callLater(attemptDelayMs, this.#next);
    }
    void this.#attempt(address);
  };

  async #attempt(address: ResolvedAddress): Promise<void> {
    const { connect, dispose } = this.#options;
    const controller = new AbortController();
    this.#attempts.add(controller);
    let connection: T;
    try {
      connection = await connect(address, controller.signal);
    } catch (error) {
      this.#attempts.delete(controller);
      if (this.#over) return; // it was given up
      this.#lastError = error;
      return this.#next();
    }
    this.#attempts.delete(controller);
    if (this.#over) return dispose(connection);
    this.#finish(() => this.#resolve(connection));
  }

  #onAbort = (): void => this.#finish(() => this.#reject(this.#options.signal!.reason));

  #finish(settle: () => void): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer?.cancel();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    for (const controller of this.#attempts) controller.abort();
    settle();
  }
}
