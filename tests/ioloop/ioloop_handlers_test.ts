import { IOLoop } from "@denado/denado/ioloop";
import { assert, assertEquals, assertFalse, assertStrictEquals, assertThrows } from "@std/assert";
import { FakeSelectable } from "../helpers/fake_selectable.ts";
import { ioLoopTest } from "../helpers/ioloop_scene.ts";
import { settle } from "../helpers/manual_clock.ts";

import { expectLog } from "../helpers/expect_log.ts";

const { ERROR, NONE, READ, WRITE } = IOLoop;

ioLoopTest(
  "IOLoop.addHandler calls back with the resource and the events, as long as they are ready",
  async ({ loop }) => {
    const resource = new FakeSelectable();
    const calls: number[] = [];
    loop.addHandler(resource, (given, events) => {
      assertStrictEquals(given, resource);
      if (calls.push(events) === 3) given.take(READ);
    }, READ);
    resource.give(READ | WRITE);
    await settle();
    assertEquals(calls, [READ, READ, READ]);
  },
);

ioLoopTest("IOLoop keeps handlers, readers and writers", ({ loop }) => {
  const resource = new FakeSelectable();
  const handler = () => {};
  const state = () => [loop.handlers.has(resource.fileno), [...loop.readers], [...loop.writers]];
  loop.addHandler(resource, handler, READ);
  assertEquals(state(), [true, [resource.fileno], []]);
  assertStrictEquals(loop.handlers.get(resource.fileno)!.resource, resource);
  assertStrictEquals(loop.handlers.get(resource.fileno)!.handler, handler);
  loop.updateHandler(resource, READ | WRITE);
  assertEquals(state(), [true, [resource.fileno], [resource.fileno]]);
  loop.updateHandler(resource.fileno, WRITE);
  assertEquals(state(), [true, [], [resource.fileno]]);
  loop.updateHandler(resource, NONE);
  assertEquals(state(), [true, [], []]);
  loop.removeHandler(resource);
  assertEquals(state(), [false, [], []]);
  assertEquals(resource.closeCalls, 0);
});

ioLoopTest("IOLoop.addHandler refuses a resource that is registered, and what is no function", ({ loop }) => {
  const resource = new FakeSelectable();
  loop.addHandler(resource, () => {}, READ);
  assertThrows(() => loop.addHandler(resource, () => {}, WRITE), Error, `descriptor ${resource.fileno}`);
  assertThrows(() => loop.addHandler(new FakeSelectable(), 42 as never, READ), TypeError, "42");
});

ioLoopTest("IOLoop.updateHandler refuses what is not registered, removeHandler and closeFd do nothing", ({ loop }) => {
  assertThrows(() => loop.updateHandler(987654, READ), Error, "987654");
  loop.removeHandler(987654);
  loop.removeHandler(new FakeSelectable());
  loop.closeFd(987654);
});

ioLoopTest("IOLoop.splitFd and closeFd know a resource by its descriptor", ({ loop }) => {
  const resource = new FakeSelectable();
  assertEquals(loop.splitFd(resource.fileno), [resource.fileno, undefined]);
  loop.addHandler(resource, () => {}, READ);
  assertEquals(loop.splitFd(resource.fileno), [resource.fileno, resource]);
  assertEquals(loop.splitFd(resource), [resource.fileno, resource]);
  loop.closeFd(resource.fileno);
  assertEquals(resource.closeCalls, 1);
});

ioLoopTest("IOLoop does not call a handler that another ready handler removed", async ({ loop }) => {
  const [first, second] = [new FakeSelectable(), new FakeSelectable()];
  const seen: string[] = [];
  loop.addHandler(first, () => {
    seen.push("first");
    loop.removeHandler(first);
    loop.removeHandler(second);
  }, READ);
  loop.addHandler(second, () => seen.push("second"), READ);
  first.give(READ);
  second.give(READ);
  await settle();
  assertEquals(seen, ["first"]);
});

ioLoopTest("IOLoop reports what a handler throws, and goes on with the others", async ({ loop, errors }) => {
  const [bad, good] = [new FakeSelectable(), new FakeSelectable()];
  const served = Promise.withResolvers<void>();
  loop.addHandler(bad, () => {
    loop.removeHandler(bad);
    throw new Error("mine");
  }, READ);
  loop.addHandler(good, () => {
    loop.removeHandler(good);
    served.resolve();
  }, READ);
  bad.give(READ);
  good.give(READ);
  await served.promise;
  assertEquals(errors.splice(0).map((context) => (context.exception as Error).message), ["mine"]);
});

ioLoopTest("IOLoop calls a handler for the events that it watches only", async ({ loop }) => {
  const resource = new FakeSelectable();
  const calls: number[] = [];
  const noteAndTake = (given: FakeSelectable, events: number) => {
    calls.push(events);
    given.take(events);
  };
  loop.addHandler(resource, noteAndTake, READ);
  resource.give(WRITE);
  await settle();
  assertEquals(calls, []);
  resource.give(READ);
  await settle();
  assertEquals(calls, [READ]);
  loop.updateHandler(resource, READ | WRITE);
  await settle();
  assertEquals(calls, [READ, WRITE]);
  resource.give(READ | WRITE);
  await settle();
  assertEquals(calls, [READ, WRITE, READ | WRITE]);
  loop.updateHandler(resource, NONE);
  resource.give(READ | WRITE);
  await settle();
  assertEquals(calls.length, 3);
});

ioLoopTest("IOLoop calls a handler for an error, whatever it watches", async ({ loop }) => {
  const resource = new FakeSelectable();
  const calls: number[] = [];
  loop.addHandler(resource, (_resource, events) => {
    calls.push(events);
    loop.removeHandler(resource);
  }, READ);
  resource.give(ERROR);
  await settle();
  assertEquals(calls, [ERROR]);
});

ioLoopTest("IOLoop calls the handler of an undrained resource once a turn", async ({ loop }) => {
  const resource = new FakeSelectable();
  const seen: string[] = [];
  let turns = 0;
  const countTurns = () => {
    seen.push("turn");
    if (++turns < 3) loop.addCallback(countTurns);
    else loop.removeHandler(resource);
  };
  resource.give(READ);
  loop.addHandler(resource, () => seen.push("handler"), READ);
  loop.addCallback(countTurns);
  await settle();
  assertEquals(seen, ["turn", "handler", "turn", "handler", "turn"]);
});

ioLoopTest("IOLoop calls a handler in the next turn that another handler adds", async ({ loop }) => {
  const [first, second] = [new FakeSelectable(), new FakeSelectable()];
  const seen: string[] = [];
  first.give(READ);
  second.give(READ);
  loop.addHandler(first, () => {
    seen.push("first");
    loop.removeHandler(first);
    loop.addCallback(() => seen.push("callback"));
    loop.addHandler(second, () => {
      seen.push("second");
      loop.removeHandler(second);
    }, READ);
  }, READ);
  await settle();
  assertEquals(seen, ["first", "callback", "second"]);
});

ioLoopTest("IOLoop calls the new handler in the next turn when a handler replaces itself", async ({ loop }) => {
  const resource = new FakeSelectable();
  const seen: string[] = [];
  resource.give(READ);
  loop.addHandler(resource, () => {
    seen.push("old");
    loop.removeHandler(resource);
    loop.addHandler(resource, () => {
      seen.push("new");
      resource.take(READ);
    }, READ);
  }, READ);
  await settle();
  assertEquals(seen, ["old", "new"]);
  assertEquals([...loop.readers], [resource.fileno]);
});

ioLoopTest("IOLoop spares a ready handler the event that another handler gave up for it", async ({ loop }) => {
  const [first, second] = [new FakeSelectable(), new FakeSelectable()];
  const calls: number[] = [];
  loop.addHandler(first, () => {
    loop.removeHandler(first);
    loop.updateHandler(second, WRITE);
  }, READ);
  loop.addHandler(second, (_resource, events) => {
    calls.push(events);
    loop.removeHandler(second);
  }, READ | WRITE);
  first.give(READ);
  second.give(READ | WRITE);
  await settle();
  assertEquals(calls, [WRITE]);
});

ioLoopTest("IOLoop.updateHandler in a handler holds from the next turn on", async ({ loop }) => {
  const resource = new FakeSelectable();
  const calls: number[] = [];
  resource.give(READ | WRITE);
  loop.addHandler(resource, (_resource, events) => {
    calls.push(events);
    loop.updateHandler(resource, calls.length === 1 ? WRITE : NONE);
  }, READ);
  await settle();
  assertEquals(calls, [READ, WRITE]);
  assertEquals([[...loop.readers], [...loop.writers], loop.handlers.size], [[], [], 1]);
});

ioLoopTest("IOLoop.addHandler counts two resources with one descriptor as the same", ({ loop }) => {
  const resource = new FakeSelectable();
  const twin = Object.assign(new FakeSelectable(), { fileno: resource.fileno });
  loop.addHandler(resource, () => {}, READ);
  assertThrows(() => loop.addHandler(twin, () => {}, WRITE), Error, "Cannot watch a resource twice");
  assertStrictEquals(loop.handlers.get(resource.fileno)!.resource, resource);
  assertEquals([[...loop.readers], [...loop.writers]], [[resource.fileno], []]);
});

ioLoopTest("IOLoop.addHandler keeps nothing of a resource that cannot be watched", ({ loop }) => {
  const resource = new FakeSelectable();
  resource.failures.watch = new Error("cannot");
  assertThrows(() => loop.addHandler(resource, () => {}, READ), Error, "cannot");
  assertEquals([loop.handlers.size, loop.readers.size, loop.writers.size], [0, 0, 0]);
});

ioLoopTest("IOLoop.addHandler takes a resource back after it was removed", async ({ loop }) => {
  const resource = new FakeSelectable();
  const seen: number[] = [];
  for (const round of [1, 2, 3]) {
    loop.addHandler(resource, () => {
      seen.push(round);
      resource.take(READ);
    }, READ);
    resource.give(READ);
    await settle();
    loop.removeHandler(round === 2 ? resource.fileno : resource);
    assertFalse(resource.isWatched);
  }
  assertEquals(seen, [1, 2, 3]);
});

ioLoopTest("IOLoop.updateHandler asks the resource only when something changes", ({ loop }) => {
  const resource = new FakeSelectable();
  loop.addHandler(resource, () => {}, READ);
  loop.updateHandler(resource, READ);
  loop.updateHandler(resource.fileno, WRITE);
  assertEquals(resource.watched.map(({ events }) => events), [READ, WRITE]);
});

ioLoopTest("IOLoop reports what an async handler rejects with, by name", async ({ loop, errors }) => {
  const resource = new FakeSelectable();
  async function onReady(): Promise<void> {
    resource.take(READ);
    await Promise.resolve();
    throw new RangeError("mine");
  }
  loop.addHandler(resource, onReady, READ);
  resource.give(READ);
  await settle();
  const [context] = errors.splice(0);
  assertEquals(context!.message, `Exception in handler onReady of descriptor ${resource.fileno}`);
  assert(context!.exception instanceof RangeError);
});

ioLoopTest(
  "IOLoop in debug mode tells where a failed handler was added",
  ({ loop }) =>
    expectLog(
      { level: "error", pattern: /handler onReady of[^]*\nScheduled here\n +at .*ioloop_handlers_test\.ts/ },
      async () => {
        loop.eventLoop.debug = true;
        loop.eventLoop.setExceptionHandler(undefined);
        const resource = new FakeSelectable();
        loop.addHandler(resource, function onReady() {
          resource.take(READ);
          throw new Error("mine");
        }, READ);
        resource.give(READ);
        await settle();
      },
    ),
);

ioLoopTest("IOLoop.close leaves resources open unless it is told", ({ loop }) => {
  const resources = [new FakeSelectable(), new FakeSelectable()];
  for (const resource of resources) loop.addHandler(resource, () => {}, READ);
  loop.close();
  loop.close({ allFds: true });
  assertEquals(resources.map(({ closeCalls, isWatched }) => [closeCalls, isWatched]), [[0, false], [0, false]]);
});

ioLoopTest("IOLoop.close in a handler spares the other ready handlers", async ({ loop }) => {
  const resources = [new FakeSelectable(), new FakeSelectable()];
  let calls = 0;
  for (const resource of resources) {
    loop.addHandler(resource, () => {
      calls++;
      loop.close({ allFds: true });
    }, READ);
    resource.give(READ);
  }
  await settle();
  assertEquals([calls, resources.map(({ closeCalls }) => closeCalls)], [1, [1, 1]]);
});
