import { AsyncLocalStorage } from "node:async_hooks";
import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";
import {
  CancelledError,
  convertYielded,
  EventLoop,
  type ExceptionContext,
  Future,
  moment,
  Return,
} from "@denado/denado/ioloop";
import { type AnyGenerator, isGenerator, runGenerator } from "../../ioloop/generator_runner.ts";
import { settle } from "../helpers/manual_clock.ts";
import { withManualLoop } from "../helpers/manual_loop.ts";

const run = <T>(body: () => AnyGenerator<T>) => runGenerator(body(), convertYielded);

Deno.test("runGenerator runs at once up to the first wait", () =>
  withManualLoop(async () => {
    const future = new Future<number>();
    let at = "not begun";
    const running = run(function* () {
      at = "waiting";
      const value: number = yield future;
      at = "done";
      return value + 1;
    });
    assertEquals(at, "waiting");
    future.setResult(41);
    assertEquals(at, "waiting");
    assertEquals(await running, 42);
    assertEquals(at, "done");
  }));

Deno.test("runGenerator gives back at once what is done already", () =>
  withManualLoop(() => {
    const done = new Future<number>();
    done.setResult(1);
    const sum = run(function* () {
      let total = 0;
      for (let i = 0; i < 10_000; i++) total += yield done;
      return total;
    });
    assertEquals(sum.result(), 10_000);
  }));

Deno.test("runGenerator throws a failure at the yield", () =>
  withManualLoop(async () => {
    const [early, late] = [new Future<void>(), new Future<void>()];
    early.setException(new RangeError("early"));
    const seen = run(function* () {
      const messages: string[] = [];
      for (const future of [early, late]) {
        try {
          yield future;
        } catch (error) {
          messages.push((error as Error).message);
        }
      }
      return messages;
    });
    late.setException(new RangeError("late"));
    assertEquals(await seen, ["early", "late"]);
  }));

Deno.test("runGenerator throws at the yield what the conversion throws", () =>
  withManualLoop(async () => {
    const failing = runGenerator(
      function* (): Generator<number, string> {
        try {
          yield 42;
          return "not reached";
        } catch (error) {
          return String(error);
        }
      }(),
      (yielded) => {
        throw new RangeError(`Not ${yielded}`);
      },
    );
    assertEquals(await failing, "RangeError: Not 42");
  }));

Deno.test("runGenerator waits for a promise that is returned", () =>
  withManualLoop(async () => {
    const returning = (result: () => Promise<number>) =>
      run(function* () {
        yield moment;
        return result();
      });
    assertEquals(await returning(() => Promise.resolve(42)), 42);
    await assertRejects(() => returning(() => Promise.reject(new RangeError("Broken"))), RangeError);
  }));

Deno.test("runGenerator ends with the value of a thrown Return", () =>
  withManualLoop(async () => {
    assertEquals(
      await run(function* (): Generator<unknown, number> {
        yield moment;
        throw new Return(42);
      }),
      42,
    );
  }));

Deno.test("Return has a default, and says what it is where nobody expects it", () => {
  assertEquals(new Return().value, undefined);
  assertEquals(String(new Return(1)), "Return: Return was thrown outside of a coroutine");
});

Deno.test("runGenerator goes on in the async context of the yield", () =>
  withManualLoop(async ({ clock }) => {
    const storage = new AsyncLocalStorage<number>();
    const future = new Future<void>();
    const seen: unknown[] = [];
    const root = (x: number) =>
      run(function* () {
        storage.enterWith(x);
        yield;
        seen.push(storage.getStore());
        yield future;
        seen.push(storage.getStore());
        yield Promise.resolve();
        seen.push(storage.getStore());
      });
    storage.run(0, () => root(1));
    storage.run(0, () => root(2));
    await clock.advance(0);
    storage.run(99, () => future.setResult());
    await clock.advance(0);
    assertEquals(seen, [1, 2, 1, 2, 1, 2]);
  }));

Deno.test("runGenerator goes on on its own loop when it waits for another one's future", async () => {
  const [home, away] = [new EventLoop(), new EventLoop()];
  const future = new Future<void>({ loop: away });
  const { promise, resolve } = Promise.withResolvers<EventLoop | undefined>();
  home.callSoon(() =>
    run(function* () {
      yield future;
      resolve(EventLoop.running());
    })
  );
  away.callSoon(() => future.setResult());
  assertStrictEquals(await promise, home);
  home.close();
  away.close();
});

// --- cancelling ---

Deno.test("runGenerator stops a cancelled coroutine at its yield, in a later turn", () =>
  withManualLoop(async ({ clock }) => {
    const seen: unknown[] = [];
    const waited = new Future<void>();
    const running = run(function* () {
      try {
        yield waited;
        seen.push("not reached");
      } catch (error) {
        seen.push(error);
        throw error;
      } finally {
        seen.push("finally");
      }
    });
    running.cancel();
    assertEquals(seen, []);
    const error = await assertRejects(() => running, CancelledError);
    await clock.advance(0);
    assertEquals(seen, [error, "finally"]);
    assertFalse(waited.done());
    waited.setResult();
    await clock.advance(0);
    assertEquals(seen.length, 2);
  }));

Deno.test("runGenerator lets a cancelled coroutine clean up, with waits of its own", () =>
  withManualLoop(async ({ clock }) => {
    const cleanUp = new Future<string>();
    const never = new Future<void>();
    let result = "";
    const running = run(function* () {
      try {
        yield never;
      } catch {
        result = yield cleanUp;
      }
      return 42;
    });
    running.cancel();
    await clock.advance(0);
    never.setResult(); // Too late: nobody waits for it any more.
    await clock.advance(0);
    assertEquals(result, "");
    cleanUp.setResult("clean");
    await clock.advance(0);
    assertEquals(result, "clean");
    assert(running.cancelled());
  }));

Deno.test("runGenerator stops a coroutine that cancels itself at the next yield", () =>
  withManualLoop(async ({ clock }) => {
    const seen: string[] = [];
    const begin = new Future<void>();
    const running: Future<void> = run(function* () {
      yield begin;
      running.cancel();
      seen.push("still running");
      yield moment;
      seen.push("not reached");
    });
    begin.setResult();
    await clock.advance(0);
    assertEquals(seen, ["still running"]);
  }));

Deno.test("runGenerator takes a cancellation only once", () =>
  withManualLoop(async ({ clock }) => {
    const seen: string[] = [];
    const running = run(function* () {
      for (const name of ["a", "b", "c"]) {
        try {
          yield moment;
          seen.push(name);
        } catch {
          seen.push(`${name} cancelled`);
        }
      }
    });
    running.cancel();
    await clock.advance(0);
    assertEquals(seen, ["a", "b cancelled", "c"]);
  }));

Deno.test("runGenerator reports what a cancelled coroutine fails with, unless it is a cancellation", () =>
  withManualLoop(async ({ clock, errors }) => {
    const wait = new Future<void>();
    for (const thrown of [new RangeError("Broken"), new CancelledError()]) {
      run(function* () {
        try {
          yield wait;
        } catch {
          throw thrown;
        }
      }).cancel();
    }
    await clock.advance(0);
    const found: ExceptionContext[] = errors.splice(0);
    assertEquals(found.map(({ message, exception }) => [message, String(exception)]), [
      ["Exception after Future was cancelled", "RangeError: Broken"],
    ]);
  }));

Deno.test("runGenerator counts as cancelled when what it waits for is cancelled", () =>
  withManualLoop(async () => {
    const wait = new Future<void>();
    const running = run(function* () {
      yield wait;
    });
    wait.cancel();
    await assertRejects(() => running, CancelledError);
    assert(running.cancelled());
  }));

Deno.test("runGenerator does not fail when its loop is closed", async () => {
  const loop = new EventLoop();
  let running: Future<void> | undefined;
  await new Promise<void>((resolve) =>
    loop.callSoon(() => {
      running = run(function* () {
        yield moment;
      });
      resolve();
    })
  );
  loop.close();
  assert(running!.cancel());
  await settle();
});

Deno.test("isGenerator tells generators from other iterators", () => {
  assert(isGenerator(function* () {}()));
  assertFalse(isGenerator(function* () {}));
  assertFalse(isGenerator([][Symbol.iterator]()));
  assertFalse(isGenerator(async function* () {}()));
  assertFalse(isGenerator("text"));
  assertFalse(isGenerator(null));
});
