/**
 * Random input that is the same at each run, so that a failure can be looked at.
 *
 * @module
 */

/** A source of random numbers and choices. */
export class Random {
  #state: number;

  /** The same seed gives the same numbers. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to `bound` - 1. */
  below(bound: number): number {
    // A linear congruential generator; its low bits repeat soon, so the high ones are used.
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(this.#state / 2 ** 32 * bound);
  }

  /** One of some items. */
  pick<Item>(items: ArrayLike<Item>): Item {
    return items[this.below(items.length)]!;
  }

  /** A text of up to `maxPieces` pieces. */
  text(pieces: ArrayLike<string>, maxPieces: number): string {
    let text = "";
    for (let count = this.below(maxPieces + 1); count > 0; count--) text += this.pick(pieces);
    return text;
  }
}
