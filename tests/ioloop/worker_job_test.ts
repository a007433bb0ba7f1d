import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { CancelledError, IOLoop, type JobOptions, TimeoutError } from "@denado/denado/ioloop";
import { WorkerJob } from "../../ioloop/worker_job.ts";
import { CountingAbortController, type ManualLoop, withManualLoop } from "../helpers/manual_loop.ts";

function makeJob({ loop }: Pick<ManualLoop, "loop">, options: JobOptions = {}, args: unknown[] = []) {
  const givenUp: WorkerJob[] = [];
  const job = new WorkerJob({ name: "work", args }, options, loop, (given) => givenUp.push(given));
  return { job, givenUp };
}

Deno.test("WorkerJob settles its future in a later turn of the loop", () =>
  withManualLoop(async (manual) => {
    const { job } = makeJob(manual);
    job.end({ kind: "result", value: 5 });
    assertEquals([job.ended, job.future.done()], [true, false]);
    assertEquals(await job.future, 5);
  }));

Deno.test("WorkerJob counts its first end only", () =>
  withManualLoop(async (manual) => {
    const { job, givenUp } = makeJob(manual);
    job.end({ kind: "error", error: new Error("first") });
    job.end({ kind: "result", value: 2 });
    await assertRejects(() => job.future, Error, "first");
    assertEquals(givenUp, []);
  }));

Deno.test("WorkerJob is given up when the time since its begin is over", () =>
  withManualLoop(async (manual) => {
    const { job, givenUp } = makeJob(manual, { timeoutMs: 100 });
    const failed = assertRejects(() => job.future, TimeoutError, "work did not return within 100 ms");
    await manual.clock.advance(500);
    job.begin();
    await manual.clock.advance(99);
    assertEquals(job.ended, false);
    await manual.clock.advance(1);
    assertEquals(givenUp, [job]);
    await failed;
  }));

Deno.test("WorkerJob leaves no timer and no listener behind when it ends", () =>
  withManualLoop(async (manual) => {
    const controller = new CountingAbortController();
    const { job } = makeJob(manual, { timeoutMs: 100, signal: controller.signal });
    job.begin();
    assertEquals(controller.listenerCount, 1);
    job.end({ kind: "result", value: 1 });
    assertEquals(await job.future, 1);
    assertEquals([controller.listenerCount, manual.clock.armed], [0, 0]);
  }));

Deno.test("WorkerJob is given up with the reason of its signal", () =>
  withManualLoop(async (manual) => {
    const controller = new CountingAbortController();
    const { job, givenUp } = makeJob(manual, { timeoutMs: 100, signal: controller.signal });
    job.begin();
    controller.abort("enough");
    assertEquals(givenUp, [job]);
    assertEquals(await job.future.catch((reason) => reason), "enough");
    assertEquals([controller.listenerCount, manual.clock.armed], [0, 0]);
  }));

Deno.test("WorkerJob is given up at once when its future is cancelled", () =>
  withManualLoop(async (manual) => {
    const { job, givenUp } = makeJob(manual);
    assertEquals([job.future.cancel(), job.future.cancel()], [true, false]);
    assertEquals([job.ended, givenUp], [true, [job]]);
    job.end({ kind: "result", value: 1 });
    await assertRejects(() => job.future, CancelledError);
  }));

Deno.test("WorkerJob whose future is cancelled after the end is not given up", () =>
  withManualLoop(async (manual) => {
    const { job, givenUp } = makeJob(manual);
    job.end({ kind: "result", value: 1 });
    job.future.cancel();
    assertEquals(givenUp, []);
    await assertRejects(() => job.future, CancelledError);
  }));

Deno.test("WorkerJob settles its future also when the loop is closed", async () => {
  const loop = new IOLoop({ makeCurrent: false });
  const { job } = makeJob({ loop }, { timeoutMs: 1 });
  loop.close();
  job.begin();
  job.end({ kind: "result", value: 1 });
  assertEquals(await job.future, 1);
});

Deno.test("WorkerJob sends the arguments as they were when it was detached", () =>
  withManualLoop((manual) => {
    const [list, buffer] = [[1], new ArrayBuffer(2)];
    const { job } = makeJob(manual, { transfer: [buffer] }, [list, buffer]);
    job.detach();
    list.push(2);
    assertEquals(buffer.byteLength, 0);
    job.post({
      post({ name, args }, transfer) {
        assertEquals([name, args[0]], ["work", [1]]);
        assertStrictEquals(args[1], transfer[0]);
        assertEquals((transfer[0] as ArrayBuffer).byteLength, 2);
      },
    });
    job.end({ kind: "result", value: undefined });
  }));

Deno.test("WorkerJob says which job's arguments cannot be cloned", () =>
  withManualLoop((manual) => {
    const { job } = makeJob(manual, {}, [Symbol()]);
    assertThrows(() => job.detach(), TypeError, "Cannot send the arguments of work to a worker: ");
    job.end({ kind: "result", value: undefined });
  }));
