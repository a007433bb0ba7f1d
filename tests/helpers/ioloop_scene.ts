/**
 * A test of an IOLoop on a clock that is moved by hand.
 *
 * @module
 */

import { type ExceptionContext, IOLoop } from "@denado/denado/ioloop";
import { assertEquals } from "@std/assert";
import { ManualClock, settle } from "./manual_clock.ts";

/** What a test is given. */
export interface IOLoopScene {
  readonly loop: IOLoop;
  readonly clock: ManualClock;
  /** What reached the exception handler; a test that expects it empties the list. */
  readonly errors: ExceptionContext[];
}

/** A test with an attached loop on a manual clock, which is closed at the end. */
export function ioLoopTest(name: string, fn: (scene: IOLoopScene) => void | Promise<void>): void {
  Deno.test(name, async () => {
    const clock = new ManualClock(1000);
    const loop = new IOLoop({ clock, makeCurrent: false });
    const errors: ExceptionContext[] = [];
    loop.eventLoop.setExceptionHandler((_loop, context) => errors.push(context));
    try {
      await fn({ loop, clock, errors });
    } finally {
      if (loop.isRunning) {
        loop.stop();
        await settle();
      }
      loop.close();
    }
    assertEquals(errors, []);
    assertEquals(clock.armed, 0);
  });
}
