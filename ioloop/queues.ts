/**
 * Queues between coroutines. Tornado: `tornado.queues`.
 *
 * A queue with a `maxsize` makes producers wait for consumers: that is its back
 * pressure. Producers and consumers are served in the order in which they came.
 * An item that comes while consumers wait is handed to the first of them at
 * once; an item that is taken while producers wait makes room for the first of
 * these. Hence, whenever nobody runs: if somebody waits to get, the queue is
 * empty, and if somebody waits to put, it is full.
 *
 * Who waited goes on when the other side has come to its next `await`, never
 * inside its call. A wait that times out or is aborted leaves nothing behind;
 * its item was never in the queue. Time is that of the loop which was current
 * when the queue was made.
 *
 * The order of the items is the business of an {@linkcode ItemStore}.
 *
 * @module
 */

import type { Future } from "./future.ts";
import { type Compare, PriorityHeap } from "./priority_heap.ts";
import { RingBuffer } from "./ring_buffer.ts";
import { PENDING, WaiterQueue, type WaitOptions } from "./waiter_queue.ts";

/** The queue has no room, and the call does not wait. Tornado: `tornado.queues.QueueFull`. */
export class QueueFull extends Error {
  /** Always `"QueueFull"`. */
  override readonly name = "QueueFull";
  /** Always `"EQUEUEFULL"`. */
  readonly code = "EQUEUEFULL";
}

/** The queue has no item, and the call does not wait. Tornado: `tornado.queues.QueueEmpty`. */
export class QueueEmpty extends Error {
  /** Always `"QueueEmpty"`. */
  override readonly name = "QueueEmpty";
  /** Always `"EQUEUEEMPTY"`. */
  readonly code = "EQUEUEEMPTY";
}

/** The queue was closed: it takes no items, and has none left. Python: `asyncio.QueueShutDown`. */
export class QueueClosed extends Error {
  /** Always `"QueueClosed"`. */
  override readonly name = "QueueClosed";
  /** Always `"EQUEUECLOSED"`. */
  readonly code = "EQUEUECLOSED";
}

/** Holds the items of a queue and decides which one comes next; {@linkcode RingBuffer} is one. */
export interface ItemStore<T> extends Iterable<T> {
  /** The number of items. */
  readonly size: number;
  /** Adds an item. */
  push(item: T): void;
  /** Removes and returns the next item; called only when there is one. */
  shift(): T | undefined;
}

/** Settings of a {@linkcode Queue}. */
export interface QueueOptions<T> {
  /** Holds the items, and is empty at first. @default first in, first out */
  readonly store?: ItemStore<T>;
}

/** Settings of a {@linkcode PriorityQueue}. */
export interface PriorityQueueOptions<T> {
  /** The order; the smallest item comes first. @default {@linkcode compareItems}: numbers, strings, arrays of them */
  readonly compare?: Compare<T>;
}

/**
 * A queue between coroutines, first in, first out. Tornado: `tornado.queues.Queue`.
 *
 * @example Two workers
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Queue } from "@denado/denado/ioloop";
 *
 * const queue = new Queue<number>(2);
 * let sum = 0;
 * async function worker() {
 *   for await (const item of queue) {
 *     sum += item;
 *     queue.taskDone();
 *   }
 * }
 * const workers = [worker(), worker()];
 * for (const item of [1, 2, 3, 4]) await queue.put(item);
 * await queue.join(); // every item was taken and reported done
 * queue.close(); // ends the workers' loops
 * await Promise.all(workers);
 * assertEquals(sum, 10);
 * ```
 */
export class Queue<T> implements AsyncIterable<T> {
  readonly #maxsize: number;
  readonly #items: ItemStore<T>;
  readonly #getters = new WaiterQueue<T>("get from the queue");
  readonly #putters = new WaiterQueue<void, T>("put into the queue");
  readonly #joiners = new WaiterQueue<void>("join the queue");
  #unfinishedTasks = 0;
  #isClosed = false;

  /**
   * An empty queue.
   *
   * @param maxsize the number of items for which there is room, rounded up; 0 means no limit
   * @throws {TypeError} if `maxsize` is not a number
   * @throws {RangeError} if it is negative
   */
  constructor(maxsize = 0, options: QueueOptions<T> = {}) {
    if (typeof maxsize !== "number" || Number.isNaN(maxsize)) {
      throw new TypeError(
        `Cannot create a queue, maxsize must be a number: ${Deno.inspect(maxsize)}`,
      );
    }
    if (maxsize < 0) {
      throw new RangeError(
        `Cannot create a queue, maxsize must not be negative: ${maxsize}`,
      );
    }
    this.#maxsize = Math.ceil(maxsize);
    this.#items = options.store ?? new RingBuffer<T>();
  }

  /** The number of items for which there is room; 0 if there is no limit. */
  get maxsize(): number {
    return this.#maxsize;
  }

  /** Whether {@linkcode close} was called. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The number of items in the queue. */
  qsize(): number {
    return this.#items.size;
  }

  /** Whether there is no item. */
  empty(): boolean {
    return this.#items.size === 0;
  }

  /** Whether there is no room; never without a limit. */
  full(): boolean {
    return this.#maxsize > 0 && this.#items.size >= this.#maxsize;
  }

  /**
   * Puts an item into the queue, waiting for room if necessary.
   *
   * @throws {TimeoutError} when the time limit passes first; the item is not put then
   * @throws {QueueClosed} when the queue is closed first
   * @throws the signal's reason when it is aborted first
   */
  put(item: T, options: WaitOptions = {}): Future<void> {
    return this.#putters.wait(
      options,
      item,
      () => this.full() && !this.#isClosed ? PENDING : this.putNowait(item),
    );
  }

  /**
   * Puts an item into the queue.
   *
   * @throws {QueueFull} if there is no room
   * @throws {QueueClosed} if the queue is closed
   */
  putNowait(item: T): void {
    if (this.#isClosed) {
      throw new QueueClosed("Cannot put into the queue: it is closed");
    }
    if (this.full()) {
      throw new QueueFull(
        `Cannot put into the queue: it is full with ${this.qsize()} items`,
      );
    }
    this.#insert(item);
    // The store decides what comes next, so that one which adds or drops items works too.
    const getter = this.#items.size > 0 ? this.#getters.first : undefined;
    getter?.setResult(this.#items.shift() as T);
  }

  /**
   * Takes the next item, waiting for one if necessary.
   *
   * @throws {TimeoutError} when the time limit passes first
   * @throws {QueueClosed} when the queue is closed and has no item left
   * @throws the signal's reason when it is aborted first
   */
  get(options: WaitOptions = {}): Future<T> {
    return this.#getters.wait(
      options,
      undefined,
      () => this.empty() && !this.#isClosed ? PENDING : this.getNowait(),
    );
  }

  /**
   * Takes the next item.
   *
   * @throws {QueueEmpty} if there is none
   * @throws {QueueClosed} if there is none and the queue is closed
   */
  getNowait(): T {
    this.#admitPutter();
    if (this.#items.size > 0) return this.#items.shift() as T;
    if (this.#isClosed) {
      throw new QueueClosed("Cannot get from the queue: it is closed");
    }
    throw new QueueEmpty("Cannot get from the queue: it is empty");
  }

  /**
   * Says that the work on an item that was taken is done; see {@linkcode join}.
   *
   * @throws {RangeError} if it was called for every item already
   */
  taskDone(): void {
    if (this.#unfinishedTasks === 0) {
      throw new RangeError(
        "Cannot finish a task: taskDone was called more often than items were put",
      );
    }
    if (--this.#unfinishedTasks === 0) this.#joiners.wakeAll();
  }

  /**
   * Waits until {@linkcode taskDone} was called for every item that was put; at once if that is so.
   *
   * @throws {TimeoutError} when the time limit passes first
   * @throws the signal's reason when it is aborted first
   */
  join(options: WaitOptions = {}): Future<void> {
    return this.#joiners.wait(
      options,
      undefined,
      () => this.#unfinishedTasks === 0 ? undefined : PENDING,
    );
  }

  /**
   * Lets the queue run out: it takes no more items, and once those in it are taken, iterations end and
   * {@linkcode get} throws. Who waits to put or to get is told so at once. Idempotent. Tornado has no such
   * method; Python calls it `shutdown`.
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#putters.failAll(() => new QueueClosed("Cannot put into the queue: it was closed"));
    this.#getters.failAll(() => new QueueClosed("Cannot get from the queue: it was closed"));
  }

  /** The items as they come, without end unless the queue is closed; each is taken as by {@linkcode get}. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, void, void> {
    return this.values();
  }

  /**
   * As iterating over the queue itself, with a time limit for each item or a signal.
   *
   * @throws {TimeoutError} in the iteration, when an item does not come in time
   * @throws the signal's reason, in the iteration, when it is aborted
   */
  async *values(
    options: WaitOptions = {},
  ): AsyncIterableIterator<T, void, void> {
    for (;;) {
      let item: T;
      try {
        item = await this.get(options);
      } catch (error) {
        if (error instanceof QueueClosed) return;
        throw error;
      }
      yield item;
    }
  }

  /** Size and state, as in `<Queue maxsize=2 queue=[ 1, 2 ] putters[1] tasks=2>`; what is empty is left out. */
  toString(): string {
    const parts = [`${this.constructor.name} maxsize=${this.#maxsize}`];
    if (this.#items.size > 0) {
      const items = Deno.inspect([...this.#items], {
        compact: true,
        breakLength: Infinity,
      });
      parts.push(`queue=${items}`);
    }
    if (this.#getters.size > 0) parts.push(`getters[${this.#getters.size}]`);
    if (this.#putters.size > 0) parts.push(`putters[${this.#putters.size}]`);
    if (this.#unfinishedTasks > 0) parts.push(`tasks=${this.#unfinishedTasks}`);
    if (this.#isClosed) parts.push("closed");
    return `<${parts.join(" ")}>`;
  }

  #insert(item: T): void {
    this.#items.push(item);
    this.#unfinishedTasks++;
  }

  /**
   * Lets the first producer's item in before the next one is taken, so that it takes part in the choice, as in Tornado.
   * An item that the store refuses is its producer's error, not the consumer's.
   */
  #admitPutter(): void {
    while (this.#items.size <= this.#maxsize) {
      const putter = this.#putters.first;
      if (putter === undefined) return;
      try {
        this.#insert(putter.tag);
        putter.setResult();
      } catch (error) {
        putter.setException(error);
      }
    }
  }
}

/**
 * A queue that gives the smallest item first; equal ones in the order in which they came.
 * Tornado: `tornado.queues.PriorityQueue`.
 *
 * @example Pairs of priority and data
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PriorityQueue } from "@denado/denado/ioloop";
 *
 * const queue = new PriorityQueue<[priority: number, name: string]>();
 * queue.putNowait([1, "medium"]);
 * queue.putNowait([0, "high"]);
 * queue.putNowait([10, "low"]);
 * assertEquals(await queue.get(), [0, "high"]);
 * assertEquals(await queue.get(), [1, "medium"]);
 * ```
 *
 * @example An order of one's own
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PriorityQueue } from "@denado/denado/ioloop";
 *
 * const queue = new PriorityQueue<{ dueMs: number }>(0, {
 *   compare: (a, b) => a.dueMs - b.dueMs,
 * });
 * queue.putNowait({ dueMs: 20 });
 * queue.putNowait({ dueMs: 10 });
 * assertEquals(await queue.get(), { dueMs: 10 });
 * ```
 */
export class PriorityQueue<T> extends Queue<T> {
  /** An empty queue; `maxsize` as for {@linkcode Queue}. */
  constructor(maxsize = 0, options: PriorityQueueOptions<T> = {}) {
    super(maxsize, { store: new PriorityHeap<T>(options.compare) });
  }
}

/**
 * A queue that gives the newest item first. Tornado: `tornado.queues.LifoQueue`.
 *
 * @example Last in, first out
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LifoQueue } from "@denado/denado/ioloop";
 *
 * const queue = new LifoQueue<number>();
 * for (const item of [3, 2, 1]) queue.putNowait(item);
 * assertEquals(await queue.get(), 1);
 * assertEquals(await queue.get(), 2);
 * ```
 */
export class LifoQueue<T> extends Queue<T> {
  /** An empty queue; `maxsize` as for {@linkcode Queue}. */
  constructor(maxsize = 0) {
    super(maxsize, { store: new Stack<T>() });
  }
}

class Stack<T> implements ItemStore<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    return this.#items.pop();
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.#items.values();
  }
}
