/**
 * A test of an event loop on a clock that is moved by hand.
 *
 * @module
 */

import { EventLoop, type EventLoopOptions, type ExceptionContext, READ } from "@denado/denado/ioloop";
import { assertEquals } from "@std/assert";
import { FakeSelectable } from "./fake_selectable.ts";
import { ManualClock, settle } from "./manual_clock.ts";

/** What a test is given. */
export interface LoopScene {
  readonly loop: EventLoop;
  readonly clock: CountingClock;
  /** What ran, in order. */
  readonly seen: string[];
  /** What reached the exception handler; a test that expects it empties the list. */
  readonly errors: ExceptionContext[];
  /** A callback that notes its name. */
  note(name: string): () => void;
}

/** A manual clock that counts. */
export class CountingClock extends ManualClock {
  /** How often somebody asked for the time. */
  reads = 0;

  override now(): number {
    this.reads++;
    return super.now();
  }
}

/** A test with an attached loop on a manual clock, which is closed at the end. */
export function loopTest(
  name: string,
  fn: (scene: LoopScene) => void | Promise<void>,
  options: EventLoopOptions & { readonly logErrors?: boolean } = {},
): void {
  Deno.test(name, async () => {
    const clock = new CountingClock(1000);
    const loop = new EventLoop({ clock, ...options });
    const seen: string[] = [];
    const errors: ExceptionContext[] = [];
    if (!options.logErrors) loop.setExceptionHandler((_loop, context) => errors.push(context));
    try {
      await fn({ loop, clock, seen, errors, note: (name) => () => seen.push(name) });
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

/** Registers a resource whose handler runs once. */
export function readyOnce(loop: EventLoop, handler: () => unknown): void {
  const resource = new FakeSelectable();
  resource.give(READ);
  const key = loop.selector.register(resource, READ, () => {
    loop.selector.unregister(key);
    return handler();
  });
}
