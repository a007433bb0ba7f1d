import {
  BadYieldError,
  CancelledError,
  EventLoop,
  type ExceptionContext,
  Future,
  IOLoop,
  TimeoutError,
} from "@denado/denado/ioloop";
import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { FakeSelectable } from "../helpers/fake_selectable.ts";
import { ManualClock, settle } from "../helpers/manual_clock.ts";

const { NONE, READ, WRITE } = IOLoop;

interface Scene {
  readonly loop: IOLoop;
  readonly clock: ManualClock;
  readonly errors: ExceptionContext[];
}

/** A test with an attached loop on a manual clock, which is closed at the end. */
function loopTest(name: string, fn: (scene: Scene) => void | Promise<void>): void {
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

/** Runs `fn` with `loop` as the current one, and restores what was. */
function withDefault<T>(loop: EventLoop | undefined, fn: () => T): T {
  const before = EventLoop.default;
  EventLoop.default = loop;
  try {
    return fn();
  } finally {
    EventLoop.default = before;
  }
}

// --- which loop is current ---

Deno.test("IOLoop.current makes a loop when there is none, and returns it from then on", () => {
  withDefault(undefined, () => {
    assertEquals(IOLoop.current({ instance: false }), undefined);
    const loop = IOLoop.current();
    assertStrictEquals(IOLoop.current(), loop);
    assertStrictEquals(IOLoop.instance(), loop);
    loop.close();
  });
});

Deno.test("IOLoop becomes the current loop when there is none, unless makeCurrent says no", () => {
  withDefault(undefined, () => {
    const quiet = new IOLoop({ makeCurrent: false });
    assertEquals(IOLoop.current({ instance: false }), undefined);
    const loop = new IOLoop();
    assertStrictEquals(IOLoop.current(), loop);
    quiet.makeCurrent();
    assertStrictEquals(IOLoop.current(), quiet);
    loop.close();
    quiet.close();
  });
});

Deno.test("IOLoop.clearCurrent and clearInstance leave no loop, also when there is none", () => {
  withDefault(undefined, () => {
    const loop = new IOLoop({ makeCurrent: true });
    IOLoop.clearCurrent();
    assertEquals(IOLoop.current({ instance: false }), undefined);
    IOLoop.clearCurrent();
    loop.install();
    assertStrictEquals(IOLoop.current(), loop);
    IOLoop.clearInstance();
    assertEquals(IOLoop.current({ instance: false }), undefined);
    loop.close();
  });
});

Deno.test("IOLoop refuses an event loop that has one already", () => {
  const loop = new IOLoop({ makeCurrent: false });
  assertThrows(() => new IOLoop({ eventLoop: loop.eventLoop }), Error, "has one already");
  loop.close();
});

Deno.test("IOLoop.current is the loop of the coroutine that asks, also after it has waited", async () => {
  const loops = [new IOLoop({ makeCurrent: false }), new IOLoop({ makeCurrent: false })];
  const seen = await Promise.all(loops.map((loop) =>
    loop.run(async () => {
      const seen = [IOLoop.current()];
      await new Promise<void>((resolve) => loop.addCallback(resolve));
      seen.push(IOLoop.current());
      return seen;
    })
  ));
  for (const [at, loop] of loops.entries()) {
    assert(seen[at]!.every((current) => current === loop));
    loop.close();
  }
});

// --- start, stop, run, close ---

loopTest("IOLoop.start runs until stop, and work that is queued then waits for the next start", async ({ loop }) => {
  const seen: string[] = [];
  const started = loop.start();
  loop.addCallback(() => {
    seen.push("first");
    loop.stop();
    loop.addCallback(() => seen.push("second"));
  });
  await started;
  await settle();
  assertEquals(seen, ["first"]);
  assertFalse(loop.isRunning);
  const again = loop.start();
  await settle();
  assertEquals(seen, ["first", "second"]);
  loop.stop();
  await again;
});

loopTest("IOLoop.start returns at once after a stop that came first", async ({ loop }) => {
  loop.stop();
  await loop.start();
});

loopTest("IOLoop.start is refused while the loop runs, also in a callback", async ({ loop }) => {
  const started = loop.start();
  await assertRejects(() => loop.start(), Error, "running already");
  const inside = Promise.withResolvers<void>();
  loop.addCallback(() => loop.start().then(inside.resolve, inside.reject));
  await assertRejects(() => inside.promise, Error, "running already");
  loop.stop();
  await started;
});

loopTest("IOLoop.run returns what a promise gives, and nothing for nothing", async ({ loop }) => {
  assertEquals(await loop.run(async () => await Promise.resolve(42)), 42);
  assertEquals(await loop.run(() => undefined), undefined);
  assertEquals(await loop.runSync(() => Promise.resolve("again")), "again");
});

loopTest("IOLoop.run throws what the function throws, at once or later", async ({ loop }) => {
  const fail = () => {
    throw new RangeError("mine");
  };
  await assertRejects(() => loop.run(fail), RangeError, "mine");
  await assertRejects(() => loop.run(() => Promise.reject(new SyntaxError("later"))), SyntaxError, "later");
});

loopTest("IOLoop.run refuses a result that nobody can await", async ({ loop }) => {
  await assertRejects(() => loop.run(() => 42), BadYieldError, "42");
});

loopTest("IOLoop.run ends with a TimeoutError, and aborts the function's signal", async ({ loop, clock }) => {
  let signal: AbortSignal | undefined;
  const run = loop.run((given) => {
    signal = given;
    return new Promise<void>(() => {});
  }, { timeoutMs: 50 });
  const rejected = assertRejects(() => run, TimeoutError, "50 ms");
  await clock.advance(49);
  assertFalse(signal!.aborted);
  await clock.advance(1);
  await rejected;
  assert(signal!.aborted);
});

loopTest("IOLoop.run cancels the future that the function returned when time is up", async ({ loop, clock }) => {
  const future = new Future<void>({ loop: loop.eventLoop });
  const rejected = assertRejects(() => loop.run(() => future, { timeoutMs: 5 }), TimeoutError);
  await clock.advance(5);
  await rejected;
  assert(future.cancelled());
  await assertRejects(async () => await future, CancelledError);
});

loopTest("IOLoop.run fails when the loop is stopped inside", async ({ loop }) => {
  const run = loop.run(() => {
    loop.stop();
    return new Promise<void>(() => {});
  });
  await assertRejects(() => run, Error, "Event loop stopped");
});

loopTest("IOLoop.run leaves the loop attached, so that later work runs", async ({ loop }) => {
  await loop.run(() => Promise.resolve());
  let ran = false;
  loop.addCallback(() => ran = true);
  await settle();
  assert(ran);
});

loopTest("IOLoop.close forgets everything, twice is fine, and callbacks added afterwards are dropped", ({ loop }) => {
  const resource = new FakeSelectable();
  loop.addHandler(resource, () => {}, READ | WRITE);
  loop.callLater(10, () => {});
  loop.close();
  loop.close();
  assertEquals([loop.handlers.size, loop.readers.size, loop.writers.size], [0, 0, 0]);
  assertEquals(resource.closeCalls, 0);
  assertFalse(resource.isWatched);
  loop.addCallback(() => {
    throw new Error("never called");
  });
  assertThrows(() => loop.callLater(1, () => {}), Error, "closed");
  assertThrows(() => loop.addHandler(resource, () => {}, READ), Error, "closed");
});

loopTest("IOLoop.close with allFds closes every resource, also after one that fails", ({ loop, errors }) => {
  const [broken, sound] = [new FakeSelectable(), new FakeSelectable()];
  broken.failures.close = new Error("cannot");
  loop.addHandler(broken, () => {}, READ);
  loop.addHandler(sound, () => {}, READ);
  loop.close({ allFds: true });
  assertEquals([broken.closeCalls, sound.closeCalls], [1, 1]);
  assertEquals(errors.splice(0).map((context) => (context.exception as Error).message), ["cannot"]);
});

loopTest("IOLoop.close is refused while the loop runs", async ({ loop }) => {
  const started = loop.start();
  assertThrows(() => loop.close(), Error, "running");
  loop.stop();
  await started;
});

// --- handlers ---

loopTest(
  "IOLoop.addHandler calls back with the resource and the events, as long as they are ready",
  async ({ loop }) => {
    const resource = new FakeSelectable();
    const calls: number[] = [];
    loop.addHandler(resource, (given, events) => {
      assertStrictEquals(given, resource);
      if (calls.push(events) === 3) given.take(READ);
    }, READ);
    resource.give(READ | WRITE);
    await settle();
    assertEquals(calls, [READ, READ, READ]);
  },
);

loopTest("IOLoop keeps handlers, readers and writers", ({ loop }) => {
  const resource = new FakeSelectable();
  const handler = () => {};
  const state = () => [loop.handlers.has(resource.fileno), [...loop.readers], [...loop.writers]];
  loop.addHandler(resource, handler, READ);
  assertEquals(state(), [true, [resource.fileno], []]);
  assertStrictEquals(loop.handlers.get(resource.fileno)!.resource, resource);
  assertStrictEquals(loop.handlers.get(resource.fileno)!.handler, handler);
  loop.updateHandler(resource, READ | WRITE);
  assertEquals(state(), [true, [resource.fileno], [resource.fileno]]);
  loop.updateHandler(resource.fileno, WRITE);
  assertEquals(state(), [true, [], [resource.fileno]]);
  loop.updateHandler(resource, NONE);
  assertEquals(state(), [true, [], []]);
  loop.removeHandler(resource);
  assertEquals(state(), [false, [], []]);
  assertEquals(resource.closeCalls, 0);
});

loopTest("IOLoop.addHandler refuses a resource that is registered, and what is no function", ({ loop }) => {
  const resource = new FakeSelectable();
  loop.addHandler(resource, () => {}, READ);
  assertThrows(() => loop.addHandler(resource, () => {}, WRITE), Error, `descriptor ${resource.fileno}`);
  assertThrows(() => loop.addHandler(new FakeSelectable(), 42 as never, READ), TypeError, "42");
});

loopTest("IOLoop.updateHandler refuses what is not registered, removeHandler and closeFd do nothing", ({ loop }) => {
  assertThrows(() => loop.updateHandler(987654, READ), Error, "987654");
  loop.removeHandler(987654);
  loop.removeHandler(new FakeSelectable());
  loop.closeFd(987654);
});

loopTest("IOLoop.splitFd and closeFd know a resource by its descriptor", ({ loop }) => {
  const resource = new FakeSelectable();
  assertEquals(loop.splitFd(resource.fileno), [resource.fileno, undefined]);
  loop.addHandler(resource, () => {}, READ);
  assertEquals(loop.splitFd(resource.fileno), [resource.fileno, resource]);
  assertEquals(loop.splitFd(resource), [resource.fileno, resource]);
  loop.closeFd(resource.fileno);
  assertEquals(resource.closeCalls, 1);
});

loopTest("IOLoop does not call a handler that another ready handler removed", async ({ loop }) => {
  const [first, second] = [new FakeSelectable(), new FakeSelectable()];
  const seen: string[] = [];
  loop.addHandler(first, () => {
    seen.push("first");
    loop.removeHandler(first);
    loop.removeHandler(second);
  }, READ);
  loop.addHandler(second, () => seen.push("second"), READ);
  first.give(READ);
  second.give(READ);
  await settle();
  assertEquals(seen, ["first"]);
});

loopTest("IOLoop reports what a handler throws, and goes on with the others", async ({ loop, errors }) => {
  const [bad, good] = [new FakeSelectable(), new FakeSelectable()];
  const served = Promise.withResolvers<void>();
  loop.addHandler(bad, () => {
    loop.removeHandler(bad);
    throw new Error("mine");
  }, READ);
  loop.addHandler(good, () => {
    loop.removeHandler(good);
    served.resolve();
  }, READ);
  bad.give(READ);
  good.give(READ);
  await served.promise;
  assertEquals(errors.splice(0).map((context) => (context.exception as Error).message), ["mine"]);
});

// --- callbacks and timers ---

loopTest("IOLoop calls callbacks in order, with their arguments, by each of the three names", async ({ loop }) => {
  const seen: unknown[] = [];
  loop.addCallback((...args: number[]) => seen.push(args), 1, 2);
  loop.spawnCallback(() => seen.push("spawned"));
  loop.addCallbackFromSignal(() => seen.push("signalled"));
  assertEquals(seen, []);
  await settle();
  assertEquals(seen, [[1, 2], "spawned", "signalled"]);
});

loopTest("IOLoop ignores what a callback returns, unless it fails later", async ({ loop, errors }) => {
  loop.addCallback(() => []);
  loop.addCallback(() => ({}));
  loop.addCallback(() => Promise.reject(new Error("later")));
  await settle();
  assertEquals(errors.splice(0).map((context) => (context.exception as Error).message), ["later"]);
});

loopTest("IOLoop runs timers at their time with their arguments, not before", async ({ loop, clock }) => {
  const seen: unknown[] = [];
  loop.callLater(10, (...args: string[]) => seen.push(args), "later", "10");
  loop.addTimeout(20, () => seen.push("timeout"));
  loop.callAt(loop.time() + 30, () => seen.push("at"));
  loop.callAt(loop.time() - 5, () => seen.push("past"));
  await clock.advance(9);
  assertEquals(seen, ["past"]);
  await clock.advance(1);
  assertEquals(seen, ["past", ["later", "10"]]);
  await clock.advance(20);
  assertEquals(seen, ["past", ["later", "10"], "timeout", "at"]);
});

loopTest("IOLoop.removeTimeout works before, twice, and after the timer ran", async ({ loop, clock }) => {
  const seen: string[] = [];
  const removed = loop.callLater(5, () => seen.push("removed"));
  const kept = loop.callLater(5, () => seen.push("kept"));
  loop.removeTimeout(removed);
  loop.removeTimeout(removed);
  await clock.advance(5);
  loop.removeTimeout(kept);
  assertEquals(seen, ["kept"]);
});

loopTest("IOLoop does not run a due timer that another due timer removed", async ({ loop, clock }) => {
  const seen: string[] = [];
  loop.callLater(5, () => {
    seen.push("first");
    loop.removeTimeout(second);
  });
  const second = loop.callLater(5, () => seen.push("second"));
  await clock.advance(5);
  assertEquals(seen, ["first"]);
});

// --- futures ---

loopTest("IOLoop.addFuture calls back in a later turn, also for what is done already", async ({ loop }) => {
  const future = loop.createFuture<number>();
  const seen: unknown[] = [];
  future.setResult(1);
  loop.addFuture(future, (given) => seen.push(given.result()));
  loop.addFuture(Promise.resolve(2), (given) => seen.push(given.result()));
  assertEquals(seen, []);
  await settle();
  assertEquals(seen, [1, 2]);
});

loopTest("IOLoop.addFuture hands over a failure, which its callback may throw to the handler", async (scene) => {
  scene.loop.addFuture(Promise.reject(new Error("mine")), (future) => future.result());
  await settle();
  assertEquals(scene.errors.splice(0).map((context) => (context.exception as Error).message), ["mine"]);
});
