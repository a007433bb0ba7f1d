/**
 * At most so many requests at once; the others wait in the order in which they came.
 *
 * @module
 */

import { RingBuffer } from "../../ioloop/mod.ts";

/** Somebody who waits for a slot. */
export interface QueueEntry {
  /** Called when there is a slot, which must be given back by {@linkcode RequestQueue.release}. */
  readonly start: () => void;
}

/** Hands out slots, first come, first served. Tornado: `SimpleAsyncHTTPClient._process_queue`. */
export class RequestQueue {
  readonly #maxActive: number;
  readonly #entries = new RingBuffer<QueueEntry>();
  #active = 0;

  /**
   * A queue with free slots.
   *
   * @param maxActive How many slots there are.
   * @throws {RangeError} When that is not at least one.
   */
  constructor(maxActive: number) {
    if (!(maxActive >= 1)) throw new RangeError(`Cannot make requests with fewer than one at once: ${maxActive}`);
    this.#maxActive = maxActive;
  }

  /** How many slots are taken. */
  get active(): number {
    return this.#active;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#entries.size;
  }

  /**
   * Asks for a slot.
   *
   * @param start Called at once if there is one, else when there is.
   * @returns What to give up the wait with; `undefined` when it has started.
   */
  add(start: () => void): QueueEntry | undefined {
    if (this.#active < this.#maxActive) {
      this.#active++;
      start();
      return undefined;
    }
    const entry = { start };
    this.#entries.push(entry);
    return entry;
  }

  /** Gives up a wait; does nothing if it is over. */
  remove(entry: QueueEntry): void {
    this.#entries.remove(entry);
  }

  /** Gives a slot back, to the next one that waits if there is one. */
  release(): void {
    const next = this.#entries.shift();
    if (next === undefined) this.#active--;
    else next.start();
  }
}
