import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import {
  CancelledError,
  DummyExecutor,
  dummyExecutor,
  type Executor,
  Future,
  IOLoop,
  runOnExecutor,
} from "@denado/denado/ioloop";
import { submitTo } from "../../ioloop/executor.ts";
import { withManualLoop } from "../helpers/manual_loop.ts";

/** Keeps jobs until the test lets them run. */
class HeldExecutor implements Executor {
  readonly jobs: (() => void)[] = [];

  submit<Args extends unknown[], R>(fn: (...args: Args) => R, ...args: Args): PromiseLike<Awaited<R>> {
    return new Promise<Awaited<R>>((resolve) => this.jobs.push(() => resolve(fn(...args) as Awaited<R>)));
  }
}

const refusing: Executor = {
  submit() {
    throw new RangeError("Full");
  },
};

Deno.test("dummyExecutor.submit runs a function at once", () => {
  assertEquals(dummyExecutor.submit((a: number, b: number) => a + b, 1, 2).result(), 3);
});

Deno.test("dummyExecutor.submit puts what is thrown into the future", async () => {
  const failed = dummyExecutor.submit(() => {
    throw new RangeError("Broken");
  });
  assert(failed.done());
  await assertRejects(() => failed, RangeError, "Broken");
});

Deno.test("dummyExecutor.submit waits for a promise", async () => {
  const future = dummyExecutor.submit(() => Promise.resolve(42));
  assertType<IsExact<typeof future, Future<number>>>(true);
  assertEquals(await future, 42);
});

Deno.test("submitTo makes a failed future of an executor's refusal", async () => {
  await assertRejects(() => submitTo(refusing, () => 1), RangeError, "Full");
});

// --- IOLoop.runInExecutor ---

Deno.test("IOLoop.runInExecutor passes the arguments and gives the result on the loop", () =>
  withManualLoop(async ({ loop }) => {
    const executor = new HeldExecutor();
    const future = loop.runInExecutor(executor, (text: string, times: number) => text.repeat(times), "ab", 2);
    assertType<IsExact<typeof future, Future<string>>>(true);
    assertStrictEquals(future.loop, loop.eventLoop);
    executor.jobs[0]!();
    assertEquals(await future, "abab");
  }));

Deno.test("IOLoop.runInExecutor runs jobs beside each other", () =>
  withManualLoop(async ({ loop }) => {
    const executor = new HeldExecutor();
    const futures = [1, 2].map((n) => loop.runInExecutor(executor, (x: number) => x * 10, n));
    for (const job of executor.jobs.reverse()) job();
    assertEquals(await Promise.all(futures), [10, 20]);
  }));

Deno.test("IOLoop.runInExecutor runs the function at once by default", () =>
  withManualLoop(({ loop }) => {
    assertEquals(loop.runInExecutor(null, () => 42).result(), 42);
  }));

Deno.test("IOLoop.setDefaultExecutor replaces the default executor of that loop", () =>
  withManualLoop(async ({ loop }) => {
    const executor = new HeldExecutor();
    loop.setDefaultExecutor(executor);
    const future = loop.runInExecutor(null, () => 42);
    assertEquals(executor.jobs.length, 1);
    executor.jobs[0]!();
    assertEquals(await future, 42);
    const other = new IOLoop({ makeCurrent: false });
    assertEquals(other.runInExecutor(null, () => 1).result(), 1);
    other.close();
  }));

Deno.test("IOLoop.runInExecutor fails with what the function or the executor throws", () =>
  withManualLoop(async ({ loop }) => {
    const broken = () => {
      throw new TypeError("Broken");
    };
    await assertRejects(() => loop.runInExecutor(null, broken), TypeError, "Broken");
    await assertRejects(() => loop.runInExecutor(refusing, () => 1), RangeError, "Full");
  }));

Deno.test("IOLoop.runInExecutor cancels the job with the future", () =>
  withManualLoop(async ({ loop }) => {
    const job = new Future<void>();
    const future = loop.runInExecutor(null, () => job);
    future.cancel();
    assert(job.cancelled());
    await assertRejects(() => future, CancelledError);
  }));

// --- runOnExecutor ---

class Service {
  executor: Executor = new DummyExecutor();
  pool: Executor = new HeldExecutor();
  factor = 10;

  @runOnExecutor
  bare(n: number): Promise<number> {
    return Promise.resolve(n * this.factor);
  }

  @runOnExecutor()
  called(n: number): Promise<number> {
    return Promise.resolve(n * this.factor);
  }

  @runOnExecutor({ executor: "pool" })
  named(n: number): Promise<number> {
    return Promise.resolve(n * this.factor);
  }

  @runOnExecutor({ executor: "nowhere" })
  lost(): Promise<number> {
    return Promise.resolve(0);
  }
}

Deno.test("runOnExecutor works bare and called", async () => {
  const service = new Service();
  assertEquals(await service.bare(4), 40);
  assertEquals(await service.called(4), 40);
  assertEquals(service.bare.name, "bare");
});

Deno.test("runOnExecutor uses the property that the options name", async () => {
  const service = new Service();
  const result = service.named(4);
  (service.pool as HeldExecutor).jobs[0]!();
  assertEquals(await result, 40);
});

Deno.test("runOnExecutor rejects if the property holds no executor", async () => {
  await assertRejects(() => new Service().lost(), TypeError, "the property nowhere holds no executor: undefined");
});
