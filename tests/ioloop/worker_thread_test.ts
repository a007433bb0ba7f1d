import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { WorkerCrashedError } from "@denado/denado/ioloop";
import { type JobOutcome, type WorkerOwner, WorkerThread } from "../../ioloop/worker_thread.ts";

type Report = readonly ["ready"] | readonly ["finished", JobOutcome] | readonly ["ended", Error];

/** A thread for a module, and what it reports, in order. */
function startThread(module: string, startTimeoutMs = 60_000) {
  const reports: Report[] = [];
  let wake = () => {};
  const note = (report: Report) => {
    reports.push(report);
    wake();
  };
  const owner: WorkerOwner = {
    ready: () => note(["ready"]),
    finished: (_thread, outcome) => note(["finished", outcome]),
    ended: (_thread, error) => note(["ended", error]),
  };
  const url = `data:text/javascript,${encodeURIComponent(module)}`;
  const thread = new WorkerThread(url, { poolName: "test", name: "test", startTimeoutMs, owner });
  return {
    thread,
    reports,
    async next(): Promise<Report> {
      if (reports.length === 0) await new Promise<void>((resolve) => wake = resolve);
      return reports.shift()!;
    },
    async [Symbol.asyncDispose]() {
      thread.terminate();
      await thread.exited;
    },
  };
}

Deno.test("WorkerThread reports when it is ready and how a job went", async () => {
  await using started = startThread("export const one = () => 1; export const fail = () => { throw 2 };");
  assertEquals(await started.next(), ["ready"]);
  started.thread.post({ name: "one", args: [] }, []);
  assertEquals(await started.next(), ["finished", { kind: "result", value: 1 }]);
  started.thread.post({ name: "fail", args: [] }, []);
  assertEquals(await started.next(), ["finished", { kind: "error", error: 2 }]);
});

Deno.test("WorkerThread reports its end once, with the reason", async () => {
  await using started = startThread("throw new Error('broken')");
  const [kind, error] = await started.next() as ["ended", Error];
  assertEquals(kind, "ended");
  assertInstanceOf(error, WorkerCrashedError);
  assertEquals((error.cause as Error).message, "broken");
  await started.thread.exited;
  assertEquals(started.reports, []);
});

Deno.test("WorkerThread that exits by itself has no cause to give", async () => {
  await using started = startThread("Deno.exit(7)");
  let report = await started.next();
  // The exit is noticed at the next turn of the worker, which may be ready by then.
  if (report[0] === "ready") report = await started.next();
  const error = report[1] as Error;
  assertEquals(/ended by an exit with code 7$/.test(error.message), true, error.message);
  assertEquals("cause" in error, false);
});

Deno.test("WorkerThread is silent once it is terminated", async () => {
  const started = startThread("export const one = () => 1;");
  await started.next();
  started.thread.post({ name: "one", args: [] }, []);
  started.thread.terminate();
  await started.thread.exited;
  assertEquals(started.reports, []);
});

Deno.test("WorkerThread can be terminated again, and after its end", async () => {
  const started = startThread("Deno.exit(0)");
  await started.next();
  started.thread.terminate();
  started.thread.terminate();
  await started.thread.exited;
});

Deno.test("WorkerThread ends when the import takes too long", async () => {
  await using started = startThread("for (;;);", 1);
  const [, error] = await started.next() as ["ended", Error];
  assertEquals(error.message.endsWith("ended by an import that took longer than 1 ms"), true, error.message);
});

Deno.test("WorkerThread post throws when an argument cannot be cloned", async () => {
  await using started = startThread("export const one = () => 1;");
  assertThrows(() => started.thread.post({ name: "one", args: [() => {}] }, []), Error, "could not be cloned");
});
