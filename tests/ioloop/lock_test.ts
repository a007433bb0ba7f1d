import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import { Lock, TimeoutError } from "@denado/denado/ioloop";
import { CountingAbortController, withManualLoop } from "../helpers/manual_loop.ts";

Deno.test("Lock.release hands the lock to the waiter", () =>
  withManualLoop(() => {
    const lock = new Lock();
    assert(lock.acquire().done());
    const waiting = lock.acquire();
    assertFalse(waiting.done());
    lock.release();
    assert(waiting.done());
    assert(lock.isLocked);
    lock.release();
    assertFalse(lock.isLocked);
  }));

Deno.test("Lock serves in the order of the calls", () =>
  withManualLoop(async () => {
    const lock = new Lock();
    await lock.acquire();
    const history: number[] = [];
    const users = [0, 1, 2, 3, 4].map(async (index) => {
      using _guard = await lock.acquire();
      history.push(index);
    });
    assertEquals(history, []);
    lock.release();
    await Promise.all(users);
    assertEquals(history, [0, 1, 2, 3, 4]);
    assertFalse(lock.isLocked);
  }));

Deno.test("Lock serves in the order of the calls with await using", () =>
  withManualLoop(async () => {
    const lock = new Lock();
    await lock.acquire();
    const history: number[] = [];
    const users = [0, 1, 2, 3, 4].map(async (index) => {
      await using _guard = await lock.acquire();
      history.push(index);
    });
    lock.release();
    await Promise.all(users);
    assertEquals(history, [0, 1, 2, 3, 4]);
  }));

Deno.test("Lock.release does not let a newcomer pass who acquires in the same breath", () =>
  withManualLoop(async () => {
    const lock = new Lock();
    const guard = await lock.acquire();
    const waiting = lock.acquire();
    guard.release();
    const newcomer = lock.acquire();
    assert(waiting.done());
    assertFalse(newcomer.done());
  }));

Deno.test("Lock.acquire throws at its time limit, and the lock stays locked", () =>
  withManualLoop(async ({ clock }) => {
    const lock = new Lock();
    lock.acquire();
    const timedOut = assertRejects(
      () => lock.acquire({ timeoutMs: 10 }),
      TimeoutError,
      "Cannot acquire the lock: timed out after 10 ms",
    );
    await clock.advance(10);
    await timedOut;
    assertFalse(lock.acquire().done());
  }));

Deno.test("Lock.acquire with a time limit of 0 takes the lock or throws at once", () =>
  withManualLoop(async () => {
    const lock = new Lock();
    await lock.acquire({ timeoutMs: 0 });
    await assertRejects(() => lock.acquire({ timeoutMs: 0 }), TimeoutError);
    assertEquals(lock.waiterCount, 0);
  }));

Deno.test("Lock.release passes over waiters that timed out, were aborted or cancelled", () =>
  withManualLoop(async ({ clock }) => {
    const lock = new Lock();
    await lock.acquire();
    const controller = new CountingAbortController();
    const cancelled = lock.acquire();
    const gone = Promise.allSettled([
      lock.acquire({ timeoutMs: 10 }),
      lock.acquire({ signal: controller.signal }),
      cancelled,
    ]);
    const waiting = lock.acquire();
    await clock.advance(10);
    controller.abort();
    cancelled.cancel();
    await gone;
    assertEquals([lock.waiterCount, controller.listenerCount], [1, 0]);
    lock.release();
    assert(waiting.done());
  }));

Deno.test("Lock.release throws when the lock is not locked", () =>
  withManualLoop(() => {
    const lock = new Lock();
    assertThrows(() => lock.release(), Error, "Cannot release the lock: it is not locked");
    lock.acquire();
    lock.release();
    assertThrows(() => lock.release(), Error, "Cannot release the lock: it is not locked");
  }));

Deno.test("Lock is not a guard itself", async () => {
  const lock = new Lock();
  assertThrows(() => {
    using _guard = lock as unknown as Disposable;
  }, TypeError);
  await assertRejects(async () => {
    await using _guard = lock as unknown as AsyncDisposable;
  }, TypeError);
});

Deno.test("Lock string form shows state and waiters", () =>
  withManualLoop(() => {
    const lock = new Lock();
    assertEquals(`${lock}`, "<Lock [unlocked]>");
    lock.acquire();
    assertEquals(`${lock}`, "<Lock [locked]>");
    lock.acquire();
    assertEquals(`${lock}`, "<Lock [locked,waiters:1]>");
  }));
