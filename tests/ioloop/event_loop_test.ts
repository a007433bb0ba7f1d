import { AsyncLocalStorage } from "node:async_hooks";
import {
  assert,
  assertEquals,
  assertFalse,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { EventLoop, type Handle, READ } from "@denado/denado/ioloop";
import { FakeSelectable } from "../helpers/fake_selectable.ts";
import { loopTest, readyOnce } from "../helpers/loop_scene.ts";
import { ManualClock, settle } from "../helpers/manual_clock.ts";

// --- order ---

loopTest(
  "EventLoop calls callbacks in the order in which they were scheduled, each with its arguments",
  async ({ loop, seen }) => {
    loop.callSoon((...args: unknown[]) => seen.push(`a${args}`));
    loop.callSoon((x: number, y: string) => seen.push(`b${x}${y}`), 1, "y");
    loop.callSoonThreadsafe((x: number) => seen.push(`c${x}`), 2);
    assertEquals(seen, [], "never synchronously");
    await settle();
    assertEquals(seen, ["a", "b1y", "c2"]);
  },
);

loopTest("EventLoop begins a turn without waiting for the host", async ({ loop, seen, note }) => {
  loop.callSoon(note("first"));
  for (let n = 0; n < 4; n++) await Promise.resolve();
  assertEquals(seen, ["first"]);
});

loopTest(
  "EventLoop runs callbacks, then handlers, then timers; what they add waits for the next turn",
  async (scene) => {
    const { loop, clock, seen, note } = scene;
    loop.callAt(1010, () => {
      seen.push("timer");
      loop.callSoon(note("added by timer"));
      loop.callLater(0, note("timer added by timer"));
    });
    clock.jump(1010);
    readyOnce(loop, () => {
      seen.push("handler");
      loop.callSoon(note("added by handler"));
    });
    loop.callSoon(() => {
      seen.push("callback");
      loop.callSoon(note("added by callback"));
      loop.callLater(0, note("timer added by callback"));
      readyOnce(loop, note("handler added by callback"));
    });
    loop.callSoon(note("second callback"));
    await settle();
    assertEquals(seen, [
      "callback",
      "second callback",
      "handler",
      "timer",
      "added by callback",
      "added by handler",
      "added by timer",
      "handler added by callback",
      "timer added by callback",
      "timer added by timer",
    ]);
  },
);

loopTest("EventLoop runs promise reactions of its callbacks before the timers of the same turn", async (scene) => {
  const { loop, clock, seen, note } = scene;
  loop.callLater(10, note("timer"));
  clock.jump(1010);
  loop.callSoon(async () => {
    seen.push("before");
    await null;
    seen.push("after");
  });
  await settle();
  assertEquals(seen, ["before", "after", "timer"]);
});

loopTest("EventLoop takes 100,000 callbacks in one turn, in order", async ({ loop }) => {
  const seen: number[] = [];
  for (let n = 0; n < 100_000; n++) loop.callSoon((n: number) => seen.push(n), n);
  await settle();
  assertEquals(seen.length, 100_000);
  assert(seen.every((value, at) => value === at));
});

for (const value of [[], {}, 0, "", null, undefined, new Map(), () => {}]) {
  loopTest(`EventLoop ignores what a callback returns: ${Deno.inspect(value)}`, async ({ loop, clock, seen, note }) => {
    loop.callSoon(() => value);
    readyOnce(loop, () => value);
    loop.callLater(0, () => value);
    loop.callSoon(note("next"));
    await settle();
    const { reads } = clock;
    await settle();
    assertEquals([seen, clock.reads], [["next"], reads]);
  });
}

// --- cancelling ---

loopTest("EventLoop does not call what was cancelled before its turn", async ({ loop, seen, note }) => {
  loop.callSoon(note("a"));
  loop.callSoon(note("b")).cancel();
  loop.callSoon(note("c"));
  await settle();
  assertEquals(seen, ["a", "c"]);
});

loopTest("EventLoop does not call what a callback cancels in the same turn", async ({ loop, seen, note }) => {
  const victims: Handle[] = [];
  loop.callSoon(() => victims.forEach((victim) => victim.cancel()));
  victims.push(loop.callSoon(note("same turn")));
  loop.callSoon(() => victims.push(loop.callSoon(note("next turn"))));
  loop.callSoon(() => victims.forEach((victim) => victim.cancel()));
  loop.callSoon(note("other"));
  await settle();
  assertEquals(seen, ["other"]);
});

loopTest("EventLoop lets a callback cancel itself and what has run", async ({ loop, seen, note }) => {
  const ran = loop.callSoon(note("ran"));
  const self: Handle = loop.callSoon(() => {
    self.cancel();
    ran.cancel();
    seen.push("self");
  });
  await settle();
  assertEquals(seen, ["ran", "self"]);
});

// --- wrong arguments ---

for (const debug of [false, true]) {
  loopTest(`EventLoop refuses to schedule what is not a function, debug ${debug}`, ({ loop }) => {
    for (const wrong of [undefined, null, "callback", {}, Promise.resolve()]) {
      const callback = wrong as unknown as () => void;
      const message = "Cannot schedule something that is not a function";
      assertThrows(() => loop.callSoon(callback), TypeError, message);
      assertThrows(() => loop.callLater(1, callback), TypeError, message);
      assertThrows(() => loop.callAt(1, callback), TypeError, message);
      assertThrows(() => loop.addSignalHandler("SIGINT", callback), TypeError, message);
    }
  }, { debug });
}

// --- the current loop ---

Deno.test("EventLoop is the running one in its callbacks, timers, handlers and their continuations", async () => {
  const clock = new ManualClock();
  const loop = new EventLoop({ clock });
  const seen: [string, EventLoop | undefined][] = [];
  const look = (place: string) => async () => {
    seen.push([place, EventLoop.running()]);
    await Promise.resolve();
    seen.push([`${place}, after await`, EventLoop.running()]);
    await new Promise((resolve) => setTimeout(resolve, 0));
    seen.push([`${place}, after a host timer`, EventLoop.current()]);
  };
  loop.callSoon(look("callback"));
  loop.callLater(5, look("timer"));
  readyOnce(loop, look("handler"));
  await clock.advance(5);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(EventLoop.running(), undefined);
  assertEquals(seen.map(([place]) => place).sort(), [
    "callback",
    "callback, after a host timer",
    "callback, after await",
    "handler",
    "handler, after a host timer",
    "handler, after await",
    "timer",
    "timer, after a host timer",
    "timer, after await",
  ]);
  for (const [place, running] of seen) assertStrictEquals(running, loop, place);
  loop.close();
});

Deno.test("EventLoop stays the running one of its coroutines when another loop becomes the default", async () => {
  const first = new EventLoop();
  const second = new EventLoop();
  EventLoop.default = first;
  const seen: EventLoop[] = [];
  first.callSoon(async () => {
    seen.push(EventLoop.current());
    await settle();
    seen.push(EventLoop.current());
  });
  await Promise.resolve();
  EventLoop.default = second;
  assertStrictEquals(EventLoop.current(), second);
  await settle();
  await settle();
  assertEquals(seen.length, 2);
  for (const loop of seen) assertStrictEquals(loop, first);
  first.close();
  assertStrictEquals(EventLoop.default, second);
  second.close();
  assertEquals(EventLoop.default, undefined);
});

Deno.test("EventLoop lets several loops call each other without mixing them up", async () => {
  const loops = [new EventLoop(), new EventLoop(), new EventLoop()];
  const seen: [expected: EventLoop, found: EventLoop | undefined][] = [];
  const visit = (at: number, left: number) => {
    seen.push([loops[at]!, EventLoop.running()]);
    if (left > 0) loops[(at + 1) % 3]!.callSoon(visit, (at + 1) % 3, left - 1);
  };
  for (const at of [0, 1, 2]) loops[at]!.callSoon(visit, at, 20);
  for (let n = 0; n < 5; n++) await settle();
  assertEquals(seen.length, 63);
  for (const [expected, found] of seen) assertStrictEquals(found, expected);
  for (const loop of loops) loop.close();
});

Deno.test("EventLoop.current makes the default loop when there is none", () => {
  assertEquals(EventLoop.default, undefined);
  const loop = EventLoop.current();
  assertStrictEquals(EventLoop.current(), loop);
  assertStrictEquals(EventLoop.default, loop);
  loop.close();
  const next = EventLoop.current();
  assertNotStrictEquals(next, loop);
  next.close();
});

loopTest("EventLoop keeps the async context of the place that scheduled a callback or a timer", async (scene) => {
  const { loop, clock, seen } = scene;
  const storage = new AsyncLocalStorage<string>();
  const look = async (place: string) => {
    seen.push(`${place}: ${storage.getStore()}`);
    await Promise.resolve();
    seen.push(`${place}, after await: ${storage.getStore()}`);
  };
  for (const name of ["red", "blue"]) {
    storage.run(name, () => {
      loop.callSoon(look, `callback ${name}`);
      loop.callLater(10, look, `timer ${name}`);
    });
  }
  loop.callSoon(look, "callback outside");
  loop.callAt(1010, look, "timer outside");
  await clock.advance(10);
  assertEquals(seen, [
    "callback red: red",
    "callback blue: blue",
    "callback outside: undefined",
    "callback red, after await: red",
    "callback blue, after await: blue",
    "callback outside, after await: undefined",
    "timer red: red",
    "timer blue: blue",
    "timer outside: undefined",
    "timer red, after await: red",
    "timer blue, after await: blue",
    "timer outside, after await: undefined",
  ]);
});

loopTest("EventLoop keeps async contexts apart when callbacks are cancelled in between", async ({ loop, seen }) => {
  const storage = new AsyncLocalStorage<number>();
  const handles = [0, 1, 2, 3].map((n) =>
    storage.run(n, () => loop.callSoon((n: number) => seen.push(`${n} in ${storage.getStore()}`), n))
  );
  handles[0]!.cancel();
  handles[2]!.cancel();
  await settle();
  assertEquals(seen, ["1 in 1", "3 in 3"]);
});

loopTest(
  "EventLoop runs handlers outside of every async context, also after callbacks in one",
  async ({ loop, seen }) => {
    const storage = new AsyncLocalStorage<string>();
    const look = (place: string) => () => {
      seen.push(`${place}: ${storage.getStore()}, ${EventLoop.running() === loop}`);
    };
    storage.run("request", () => readyOnce(loop, look("handler alone")));
    await settle();
    storage.run("request", () => {
      loop.callSoon(look("callback"));
      loop.callSoon(() => Promise.resolve().then(look("continuation")));
      readyOnce(loop, look("handler"));
      loop.callLater(0, look("timer"));
    });
    await settle();
    storage.run("request", () => loop.callLater(0, look("timer")));
    readyOnce(loop, look("handler with a timer"));
    await settle();
    assertEquals(seen, [
      "handler alone: undefined, true",
      "callback: request, true",
      "handler: undefined, true",
      "continuation: request, true",
      "timer: request, true",
      "handler with a timer: undefined, true",
      "timer: request, true",
    ]);
  },
);

// --- idle ---

loopTest("EventLoop takes no turn and arms nothing while it has nothing to do", async ({ loop, clock, note }) => {
  loop.callSoon(note("a"));
  readyOnce(loop, note("b"));
  loop.callLater(3, note("c"));
  loop.callLater(5, note("d")).cancel();
  await clock.advance(10);
  loop.callLater(0, note("e"));
  await settle();
  const { reads } = clock;
  await settle();
  await clock.advance(1e6);
  assertEquals([clock.armed, clock.reads], [0, reads]);
});

loopTest("EventLoop with a timer far away takes no turn meanwhile", async ({ loop, clock, seen, note }) => {
  loop.callLater(1e6, note("late"));
  await settle();
  const { reads } = clock;
  await clock.advance(1e6 - 1);
  assertEquals([clock.armed, clock.reads, seen], [1, reads, []]);
  await clock.advance(1);
  assertEquals([clock.armed, seen], [0, ["late"]]);
});

loopTest("EventLoop that is stopped arms nothing", async ({ loop, clock, seen, note }) => {
  loop.callLater(10, note("timer"));
  await settle();
  assertEquals(clock.armed, 1);
  loop.stop();
  assertEquals(clock.armed, 0);
  loop.callLater(20, note("second timer"));
  await clock.advance(100);
  assertEquals([clock.armed, seen], [0, []]);
  void loop.runForever(); // the stop came first
  await settle();
  assertEquals([clock.armed, seen], [0, ["timer", "second timer"]]);
});

// --- start and stop ---

loopTest("EventLoop takes turns without being started", async ({ loop, seen, note }) => {
  assertEquals([loop.isAttached, loop.isRunning, loop.isClosed], [true, false, false]);
  loop.callSoon(note("attached"));
  await settle();
  assertEquals(seen, ["attached"]);
});

loopTest("EventLoop.runForever ends after stop", async ({ loop, seen, note }) => {
  const run = loop.runForever();
  assertEquals([loop.isAttached, loop.isRunning], [true, true]);
  loop.callSoon(note("first"));
  await settle();
  loop.callSoon(note("second"));
  await settle();
  loop.stop();
  await run;
  assertEquals([loop.isAttached, loop.isRunning, seen], [false, false, ["first", "second"]]);
});

loopTest(
  "EventLoop.stop lets the turn finish, and leaves what it added for the next run",
  async ({ loop, seen, note }) => {
    loop.callSoon(() => {
      loop.stop();
      loop.callSoon(note("added after stop"));
      loop.callLater(0, note("timer after stop"));
      readyOnce(loop, note("handler after stop"));
    });
    loop.callSoon(note("same turn"));
    readyOnce(loop, note("handler of the same turn"));
    loop.callLater(0, note("timer of the same turn"));
    await loop.runForever();
    const expected = ["same turn", "handler of the same turn", "timer of the same turn"];
    assertEquals(seen, expected);
    await settle();
    assertEquals(seen, expected);
    loop.callSoon(() => loop.stop());
    await loop.runForever();
    assertEquals(seen.slice(3), ["added after stop", "handler after stop", "timer after stop"]);
  },
);

loopTest("EventLoop.stop detaches a loop that was not started; its work waits for the next run", async (scene) => {
  const { loop, clock, seen, note } = scene;
  loop.callSoon(note("callback"));
  loop.callLater(5, note("timer"));
  readyOnce(loop, note("handler"));
  loop.stop();
  loop.callSoon(note("second callback"));
  await clock.advance(50);
  assertEquals([seen, loop.isAttached], [[], false]);
  await loop.runForever();
  assertEquals(seen, ["callback", "second callback", "handler", "timer"]);
});

loopTest("EventLoop.stop before runForever makes it end after one turn", async ({ loop, seen, note }) => {
  loop.stop();
  loop.callSoon(() => loop.callSoon(note("second turn")));
  await loop.runForever();
  assertEquals([seen, loop.isRunning], [[], false]);
});

loopTest("EventLoop.stop in a turn of an attached loop ends its turns after this one", async ({ loop, seen, note }) => {
  loop.callSoon(() => {
    loop.stop();
    loop.callSoon(note("next turn"));
  });
  loop.callSoon(note("same turn"));
  await settle();
  assertEquals(seen, ["same turn"]);
});

loopTest("EventLoop can be run again and again", async ({ loop, seen }) => {
  for (let n = 0; n < 3; n++) {
    loop.callSoon(() => {
      seen.push(String(n));
      loop.stop();
    });
    await loop.runForever();
  }
  assertEquals(seen, ["0", "1", "2"]);
});

loopTest("EventLoop refuses to run twice at the same time, and goes on", async ({ loop, seen, note }) => {
  const run = loop.runForever();
  const message = "Cannot start the loop: it is running already";
  assertThrows(() => loop.runForever(), Error, message);
  assertThrows(() => loop.runUntilComplete(Promise.resolve()), Error, message);
  const failure = Promise.withResolvers<Error>();
  loop.callSoon(() => failure.resolve(assertThrows(() => loop.runForever(), Error, message)));
  await failure.promise;
  loop.callSoon(note("still running"));
  await settle();
  loop.stop();
  await run;
  assertEquals(seen, ["still running"]);
});

loopTest("EventLoop can be run from its own turn while it is only attached", async ({ loop, seen, note }) => {
  const done = Promise.withResolvers<void>();
  loop.callSoon(async () => {
    const run = loop.runForever();
    loop.callSoon(note("next turn"));
    loop.callSoon(() => loop.stop());
    await run;
    done.resolve();
  });
  await done.promise;
  assertEquals(seen, ["next turn"]);
});

loopTest(
  "EventLoop.runUntilComplete gives the outcome, and leaves an attached loop attached",
  async ({ loop, seen, note }) => {
    assertEquals(await loop.runUntilComplete(Promise.resolve(42)), 42);
    await assertRejects(() => loop.runUntilComplete(Promise.reject(new RangeError("mine"))), RangeError, "mine");
    const result = await loop.runUntilComplete(
      new Promise((resolve) => loop.callSoon(() => loop.callSoon(resolve, "after two turns"))),
    );
    assertEquals([result, loop.isRunning, loop.isAttached], ["after two turns", false, true]);
    loop.callSoon(note("attached"));
    await settle();
    assertEquals(seen, ["attached"]);
  },
);

loopTest("EventLoop.runUntilComplete leaves a stopped loop stopped", async ({ loop, seen, note }) => {
  loop.stop();
  await loop.runForever();
  assertEquals(await loop.runUntilComplete(Promise.resolve(42)), 42);
  loop.callSoon(note("not yet"));
  await settle();
  assertEquals([loop.isAttached, seen], [false, []]);
});

loopTest(
  "EventLoop.runUntilComplete fails when the loop is stopped first, and the late outcome stops nothing",
  async (scene) => {
    const { loop, seen, errors, note } = scene;
    const late = Promise.withResolvers<void>();
    loop.callSoon(() => loop.stop());
    await assertRejects(
      () => loop.runUntilComplete(late.promise),
      Error,
      "Event loop stopped before the future was done",
    );
    late.resolve();
    await settle();
    loop.callSoon(note("attached"));
    await settle();
    assertEquals([loop.isAttached, seen], [true, ["attached"]]);

    const failing = Promise.withResolvers<void>();
    loop.callSoon(() => loop.stop());
    await assertRejects(() => loop.runUntilComplete(failing.promise), Error, "Event loop stopped");
    let next = true;
    const run = loop.runForever().then(() => next = false);
    const exception = new Error("late");
    failing.reject(exception);
    await settle();
    assert(next, "the late outcome must not stop the next run");
    assertEquals(errors.splice(0), [{ message: "Failure after the loop was stopped", exception }]);
    loop.stop();
    await run;
  },
);

// --- close ---

Deno.test("EventLoop.close drops what is queued, and may be called twice", async () => {
  const clock = new ManualClock();
  const loop = new EventLoop({ clock });
  const seen: string[] = [];
  const resource = new FakeSelectable();
  resource.give(READ);
  loop.selector.register(resource, READ, () => seen.push("handler"));
  loop.callSoon(() => seen.push("callback"));
  loop.callLater(5, () => seen.push("timer"));
  loop.close();
  loop.close();
  await clock.advance(100);
  assertEquals([seen, clock.armed, loop.isClosed, loop.isAttached], [[], 0, true, false]);
  assertEquals([resource.isWatched, resource.closeCalls], [false, 0]);
});

loopTest("EventLoop.close in a turn drops the rest of the turn", async ({ loop, seen, note }) => {
  loop.callSoon(note("before"));
  loop.callSoon(() => loop.close());
  loop.callSoon(note("callback"));
  readyOnce(loop, note("handler"));
  loop.callLater(0, note("timer"));
  await settle();
  assertEquals(seen, ["before"]);
});

for (const place of ["handler", "timer"]) {
  loopTest(`EventLoop.close in a ${place} drops the rest of the turn`, async ({ loop, seen, note }) => {
    const close = () => {
      seen.push("close");
      loop.close();
    };
    if (place === "handler") {
      readyOnce(loop, close);
      readyOnce(loop, note("next handler"));
      loop.callLater(0, note("timer"));
    } else {
      loop.callLater(0, close);
      loop.callLater(0, note("next timer"));
    }
    await settle();
    assertEquals(seen, ["close"]);
  });
}

loopTest("EventLoop.close throws while the loop is running, and changes nothing", async ({ loop, seen, note }) => {
  const run = loop.runForever();
  assertThrows(() => loop.close(), Error, "Cannot close the loop: it is running; call stop first");
  assertFalse(loop.isClosed);
  loop.callSoon(note("still running"));
  await settle();
  loop.stop();
  await run;
  assertEquals(seen, ["still running"]);
});

Deno.test("EventLoop cannot be used after close, but stopped", () => {
  const loop = new EventLoop();
  loop.close();
  const uses = [
    () => loop.callSoon(() => {}),
    () => loop.callSoonThreadsafe(() => {}),
    () => loop.callLater(1, () => {}),
    () => loop.callAt(1, () => {}),
    () => loop.addSignalHandler("SIGINT", () => {}),
    () => loop.runForever(),
    () => loop.runUntilComplete(Promise.resolve()),
  ];
  for (const use of uses) assertThrows(use, Error, "Cannot use the loop: it is closed");
  loop.stop();
  assert(loop.isClosed);
  assert(loop.time() > 0);
});
