import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Handle, TimerHandle } from "@denado/denado/ioloop";
import { captureOrigin } from "../../ioloop/handle.ts";

Deno.test("Handle runs its callback with the arguments", () => {
  const seen: unknown[] = [];
  const handle = new Handle((...args: unknown[]) => seen.push(args), [1, "two", undefined]);
  handle.run();
  new Handle((...args: unknown[]) => seen.push(args), []).run();
  assertEquals(seen, [[1, "two", undefined], []]);
});

Deno.test("Handle returns what the callback returns and throws what it throws", () => {
  assertEquals(new Handle(() => 42, []).run(), 42);
  assertThrows(
    () =>
      new Handle(() => {
        throw new RangeError("mine");
      }, []).run(),
    RangeError,
    "mine",
  );
});

Deno.test("Handle does not run when it was cancelled, once or twice", () => {
  const handle = new Handle(() => 42, []);
  assertEquals(handle.cancelled, false);
  handle.cancel();
  handle.cancel();
  assertEquals([handle.cancelled, handle.run()], [true, undefined]);
});

Deno.test("Handle can cancel itself while it runs", () => {
  const handle: Handle = new Handle((value: number) => {
    handle.cancel();
    return value;
  }, [42]);
  assertEquals(handle.run(), 42);
  assert(handle.cancelled);
});

Deno.test("Handle is cancelled at the end of a using scope", () => {
  const handle = new Handle(() => 42, []);
  {
    using scoped = handle;
    assertEquals(scoped.cancelled, false);
  }
  assert(handle.cancelled);
});

Deno.test("Handle lets go of its callback when it is cancelled", () => {
  const handle = new Handle(function remember() {}, []);
  handle.cancel();
  assertEquals([handle.name, String(handle)], ["(cancelled)", "Handle((cancelled))"]);
});

Deno.test("Handle names its callback in logs", () => {
  assertEquals(new Handle(function work() {}, []).toString(), "Handle(work)");
  assertEquals(new Handle(() => {}, []).toString(), "Handle((anonymous))");
});

function makeTimer(callback: () => unknown, when = 12.345) {
  const calls: string[] = [];
  const timer = new TimerHandle(callback, [], {
    when,
    sequence: 0,
    heap: { noteCancelled: () => calls.push("cancelled") },
    fire: () => calls.push("fired"),
  });
  return { timer, calls };
}

Deno.test("TimerHandle tells its heap once that it was cancelled", () => {
  const { timer, calls } = makeTimer(() => 42);
  timer.cancel();
  timer.cancel();
  assertEquals([timer.cancelled, timer.run(), calls], [true, undefined, ["cancelled"]]);
});

Deno.test("TimerHandle tells nobody that it was cancelled after it left the heap", () => {
  const { timer, calls } = makeTimer(() => 42);
  timer.leftHeap();
  timer.cancel();
  assertEquals([timer.cancelled, calls], [true, []]);
});

Deno.test("TimerHandle.fire lets the loop run it", () => {
  const { timer, calls } = makeTimer(() => 42);
  timer.fire();
  assertEquals([calls, timer.run()], [["fired"], 42]);
});

Deno.test("TimerHandle shows its time in logs", () => {
  assertEquals(makeTimer(function tick() {}).timer.toString(), "TimerHandle(tick, when 12.3)");
});

Deno.test("captureOrigin names the place that called the method", () => {
  function schedule(): Error {
    return captureOrigin(schedule);
  }
  function user(): Error {
    return schedule();
  }
  const { stack = "" } = user();
  assertMatch(stack.split("\n")[1]!, /at user .*handle_test\.ts/);
});
