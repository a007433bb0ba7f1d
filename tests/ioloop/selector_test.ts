import { assert, assertEquals, assertFalse, assertNotEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ERROR, nextFileno, NONE, READ, Selector, SelectorKey, WRITE } from "@denado/denado/ioloop";
import { FakeSelectable } from "../helpers/fake_selectable.ts";

class Scene {
  wakes = 0;
  readonly errors: [SelectorKey, unknown][] = [];
  readonly selector = new Selector(() => this.wakes++, (key, error) => this.errors.push([key, error]));

  watch(resource: FakeSelectable, events: number): SelectorKey {
    return this.selector.register(resource, events, () => {});
  }

  /** The descriptors that are ready, each with its events. */
  select(): [number, number][] {
    const keys: SelectorKey[] = [];
    this.selector.select(keys);
    return keys.map((key) => [key.resource.fileno, key.readyEvents]);
  }
}

Deno.test("nextFileno gives each resource a number of its own", () => {
  assertNotEquals(nextFileno(), nextFileno());
});

Deno.test("Selector watches what is registered", () => {
  const scene = new Scene();
  const resource = new FakeSelectable();
  const key = scene.watch(resource, READ | WRITE);
  assertEquals(resource.events, READ | WRITE);
  assertEquals(scene.selector.size, 1);
  assertStrictEquals(scene.selector.get(resource.fileno), key);
  assertEquals(scene.selector.get(-1), undefined);
});

Deno.test("Selector refuses a resource that is registered, and another one with the same descriptor", () => {
  const scene = new Scene();
  const resource = new FakeSelectable();
  const twin = Object.assign(new FakeSelectable(), { fileno: resource.fileno });
  scene.watch(resource, READ);
  for (const second of [resource, twin]) {
    assertThrows(
      () => scene.watch(second, READ),
      Error,
      `Cannot watch a resource twice: descriptor ${resource.fileno}`,
    );
  }
  assertEquals([scene.selector.size, twin.watched], [1, []]);
});

const readiness = [
  { watched: READ, ready: READ, seen: READ, reason: "what is ready and watched" },
  { watched: READ, ready: WRITE, seen: NONE, reason: "nothing when another event is ready" },
  { watched: WRITE, ready: READ | WRITE, seen: WRITE, reason: "only what is watched" },
  { watched: READ | WRITE, ready: READ | WRITE, seen: READ | WRITE, reason: "both at once" },
  { watched: READ, ready: ERROR, seen: ERROR, reason: "an error, watched or not" },
  { watched: READ, ready: READ | ERROR, seen: READ | ERROR, reason: "an error with the event" },
  { watched: ERROR, ready: ERROR, seen: ERROR, reason: "an error alone" },
  { watched: READ | ERROR, ready: WRITE, seen: NONE, reason: "no error without one" },
  { watched: NONE, ready: READ | ERROR, seen: NONE, reason: "nothing when nothing is watched" },
];

for (const { watched, ready, seen, reason } of readiness) {
  const expected = (resource: FakeSelectable) => seen === NONE ? [] : [[resource.fileno, seen]];

  Deno.test(`Selector reports ${reason}: ready before registering`, () => {
    const scene = new Scene();
    const resource = new FakeSelectable();
    resource.give(ready);
    scene.watch(resource, watched);
    assertEquals([scene.wakes, scene.selector.pending], seen === NONE ? [0, false] : [1, true]);
    assertEquals(scene.select(), expected(resource));
  });

  Deno.test(`Selector reports ${reason}: ready after registering`, () => {
    const scene = new Scene();
    const resource = new FakeSelectable();
    scene.watch(resource, watched);
    assertEquals(scene.select(), []);
    resource.give(ready);
    assertEquals([scene.wakes, scene.selector.pending], seen === NONE ? [0, false] : [1, true]);
    assertEquals(scene.select(), expected(resource));
  });

  Deno.test(`Selector reports ${reason}: ready before the interest changed`, () => {
    const scene = new Scene();
    const resource = new FakeSelectable();
    const key = scene.watch(resource, NONE);
    resource.give(ready);
    scene.selector.modify(key, watched);
    assertEquals(scene.select(), expected(resource));
  });
}

Deno.test("Selector wakes the loop once for a resource that reports several times", () => {
  const scene = new Scene();
  const resource = new FakeSelectable();
  scene.watch(resource, READ | WRITE);
  resource.give(READ);
  resource.give(WRITE);
  resource.give(READ);
  assertEquals(scene.wakes, 1);
  assertEquals(scene.select(), [[resource.fileno, READ | WRITE]]);
  assertEquals(scene.select(), []);
});

Deno.test("Selector reports resources in the order in which they became ready", () => {
  const scene = new Scene();
  const resources = [new FakeSelectable(), new FakeSelectable(), new FakeSelectable()] as const;
  for (const resource of resources) scene.watch(resource, READ);
  for (const at of [2, 0, 1] as const) resources[at].give(READ);
  assertEquals(scene.select().map(([fileno]) => fileno), [2, 0, 1].map((at) => resources[at]!.fileno));
});

Deno.test("Selector forgets a resource that was drained before the turn", () => {
  const scene = new Scene();
  const resource = new FakeSelectable();
  scene.watch(resource, READ);
  resource.give(READ);
  resource.take(READ);
  assertEquals(scene.select(), []);
  resource.give(READ);
  assertEquals(scene.select(), [[resource.fileno, READ]]);
});

Deno.test("Selector.settle keeps a resource that is ready still, level-triggered", () => {
  const scene = new Scene();
  const resource = new FakeSelectable();
  const key = scene.watch(resource, READ);
  resource.give(READ);
  for (let turn = 0; turn < 3; turn++) {
    assertEquals(scene.select(), [[resource.fileno, READ]]);
    scene.selector.settle(key);
  }
  scene.select();
  resource.take(READ);
  scene.selector.settle(key);
  assertFalse(scene.selector.pending);
});

Deno.test("Selector.modify tells the resource what is watched now, unless nothing changed", () => {
  const scene = new Scene();
  const resource = new FakeSelectable();
  const key = scene.watch(resource, READ);
  scene.selector.modify(key, READ);
  scene.selector.modify(key, WRITE);
  scene.selector.modify(key, NONE);
  assertEquals(resource.watched.map(({ events }) => events), [READ, WRITE, NONE]);
  assert(resource.isWatched);
});

Deno.test("Selector.modify takes back a readiness that nobody wants any more", () => {
  const scene = new Scene();
  const resource = new FakeSelectable();
  const key = scene.watch(resource, READ);
  resource.give(READ);
  scene.selector.modify(key, WRITE);
  assertEquals(scene.select(), []);
  scene.selector.modify(key, READ);
  assertEquals(scene.select(), [[resource.fileno, READ]]);
});

Deno.test("Selector.unregister ends the watching, once", () => {
  const scene = new Scene();
  const resource = new FakeSelectable();
  const key = scene.watch(resource, READ);
  resource.give(READ);
  scene.selector.unregister(key);
  scene.selector.unregister(key);
  assertEquals(resource.watched, [{ events: READ, told: true }, { events: NONE, told: false }]);
  assertEquals([scene.selector.size, scene.selector.get(resource.fileno), scene.select()], [0, undefined, []]);
  assertThrows(() => scene.selector.modify(key, WRITE), Error, "is not registered");
});

Deno.test("Selector ignores a late report of a resource that is not watched any more", () => {
  const scene = new Scene();
  const key = scene.watch(new FakeSelectable(), READ);
  scene.selector.unregister(key);
  key.notify();
  assertEquals([scene.wakes, scene.selector.pending], [0, false]);
});

Deno.test("Selector takes a resource back after it was unregistered", () => {
  const scene = new Scene();
  const resource = new FakeSelectable();
  resource.give(READ);
  const first = scene.watch(resource, READ);
  scene.selector.unregister(first);
  const second = scene.watch(resource, READ);
  scene.selector.unregister(first);
  assertStrictEquals(scene.selector.get(resource.fileno), second);
  assertEquals(scene.select(), [[resource.fileno, READ]]);
});

Deno.test("Selector does not register a resource that cannot be watched", () => {
  const scene = new Scene();
  const resource = new FakeSelectable();
  resource.failures.watch = new Error("cannot watch");
  assertThrows(() => scene.watch(resource, READ), Error, "cannot watch");
  assertEquals(scene.selector.size, 0);
  delete resource.failures.watch;
  scene.watch(resource, READ);
});

Deno.test("Selector reports a resource that cannot say whether it is ready, and goes on with the others", () => {
  const scene = new Scene();
  const broken = new FakeSelectable();
  const sound = new FakeSelectable();
  const key = scene.watch(broken, READ);
  scene.watch(sound, READ);
  broken.give(READ);
  sound.give(READ);
  const failure = new Error("broken");
  broken.failures.ready = failure;
  assertEquals(scene.select(), [[sound.fileno, READ]]);
  assertEquals(scene.errors, [[key, failure]]);
  assertFalse(scene.selector.pending);
  delete broken.failures.ready;
  broken.give(READ);
  assertEquals(scene.select(), [[broken.fileno, READ]]);
});

Deno.test("Selector.close ends the watching of all, also when one fails", () => {
  const scene = new Scene();
  const resources = [new FakeSelectable(), new FakeSelectable(), new FakeSelectable()];
  for (const resource of resources) {
    scene.watch(resource, READ);
    resource.give(READ);
  }
  const failure = new Error("broken");
  resources[1]!.failures.watch = failure;
  scene.selector.close();
  assertEquals(resources.map((resource) => resource.watched.at(-1)), Array(3).fill({ events: NONE, told: false }));
  assertEquals(scene.errors.map(([, error]) => error), [failure]);
  assertEquals([scene.selector.size, scene.selector.pending, scene.select()], [0, false, []]);
  assertEquals(resources.map((resource) => resource.closeCalls), [0, 0, 0]);
});

Deno.test("SelectorKey names its handler in logs", () => {
  const resource = new FakeSelectable();
  const key = (name?: string) => new SelectorKey(resource, () => {}, READ, () => {}, { name });
  assertEquals(String(key("onRead")), `handler onRead of descriptor ${resource.fileno}`);
  assertEquals(String(key()), `handler (anonymous) of descriptor ${resource.fileno}`);
});
