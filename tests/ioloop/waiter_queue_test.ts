import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";
import { CancelledError, type Future, IOLoop, TimeoutError } from "@denado/denado/ioloop";
import { PENDING, WaiterQueue } from "../../ioloop/waiter_queue.ts";
import { settle } from "../helpers/manual_clock.ts";
import { CountingAbortController, withManualLoop } from "../helpers/manual_loop.ts";

const wait = (queue: WaiterQueue<string, number>, tag: number, options = {}) => queue.wait(options, tag, () => PENDING);

Deno.test("WaiterQueue.wait gives what the attempt returns without waiting", () =>
  withManualLoop(async () => {
    const queue = new WaiterQueue<string>("test");
    const future = queue.wait({}, undefined, () => "at once");
    assert(future.done());
    assertEquals(await future, "at once");
    assertEquals(queue.size, 0);
  }));

Deno.test("WaiterQueue.wait fails with what the attempt throws", () =>
  withManualLoop(async () => {
    const queue = new WaiterQueue<string>("test");
    const failed = queue.wait({}, undefined, () => {
      throw new RangeError("Broken");
    });
    await assertRejects(() => failed, RangeError, "Broken");
    assertEquals(queue.size, 0);
  }));

Deno.test("WaiterQueue keeps the order when a waiter leaves from anywhere", async (t) => {
  for (const leaving of [0, 1, 2]) {
    await t.step(`waiter ${leaving} of 3`, () =>
      withManualLoop(() => {
        const queue = new WaiterQueue<string, number>("test");
        const waiters = [0, 1, 2].map((tag) => wait(queue, tag));
        waiters[leaving]!.cancel();
        wait(queue, 3);
        const order: number[] = [];
        while (queue.first !== undefined) {
          order.push(queue.first.tag);
          queue.first.setResult("woken");
        }
        assertEquals(order, [0, 1, 2, 3].filter((tag) => tag !== leaving));
        assertEquals(queue.size, 0);
      }));
  }
});

Deno.test("WaiterQueue.wakeAll and failAll settle everybody", () =>
  withManualLoop(async () => {
    const queue = new WaiterQueue<string, number>("test");
    const woken = [wait(queue, 0), wait(queue, 1)];
    queue.wakeAll("woken");
    assertEquals(await Promise.all(woken), ["woken", "woken"]);
    const failed = Promise.allSettled([wait(queue, 0), wait(queue, 1)]);
    queue.failAll(() => new RangeError("Closed"));
    for (const outcome of await failed) assertEquals(outcome.status, "rejected");
    assertEquals(queue.size, 0);
  }));

/** Whatever ends a wait must leave the line, the timer heap and the signal as they were. */
const endings: {
  name: string;
  end: (queue: WaiterQueue<string, number>, future: Future<string>, controller: AbortController) => void;
  advanceMs?: number;
  throws?: (error: unknown) => void;
  cancelled?: boolean;
}[] = [
  { name: "a result", end: (queue) => queue.first!.setResult("woken") },
  {
    name: "an exception",
    end: (queue) => queue.first!.setException(new RangeError("No")),
    throws: (error) => assert(error instanceof RangeError),
  },
  {
    name: "cancellation",
    end: (_queue, future) => assert(future.cancel()),
    throws: (error) => assert(error instanceof CancelledError),
    cancelled: true,
  },
  {
    name: "an aborted signal",
    end: (_queue, _future, controller) => controller.abort("the reason"),
    throws: (error) => assertStrictEquals(error, "the reason"),
    cancelled: true,
  },
  {
    name: "its time limit",
    end: () => {},
    advanceMs: 50,
    throws: (error) => {
      assert(error instanceof TimeoutError);
      assertEquals(error.message, "Cannot test: timed out after 50 ms");
    },
  },
];

for (const { name, end, advanceMs = 0, throws, cancelled = false } of endings) {
  Deno.test(`WaiterQueue keeps no waiter, timer or listener after ${name}`, () =>
    withManualLoop(async ({ clock }) => {
      const queue = new WaiterQueue<string, number>("test");
      const controller = new CountingAbortController();
      const future = wait(queue, 0, { timeoutMs: 50, signal: controller.signal });
      const outcome = future.then(() => undefined, (error) => ({ error }));
      await settle();
      assertEquals([queue.size, clock.armed, controller.listenerCount], [1, 1, 1]);
      end(queue, future, controller);
      await clock.advance(advanceMs);
      IOLoop.current().addCallback(() => {}); // a turn, after which the loop arms its timer anew
      await settle();
      assertEquals([queue.size, clock.armed, controller.listenerCount], [0, 0, 0]);
      assertEquals(future.cancelled(), cancelled);
      if (throws === undefined) assertEquals(await outcome, undefined);
      else throws((await outcome)!.error);
    }));
}

Deno.test("WaiterQueue.wait attempts nothing when the signal is aborted already", () =>
  withManualLoop(async () => {
    const queue = new WaiterQueue<string>("test");
    let attempts = 0;
    const future = queue.wait({ signal: AbortSignal.abort(new Error("Too late")) }, undefined, () => {
      attempts++;
      return "taken";
    });
    await assertRejects(() => future, Error, "Too late");
    assertEquals(attempts, 0);
  }));

Deno.test("WaiterQueue.wait attempts, and does not wait, with a time limit of 0 or less", () =>
  withManualLoop(async () => {
    const queue = new WaiterQueue<string>("test");
    for (const timeoutMs of [0, -5]) {
      assertEquals(await queue.wait({ timeoutMs }, undefined, () => "there"), "there");
      const future = queue.wait({ timeoutMs }, undefined, () => PENDING);
      assert(future.done());
      await assertRejects(() => future, TimeoutError);
    }
    assertEquals(queue.size, 0);
  }));

Deno.test("WaiterQueue.wait arms no timer without a time limit", () =>
  withManualLoop(async ({ clock }) => {
    const queue = new WaiterQueue<string, number>("test");
    for (const options of [{}, { timeoutMs: undefined }, { timeoutMs: Infinity }]) wait(queue, 0, options);
    await settle();
    assertEquals(clock.armed, 0);
    assertEquals(queue.size, 3);
  }));

Deno.test("WaiterQueue.wait rejects a time limit that is not a number before it attempts", () =>
  withManualLoop(async () => {
    const queue = new WaiterQueue<string>("test");
    for (const timeoutMs of ["10", NaN, null, new Date(0)]) {
      let attempts = 0;
      const future = queue.wait({ timeoutMs: timeoutMs as number }, undefined, () => {
        attempts++;
        return "taken";
      });
      await assertRejects(() => future, TypeError, "Cannot test, timeoutMs must be a number of milliseconds");
      assertEquals(attempts, 0);
    }
  }));

Deno.test("WaiterQueue.wait fails and leaves nothing behind when the loop is closed", async () => {
  const loop = new IOLoop({ makeCurrent: false });
  const controller = new CountingAbortController();
  let queue!: WaiterQueue<string, number>;
  await loop.run(async () => {
    queue = await Promise.resolve(new WaiterQueue<string, number>("test"));
  });
  loop.close();
  const future = wait(queue, 0, { timeoutMs: 10, signal: controller.signal });
  await assertRejects(() => future, Error, "Cannot use the loop: it is closed");
  assertEquals([queue.size, controller.listenerCount], [0, 0]);
});

Deno.test("WaiterQueue reports a time-out that nobody takes to the loop", () =>
  withManualLoop(async ({ clock, errors }) => {
    const queue = new WaiterQueue<string, number>("test");
    wait(queue, 0, { timeoutMs: 10 });
    await clock.advance(10);
    const [report] = errors.splice(0);
    assert(report?.exception instanceof TimeoutError);
  }));

Deno.test("WaiterQueue uses the loop that was current when it was made", () =>
  withManualLoop(async ({ clock }) => {
    const queue = new WaiterQueue<string, number>("test");
    const elsewhere = new IOLoop({ makeCurrent: false });
    const future = await elsewhere.run(async () => {
      const future = wait(queue, 0, { timeoutMs: 10 });
      return await Promise.resolve([future]);
    });
    elsewhere.close();
    const timedOut = assertRejects(() => future[0]!, TimeoutError);
    await clock.advance(10);
    await timedOut;
  }));

Deno.test("WaiterQueue sees the abortion of a thousand waiters in linear time", () =>
  withManualLoop(async () => {
    const queue = new WaiterQueue<string, number>("test");
    const controller = new CountingAbortController();
    const futures = Array.from({ length: 1000 }, (_, tag) => wait(queue, tag, { signal: controller.signal }));
    const last = wait(queue, 1000);
    controller.abort();
    assertEquals([queue.size, controller.listenerCount], [1, 0]);
    assertFalse(last.done());
    assertEquals(queue.first?.tag, 1000);
    for (const outcome of await Promise.allSettled(futures)) assertEquals(outcome.status, "rejected");
  }));

Deno.test("WaiterQueue reports no wait that was aborted or cancelled and that nobody takes", () =>
  withManualLoop(async () => {
    const queue = new WaiterQueue<string, number>("test");
    const controller = new AbortController();
    wait(queue, 0, { signal: controller.signal });
    const cancelled = wait(queue, 1);
    controller.abort();
    cancelled.cancel();
    wait(queue, 2, { signal: controller.signal });
    await settle();
    assertEquals(queue.size, 0);
  }));
