import { AsyncLocalStorage } from "node:async_hooks";
import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  CancelledError,
  EventLoop,
  type ExceptionContext,
  Future,
  InvalidStateError,
  IOLoop,
  isFuture,
} from "@denado/denado/ioloop";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { settle } from "../helpers/manual_clock.ts";
import { CountingAbortController, withManualLoop } from "../helpers/manual_loop.ts";

/** Runs `body` with a loop that collects what reaches its exception handler, also shortly after the end of `body`. */
async function reports(body: (loop: EventLoop) => unknown): Promise<ExceptionContext[]> {
  const loop = new EventLoop();
  const found: ExceptionContext[] = [];
  loop.setExceptionHandler((_loop, context) => found.push(context));
  await body(loop);
  await settle();
  loop.close();
  return found;
}

// --- states ---

Deno.test("Future is pending until it is given a result", async () => {
  const future = new Future<number>();
  assertFalse(future.done());
  assertThrows(() => future.result(), InvalidStateError, "pending");
  assertThrows(() => future.exception(), InvalidStateError, "pending");
  future.setResult(42);
  assert(future.done());
  assertFalse(future.cancelled());
  assertEquals(future.result(), 42);
  assertEquals(future.exception(), undefined);
  assertEquals(await future, 42);
});

Deno.test("Future gives its exception to everybody who asks", async () => {
  const error = new RangeError("Broken");
  const future = new Future<number>();
  const early = assertRejects(() => future, RangeError, "Broken");
  future.setException(error);
  await early;
  assertStrictEquals(future.exception(), error);
  assertThrows(() => future.result(), RangeError, "Broken");
  await assertRejects(() => future, RangeError, "Broken");
});

Deno.test("Future takes one outcome only", async (t) => {
  const ends: Record<string, (future: Future<number>) => void> = {
    "done already": (future) => future.setResult(1),
    "failed already": (future) => future.silence().setException(new Error("first")),
    "cancelled already": (future) => void future.cancel(),
  };
  for (const [state, end] of Object.entries(ends)) {
    await t.step(state, () => {
      const future = new Future<number>();
      end(future);
      assertThrows(() => future.setResult(2), InvalidStateError, state);
      assertThrows(() => future.setException(new Error("second")), InvalidStateError, state);
      assertFalse(future.cancel());
    });
  }
});

Deno.test("Future can be awaited before and after it is done, with then, catch and finally", async () => {
  const future = new Future<number>();
  const seen: string[] = [];
  const waits = [
    future.then((value) => seen.push(`then ${value}`)),
    future.catch(() => 0).then((value) => seen.push(`catch ${value}`)),
    future.finally(() => seen.push("finally")),
  ];
  future.setResult(1);
  await Promise.all(waits);
  assertEquals(seen.sort(), ["catch 1", "finally", "then 1"]);
  assertEquals(await future.then(), 1);
});

Deno.test("Future describes its state", () => {
  const future = new Future<number>();
  assertEquals(String(future), "Future(pending)");
  future.setResult(1);
  assertEquals(Deno.inspect(future), "Future(result)");
  assertEquals(Object.prototype.toString.call(future), "[object Future]");
});

Deno.test("Future and native promises await each other", async () => {
  const future = new Future<string>();
  const promise = (async () => `${await future} world`)();
  future.setResult("hello");
  assertEquals(await Future.from(promise), "hello world");
  assertEquals(await Promise.all([future, promise]), ["hello", "hello world"]);
});

Deno.test("isFuture tells futures from promises", () => {
  assert(isFuture(new Future()));
  assertFalse(isFuture(Promise.resolve()));
  assertFalse(isFuture(null));
});

Deno.test("Future of a narrower type is one of a wider type", () => {
  const future: Future<unknown> = new Future<number>();
  assertFalse(future.done());
});

// --- done-callbacks ---

Deno.test("Future.addDoneCallback calls back in a later turn, with the future", () =>
  withManualLoop(async ({ clock }) => {
    const seen: unknown[] = [];
    const future = new Future<number>();
    future.addDoneCallback((done) => seen.push(done));
    future.setResult(1);
    future.addDoneCallback((done) => seen.push(done.result()));
    assertEquals(seen, []);
    await clock.advance(0);
    assertEquals(seen, [future, 1]);
  }));

Deno.test("Future.addDoneCallback calls back in the order of registration", () =>
  withManualLoop(async ({ clock }) => {
    let seen = "";
    const future = new Future<void>();
    future.addDoneCallback(() => seen += "a");
    future.addDoneCallback(() => seen += "b");
    future.setResult();
    future.addDoneCallback(() => seen += "c");
    await clock.advance(0);
    future.addDoneCallback(() => seen += "d");
    await clock.advance(0);
    assertEquals(seen, "abcd");
  }));

Deno.test("Future.addDoneCallback keeps the order in which futures were settled", () =>
  withManualLoop(async ({ clock }) => {
    let seen = "";
    const [first, second] = [new Future<void>(), new Future<void>()];
    first.addDoneCallback(() => seen += "1");
    second.addDoneCallback(() => seen += "2");
    second.setResult();
    first.setResult();
    await clock.advance(0);
    assertEquals(seen, "21");
  }));

Deno.test("Future.removeDoneCallback takes back every registration of a callback", () =>
  withManualLoop(async ({ clock }) => {
    let calls = 0;
    const callback = () => calls++;
    const future = new Future<void>();
    future.addDoneCallback(callback);
    future.addDoneCallback(callback);
    future.addDoneCallback(() => calls += 10);
    assertEquals(future.removeDoneCallback(callback), 2);
    assertEquals(future.removeDoneCallback(callback), 0);
    future.setResult();
    await clock.advance(0);
    assertEquals(calls, 10);
  }));

Deno.test("Future calls back in the async context of the registration", () =>
  withManualLoop(async ({ clock }) => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const future = new Future<void>();
    storage.run("one", () => future.addDoneCallback(() => seen.push(storage.getStore())));
    storage.run("two", () => future.addDoneCallback(() => seen.push(storage.getStore())));
    storage.run("setter", () => future.setResult());
    storage.run("late", () => future.addDoneCallback(() => seen.push(storage.getStore())));
    await clock.advance(0);
    assertEquals(seen, ["one", "two", "late"]);
  }));

Deno.test("Future hands an error of a done-callback to its loop, and calls the others", async () => {
  let called = false;
  const found = await reports((loop) => {
    const future = new Future<void>({ loop });
    future.addDoneCallback(() => {
      throw new RangeError("Broken");
    });
    future.addDoneCallback(() => called = true);
    future.setResult();
  });
  assert(called);
  assertEquals(found.map(({ exception }) => String(exception)), ["RangeError: Broken"]);
});

Deno.test("Future calls back on its own loop", async () => {
  const [loop, other] = [new EventLoop(), new EventLoop()];
  const { promise, resolve } = Promise.withResolvers<EventLoop | undefined>();
  const future = new Future<void>({ loop });
  assertStrictEquals(future.loop, loop);
  future.addDoneCallback(() => resolve(EventLoop.running()));
  other.callSoon(() => future.setResult());
  assertStrictEquals(await promise, loop);
  loop.close();
  other.close();
});

Deno.test("Future drops its done-callbacks when the loop is closed", async () => {
  let calls = 0;
  const found = await reports((loop) => {
    const future = new Future<void>({ loop });
    future.addDoneCallback(() => calls++);
    loop.close();
    future.setResult();
  });
  assertEquals([calls, found], [0, []]);
});

// --- errors that nobody takes ---

Deno.test("Future reports an error that nobody takes, once, with its future", async () => {
  const error = new RangeError("Broken");
  let future: Future<void>;
  const found = await reports((loop) => {
    future = new Future<void>({ loop });
    future.setException(error);
  });
  assertEquals(found, [{ message: "Future exception was never retrieved", exception: error, future: future! }]);
});

Deno.test("Future logs an error that nobody takes, with its stack", () =>
  expectLog(
    { level: "error", category: "denado.application", pattern: /never retrieved[^]*RangeError: Broken[^]*future_test/ },
    async () => {
      new Future<void>().setException(new RangeError("Broken"));
      await settle();
    },
  ));

Deno.test("Future reports where it was created if the loop is in debug mode", async () => {
  const found = await reports((loop) => {
    loop.debug = true;
    new Future<void>({ loop }).setException(new Error("Broken"));
  });
  assert((found[0]?.["origin"] as Error).stack?.includes("future_test.ts"));
});

Deno.test("Future reports no error that somebody takes", async (t) => {
  const takers: Record<string, (future: Future<void>) => unknown> = {
    "by awaiting": (future) => future.catch(() => {}),
    "by exception": (future) => future.exception(),
    "by silence": (future) => void future.silence(),
    "a few microtasks later": async (future) => {
      for (let i = 0; i < 20; i++) await null;
      await future.catch(() => {});
    },
    "in a done-callback": (future) => future.addDoneCallback((done) => done.exception()),
  };
  for (const [how, take] of Object.entries(takers)) {
    await t.step(how, async () => {
      const found = await reports((loop) => {
        const [before, after] = [new Future<void>({ loop }), new Future<void>({ loop })];
        after.setException(new Error("Broken"));
        const taken = [take(after)];
        if (how !== "by exception") taken.push(take(before));
        if (!before.done()) before.setException(new Error("Broken"));
        if (how === "by exception") taken.push(take(before));
        return Promise.all(taken);
      });
      assertEquals(found, []);
    });
  }
});

Deno.test("Future reports an error that its done-callbacks ignore, once", async () => {
  const found = await reports((loop) => {
    const future = new Future<void>({ loop });
    const removed = () => {};
    future.addDoneCallback(() => {});
    future.addDoneCallback(() => {});
    future.addDoneCallback(removed);
    future.removeDoneCallback(removed);
    future.setException(new Error("Broken"));
  });
  assertEquals(found.map(({ message }) => message), ["Future exception was never retrieved"]);
});

Deno.test("Future reports an error also when its only done-callback was taken back", async () => {
  const found = await reports((loop) => {
    const future = new Future<void>({ loop });
    const callback = () => {};
    future.addDoneCallback(callback);
    future.removeDoneCallback(callback);
    future.setException(new Error("Broken"));
  });
  assertEquals(found.length, 1);
});

Deno.test("Future reports an error also on a closed loop", async () => {
  const found = await reports((loop) => {
    const future = new Future<void>({ loop });
    future.addDoneCallback(() => {});
    loop.close();
    future.setException(new Error("Broken"));
  });
  assertEquals(found.length, 1);
});

Deno.test("Future reports no cancellation", () =>
  expectNoLog(async () => {
    new Future().cancel();
    new Future().setException(new CancelledError());
    Future.from(Promise.reject(new CancelledError()));
    await settle();
  }));

// --- cancelling ---

Deno.test("Future.cancel ends those who wait, with the reason as the cause", async () => {
  const future = new Future<void>();
  const waiting = assertRejects(() => future, CancelledError);
  assert(future.cancel("no longer needed"));
  assertFalse(future.cancel());
  assert(future.done());
  assert(future.cancelled());
  assertEquals((await waiting).cause, "no longer needed");
  assertThrows(() => future.result(), CancelledError);
  assertThrows(() => future.exception(), CancelledError);
});

Deno.test("Future.cancel delivers the done-callbacks", () =>
  withManualLoop(async ({ clock }) => {
    const seen: boolean[] = [];
    const future = new Future<void>();
    future.addDoneCallback((done) => seen.push(done.cancelled()));
    future.cancel();
    await clock.advance(0);
    assertEquals(seen, [true]);
  }));

Deno.test("Future counts as cancelled if its exception is a CancelledError", () => {
  const future = new Future<void>();
  future.setException(new CancelledError());
  assert(future.cancelled());
});

Deno.test("Future tells its producer that it was cancelled, synchronously and once", () => {
  const reasons: unknown[] = [];
  const future = new Future<void>({ onCancel: (reason) => reasons.push(reason) });
  future.cancel("first");
  future.cancel("second");
  assertEquals(reasons.map((reason) => (reason as CancelledError).cause), ["first"]);
});

Deno.test("Future tells its producer nothing if it is settled otherwise", () => {
  const future = new Future<void>({ onCancel: () => assert(false) });
  future.setResult();
  assertFalse(future.cancel());
});

Deno.test("Future reports an error of onCancel, and is cancelled all the same", async () => {
  const found = await reports((loop) => {
    const future = new Future<void>({
      loop,
      onCancel: () => {
        throw new RangeError("Broken");
      },
    });
    assert(future.cancel());
    assert(future.cancelled());
  });
  assertEquals(found.map(({ message }) => message), ["Exception while a future was cancelled"]);
});

Deno.test("Future is cancelled by its signal, and fails with the signal's reason", async () => {
  const controller = new CountingAbortController();
  const reasons: unknown[] = [];
  const future = new Future<void>({ signal: controller.signal, onCancel: (reason) => reasons.push(reason) });
  const waiting = assertRejects(() => future, DOMException, "aborted");
  assertEquals(controller.listenerCount, 1);
  controller.abort();
  assert(future.cancelled());
  assertEquals(controller.listenerCount, 0);
  assertStrictEquals(await waiting, controller.signal.reason);
  assertEquals(reasons, [controller.signal.reason]);
});

Deno.test("Future is cancelled from the beginning by a signal that is aborted already", () => {
  const reason = new Error("Enough");
  const future = new Future<void>({ signal: AbortSignal.abort(reason) });
  assert(future.cancelled());
  assertThrows(() => future.result(), Error, "Enough");
});

Deno.test("Future leaves its signal when it is done", () => {
  const controller = new CountingAbortController();
  const future = new Future<void>({ signal: controller.signal });
  future.setResult();
  assertEquals(controller.listenerCount, 0);
  controller.abort();
  assertFalse(future.cancelled());
});

// --- outcomes of others ---

Deno.test("Future.setOutcomeOf copies result, exception and cancellation", () => {
  const ends: [string, (future: Future<number>) => unknown][] = [
    ["result", (future) => future.setResult(1)],
    ["exception", (future) => future.setException(new RangeError("Broken"))],
    ["cancelled", (future) => future.cancel()],
  ];
  for (const [kind, end] of ends) {
    const [from, to] = [new Future<number>(), new Future<number>()];
    end(from);
    to.silence().setOutcomeOf(from);
    assertEquals(String(to), `Future(${kind})`);
    assertThrows(() => to.setOutcomeOf(from), InvalidStateError);
  }
});

Deno.test("Future.setOutcomeOf keeps the reason of a cancellation and tells the producer", () => {
  const reasons: unknown[] = [];
  const from = new Future<void>({ signal: AbortSignal.abort("Enough") });
  const to = new Future<void>({ onCancel: (reason) => reasons.push(reason) });
  to.setOutcomeOf(from);
  assertEquals(reasons, ["Enough"]);
});

Deno.test("Future.setOutcomeOf refuses a pending future", () => {
  assertThrows(() => new Future().setOutcomeOf(new Future()), InvalidStateError, "pending");
});

Deno.test("Future.from returns a future as it is", () => {
  const future = new Future<number>();
  assertStrictEquals(Future.from(future), future);
});

Deno.test("Future.from takes the outcome of a promise", async () => {
  assertEquals(await Future.from(Promise.resolve(1)), 1);
  await assertRejects(() => Future.from(Promise.reject(new RangeError("Broken"))), RangeError);
  assert(await Future.from(Promise.reject(new CancelledError())).then(undefined, (error) => error instanceof Error));
});

Deno.test("Future.from survives a thenable that misbehaves", async () => {
  // deno-lint-ignore no-explicit-any -- it breaks the types, too
  const twice: any = { then: (resolve: (value: number) => void) => [resolve(1), resolve(2)] };
  const throwing: PromiseLike<number> = {
    then() {
      throw new RangeError("Broken");
    },
  };
  assertEquals(await Future.from<number>(twice), 1);
  await assertRejects(() => Future.from(throwing), RangeError);
});

Deno.test("Future.from reports a failure that comes after the future is done", async () => {
  const found = await reports(async (loop) => {
    const { promise, reject } = Promise.withResolvers<void>();
    const [done, cancelled] = [Future.from(promise, { loop }), Future.from(promise, { loop })];
    done.setResult();
    cancelled.cancel();
    reject(new RangeError("Broken"));
    await settle();
  });
  assertEquals(found.map(({ message }) => message), [
    "Exception after Future was done",
    "Exception after Future was cancelled",
  ]);
});

// --- spawn ---

Deno.test("Future.spawn runs the function at once and takes its outcome", async () => {
  let started = false;
  const task = Future.spawn(async () => {
    started = true;
    return await Promise.resolve(42);
  });
  assert(started);
  assertEquals(await task, 42);
  assertEquals(Future.spawn(() => 1).result(), 1);
});

Deno.test("Future.spawn takes what the function throws, now or later", async () => {
  const now = Future.spawn<void>(() => {
    throw new RangeError("Now");
  });
  const later = Future.spawn(() => Promise.reject(new RangeError("Later")));
  await assertRejects(() => now, RangeError, "Now");
  await assertRejects(() => later, RangeError, "Later");
});

Deno.test("Future.spawn aborts the function's signal when the future is cancelled", async () => {
  let seen: AbortSignal | undefined;
  const stopped: string[] = [];
  const task = Future.spawn(async (signal) => {
    seen = signal;
    try {
      await new Future<void>({ signal });
    } finally {
      stopped.push("inner");
    }
  }, { onCancel: () => stopped.push("outer") });
  assertFalse(seen!.aborted);
  task.cancel("enough");
  assert(seen!.aborted);
  const error = await assertRejects(() => task, CancelledError);
  assertStrictEquals(seen!.reason, error);
  await settle();
  assertEquals(stopped, ["outer", "inner"]);
});

Deno.test("Future.spawn aborts the function's signal when the caller's signal aborts", async () => {
  const controller = new AbortController();
  const task = Future.spawn((signal) => new Future<void>({ signal }), { signal: controller.signal });
  controller.abort("enough");
  assertEquals(await task.then(undefined, (error) => error), "enough");
});

Deno.test("Future.spawn does not call the function if the signal is aborted already", () => {
  const task = Future.spawn(() => assert(false), { signal: AbortSignal.abort() });
  assert(task.cancelled());
});

Deno.test("Future.spawn ignores what a cancelled function returns, and reports what it fails with", async () => {
  const found = await reports(async (loop) => {
    const outcomes: (() => unknown)[] = [
      () => 1,
      () => Promise.reject(new DOMException("aborted", "AbortError")),
      () => Promise.reject(new RangeError("Broken")),
    ];
    for (const outcome of outcomes) {
      const task = Future.spawn(async (signal) => {
        await new Future<void>({ signal }).catch(outcome);
      }, { loop });
      task.cancel();
    }
    await settle();
  });
  assertEquals(found.map(({ message, exception }) => [message, String(exception)]), [
    ["Exception after Future was cancelled", "RangeError: Broken"],
  ]);
});

Deno.test("IOLoop.run cancels the spawned task that it ran when the time is up", async () => {
  const loop = new IOLoop({ makeCurrent: false });
  let task: Future<void> | undefined;
  await assertRejects(() => loop.run(() => task = Future.spawn((signal) => new Future({ signal })), { timeoutMs: 1 }));
  assert(task!.cancelled());
  loop.close();
});
