/**
 * A loop on a clock that a test moves by hand, and what a test of something that waits needs beside it.
 *
 * @module
 */

import { type ExceptionContext, IOLoop } from "@denado/denado/ioloop";
import { assertEquals } from "@std/assert";
import { ManualClock } from "./manual_clock.ts";

/** What {@linkcode withManualLoop} gives to a test. */
export interface ManualLoop {
  readonly loop: IOLoop;
  readonly clock: ManualClock;
  /** The errors that reached the loop's exception handler; a test that expects them empties the array. */
  readonly errors: ExceptionContext[];
}

/** Runs `body` as a coroutine of a new loop on a manual clock; fails if an error reaches the exception handler. */
export async function withManualLoop(body: (manual: ManualLoop) => PromiseLike<void> | void): Promise<void> {
  const clock = new ManualClock();
  const loop = new IOLoop({ clock, makeCurrent: false });
  const errors: ExceptionContext[] = [];
  loop.eventLoop.setExceptionHandler((_loop, context) => errors.push(context));
  try {
    await loop.run(async () => await body({ loop, clock, errors }));
  } finally {
    loop.close();
  }
  assertEquals(errors, []);
}

/** An `AbortController` that knows how many listeners its signal has. */
export class CountingAbortController extends AbortController {
  #listeners = new Set<unknown>();

  constructor() {
    super();
    const { signal } = this;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (type: string, listener: EventListenerOrEventListenerObject) => {
      this.#listeners.add(listener);
      add(type, listener);
    };
    signal.removeEventListener = (type: string, listener: EventListenerOrEventListenerObject) => {
      this.#listeners.delete(listener);
      remove(type, listener);
    };
  }

  /** The number of listeners that were added and not removed. */
  get listenerCount(): number {
    return this.#listeners.size;
  }
}
