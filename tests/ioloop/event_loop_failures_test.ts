import { assert, assertEquals, assertMatch, assertStrictEquals, assertThrows } from "@std/assert";
import { CancelledError, READ } from "@denado/denado/ioloop";
import { expectLog } from "../helpers/expect_log.ts";
import { FakeSelectable } from "../helpers/fake_selectable.ts";
import { loopTest, readyOnce } from "../helpers/loop_scene.ts";
import { settle } from "../helpers/manual_clock.ts";

// --- exceptions ---

const failing: { name: string; fail: () => unknown }[] = [
  {
    name: "throws",
    fail: () => {
      throw new RangeError("mine");
    },
  },
  { name: "returns a promise that rejects", fail: () => Promise.reject(new RangeError("mine")) },
  {
    name: "throws after an await",
    fail: async () => {
      await Promise.resolve();
      throw new RangeError("mine");
    },
  },
  {
    name: "returns a thenable that fails",
    fail: () => ({ then: (_: unknown, reject: (error: unknown) => void) => reject(new RangeError("mine")) }),
  },
  {
    name: "returns a thenable that throws",
    fail: () => ({
      then() {
        throw new RangeError("mine");
      },
    }),
  },
  {
    name: "returns something with a then that cannot be read",
    fail: () => ({
      get then() {
        throw new RangeError("mine");
      },
    }),
  },
];

for (const { name, fail } of failing) {
  loopTest(`EventLoop reports a callback, a timer and a handler that ${name}, and goes on`, async (scene) => {
    const { loop, clock, seen, errors, note } = scene;
    const handle = loop.callSoon(fail);
    const timer = loop.callLater(10, fail);
    clock.jump(1010);
    const resource = new FakeSelectable();
    resource.give(READ);
    loop.selector.register(resource, READ, () => {
      resource.take(READ);
      return fail();
    }, { name: "onRead" });
    readyOnce(loop, note("other handler"));
    loop.callSoon(note("other callback"));
    loop.callAt(1010, note("other timer"));
    await settle();
    assertEquals(seen, ["other callback", "other handler", "other timer"]);
    const reported = errors.splice(0).sort((a, b) => a.message.localeCompare(b.message));
    assertEquals(reported.map((context) => context.message), [
      "Exception in callback Handle(fail)",
      "Exception in callback TimerHandle(fail, when 1010.0)",
      `Exception in handler onRead of descriptor ${resource.fileno}`,
    ]);
    assertEquals(reported.map((context) => context.handle), [handle, timer, undefined]);
    for (const context of reported) assert(context.exception instanceof RangeError);
  });
}

loopTest("EventLoop is silent about a callback that was cancelled while it waited", async ({ loop, clock }) => {
  const cancellations = [
    () => {
      throw new CancelledError();
    },
    () => Promise.reject(new CancelledError()),
    () => AbortSignal.abort().throwIfAborted(),
    () => Promise.reject(AbortSignal.abort().reason),
  ];
  for (const cancelled of cancellations) {
    loop.callSoon(cancelled);
    loop.callLater(0, cancelled);
    readyOnce(loop, cancelled);
  }
  await clock.advance(0);
});

loopTest("EventLoop gives its exception handler the loop and the context", async ({ loop, errors }) => {
  const calls: unknown[] = [];
  const handler = (...args: unknown[]) => calls.push(args);
  loop.setExceptionHandler(handler);
  assertStrictEquals(loop.getExceptionHandler(), handler);
  const exception = new Error("mine");
  const handle = loop.callSoon(() => Promise.reject(exception));
  await settle();
  const message = `Exception in callback ${handle}`;
  assertEquals(calls, [[loop, { message, exception, handle }]]);
  assertEquals(errors, []);
});

loopTest("EventLoop logs errors as long as no exception handler is set", ({ loop }) =>
  expectLog(
    [
      {
        level: "error",
        category: "denado.application",
        pattern: /^Exception in callback Handle\(work\)\nRangeError: mine\n +at /,
        times: 1,
      },
      { level: "error", category: "denado.application", pattern: /^It failed\ndetail: 42$/, times: 1 },
    ],
    async (messages) => {
      loop.setExceptionHandler(() => {
        throw new Error("is replaced");
      });
      loop.setExceptionHandler(undefined);
      assertEquals(loop.getExceptionHandler(), undefined);
      const exception = new RangeError("mine");
      loop.callSoon(function work() {
        throw exception;
      });
      loop.callExceptionHandler({ message: "It failed", detail: 42 });
      await settle();
      assertStrictEquals(messages.find(({ text }) => text.includes("mine"))!.properties.exception, exception);
    },
  ), { logErrors: true });

for (const [name, fails] of [["throws", false], ["rejects", true]] as const) {
  loopTest(`EventLoop logs both errors when the exception handler ${name}`, ({ loop, seen, note }) =>
    expectLog(
      {
        level: "error",
        category: "denado.application",
        pattern:
          /^Unhandled error in exception handler\ncontext: "Exception in callback Handle\(work\)"\noriginal: RangeError: mine[^]*\nTypeError: my handler/,
        times: 1,
      },
      async () => {
        loop.setExceptionHandler(() => {
          if (fails) return Promise.reject(new TypeError("my handler"));
          throw new TypeError("my handler");
        });
        loop.callSoon(function work() {
          throw new RangeError("mine");
        });
        loop.callSoon(note("next"));
        await settle();
        assertEquals(seen, ["next"]);
      },
    ), { logErrors: true });
}

loopTest("EventLoop refuses an exception handler that is not a function", ({ loop }) => {
  const before = loop.getExceptionHandler();
  for (const wrong of [null, 42, {}]) {
    assertThrows(() => loop.setExceptionHandler(wrong as unknown as undefined), TypeError, "that is not a function");
  }
  assertStrictEquals(loop.getExceptionHandler(), before);
});

loopTest(
  "EventLoop survives an error that cannot be described",
  ({ loop, seen, note }) =>
    expectLog({ level: "error", pattern: "cannot be inspected", times: 1 }, async () => {
      const hostile = {
        [Symbol.for("Deno.customInspect")]() {
          throw new Error("not for you");
        },
      };
      loop.callSoon(() => Promise.reject(hostile));
      loop.callSoon(note("next"));
      await settle();
      assertEquals(seen, ["next"]);
    }),
  { logErrors: true },
);

loopTest(
  "EventLoop reports a resource that fails when it is asked, and goes on",
  async ({ loop, errors, seen, note }) => {
    const resource = new FakeSelectable();
    loop.selector.register(resource, READ, note("never"), { name: "onRead" });
    resource.give(READ);
    const exception = new Error("broken");
    resource.failures.ready = exception;
    loop.callSoon(note("callback"));
    await settle();
    assertEquals(seen, ["callback"]);
    assertEquals(errors.splice(0).map(({ message, exception }) => [message, exception]), [
      [`Exception in the resource of handler onRead of descriptor ${resource.fileno}`, exception],
    ]);
  },
);

// --- debug mode ---

loopTest("EventLoop in debug mode logs with an error where its callback was scheduled", ({ loop }) =>
  expectLog(
    [
      {
        level: "error",
        pattern: /Handle\(work\)[^]*\nScheduled here\n +at schedulesSoon .*event_loop_failures_test\.ts/,
        times: 1,
      },
      {
        level: "error",
        pattern: /TimerHandle\(work[^]*\nScheduled here\n[^]* +at schedulesLater .*event_loop_failures_test/,
        times: 1,
      },
    ],
    async () => {
      function work() {
        throw new Error("mine");
      }
      (function schedulesSoon() {
        loop.callSoon(work);
      })();
      (function schedulesLater() {
        loop.callLater(0, work);
      })();
      await settle();
    },
  ), { debug: true, logErrors: true });

loopTest("EventLoop records no origin unless it is in debug mode", ({ loop }) => {
  assertEquals(loop.debug, false);
  assertEquals(loop.callSoon(() => {}).origin, undefined);
  loop.debug = true;
  assertMatch(loop.callSoon(() => {}).origin!.stack!, /event_loop_failures_test\.ts/);
  assertMatch(loop.callLater(1, () => {}).origin!.stack!, /event_loop_failures_test\.ts/);
});

loopTest("EventLoop in debug mode warns of what takes at least slowCallbackDurationMs", ({ loop, clock }) => {
  const warning = (pattern: RegExp) => ({ level: "warning" as const, category: "denado.general", pattern, times: 1 });
  return expectLog(
    [
      warning(/^Executing slowCallback took 100\.0 ms\nScheduled here\n +at .*event_loop_failures_test\.ts/),
      warning(/^Executing slowTimer took 2000\.5 ms\nScheduled here\n/),
      warning(/^Executing handler slowHandler of descriptor \d+ took 150\.0 ms$/),
      warning(/^Executing a turn of the loop took 2349\.5 ms$/),
      { level: "error", pattern: "Exception in callback Handle(slowAndFailing)", times: 1 },
      warning(/^Executing slowAndFailing took 300\.0 ms/),
      warning(/^Executing a turn of the loop took 300\.0 ms$/),
    ],
    async () => {
      assertEquals(loop.slowCallbackDurationMs, 100);
      const take = (ms: number) => clock.jump(clock.now() + ms);
      loop.callAt(1000, function slowTimer() {
        take(2000.5);
      });
      const resource = new FakeSelectable();
      resource.give(READ);
      loop.selector.register(resource, READ, () => {
        resource.take(READ);
        take(150);
      }, { name: "slowHandler" });
      loop.callSoon(function slowCallback() {
        take(100);
      });
      loop.callSoon(function quickCallback() {
        take(99);
      });
      await settle();
      loop.callSoon(function slowAndFailing() {
        take(300);
        throw new Error("mine");
      });
      await settle();
    },
  );
}, { debug: true, logErrors: true });

loopTest("EventLoop warns at the duration that was set", ({ loop, clock }) =>
  expectLog([
    { level: "warning", pattern: "Executing work took 5.0 ms", times: 1 },
    { level: "warning", pattern: "a turn of the loop took", times: 1 },
  ], async () => {
    loop.slowCallbackDurationMs = 5;
    loop.callSoon(function work() {
      clock.jump(clock.now() + 5);
    });
    await settle();
    loop.callSoon(() => clock.jump(clock.now() + 4.9));
    await settle();
  }), { debug: true, logErrors: true });

loopTest("EventLoop warns of nothing slow outside of debug mode", ({ loop, clock }) =>
  expectLog([], async () => {
    loop.callSoon(() => clock.jump(clock.now() + 5000));
    loop.callLater(0, () => clock.jump(clock.now() + 5000));
    await settle();
  }), { logErrors: true });

loopTest(
  "EventLoop warns of the turn in which debug mode begins, but not of the callback that it did not time",
  (scene) =>
    expectLog({ level: "warning", pattern: "Executing a turn of the loop took 5000.0 ms", times: 1 }, async () => {
      const { loop, clock } = scene;
      loop.callSoon(() => {
        clock.jump(clock.now() + 5000);
        loop.debug = true;
      });
      await settle();
    }),
  { logErrors: true },
);
