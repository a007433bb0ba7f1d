import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import {
  type ItemStore,
  LifoQueue,
  PriorityQueue,
  Queue,
  QueueClosed,
  QueueEmpty,
  QueueFull,
  TimeoutError,
} from "@denado/denado/ioloop";
import { settle } from "../helpers/manual_clock.ts";
import { CountingAbortController, withManualLoop } from "../helpers/manual_loop.ts";

// --- size and order ---

Deno.test("Queue gives items in the order in which they were put", () => {
  const queue = new Queue<number>();
  for (const item of [1, 3, 2]) queue.putNowait(item);
  assertEquals([queue.getNowait(), queue.getNowait(), queue.getNowait()], [1, 3, 2]);
});

Deno.test("Queue rejects a maxsize that is no size", () => {
  for (const maxsize of [null, "2", NaN]) {
    assertThrows(() => new Queue(maxsize as number), TypeError, "maxsize must be a number");
  }
  assertThrows(() => new Queue(-1), RangeError, "maxsize must not be negative: -1");
});

Deno.test("Queue is full at maxsize, and put waits until there is room", () =>
  withManualLoop(async () => {
    const queue = new Queue<number>(2);
    assert(queue.empty());
    assertFalse(queue.full());
    assertEquals(queue.maxsize, 2);
    assert(queue.put(0).done());
    assert(queue.put(1).done());
    assertFalse(queue.empty());
    assert(queue.full());
    const put = queue.put(2);
    assertFalse(put.done());
    assertEquals(await queue.get(), 0);
    assert(put.done());
    assertEquals(queue.qsize(), 2);
    assert(queue.full());
  }));

Deno.test("Queue rounds a fractional maxsize up", () =>
  withManualLoop(async () => {
    const queue = new Queue<number>(1.3);
    queue.putNowait(0);
    queue.putNowait(1);
    assert(queue.full());
    assertEquals(queue.maxsize, 2);
    assertThrows(() => queue.putNowait(2), QueueFull);
    assertEquals(queue.getNowait(), 0);
    assertFalse(queue.full());
    await queue.put(2);
    const put = queue.put(3);
    assertFalse(put.done());
    assertEquals(await queue.get(), 1);
    await put;
    assert(queue.full());
  }));

Deno.test("Queue is never full without a maxsize", () => {
  for (const maxsize of [undefined, 0, Infinity]) {
    const queue = new Queue<number>(maxsize);
    for (let item = 0; item < 100; item++) queue.putNowait(item);
    assertFalse(queue.full());
    assertEquals(queue.qsize(), 100);
  }
});

Deno.test("Queue carries undefined and null as items", () =>
  withManualLoop(async () => {
    const queue = new Queue<undefined | null>();
    queue.putNowait(undefined);
    queue.putNowait(null);
    assertEquals([await queue.get(), await queue.get()], [undefined, null]);
    const get = queue.get();
    queue.putNowait(undefined);
    assertEquals(await get, undefined);
  }));

Deno.test("Queue string form shows maxsize, items, waiters and tasks", () =>
  withManualLoop(() => {
    const queue = new Queue<string>(1);
    queue.get();
    assertEquals(`${queue}`, "<Queue maxsize=1 getters[1]>");
    for (let count = 0; count < 3; count++) queue.put("x"); // to the getter, into the queue, waiting
    assertEquals(`${queue}`, '<Queue maxsize=1 queue=[ "x" ] putters[1] tasks=2>');
    assertEquals(`${new PriorityQueue()}`, "<PriorityQueue maxsize=0>");
  }));

// --- get ---

Deno.test("Queue.get gives an item that is there at once", () =>
  withManualLoop(async () => {
    const queue = new Queue<number>();
    queue.putNowait(0);
    assertEquals(await queue.get(), 0);
  }));

Deno.test("Queue.getNowait throws QueueEmpty when there is no item", () => {
  assertThrows(() => new Queue<number>().getNowait(), QueueEmpty, "Cannot get from the queue: it is empty");
});

Deno.test("Queue.get admits the next waiting producer", () =>
  withManualLoop(async () => {
    const queue = new Queue<number>(1);
    queue.putNowait(0);
    const put = queue.put(1);
    assertEquals(await queue.get(), 0);
    await put;
    assertEquals(queue.getNowait(), 1);
  }));

Deno.test("Queue.get waits for an item", () =>
  withManualLoop(async ({ loop, clock }) => {
    const queue = new Queue<number>();
    queue.put(0);
    loop.callLater(10, () => queue.putNowait(1));
    assertEquals(await queue.get({ timeoutMs: 1000 }), 0);
    const get = queue.get({ timeoutMs: 1000 });
    await clock.advance(10);
    assertEquals(await get, 1);
  }));

Deno.test("Queue.get throws at its time limit, and the next getter is served", () =>
  withManualLoop(async ({ clock }) => {
    const queue = new Queue<number>();
    const timedOut = assertRejects(
      () => queue.get({ timeoutMs: 10 }),
      TimeoutError,
      "Cannot get from the queue: timed out after 10 ms",
    );
    const get = queue.get();
    await clock.advance(10);
    await timedOut;
    queue.putNowait(0);
    assertEquals(await get, 0);
  }));

Deno.test("Queue.get with a time limit of 0 takes an item that is there or throws at once", () =>
  withManualLoop(async () => {
    const queue = new Queue<number>();
    await assertRejects(() => queue.get({ timeoutMs: 0 }), TimeoutError);
    queue.putNowait(1);
    assertEquals(await queue.get({ timeoutMs: 0 }), 1);
  }));

Deno.test("Queue.get keeps an item that came before its time limit", () =>
  withManualLoop(async ({ clock }) => {
    const queue = new Queue<number>();
    const get = queue.get({ timeoutMs: 10 });
    queue.put(0);
    await clock.advance(20);
    assertEquals(await get, 0);
  }));

// --- put ---

Deno.test("Queue.put makes an item available at once when there is room", () =>
  withManualLoop(() => {
    const queue = new Queue<number>();
    queue.put(0);
    assertEquals(queue.getNowait(), 0);
  }));

Deno.test("Queue.putNowait throws QueueFull when there is no room", () =>
  withManualLoop(() => {
    const queue = new Queue<number>(1);
    queue.put(0);
    assertThrows(() => queue.putNowait(1), QueueFull, "Cannot put into the queue: it is full with 1 items");
  }));

for (const method of ["put", "putNowait"] as const) {
  Deno.test(`Queue.${method} serves waiting consumers in their order`, () =>
    withManualLoop(async () => {
      const queue = new Queue<number>();
      const gets = [queue.get(), queue.get()];
      for (const at of [0, 1]) {
        await queue[method](at);
        assertEquals(await gets[at], at);
      }
    }));
}

Deno.test("Queue.putNowait does not run the consumer's code inside the call", () =>
  withManualLoop(async () => {
    const queue = new Queue<number>();
    const history: string[] = [];
    const consumer = (async () => {
      history.push(`got ${await queue.get()}`);
    })();
    queue.putNowait(1);
    history.push("put 1");
    await consumer;
    assertEquals(history, ["put 1", "got 1"]);
  }));

Deno.test("Queue.put waits for consumers, in the order of the calls", () =>
  withManualLoop(async ({ loop, clock }) => {
    const queue = new Queue<number>(1);
    queue.putNowait(0);
    const taken: number[] = [];
    for (const delayMs of [10, 20]) loop.callLater(delayMs, () => taken.push(queue.getNowait()));
    const puts = [queue.put(1), queue.put(2)];
    assertFalse(puts.some((put) => put.done()));
    await clock.advance(10);
    assertEquals(puts.map((put) => put.done()), [true, false]);
    await clock.advance(10);
    await Promise.all(puts);
    assertEquals([...taken, queue.getNowait()], [0, 1, 2]);
  }));

Deno.test("Queue.put throws at its time limit, and its item is never in the queue", () =>
  withManualLoop(async ({ clock }) => {
    const queue = new Queue<number>(1);
    queue.putNowait(0);
    const timedOut = assertRejects(
      () => queue.put(1, { timeoutMs: 10 }),
      TimeoutError,
      "Cannot put into the queue: timed out after 10 ms",
    );
    const put = queue.put(2);
    await clock.advance(10);
    await timedOut;
    assertEquals(queue.getNowait(), 0);
    assertEquals(await queue.get(), 2);
    await put;
  }));

Deno.test("Queue.put succeeds when there is room before its time limit", () =>
  withManualLoop(async ({ clock }) => {
    const queue = new Queue<number>(1);
    queue.putNowait(0);
    const put = queue.put(1, { timeoutMs: 10 });
    queue.get();
    await clock.advance(20);
    await put;
  }));

Deno.test("Queue.put with a time limit of 0 finds room or throws at once", () =>
  withManualLoop(async () => {
    const queue = new Queue<number>(1);
    await queue.put(0, { timeoutMs: 0 });
    await assertRejects(() => queue.put(1, { timeoutMs: 0 }), TimeoutError);
    assertEquals(queue.qsize(), 1);
  }));

Deno.test("Queue keeps no consumer or producer that timed out", () =>
  withManualLoop(async ({ clock }) => {
    const queue = new Queue<number>(1);
    const gets = Promise.allSettled(Array.from({ length: 10 }, () => queue.get({ timeoutMs: 10 })));
    const get = queue.get();
    assertEquals(`${queue}`, "<Queue maxsize=1 getters[11]>");
    await clock.advance(20);
    assertEquals(`${queue}`, "<Queue maxsize=1 getters[1]>");
    queue.putNowait(-1);
    assertEquals(await get, -1);
    for (const outcome of await gets) assertEquals(outcome.status, "rejected");

    const puts = Promise.allSettled(Array.from({ length: 10 }, (_, item) => queue.put(item, { timeoutMs: 10 })));
    const put = queue.put(10);
    assertEquals(`${queue}`, "<Queue maxsize=1 queue=[ 0 ] putters[10] tasks=2>");
    await clock.advance(20);
    assertEquals(`${queue}`, "<Queue maxsize=1 queue=[ 0 ] putters[1] tasks=2>");
    assertFalse(put.done());
    assertEquals([await queue.get(), await queue.get()], [0, 10]);
    assertEquals((await puts).map((outcome) => outcome.status), ["fulfilled", ...Array(9).fill("rejected")]);
  }));

Deno.test("Queue.get, put and join stop waiting when their signal is aborted", () =>
  withManualLoop(async () => {
    const queue = new Queue<number>(1);
    const controller = new CountingAbortController();
    const { signal } = controller;
    const get = assertRejects(() => queue.get({ signal }), Error, "Enough");
    assertEquals(controller.listenerCount, 1);
    controller.abort(new Error("Enough"));
    await get;
    queue.putNowait(0); // not lost to the aborted consumer
    assertEquals(queue.qsize(), 1);

    const later = new CountingAbortController();
    const put = assertRejects(() => queue.put(1, { signal: later.signal }), Error, "Too");
    const join = assertRejects(() => queue.join({ signal: later.signal }), Error, "Too");
    assertEquals(later.listenerCount, 2);
    later.abort(new Error("Too"));
    await put;
    await join;
    assertEquals([controller.listenerCount, later.listenerCount], [0, 0]);
    assertEquals(`${queue}`, "<Queue maxsize=1 queue=[ 0 ] tasks=1>");
  }));

// --- iteration and closing ---

Deno.test("Queue iteration gives the items in order, and waits for more", () =>
  withManualLoop(async () => {
    const queue = new Queue<number>();
    for (let item = 0; item < 4; item++) queue.put(item);
    const consumer = (async () => {
      const results: number[] = [];
      for await (const item of queue) {
        results.push(item);
        if (item === 4) return results;
      }
    })();
    await settle();
    queue.put(4);
    assertEquals(await consumer, [0, 1, 2, 3, 4]);
  }));

Deno.test("Queue iteration that is left takes no further item", () =>
  withManualLoop(async () => {
    const queue = new Queue<number>();
    for (let item = 0; item < 3; item++) queue.putNowait(item);
    for await (const item of queue) if (item === 1) break;
    assertEquals(queue.getNowait(), 2);
  }));

Deno.test("Queue.values ends by its signal or its time limit", () =>
  withManualLoop(async ({ clock }) => {
    const queue = new Queue<number>();
    const seen: number[] = [];
    const consume = async (options: { signal?: AbortSignal; timeoutMs?: number }) => {
      for await (const item of queue.values(options)) seen.push(item);
    };
    const controller = new AbortController();
    const aborted = assertRejects(() => consume({ signal: controller.signal }), Error, "Enough");
    queue.putNowait(1);
    await settle();
    controller.abort(new Error("Enough"));
    await aborted;
    const timedOut = assertRejects(() => consume({ timeoutMs: 10 }), TimeoutError);
    await clock.advance(9);
    queue.putNowait(2); // the limit is for each item
    await clock.advance(9);
    queue.putNowait(3);
    await clock.advance(10);
    await timedOut;
    assertEquals(seen, [1, 2, 3]);
  }));

Deno.test("Queue.close ends iterations after the items that are left", () =>
  withManualLoop(async () => {
    const queue = new Queue<number>();
    for (let item = 0; item < 3; item++) queue.putNowait(item);
    queue.close();
    assert(queue.isClosed);
    const seen: number[] = [];
    for await (const item of queue) seen.push(item);
    assertEquals(seen, [0, 1, 2]);
  }));

Deno.test("Queue.close ends the iteration of everybody who waits", () =>
  withManualLoop(async () => {
    const queue = new Queue<number>();
    const consumers = [1, 2, 3].map(async () => {
      for await (const _item of queue);
      return "ended";
    });
    await settle();
    assertEquals(`${queue}`, "<Queue maxsize=0 getters[3]>");
    queue.close();
    queue.close();
    assertEquals(await Promise.all(consumers), ["ended", "ended", "ended"]);
    assertEquals(`${queue}`, "<Queue maxsize=0 closed>");
  }));

Deno.test("Queue.close makes get throw once the queue is empty", () =>
  withManualLoop(async () => {
    const queue = new Queue<number>();
    queue.putNowait(1);
    queue.close();
    assertEquals(await queue.get(), 1);
    await assertRejects(() => queue.get(), QueueClosed, "Cannot get from the queue: it is closed");
    assertThrows(() => queue.getNowait(), QueueClosed);
  }));

Deno.test("Queue.close makes put throw, and lets no waiting producer in", () =>
  withManualLoop(async () => {
    const queue = new Queue<number>(1);
    queue.putNowait(1);
    const waiting = assertRejects(() => queue.put(2), QueueClosed, "Cannot put into the queue: it was closed");
    queue.close();
    await waiting;
    await assertRejects(() => queue.put(3), QueueClosed, "Cannot put into the queue: it is closed");
    assertThrows(() => queue.putNowait(3), QueueClosed);
    assertEquals(queue.getNowait(), 1);
    assert(queue.empty());
  }));

Deno.test("Queue.join works on a closed queue", () =>
  withManualLoop(async () => {
    const queue = new Queue<number>();
    queue.putNowait(1);
    queue.close();
    const join = queue.join();
    queue.getNowait();
    queue.taskDone();
    await join;
  }));

// --- join, for every kind of queue ---

for (const QueueClass of [Queue, PriorityQueue, LifoQueue]) {
  const { name } = QueueClass;

  Deno.test(`${name}.taskDone throws when called more often than items were put`, () => {
    const queue = new QueueClass<number>();
    assertThrows(() => queue.taskDone(), RangeError, "more often than items were put");
  });

  Deno.test(`${name}.join waits until two workers have done all`, () =>
    withManualLoop(async ({ loop, clock }) => {
      const queue = new QueueClass<number>();
      for (let item = 0; item < 100; item++) queue.putNowait(item);
      let sum = 0;
      const workers = [1, 3].map(async (delayMs) => {
        for await (const item of queue) {
          sum += item;
          queue.taskDone();
          await new Promise<void>((resolve) => loop.callLater(delayMs, resolve));
        }
      });
      const join = queue.join();
      await clock.advance(200);
      await join;
      assertEquals(sum, 4950);
      queue.close();
      await clock.advance(3);
      await Promise.all(workers);
    }));

  Deno.test(`${name}.join waits for taskDone, not for get`, () =>
    withManualLoop(async () => {
      const queue = new QueueClass<number>();
      queue.putNowait(0);
      const join = queue.join();
      assertFalse(join.done());
      await queue.get();
      await settle();
      assertFalse(join.done());
      queue.taskDone();
      assert(join.done());
    }));

  Deno.test(`${name}.join resolves at once when nothing is outstanding`, () =>
    withManualLoop(async () => {
      const queue = new QueueClass<number>();
      await queue.join();
      await queue.join({ timeoutMs: 0 });
    }));

  Deno.test(`${name}.join throws at its time limit`, () =>
    withManualLoop(async ({ clock }) => {
      const queue = new QueueClass<number>();
      queue.put(0);
      const join = assertRejects(() => queue.join({ timeoutMs: 10 }), TimeoutError, "Cannot join the queue");
      await clock.advance(10);
      await join;
      await assertRejects(() => queue.join({ timeoutMs: 0 }), TimeoutError);
    }));
}

// --- other orders ---

Deno.test("PriorityQueue gives the smallest first, waiting producers included", () =>
  withManualLoop(async () => {
    const queue = new PriorityQueue<[number, string]>(2);
    queue.putNowait([1, "a"]);
    queue.putNowait([0, "b"]);
    assert(queue.full());
    queue.put([3, "c"]);
    queue.put([2, "d"]);
    assertEquals(queue.getNowait(), [0, "b"]);
    assertEquals(await queue.get(), [1, "a"]);
    assertEquals(queue.getNowait(), [2, "d"]);
    assertEquals(await queue.get(), [3, "c"]);
    assert(queue.empty());
  }));

Deno.test("PriorityQueue orders by its compare function, equal items as they came", () => {
  const queue = new PriorityQueue<string>(0, { compare: (a, b) => b.length - a.length });
  for (const item of ["ox", "elephant", "emu", "cat"]) queue.putNowait(item);
  assertEquals(Array.from({ length: 4 }, () => queue.getNowait()), ["elephant", "emu", "cat", "ox"]);
});

Deno.test("PriorityQueue refuses an item that cannot be ordered, and goes on", () =>
  withManualLoop(async () => {
    const queue = new PriorityQueue<unknown>(1);
    queue.putNowait(5);
    const refused = assertRejects(() => queue.put("text"), TypeError, 'Cannot order "text" and 5');
    const put = queue.put(3);
    assertEquals(await queue.get(), 3);
    await refused;
    await put;
    assertEquals(queue.getNowait(), 5);
    queue.taskDone();
    queue.taskDone();
    assertThrows(() => queue.taskDone(), RangeError);
  }));

Deno.test("LifoQueue gives the newest first, waiting producers included", () =>
  withManualLoop(async () => {
    const queue = new LifoQueue<number>(2);
    queue.putNowait(1);
    queue.putNowait(0);
    assert(queue.full());
    assertEquals(`${queue}`, "<LifoQueue maxsize=2 queue=[ 1, 0 ] tasks=2>");
    queue.put(3);
    queue.put(2);
    assertEquals(queue.getNowait(), 3);
    assertEquals(await queue.get(), 2);
    assertEquals(queue.getNowait(), 0);
    assertEquals(await queue.get(), 1);
    assert(queue.empty());
  }));

Deno.test("Queue uses the store that it is given", () =>
  withManualLoop(async () => {
    class Unique<T> implements ItemStore<T> {
      readonly #items = new Set<T>();
      get size() {
        return this.#items.size;
      }
      push(item: T): void {
        this.#items.add(item);
      }
      shift(): T | undefined {
        for (const item of this.#items) {
          this.#items.delete(item);
          return item;
        }
        return undefined;
      }
      [Symbol.iterator](): Iterator<T> {
        return this.#items.values();
      }
    }
    const queue = new Queue<string>(2, { store: new Unique() });
    for (const item of ["a", "a", "b"]) queue.putNowait(item);
    const put = queue.put("c");
    assertEquals([await queue.get(), await queue.get()], ["a", "b"]);
    await put;
    assertEquals(queue.getNowait(), "c");
  }));

// --- producers and consumers ---

Deno.test("Queue passes all items in order from a producer through little room", () =>
  withManualLoop(async () => {
    const queue = new Queue<number>(3);
    const history: number[] = [];
    const consumer = (async () => {
      for (;;) {
        history.push(await queue.get());
        queue.taskDone();
        if (history.length === 10) return;
      }
    })();
    for (let item = 0; item < 10; item++) await queue.put(item);
    await queue.join();
    assertEquals(history, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await consumer;
  }));
