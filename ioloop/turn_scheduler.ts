/**
 * When a loop takes its next turn: one microtask away, or after the host had its.
 *
 * Deno's own loop always runs. A turn is the reaction of a promise that a request resolves, so it follows within the
 * same host callback, and never more than one is pending. Microtasks starve the host, though, so two rules keep a loop
 * that never runs out of work from starving it:
 *
 * - Only a short burst of turns may follow each other. Then the loop asks the host, by `setImmediate`, to say when it had
 *   its turn, in which it delivers timers, signals and what has completed. As long as there is a next turn to take when
 *   the host answers, the loop is busy and asks again; else it starts afresh.
 * - That does not make the host look at its sockets. Deno's loop is a task of Tokio; as long as an immediate keeps it
 *   going, Tokio looks at sockets only every 61 times. When a loop is busy for long and nothing comes in, it waits for
 *   the shortest timer of the host, because Tokio looks at everything before it sleeps. Measured with Deno 2.9, in a
 *   loop that works 5 ms at a time: a connection was accepted and answered after 153 immediates (or 11,589 messages of a
 *   `MessageChannel`), but after one timer, which takes about 2 ms.
 *
 * V8 keeps the `AsyncLocalStorage` values of the place where a reaction was added. The next turn's reaction is added
 * at the beginning of each turn, so all turns run in the context in which the scheduler was made, whoever requests them.
 *
 * @module
 */

import { clearImmediate, clearTimeout, setImmediate, setTimeout } from "node:timers";
import { Gate } from "./gate.ts";

/** This many turns may follow each other before the host gets control. */
const MAX_BURST_TURNS = 64;
/** No turn follows directly on one that begins later than this after the first one of its burst. */
const MAX_BURST_MS = 1;
/** A loop may be busy for this long before the host looks at its sockets, which takes a tenth of it. */
const MAX_BUSY_MS = 20;

/** What a {@linkcode TurnScheduler} needs of its loop. */
export interface TurnSource {
  /** Called when a turn begins; the time in milliseconds. */
  readTime(): number;
  /** Takes the turn. */
  takeTurn(): void;
}

/** Requests turns of one loop. */
export class TurnScheduler {
  readonly #source: TurnSource;
  #begin!: () => void;
  #requested = false;
  #turnBegan = 0;

  #burstTurns = 0;
  #burstBegan = 0;
  #burstOver = false;
  /** Set while the host is asked to say when it had its turn; always when the burst is over. */
  #immediate: ReturnType<typeof setImmediate> | undefined;

  /** Since when the loop has been busy and nothing has come in; `NaN` if it is not busy. */
  #busySince = NaN;
  /** Set while the loop waits until the host has looked at its sockets. */
  #timeout: ReturnType<typeof setTimeout> | undefined;

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
    if (!this.#burstOver) this.#begin();
  }

  /** Says that something came in from outside, so that the host has looked at its sockets. */
  noteArrival(): void {
    this.#busySince = NaN;
    if (this.#timeout !== undefined) this.#endWait();
  }

  /** Withdraws what the host still holds; a turn that is one microtask away begins nevertheless. */
  close(): void {
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
    if (this.#timeout !== undefined) clearTimeout(this.#timeout);
    this.#timeout = undefined;
  }

  /** Adds the reaction that is the next turn. */
  #prepare(): void {
    const gate = new Gate();
    gate.opened.then(this.#beginTurn);
    this.#begin = gate.open;
  }

  #beginTurn = (): void => {
    this.#prepare();
    this.#requested = false;
    this.#noteTurn(this.#source.readTime());
    this.#source.takeTurn();
  };

  #noteTurn(now: number): void {
    this.#turnBegan = now;
    if (++this.#burstTurns === 1) this.#burstBegan = now;
    // A clock that jumped ends the burst too, which does no harm.
    this.#burstOver = this.#burstTurns >= MAX_BURST_TURNS || Math.abs(now - this.#burstBegan) >= MAX_BURST_MS;
    if (this.#burstOver) this.#immediate ??= setImmediate(this.#hostHadItsTurn);
  }

  #hostHadItsTurn = (): void => {
    this.#immediate = undefined;
    this.#burstOver = false;
    this.#burstTurns = 0;
    if (!this.#requested) {
      this.#busySince = NaN;
      return;
    }
    if (Number.isNaN(this.#busySince)) this.#busySince = this.#turnBegan;
    if (Math.abs(this.#turnBegan - this.#busySince) >= MAX_BUSY_MS) {
      this.#timeout = setTimeout(this.#endWait, 0);
      return;
    }
    this.#immediate = setImmediate(this.#hostHadItsTurn);
    this.#begin();
  };

  #endWait = (): void => {
    if (this.#timeout !== undefined) clearTimeout(this.#timeout);
    this.#timeout = undefined;
    this.#busySince = NaN;
    this.#begin();
  };
}
