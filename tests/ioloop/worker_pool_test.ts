import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import {
  CancelledError,
  Future,
  IOLoop,
  TimeoutError,
  WorkerCrashedError,
  WorkerPool,
  WorkerPoolClosedError,
  WorkerPoolFullError,
  type WorkerPoolOptions,
} from "@denado/denado/ioloop";
import { expectLog } from "../helpers/expect_log.ts";
import { ManualClock } from "../helpers/manual_clock.ts";
import type * as jobs from "../helpers/worker_jobs.ts";

const JOBS = new URL("../helpers/worker_jobs.ts", import.meta.url);

function makePool(options: WorkerPoolOptions = {}): WorkerPool<typeof jobs> {
  return new WorkerPool<typeof jobs>(JOBS, { size: 1, ...options });
}

/** What the main thread has of a `block` job: whether it runs, and the key to let it go on. */
class Blocker {
  readonly state = new SharedArrayBuffer(8);
  readonly #cells = new Int32Array(this.state);

  async running(count = 1): Promise<void> {
    for (let seen; (seen = Atomics.load(this.#cells, 0)) < count;) {
      const { async, value } = Atomics.waitAsync(this.#cells, 0, seen);
      if (async) await value;
    }
  }

  release(): void {
    Atomics.store(this.#cells, 1, 1);
    Atomics.notify(this.#cells, 1);
  }
}

// --- results ---

Deno.test("WorkerPool run resolves to what the function returns", async () => {
  await using pool = makePool();
  assertEquals(await pool.run("add", 1, 2), 3);
});

Deno.test("WorkerPool run awaits an async function", async () => {
  await using pool = makePool();
  const sum: number = await pool.run("addLater", 1, 2);
  assertEquals(sum, 3);
});

Deno.test("WorkerPool run copies arguments and results as structuredClone does", async () => {
  await using pool = makePool();
  const value = {
    map: new Map([[1, new Set(["a"])]]),
    date: new Date(5),
    bytes: new Uint8Array([1, 2]),
    nothing: undefined,
  };
  assertEquals(await pool.run("echo", value), value);
});

Deno.test("WorkerPool run ignores what the module posts itself", async () => {
  await using pool = makePool();
  assertEquals(await pool.run("postsToo"), "result");
});

Deno.test("WorkerPool resolves its futures in a turn of the loop that started the job", async () => {
  await using pool = makePool();
  const loop = new IOLoop({ makeCurrent: false });
  const seen = await loop.run(() => {
    const future = new Future<IOLoop>();
    pool.run("add", 1, 1).addDoneCallback(() => future.setResult(IOLoop.current()));
    return future;
  });
  assert(seen === loop);
  loop.close();
});

Deno.test("WorkerPool of a data URL runs its functions", async () => {
  const module = "data:text/javascript,export const twice = (n) => 2 * n";
  await using pool = new WorkerPool<{ twice(n: number): number }>(module, { size: 1 });
  assertEquals(await pool.run("twice", 21), 42);
});

Deno.test("WorkerPool bind returns a function with the name of the job", async () => {
  await using pool = makePool();
  const add = pool.bind("add");
  assertEquals(add.name, "add");
  assertEquals(await add(2, 3), 5);
});

Deno.test("WorkerPool with settings binds functions that have them", async () => {
  await using pool = makePool();
  const add = pool.with({ signal: AbortSignal.abort(new Error("no")) }).bind("add");
  await assertRejects(() => add(1, 2), Error, "no");
});

// --- moving ---

Deno.test("WorkerPool moves what transfer names", async () => {
  await using pool = makePool();
  const buffer = new ArrayBuffer(1000);
  const length = pool.with({ transfer: [buffer] }).run("byteLength", buffer);
  assertEquals(buffer.byteLength, 0);
  assertEquals(await length, 1000);
});

Deno.test("WorkerPool moves the buffers of a job that waits", async () => {
  await using pool = makePool();
  const buffer = new ArrayBuffer(1000);
  const first = pool.run("add", 1, 1);
  const length = pool.with({ transfer: [buffer] }).run("byteLength", buffer);
  assertEquals(pool.queued, 1);
  assertEquals(buffer.byteLength, 0);
  assertEquals(await length, 1000);
  await first;
});

Deno.test("WorkerPool moves a transferred result out of the worker", async () => {
  await using pool = makePool();
  const { port1, port2 } = new MessageChannel();
  const left = Promise.withResolvers<number>();
  port2.onmessage = (event) => left.resolve(event.data);
  const bytes: Uint8Array = await pool.with({ transfer: [port1] }).run("moved", 1000, port1);
  assertEquals(bytes.length, 1000);
  assertEquals(await left.promise, 0);
  port2.close();
});

Deno.test("WorkerPool copies the arguments of a job that waits at once", async () => {
  await using pool = makePool();
  const value = { text: "before" };
  const first = pool.run("add", 1, 1);
  const second = pool.run("echo", value);
  value.text = "after";
  assertEquals(await second, { text: "before" });
  await first;
});

// --- errors of a job ---

Deno.test("WorkerPool brings an error back with name, message, stack, cause and simple fields", async () => {
  await using pool = makePool();
  const error = await assertRejects(() => pool.run("throwOwn"), Error, "own") as Error & { code: string };
  assertEquals(error.name, "OwnError");
  assertEquals(error.code, "EOWN");
  assert(!("detail" in error));
  assertInstanceOf(error.cause, RangeError);
  assertEquals(error.cause.message, "the cause");
  assertStringIncludes(error.stack!, "worker_jobs.ts");
  assert(!error.stack!.includes("data:"), error.stack);
});

Deno.test("WorkerPool brings standard errors back as instances of their class", async () => {
  await using pool = makePool();
  await assertRejects(() => pool.run("rejectLater"), TypeError, "late");
  await assertRejects(() => pool.run("throwStandard"), Deno.errors.NotFound, "nowhere");
});

Deno.test("WorkerPool brings a thrown value back as it is", async () => {
  await using pool = makePool();
  assertEquals(await pool.run("throwValue").catch((value: unknown) => value), "a string");
});

Deno.test("WorkerPool fails a job whose name is no function", async () => {
  await using pool = new WorkerPool(JOBS, { size: 1 });
  for (const name of ["missing", "constant", "toString"]) {
    await assertRejects(() => pool.run(name), TypeError, `Cannot run ${name}: the module exports no function`);
  }
});

Deno.test("WorkerPool fails a job whose result cannot be cloned", async () => {
  await using pool = makePool();
  await assertRejects(() => pool.run("uncloneable"), TypeError, "Cannot send the result of uncloneable to the pool");
  assertEquals(await pool.run("countCalls"), 1);
});

Deno.test("WorkerPool fails a job whose arguments cannot be cloned, and nothing else", async () => {
  await using pool = makePool();
  const failing = () => pool.run("echo", () => {});
  const message = "Cannot send the arguments of echo to a worker: ";
  await assertRejects(failing, TypeError, message);
  const first = pool.run("add", 1, 1);
  await assertRejects(failing, TypeError, message);
  assertEquals(await first, 2);
  await assertRejects(failing, TypeError, message);
  assertEquals(await pool.run("add", 2, 2), 4);
  assertEquals(pool.workers, 1);
});

Deno.test("WorkerPool reports the error of a job that nobody awaits to the loop", async () => {
  await using pool = makePool();
  await expectLog({ level: "error", pattern: /was never retrieved[^]*RangeError: alone/ }, async () => {
    const module = "data:text/javascript,export function fail() { throw new RangeError('alone') }";
    await using other = new WorkerPool(module, { size: 1 });
    other.run("fail");
    await other.close();
    await pool.run("add", 1, 1);
  });
});

// --- workers and queue ---

Deno.test("WorkerPool starts no worker before the first job", async () => {
  await using pool = makePool();
  assertEquals([pool.workers, pool.running, pool.queued], [0, 0, 0]);
});

Deno.test("WorkerPool keeps a worker for later jobs", async () => {
  await using pool = makePool({ size: 2 });
  assertEquals(await pool.run("countCalls"), 1);
  assertEquals([pool.workers, pool.running], [1, 0]);
  assertEquals(await pool.run("countCalls"), 2);
  assertEquals(pool.workers, 1);
});

Deno.test("WorkerPool runs as many jobs at the same time as it has workers", async () => {
  await using pool = makePool({ size: 2 });
  const blocker = new Blocker();
  const blocked = [1, 2, 3].map(() => pool.run("block", blocker.state));
  await blocker.running(2);
  assertEquals([pool.workers, pool.running, pool.queued], [2, 2, 1]);
  blocker.release();
  assertEquals(await Promise.all(blocked), ["went on", "went on", "went on"]);
  assertEquals([pool.workers, pool.running, pool.queued], [2, 0, 0]);
});

Deno.test("WorkerPool runs waiting jobs first in, first out", async () => {
  await using pool = makePool();
  const order: number[] = [];
  await Promise.all([1, 2, 3, 4].map((n) => pool.run("add", n, 0).then((value) => order.push(value))));
  assertEquals(order, [1, 2, 3, 4]);
});

Deno.test("WorkerPool refuses a job when maxQueue jobs wait", async () => {
  await using pool = makePool({ maxQueue: 1 });
  const blocker = new Blocker();
  const blocked = pool.run("block", blocker.state);
  const waiting = pool.run("add", 1, 1);
  await assertRejects(() => pool.run("add", 1, 1), WorkerPoolFullError, "Cannot run add: 1 jobs wait already");
  blocker.release();
  await blocked;
  assertEquals(await waiting, 2);
  assertEquals(await pool.run("add", 2, 2), 4);
});

Deno.test("WorkerPool with maxQueue 0 takes jobs for idle workers only", async () => {
  await using pool = makePool({ maxQueue: 0 });
  const first = pool.run("add", 1, 1);
  await assertRejects(() => pool.run("add", 1, 1), WorkerPoolFullError);
  assertEquals(await first, 2);
});

Deno.test("WorkerPool start starts all workers, which then wait for jobs", async () => {
  await using pool = makePool({ size: 2 });
  const first = pool.run("add", 1, 1);
  await pool.start();
  assertEquals(pool.workers, 2);
  assertEquals(await first, 2);
  await pool.start();
  assertEquals([pool.workers, pool.running], [2, 0]);
  assertEquals(await pool.run("countCalls"), 1);
});

Deno.test("WorkerPool start fails when the module cannot be imported", async () => {
  await using pool = new WorkerPool("data:text/javascript,throw new Error('at import')", { size: 2 });
  await assertRejects(() => pool.start(), WorkerCrashedError, "at import");
});

Deno.test("WorkerPool start fails when the pool is closed before or meanwhile", async () => {
  const pool = makePool();
  const starting = assertRejects(() => pool.start(), WorkerCrashedError, "was ended");
  await pool.close();
  await starting;
  await assertRejects(() => pool.start(), WorkerPoolClosedError);
});

// --- giving up ---

Deno.test("WorkerPool does not start a job whose signal is aborted", async () => {
  await using pool = makePool();
  const reason = new Error("changed my mind");
  assertEquals(await pool.with({ signal: AbortSignal.abort(reason) }).run("add", 1, 1).catch((e) => e), reason);
  assertEquals(pool.workers, 0);
});

Deno.test("WorkerPool takes an aborted job from the queue and keeps the worker", async () => {
  await using pool = makePool();
  const blocker = new Blocker();
  const controller = new AbortController();
  const blocked = pool.run("block", blocker.state);
  const waiting = pool.with({ signal: controller.signal }).run("countCalls");
  controller.abort();
  assertEquals(pool.queued, 0);
  await assertRejects(() => waiting, DOMException, "aborted");
  blocker.release();
  assertEquals(await blocked, "went on");
  assertEquals(await pool.run("countCalls"), 1);
});

Deno.test("WorkerPool replaces the worker of an aborted job that runs", async () => {
  await using pool = makePool();
  const blocker = new Blocker();
  const controller = new AbortController();
  assertEquals(await pool.run("countCalls"), 1);
  const blocked = pool.with({ signal: controller.signal }).run("block", blocker.state);
  const waiting = pool.run("countCalls");
  await blocker.running();
  controller.abort(new Error("enough"));
  await assertRejects(() => blocked, Error, "enough");
  assertEquals(await waiting, 1, "the waiting job has a new worker");
  assertEquals(pool.workers, 1);
});

Deno.test("WorkerPool takes maxQueue jobs beside the one that a new worker is due for", async () => {
  await using pool = makePool({ maxQueue: 0 });
  const first = pool.run("add", 1, 1);
  first.cancel();
  const second = pool.run("add", 2, 2);
  await assertRejects(() => pool.run("add", 3, 3), WorkerPoolFullError);
  assertEquals(await second, 4);
});

Deno.test("WorkerPool that is closed while a new worker is due runs or gives up the job that waits", async () => {
  for (const graceMs of [60_000, 0]) {
    const pool = makePool();
    pool.run("add", 1, 1).cancel();
    const waiting = pool.run("add", 2, 2).then(String, (error) => (error as Error).name);
    assertEquals([pool.workers, pool.queued], [0, 1]);
    await pool.close({ graceMs });
    assertEquals(await waiting, graceMs > 0 ? "4" : "WorkerPoolClosedError");
  }
});

Deno.test("WorkerPool that is closed ends when its last waiting job is cancelled", async () => {
  const pool = makePool();
  pool.run("add", 1, 1).cancel();
  const waiting = pool.run("add", 2, 2);
  const closed = pool.close();
  waiting.cancel();
  await closed;
  assertEquals([pool.workers, pool.queued], [0, 0]);
});

Deno.test("WorkerPool ignores a signal that is aborted after the job", async () => {
  await using pool = makePool();
  const controller = new AbortController();
  const runner = pool.with({ signal: controller.signal });
  assertEquals(await runner.run("countCalls"), 1);
  controller.abort();
  assertEquals(await pool.run("countCalls"), 2);
});

Deno.test("WorkerPool gives up a job whose future is cancelled", async () => {
  await using pool = makePool();
  const blocker = new Blocker();
  const blocked = pool.run("block", blocker.state);
  const waiting = pool.run("add", 1, 1);
  assert(waiting.cancel());
  assertEquals(pool.queued, 0);
  await blocker.running();
  assert(blocked.cancel());
  assertEquals(pool.workers, 0);
  await assertRejects(() => waiting, CancelledError);
  await assertRejects(() => blocked, CancelledError);
  assertEquals(await pool.run("add", 1, 1), 2);
});

Deno.test("WorkerPool fails a job that hangs and replaces its worker", async () => {
  await using pool = makePool({ timeoutMs: 1 });
  const hanging = pool.run("spin");
  const waiting = pool.with({ timeoutMs: 60_000 }).run("countCalls");
  await assertRejects(() => hanging, TimeoutError, "spin did not return within 1 ms; its worker was replaced");
  assertEquals(await waiting, 1);
});

Deno.test("WorkerPool does not count the start of a worker as time of the job", async () => {
  await using pool = makePool();
  const clock = new ManualClock();
  const loop = new IOLoop({ clock, makeCurrent: false });
  const sum = await loop.run(async () => {
    const future = pool.with({ timeoutMs: 1000 }).run("add", 1, 1);
    clock.jump(5000);
    // A turn, long before the worker has started, in which a timer of the job would be due.
    await new Promise<void>((resolve) => loop.addCallback(() => loop.addCallback(resolve)));
    return await future;
  });
  assertEquals(sum, 2);
  loop.close();
});

// --- crashes ---

const crashes: [name: keyof typeof jobs, args: never[], message: string, cause: string | undefined][] = [
  ["closeSelf", [], "ended by an exit with code 0", undefined],
  ["exit", [3 as never], "ended by an exit with code 3", undefined],
  ["throwInTimer", [], "ended by an uncaught error: SyntaxError: in a timer", "in a timer"],
  ["rejectUnhandled", [], "ended by an uncaught error: Error: nobody awaits it", "nobody awaits it"],
];
for (const [name, args, message, cause] of crashes) {
  Deno.test(`WorkerPool fails the job and replaces the worker when ${name} ends it`, async () => {
    await using pool = makePool();
    const crashing = pool.run(name as "closeSelf", ...args as []);
    const waiting = pool.run("countCalls");
    const error = await assertRejects(() => crashing, WorkerCrashedError, message);
    assertStringIncludes(error.message, `, while it had the job ${name}`);
    assertEquals((error.cause as Error | undefined)?.message, cause);
    assertEquals(await waiting, 1);
  });
}

const brokenModules: [what: string, url: string, message: string][] = [
  ["throws", "data:text/javascript,throw new Error('at import')", "ended by an uncaught error: Error: at import"],
  ["does not parse", "data:text/javascript,export function (", "ended by an uncaught error: "],
  ["is missing", import.meta.resolve("./no_such_module.ts"), "Module not found"],
];
for (const [what, url, message] of brokenModules) {
  Deno.test(`WorkerPool fails each job when its module ${what}`, async () => {
    await using pool = new WorkerPool(url, { size: 1 });
    const first = pool.run("work");
    const second = pool.run("work");
    await assertRejects(() => first, WorkerCrashedError, message);
    await assertRejects(() => second, WorkerCrashedError, message);
    assertEquals([pool.workers, pool.queued], [0, 0]);
  });
}

Deno.test("WorkerPool fails a job whose module does not finish loading", async () => {
  const module = "data:text/javascript,await new Promise(() => setInterval(() => {}, 1000))";
  await using pool = new WorkerPool(module, { size: 1, startTimeoutMs: 1 });
  await assertRejects(() => pool.run("work"), WorkerCrashedError, "an import that took longer than 1 ms");
});

Deno.test("WorkerPool logs the loss of an idle worker and goes on", async () => {
  await using pool = makePool();
  const pattern = /A worker without a job was lost\nWorkerCrashedError: .*after the job/;
  await expectLog({ level: "warning", category: "denado.general", pattern }, async (messages) => {
    assertEquals(await pool.run("breakAfterwards"), "returned");
    while (messages.length === 0) await new Promise((resolve) => setTimeout(resolve));
  });
  assertEquals(pool.workers, 0);
  assertEquals(await pool.run("countCalls"), 1);
});

// --- closing ---

Deno.test("WorkerPool close lets running and waiting jobs finish", async () => {
  const pool = makePool();
  const results = [pool.run("add", 1, 1), pool.run("add", 2, 2)];
  await pool.close();
  assertEquals(await Promise.all(results), [2, 4]);
  assertEquals([pool.workers, pool.closed], [0, true]);
});

Deno.test("WorkerPool close gives a waiting job a new worker when the last one crashes", async () => {
  const pool = makePool();
  const crashing = pool.run("closeSelf");
  const waiting = pool.run("add", 2, 2);
  const closed = pool.close();
  await assertRejects(() => crashing, WorkerCrashedError);
  assertEquals(await waiting, 4);
  await closed;
  assertEquals(pool.workers, 0);
});

Deno.test("WorkerPool close without grace gives up all jobs at once", async () => {
  const pool = makePool();
  const blocker = new Blocker();
  const given = [
    assertRejects(() => pool.run("block", blocker.state), WorkerPoolClosedError, "block was given up: the worker pool"),
    assertRejects(() => pool.run("add", 1, 1), WorkerPoolClosedError, "add was given up"),
  ];
  await blocker.running();
  await pool.close({ graceMs: 0 });
  await Promise.all(given);
  assertEquals([pool.workers, pool.queued], [0, 0]);
});

Deno.test("WorkerPool close gives up jobs that are not done when the grace is over", async () => {
  const pool = makePool();
  const given = assertRejects(() => pool.run("spin"), WorkerPoolClosedError);
  await pool.close({ graceMs: 1 });
  await given;
});

Deno.test("WorkerPool close can be called again and shorten the wait", async () => {
  const pool = makePool();
  const given = assertRejects(() => pool.run("spin"), WorkerPoolClosedError);
  const closed = pool.close();
  await pool.close({ graceMs: 0 });
  await closed;
  await pool.close();
  await given;
});

Deno.test("WorkerPool refuses jobs after close", async () => {
  const pool = makePool();
  await pool.close();
  await assertRejects(() => pool.run("add", 1, 1), WorkerPoolClosedError, "Cannot run add: the worker pool is closed");
});

Deno.test("WorkerPool that is idle does not keep the process alive", async () => {
  const script = `
    import { WorkerPool } from ${JSON.stringify(import.meta.resolve("@denado/denado/ioloop"))};
    const pool = new WorkerPool("data:text/javascript,export const f = () => 'done'");
    console.log(await pool.run("f"));
  `;
  const { stdout, code } = await new Deno.Command(Deno.execPath(), { args: ["eval", script], stderr: "inherit" })
    .output();
  assertEquals([new TextDecoder().decode(stdout), code], ["done\n", 0]);
});

// --- arguments ---

Deno.test("WorkerPool needs an absolute URL", () => {
  assertThrows(() => new WorkerPool("./jobs.ts"), TypeError, "its URL must be absolute");
});

Deno.test("WorkerPool needs a positive size and a queue that is not negative", () => {
  for (const size of [0, -1, 1.5, NaN]) assertThrows(() => new WorkerPool(JOBS, { size }), RangeError, String(size));
  for (const maxQueue of [-1, NaN]) {
    assertThrows(() => new WorkerPool(JOBS, { maxQueue }), RangeError, String(maxQueue));
  }
});

Deno.test("WorkerPool leaves one processor to the loop by default", () => {
  assertEquals(new WorkerPool(JOBS).size, Math.max(navigator.hardwareConcurrency - 1, 1));
});

// --- types: checked by the compiler, never called ---

function _typesOfJobs(pool: WorkerPool<typeof jobs>): void {
  const _sum: Future<number> = pool.run("add", 1, 2);
  const _bytes: Future<Uint8Array<ArrayBuffer>> = pool.run("moved", 1, new MessageChannel().port1);
  // @ts-expect-error an argument of the wrong type
  pool.run("add", 1, "2");
  // @ts-expect-error an argument is missing
  pool.run("add", 1);
  // @ts-expect-error not a function
  pool.run("constant");
  // @ts-expect-error no such export
  pool.run("missing");
}
