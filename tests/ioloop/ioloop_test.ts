import { AsyncLocalStorage } from "node:async_hooks";
import { BadYieldError, CancelledError, EventLoop, Future, IOLoop, TimeoutError } from "@denado/denado/ioloop";
import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { FakeSelectable } from "../helpers/fake_selectable.ts";
import { ioLoopTest } from "../helpers/ioloop_scene.ts";
import { ManualClock, settle } from "../helpers/manual_clock.ts";

const { NONE, READ, WRITE } = IOLoop;

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

Deno.test("IOLoop becomes the current loop, unless makeCurrent says no", () => {
  withDefault(undefined, () => {
    const quiet = new IOLoop({ makeCurrent: false });
    assertEquals(IOLoop.current({ instance: false }), undefined);
    const loop = new IOLoop();
    assertStrictEquals(IOLoop.current(), loop);
    const next = new IOLoop();
    assertStrictEquals(IOLoop.current(), next);
    quiet.makeCurrent();
    assertStrictEquals(IOLoop.current(), quiet);
    for (const each of [loop, next, quiet]) each.close();
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

Deno.test("IOLoop.current knows an event loop that was made without an IOLoop", async () => {
  const eventLoop = new EventLoop();
  const seen = await eventLoop.runUntilComplete(
    new Promise<IOLoop[]>((resolve) => {
      eventLoop.callSoon(async () => {
        const seen = [IOLoop.current()];
        await Promise.resolve();
        resolve([...seen, IOLoop.current()]);
      });
    }),
  );
  assertStrictEquals(seen[0]!.eventLoop, eventLoop);
  assertStrictEquals(seen[1], seen[0]);
  assertThrows(() => new IOLoop({ eventLoop }), Error, "use IOLoop.current");
  seen[0]!.close();
  assert(eventLoop.isClosed);
});

Deno.test("IOLoop.current without a new instance finds nothing on an event loop that has no IOLoop", async () => {
  const eventLoop = new EventLoop();
  let found: IOLoop | undefined;
  eventLoop.callSoon(() => found = IOLoop.current({ instance: false }));
  await settle();
  assertEquals(found, undefined);
  eventLoop.close();
});

Deno.test("IOLoop is the current loop only while its code runs when it was not made current", async () => {
  await withDefault(undefined, async () => {
    const loop = new IOLoop({ makeCurrent: false });
    const current = () => IOLoop.current({ instance: false });
    assertEquals(current(), undefined);
    await loop.run(() => {
      assertStrictEquals(current(), loop);
      return Promise.resolve();
    });
    assertEquals(current(), undefined);
    loop.close();
  });
});

Deno.test("IOLoop.close makes no loop current if it was the current one, and leaves another one alone", () => {
  withDefault(undefined, () => {
    const first = new IOLoop();
    const second = new IOLoop();
    first.close();
    assertStrictEquals(IOLoop.current(), second);
    second.close();
    assertEquals(IOLoop.current({ instance: false }), undefined);
  });
});

Deno.test("IOLoop lives beside others without touching them", async () => {
  const clocks = [new ManualClock(), new ManualClock(), new ManualClock()];
  const loops = clocks.map((clock) => new IOLoop({ clock, makeCurrent: false }));
  const seen: string[] = [];
  loops.forEach((loop, at) => {
    loop.addCallback(() => seen.push(`callback ${at}`));
    loop.callLater(10 + at, () => seen.push(`timer ${at}`));
  });
  await settle();
  await clocks[0]!.advance(100);
  assertEquals(seen, ["callback 0", "callback 1", "callback 2", "timer 0"]);
  loops[0]!.close();
  loops[2]!.stop();
  for (const clock of clocks) await clock.advance(100);
  assertEquals(seen.slice(4), ["timer 1"]);
  loops[1]!.close();
  await loops[2]!.start();
  assertEquals(seen.slice(5), ["timer 2"]);
  loops[2]!.close();
});

Deno.test("IOLoop has the numbers of epoll for its events", () => {
  assertEquals([NONE, READ, WRITE, IOLoop.ERROR], [0, 1, 4, 0x18]);
});

// --- start, stop, run, close ---

ioLoopTest("IOLoop.start runs until stop, and work that is queued then waits for the next start", async ({ loop }) => {
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

ioLoopTest("IOLoop.start returns at once after a stop that came first", async ({ loop }) => {
  loop.stop();
  await loop.start();
});

ioLoopTest("IOLoop.start is refused while the loop runs, also in a callback", async ({ loop }) => {
  const started = loop.start();
  await assertRejects(() => loop.start(), Error, "running already");
  const inside = Promise.withResolvers<void>();
  loop.addCallback(() => loop.start().then(inside.resolve, inside.reject));
  await assertRejects(() => inside.promise, Error, "running already");
  loop.stop();
  await started;
});

ioLoopTest("IOLoop.run returns what a promise gives, and nothing for nothing", async ({ loop }) => {
  assertEquals(await loop.run(async () => await Promise.resolve(42)), 42);
  assertEquals(await loop.run(() => undefined), undefined);
  assertEquals(await loop.runSync(() => Promise.resolve("again")), "again");
});

ioLoopTest("IOLoop.run throws what the function throws, at once or later", async ({ loop }) => {
  const fail = () => {
    throw new RangeError("mine");
  };
  await assertRejects(() => loop.run(fail), RangeError, "mine");
  await assertRejects(() => loop.run(() => Promise.reject(new SyntaxError("later"))), SyntaxError, "later");
});

for (const wrong of [42, 0, "", "text", false, {}, [], [Promise.resolve()], Symbol("s"), 7n]) {
  ioLoopTest(`IOLoop.run refuses a result that nobody can await: ${Deno.inspect(wrong)}`, async ({ loop }) => {
    const message = `Cannot run a function that returns neither a promise nor nothing: ${Deno.inspect(wrong)}`;
    await assertRejects(() => loop.run(() => wrong), BadYieldError, message);
  });
}

ioLoopTest("IOLoop.run calls the function in a turn, in the async context of the caller", async ({ loop }) => {
  const storage = new AsyncLocalStorage<string>();
  let called = false;
  const run = storage.run("caller", () =>
    loop.run(async () => {
      called = true;
      await Promise.resolve();
      return storage.getStore();
    }));
  assertFalse(called);
  assertEquals(await run, "caller");
});

ioLoopTest("IOLoop.run does not call the function on a loop that is running or closed", async ({ loop }) => {
  const never = () => {
    throw new Error("called");
  };
  const started = loop.start();
  await assertRejects(() => loop.run(never), Error, "running already");
  await settle();
  loop.stop();
  await started;
  loop.close();
  await assertRejects(() => loop.run(never), Error, "is closed");
});

ioLoopTest("IOLoop.run is refused inside of a run, which goes on", async ({ loop }) => {
  const result = await loop.run(async () => {
    await assertRejects(() => loop.run(() => Promise.resolve()), Error, "running already");
    return "outer";
  });
  assertEquals(result, "outer");
});

ioLoopTest("IOLoop.run leaves no timer when it ends in time", async ({ loop, clock }) => {
  assertEquals(await loop.run(() => Promise.resolve(1), { timeoutMs: 1000 }), 1);
  assertEquals(clock.armed, 0);
  await assertRejects(() => loop.run(() => 1, { timeoutMs: 1000 }), BadYieldError);
  assertEquals(clock.armed, 0);
});

ioLoopTest(
  "IOLoop.run reports what the function fails with after its time is up, once",
  async ({ loop, clock, errors }) => {
    const late = Promise.withResolvers<void>();
    const rejected = assertRejects(() => loop.run(() => late.promise, { timeoutMs: 5 }), TimeoutError);
    await clock.advance(5);
    await rejected;
    const exception = new RangeError("late");
    late.reject(exception);
    await settle();
    assertEquals(errors.splice(0).map((context) => context.exception), [exception]);
  },
);

ioLoopTest("IOLoop.run says nothing of a function that gives up when its time is up", async ({ loop, clock }) => {
  const waitForAbort = (signal: AbortSignal) =>
    new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const rejected = assertRejects(() => loop.run(waitForAbort, { timeoutMs: 5 }), TimeoutError);
  await clock.advance(5);
  await rejected;
  await settle();
});

ioLoopTest("IOLoop.run reports what the function fails with after the loop was stopped", async ({ loop, errors }) => {
  const late = Promise.withResolvers<void>();
  const run = loop.run(() => {
    loop.stop();
    return late.promise;
  });
  await assertRejects(() => run, Error, "Event loop stopped");
  const exception = new RangeError("late");
  late.reject(exception);
  await settle();
  assertEquals(errors.splice(0).map((context) => context.exception), [exception]);
  let attached = false;
  loop.addCallback(() => attached = true);
  await settle();
  assert(attached, "the late outcome must not stop the loop");
});

ioLoopTest("IOLoop.run ends with the reason of its signal, which it passes on", async ({ loop }) => {
  const controller = new AbortController();
  const reason = new RangeError("enough");
  let passedOn: AbortSignal | undefined;
  const run = loop.run((signal) => {
    passedOn = signal;
    return new Promise<void>(() => {});
  }, { signal: controller.signal });
  await settle();
  assertFalse(passedOn!.aborted);
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => run), reason);
  assert(passedOn!.aborted);
  assertFalse(loop.isRunning);
});

ioLoopTest("IOLoop.run does not call the function when its signal is aborted already", async ({ loop }) => {
  const signal = AbortSignal.abort(new RangeError("before"));
  await assertRejects(
    () =>
      loop.run(() => {
        throw new Error("called");
      }, { signal }),
    RangeError,
    "before",
  );
});

ioLoopTest("IOLoop works on after a run that failed, timed out or was stopped", async ({ loop, clock }) => {
  await assertRejects(() => loop.run(() => Promise.reject(new Error("mine"))), Error, "mine");
  const timedOut = assertRejects(() => loop.run(() => new Promise(() => {}), { timeoutMs: 1 }), TimeoutError);
  await clock.advance(1);
  await timedOut;
  const stopped = loop.run(() => {
    loop.stop();
    return new Promise(() => {});
  });
  await assertRejects(() => stopped, Error, "Event loop stopped");
  assertEquals(await loop.run(() => Promise.resolve("fine")), "fine");
});

ioLoopTest("IOLoop.run ends with a TimeoutError, and aborts the function's signal", async ({ loop, clock }) => {
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

ioLoopTest("IOLoop.run cancels the future that the function returned when time is up", async ({ loop, clock }) => {
  const future = new Future<void>({ loop: loop.eventLoop });
  const rejected = assertRejects(() => loop.run(() => future, { timeoutMs: 5 }), TimeoutError);
  await clock.advance(5);
  await rejected;
  assert(future.cancelled());
  await assertRejects(async () => await future, CancelledError);
});

ioLoopTest("IOLoop.run fails when the loop is stopped inside", async ({ loop }) => {
  const run = loop.run(() => {
    loop.stop();
    return new Promise<void>(() => {});
  });
  await assertRejects(() => run, Error, "Event loop stopped");
});

ioLoopTest("IOLoop.start inside of a callback of an attached loop runs it", async ({ loop }) => {
  const seen: string[] = [];
  const done = Promise.withResolvers<void>();
  loop.addCallback(() => {
    loop.start().then(done.resolve);
    seen.push(`running: ${loop.isRunning}`);
    loop.addCallback(() => loop.stop());
  });
  await done.promise;
  assertEquals([seen, loop.isRunning], [["running: true"], false]);
});

ioLoopTest("IOLoop.run leaves the loop attached, so that later work runs", async ({ loop }) => {
  await loop.run(() => Promise.resolve());
  let ran = false;
  loop.addCallback(() => ran = true);
  await settle();
  assert(ran);
});

ioLoopTest("IOLoop.close forgets everything, twice is fine, and callbacks added afterwards are dropped", ({ loop }) => {
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

ioLoopTest("IOLoop.close with allFds closes every resource, also after one that fails", ({ loop, errors }) => {
  const [broken, sound] = [new FakeSelectable(), new FakeSelectable()];
  broken.failures.close = new Error("cannot");
  loop.addHandler(broken, () => {}, READ);
  loop.addHandler(sound, () => {}, READ);
  loop.close({ allFds: true });
  assertEquals([broken.closeCalls, sound.closeCalls], [1, 1]);
  assertEquals(errors.splice(0).map((context) => (context.exception as Error).message), ["cannot"]);
});

ioLoopTest("IOLoop.close is refused while the loop runs", async ({ loop }) => {
  const started = loop.start();
  assertThrows(() => loop.close(), Error, "running");
  loop.stop();
  await started;
});

// --- callbacks and timers ---

ioLoopTest("IOLoop calls callbacks in order, with their arguments, by each of the three names", async ({ loop }) => {
  const seen: unknown[] = [];
  loop.addCallback((...args: number[]) => seen.push(args), 1, 2);
  loop.spawnCallback(() => seen.push("spawned"));
  loop.addCallbackFromSignal(() => seen.push("signalled"));
  assertEquals(seen, []);
  await settle();
  assertEquals(seen, [[1, 2], "spawned", "signalled"]);
});

ioLoopTest("IOLoop ignores what a callback returns, unless it fails later", async ({ loop, errors }) => {
  loop.addCallback(() => []);
  loop.addCallback(() => ({}));
  loop.addCallback(() => Promise.reject(new Error("later")));
  await settle();
  assertEquals(errors.splice(0).map((context) => (context.exception as Error).message), ["later"]);
});

ioLoopTest("IOLoop.addCallback in a callback is called in the next turn, without a pause", async ({ loop, clock }) => {
  const seen: string[] = [];
  loop.addCallback(() => {
    loop.addCallback(() => seen.push("inner"));
    seen.push("outer");
  });
  for (let n = 0; n < 10; n++) await Promise.resolve();
  assertEquals([seen, clock.now()], [["outer", "inner"], 1000]);
});

ioLoopTest("IOLoop.addCallback refuses what is not a function", ({ loop }) => {
  assertThrows(() => loop.addCallback("work" as never), TypeError, "not a function");
});

Deno.test("IOLoop.addCallback may be called by the message of a worker", async () => {
  const loop = new IOLoop({ makeCurrent: false });
  const worker = new Worker("data:text/javascript,postMessage(42)", { type: "module" });
  worker.onmessage = ({ data }) =>
    loop.addCallback((data: number) => {
      seen = [data, IOLoop.current() === loop];
      loop.stop();
    }, data);
  let seen: unknown;
  await loop.start();
  worker.terminate();
  assertEquals(seen, [42, true]);
  loop.close();
});

Deno.test("IOLoop.addCallbackFromSignal may be called by the listener of a signal", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const loop = new IOLoop({ makeCurrent: false });
  const listener = () => loop.addCallbackFromSignal(() => loop.stop());
  Deno.addSignalListener("SIGWINCH", listener); // one that no other test uses
  loop.addCallback(() => Deno.kill(Deno.pid, "SIGWINCH"));
  await loop.start();
  Deno.removeSignalListener("SIGWINCH", listener);
  loop.close();
});

ioLoopTest("IOLoop.addCallback is dropped silently while and after the loop closes", async ({ loop }) => {
  const never = () => {
    throw new Error("called");
  };
  const resource = new FakeSelectable();
  resource.close = () => loop.addCallback(never);
  loop.addHandler(resource, never, READ);
  loop.close({ allFds: true });
  loop.spawnCallback(never);
  loop.addCallbackFromSignal(never);
  loop.addFuture(Promise.resolve(), never);
  await settle();
});

ioLoopTest("IOLoop runs timers at their time with their arguments, not before", async ({ loop, clock }) => {
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

ioLoopTest("IOLoop.addTimeout takes a duration", async ({ loop, clock }) => {
  const seen: string[] = [];
  const note = (name: string) => seen.push(name);
  loop.addTimeout({ seconds: 1, milliseconds: 5 }, note, "parts");
  loop.addTimeout({ total: () => 2000 }, note, "total");
  await clock.advance(1004);
  assertEquals(seen, []);
  await clock.advance(1);
  assertEquals(seen, ["parts"]);
  await clock.advance(995);
  assertEquals(seen, ["parts", "total"]);
});

ioLoopTest("IOLoop refuses a time that is neither a number nor a duration", ({ loop }) => {
  for (const wrong of [null, undefined, "10", NaN, { fortnights: 1 }]) {
    assertThrows(() => loop.addTimeout(wrong as never, () => {}), TypeError);
    assertThrows(() => loop.callLater(wrong as never, () => {}), TypeError);
    assertThrows(() => loop.callAt(wrong as never, () => {}), TypeError);
  }
});

ioLoopTest("IOLoop adds and removes thousands of timers without a trace", async ({ loop, clock }) => {
  for (let n = 0; n < 2000; n++) {
    const timer = loop.addTimeout(3_600_000, () => {});
    assert(timer);
    loop.removeTimeout(timer);
  }
  await clock.advance(3_600_000);
});

ioLoopTest("IOLoop.removeTimeout works before, twice, and after the timer ran", async ({ loop, clock }) => {
  const seen: string[] = [];
  const removed = loop.callLater(5, () => seen.push("removed"));
  const kept = loop.callLater(5, () => seen.push("kept"));
  loop.removeTimeout(removed);
  loop.removeTimeout(removed);
  await clock.advance(5);
  loop.removeTimeout(kept);
  assertEquals(seen, ["kept"]);
});

ioLoopTest("IOLoop does not run a due timer that another due timer removed", async ({ loop, clock }) => {
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

ioLoopTest("IOLoop.addFuture calls back in a later turn, also for what is done already", async ({ loop }) => {
  const future = loop.createFuture<number>();
  const seen: unknown[] = [];
  future.setResult(1);
  loop.addFuture(future, (given) => seen.push(given.result()));
  loop.addFuture(Promise.resolve(2), (given) => seen.push(given.result()));
  assertEquals(seen, []);
  await settle();
  assertEquals(seen, [1, 2]);
});

ioLoopTest("IOLoop.addFuture hands over a failure, which its callback may throw to the handler", async (scene) => {
  scene.loop.addFuture(Promise.reject(new Error("mine")), (future) => future.result());
  await settle();
  assertEquals(scene.errors.splice(0).map((context) => (context.exception as Error).message), ["mine"]);
});

ioLoopTest("IOLoop.addFuture calls back in its own turn for a future of another loop", async ({ loop }) => {
  const other = new IOLoop({ makeCurrent: false });
  const future = other.createFuture<number>();
  let seen: unknown;
  loop.addFuture(future, (given) => seen = [given === future, IOLoop.current() === loop]);
  assertStrictEquals(future.loop, other.eventLoop);
  future.setResult(1);
  await settle();
  assertEquals(seen, [true, true]);
  other.close();
});

ioLoopTest("IOLoop.addFuture hands over a cancellation", async ({ loop }) => {
  const future = loop.createFuture<number>();
  let cancelled: boolean | undefined;
  loop.addFuture(future, (given) => cancelled = given.cancelled());
  future.cancel();
  await settle();
  assertEquals(cancelled, true);
});

ioLoopTest("IOLoop.createFuture gives a future of this loop", async ({ loop }) => {
  const future = loop.createFuture<number>();
  assertStrictEquals(future.loop, loop.eventLoop);
  loop.callLater(0, () => future.setResult(42));
  assertEquals(await future, 42);
});
