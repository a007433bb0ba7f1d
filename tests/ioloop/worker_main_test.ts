import { assertEquals, assertStringIncludes } from "@std/assert";
import { on } from "node:events";
import { Worker } from "node:worker_threads";
import { workerSource } from "../../ioloop/worker_main.ts";

/** A worker with the real source and a tag of the test's own; `next` is its next message. */
function startWorker(module: string) {
  const moduleUrl = `data:text/javascript,${encodeURIComponent(module)}`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(workerSource())}`), {
    workerData: { moduleUrl, tag: "tag" },
  });
  const messages = on(worker, "message");
  return {
    worker,
    next: async () => (await messages.next()).value![0],
    [Symbol.asyncDispose]: async () => void await worker.terminate(),
  };
}

Deno.test("workerSource runs without anything outside of itself", async () => {
  await using started = startWorker("export const add = (a, b) => a + b;");
  assertEquals(await started.next(), ["tag", "ready"]);
  started.worker.postMessage({ name: "add", args: [1, 2] });
  assertEquals(await started.next(), ["tag", "result", 3]);
});

Deno.test("workerMain answers a job that came before the module was there", async () => {
  await using started = startWorker("await new Promise((go) => setTimeout(go)); export const one = () => 1;");
  started.worker.postMessage({ name: "one", args: [] });
  assertEquals(await started.next(), ["tag", "ready"]);
  assertEquals(await started.next(), ["tag", "result", 1]);
});

Deno.test("workerMain reports an error of a job as a record", async () => {
  await using started = startWorker("export function fail() { throw new RangeError('text', { cause: 1 }) }");
  await started.next();
  started.worker.postMessage({ name: "fail", args: [] });
  const [tag, kind, error] = await started.next();
  assertEquals([tag, kind, error.kind, error.name, error.message], ["tag", "error", "error", "RangeError", "text"]);
  assertEquals(error.cause, [{ kind: "value", value: 1 }]);
});

Deno.test("workerMain reports a module that cannot be imported as a crash", async () => {
  await using started = startWorker("import 'data:text/javascript,throw new Error(1)'");
  const [, kind, error] = await started.next();
  assertEquals([kind, error.message], ["crash", "1"]);
});

Deno.test("workerMain reports an error outside of a job as a crash", async () => {
  await using started = startWorker("export const later = () => void setTimeout(() => missing())");
  await started.next();
  started.worker.postMessage({ name: "later", args: [] });
  assertEquals(await started.next(), ["tag", "result", undefined]);
  const [, kind, error] = await started.next();
  assertEquals([kind, error.name], ["crash", "ReferenceError"]);
});

Deno.test("workerMain gives the module a global self, as in a web worker", async () => {
  await using started = startWorker("export const names = () => [typeof self, self === globalThis, typeof self.close]");
  await started.next();
  started.worker.postMessage({ name: "names", args: [] });
  assertEquals(await started.next(), ["tag", "result", ["object", true, "function"]]);
});

Deno.test("workerMain reports a result that cannot be cloned", async () => {
  await using started = startWorker("export const f = () => () => {}");
  await started.next();
  started.worker.postMessage({ name: "f", args: [] });
  const [, kind, error] = await started.next();
  assertEquals(kind, "error");
  assertStringIncludes(error.message, "Cannot send the result of f to the pool");
});
