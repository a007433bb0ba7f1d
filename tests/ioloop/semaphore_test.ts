import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import { BoundedSemaphore, Semaphore, TimeoutError } from "@denado/denado/ioloop";
import { CountingAbortController, withManualLoop } from "../helpers/manual_loop.ts";

Deno.test("Semaphore rejects a value that is not an integer of at least 0", () => {
  for (const value of [-1, 1.5, NaN, Infinity, "1" as unknown as number]) {
    assertThrows(() => new Semaphore(value), RangeError, "its value must be an integer of at least 0");
  }
});

Deno.test("Semaphore.acquire waits at 0, and release serves in the order of the calls", () =>
  withManualLoop(async () => {
    const semaphore = new Semaphore();
    assert(semaphore.acquire().done());
    const first = semaphore.acquire();
    const second = semaphore.acquire();
    assertFalse(first.done());
    semaphore.release();
    assert(first.done());
    assertFalse(second.done());
    semaphore.release();
    assert(second.done());
    semaphore.release();
    await semaphore.acquire(); // at once
    assertEquals(semaphore.waiterCount, 0);
  }));

Deno.test("Semaphore.release gives the place to the first in line, not to who comes in between", () =>
  withManualLoop(() => {
    const semaphore = new Semaphore();
    semaphore.acquire();
    const waiting = semaphore.acquire();
    semaphore.release();
    const newcomer = semaphore.acquire();
    assert(waiting.done());
    assertFalse(newcomer.done());
    assertEquals(semaphore.value, 0);
  }));

Deno.test("Semaphore.release raises the value when called more often than acquire", () =>
  withManualLoop(() => {
    const semaphore = new Semaphore();
    semaphore.release();
    semaphore.release();
    assertEquals(semaphore.value, 3);
    for (let count = 0; count < 3; count++) assert(semaphore.acquire().done());
    assertFalse(semaphore.acquire().done());
  }));

Deno.test("Semaphore.acquire throws at its time limit and leaves the value as it was", () =>
  withManualLoop(async ({ loop, clock }) => {
    const semaphore = new Semaphore(2);
    await semaphore.acquire();
    await semaphore.acquire();
    const timedOut = assertRejects(
      () => semaphore.acquire({ timeoutMs: 10 }),
      TimeoutError,
      "Cannot acquire the semaphore: timed out after 10 ms",
    );
    loop.callLater(20, () => semaphore.release()); // too late
    await clock.advance(30);
    await timedOut;
    assertEquals(semaphore.value, 1);
    semaphore.acquire();
    const waiting = semaphore.acquire();
    assertFalse(waiting.done());
    semaphore.release();
    assert(waiting.done());
  }));

Deno.test("Semaphore.acquire succeeds when released before its time limit", () =>
  withManualLoop(async ({ loop, clock }) => {
    const semaphore = new Semaphore();
    await semaphore.acquire();
    loop.callLater(10, () => semaphore.release());
    const acquired = semaphore.acquire({ timeoutMs: 20 });
    await clock.advance(30);
    await acquired;
  }));

Deno.test("Semaphore.acquire with a time limit of 0 takes a free place or throws at once", () =>
  withManualLoop(async () => {
    const semaphore = new Semaphore();
    await semaphore.acquire({ timeoutMs: 0 });
    await assertRejects(() => semaphore.acquire({ timeoutMs: 0 }), TimeoutError);
    assertEquals([semaphore.value, semaphore.waiterCount], [0, 0]);
  }));

Deno.test("Semaphore keeps no waiter that timed out", () =>
  withManualLoop(async ({ clock }) => {
    const semaphore = new Semaphore(0);
    const timedOut = Promise.allSettled(Array.from({ length: 101 }, () => semaphore.acquire({ timeoutMs: 10 })));
    const last = semaphore.acquire();
    assertEquals(semaphore.waiterCount, 102);
    await clock.advance(20);
    assertEquals(semaphore.waiterCount, 1);
    for (const outcome of await timedOut) assertEquals(outcome.status, "rejected");
    assertFalse(last.done());
    semaphore.release();
    assert(last.done());
  }));

Deno.test("Semaphore.release passes over a waiter whose wait was aborted", () =>
  withManualLoop(async () => {
    const semaphore = new Semaphore(0);
    const controller = new CountingAbortController();
    const aborted = assertRejects(() => semaphore.acquire({ signal: controller.signal }), DOMException);
    const waiting = semaphore.acquire();
    controller.abort();
    await aborted;
    assertEquals([semaphore.waiterCount, controller.listenerCount], [1, 0]);
    semaphore.release();
    assert(waiting.done());
  }));

Deno.test("Semaphore.acquire keeps the place when the signal is aborted afterwards", () =>
  withManualLoop(async () => {
    const semaphore = new Semaphore();
    const controller = new CountingAbortController();
    const acquired = semaphore.acquire({ signal: controller.signal });
    controller.abort();
    await acquired;
    assertEquals([semaphore.value, controller.listenerCount], [0, 0]);
  }));

Deno.test("Semaphore guard releases at the end of its scope", () =>
  withManualLoop(async () => {
    const semaphore = new Semaphore();
    {
      using _guard = await semaphore.acquire({ timeoutMs: 10 });
      assertEquals(semaphore.value, 0);
    }
    assertEquals(semaphore.value, 1);
    {
      await using _guard = await semaphore.acquire();
      assertEquals(semaphore.value, 0);
    }
    assertEquals(semaphore.value, 1);
  }));

Deno.test("Semaphore guard releases when its scope is left by an error", () =>
  withManualLoop(async () => {
    const semaphore = new Semaphore();
    await assertRejects(async () => {
      using _guard = await semaphore.acquire();
      throw new RangeError("Inside");
    }, RangeError);
    assertEquals(semaphore.value, 1);
  }));

Deno.test("Semaphore guard is not made when acquire times out", () =>
  withManualLoop(async () => {
    const semaphore = new Semaphore(0);
    await assertRejects(async () => {
      using _guard = await semaphore.acquire({ timeoutMs: 0 });
    }, TimeoutError);
    assertEquals(semaphore.value, 0);
  }));

Deno.test("Semaphore guards keep coroutines apart", () =>
  withManualLoop(async ({ loop, clock }) => {
    const semaphore = new Semaphore();
    const history: string[] = [];
    async function use(index: number): Promise<void> {
      using _guard = await semaphore.acquire();
      history.push(`acquired ${index}`);
      await new Promise<void>((resolve) => loop.callLater(10, resolve));
      history.push(`released ${index}`);
    }
    const users = [use(0), use(1)];
    await clock.advance(20);
    await Promise.all(users);
    assertEquals(history, ["acquired 0", "released 0", "acquired 1", "released 1"]);
  }));

Deno.test("Semaphore is not a guard itself", async () => {
  const semaphore = new Semaphore();
  assertThrows(() => {
    using _guard = semaphore as unknown as Disposable;
  }, TypeError);
  await assertRejects(async () => {
    await using _guard = semaphore as unknown as AsyncDisposable;
  }, TypeError);
});

Deno.test("Semaphore string form shows state, value and waiters", () =>
  withManualLoop(() => {
    const semaphore = new Semaphore();
    assertEquals(`${semaphore}`, "<Semaphore [unlocked,value:1]>");
    semaphore.acquire();
    assertEquals(`${semaphore}`, "<Semaphore [locked]>");
    semaphore.acquire();
    assertEquals(`${semaphore}`, "<Semaphore [locked,waiters:1]>");
  }));

Deno.test("BoundedSemaphore.release throws above the initial value", () =>
  withManualLoop(() => {
    const semaphore = new BoundedSemaphore();
    assertThrows(() => semaphore.release(), RangeError, "more often than it was acquired: value 1");
    semaphore.acquire();
    const waiting = semaphore.acquire();
    assertFalse(waiting.done());
    semaphore.release();
    assert(waiting.done());
    semaphore.release();
    assertThrows(() => semaphore.release(), RangeError);
    assertEquals(`${semaphore}`, "<BoundedSemaphore [unlocked,value:1]>");
  }));
