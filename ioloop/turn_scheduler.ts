/**
 * When a loop takes its next turn: one microtask away, or after the host had its.
 *
 * Deno's own loop always runs. A turn is the reaction of a promise that a request resolves, so it follows within the
 * same host callback, and never more than one is pending. Microtasks starve the host, though. Therefore only a short
 * burst of turns may follow each other that way; then one goes through `setImmediate`, and the host delivers its reads,
 * accepts, timers and signals.
 *
 * V8 keeps the `AsyncLocalStorage` values of the place where a reaction was added. The next turn's reaction is added
 * at the beginning of each turn, so all turns run in the context in which the scheduler was made, whoever requests them.
 *
 * @module
 */

import { clearImmediate, setImmediate } from "node:timers";
import { Gate } from "./gate.ts";

/** This many turns may follow each other before the host gets control. */
const MAX_BURST_TURNS = 64;
/** No turn follows directly that would begin later than this after the first one of its burst. */
const MAX_BURST_MS = 1;

/** What a {@linkcode TurnScheduler} needs of its loop. */
export interface TurnSource {
  /** Called when a turn begins. The time in milliseconds, of whichever clock is cheapest to read just now. */
  readTime(): number;
  /** Takes the turn. */
  takeTurn(): void;
}

/** Requests turns of one loop. */
export class TurnScheduler {
  readonly #source: TurnSource;
  #begin!: () => void;
  #requested = false;
  #immediate: ReturnType<typeof setImmediate> | undefined;
  #burstTurns = 0;
  #burstBegan = 0;
  #burstOver = false;

  /** Takes one turn of `source` for each request, in the context in which the scheduler is made. */
  constructor(source: TurnSource) {
    this.#source = source;
    this.#prepare();
  }

  /** Whether a turn was requested that has not begun. */
  get requested(): boolean {
    return this.#requested;
  }

  /** Requests a turn; does nothing while one is pending. */
  request(): void {
    if (this.#requested) return;
    this.#requested = true;
    if (this.#burstOver) this.#immediate = setImmediate(this.#beginBurst);
    else this.#begin();
  }

  /** Withdraws what the host still holds; a turn that is one microtask away begins nevertheless. */
  close(): void {
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
    this.#immediate = undefined;
  }

  #beginBurst = (): void => {
    this.#immediate = undefined;
    this.#burstTurns = 0;
    this.#begin();
  };

  /** Adds the reaction that is the next turn. */
  #prepare(): void {
    const gate = new Gate();
    gate.opened.then(this.#beginTurn);
    this.#begin = gate.open;
  }

  #beginTurn = (): void => {
    this.#prepare();
    this.#requested = false;
    const now = this.#source.readTime();
    if (this.#burstTurns === 0) this.#burstBegan = now;
    // A clock that jumped, or is another one than before, ends the burst too: that does no harm.
    this.#burstOver = ++this.#burstTurns >= MAX_BURST_TURNS || Math.abs(now - this.#burstBegan) >= MAX_BURST_MS;
    this.#source.takeTurn();
  };
}
