import { assert, assertEquals, assertFalse, assertStrictEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { Configurable, EventLoop, importObject, IOLoop, type IOLoopOptions } from "@denado/denado/ioloop";
import { ManualClock } from "../helpers/manual_clock.ts";

interface BaseOptions {
  readonly a?: number;
  readonly b?: number;
}

class Base extends Configurable {
  readonly options: BaseOptions = {};

  static override configurableBase(): typeof Base {
    return Base;
  }
  static override configurableDefault(): typeof Base {
    return Config1;
  }

  constructor(options: BaseOptions = {}) {
    if (new.target === Base) {
      const Implementation = Base.configuredClass();
      return new Implementation(Base.withConfiguredOptions(options));
    }
    super();
    this.options = options;
  }
}

export class Config1 extends Base {}

export class Config2 extends Base {
  readonly #secret = 2;
  get secret(): number {
    return this.#secret;
  }
}

/** An implementation that is configurable itself. */
class Config3 extends Base {
  static override configurableBase(): typeof Config3 {
    return Config3;
  }
  static override configurableDefault(): typeof Config3 {
    return Config3A;
  }

  constructor(options: BaseOptions = {}) {
    if (new.target === Config3) {
      const Implementation = Config3.configuredClass();
      return new Implementation(Config3.withConfiguredOptions(options));
    }
    super(options);
  }
}
class Config3A extends Config3 {}
class Config3B extends Config3 {}

/** Runs a test and returns to the default configuration. */
function configurableTest(name: string, test: () => void | Promise<void>): void {
  Deno.test(name, async () => {
    using _base = Base.saveConfiguration();
    using _inner = Config3.saveConfiguration();
    await test();
    for (const Implementation of [Config1, Config2]) {
      const direct = new Implementation({ a: 1 });
      assertStrictEquals(direct.constructor, Implementation);
      assertEquals(direct.options, { a: 1 });
      assertEquals(new Implementation().options, {});
    }
  });
}

configurableTest("Configurable makes an instance of the default implementation", () => {
  const object = new Base({ a: 1 });
  assert(object instanceof Config1);
  assertEquals(object.options, { a: 1 });
});

configurableTest("Configurable makes an instance of the implementation that is configured", () => {
  Base.configure(Config2);
  const object = new Base({ b: 2 });
  assert(object instanceof Config2);
  assertEquals([object.secret, object.options], [2, { b: 2 }]);
});

configurableTest("Configurable finds an implementation by name with importObject", async () => {
  const named = await importObject("./configurable_test.ts#Config2", { base: import.meta.url });
  Base.configure(named as typeof Config2);
  assert(new Base() instanceof Config2);
});

configurableTest("Configurable puts the configured options under those of the constructor", () => {
  Base.configure(null, { a: 3 });
  assertEquals(new Base().options, { a: 3 });
  assertEquals(new Base({ a: 4, b: 5 }).options, { a: 4, b: 5 });
  Base.configure(Config2, { b: 5 });
  assertEquals(new Base().options, { b: 5 });
  assertEquals(new Base({ a: 1 }).options, { a: 1, b: 5 });
});

configurableTest("Configurable replaces implementation and options with each call", () => {
  Base.configure(Config2, { a: 3 });
  Base.configure(null);
  const object = new Base();
  assert(object instanceof Config1);
  assertEquals(object.options, {});
});

configurableTest("Configurable does not see later changes of the options it was given", () => {
  const options = { a: 3 };
  Base.configure(null, options);
  options.a = 4;
  assertEquals(new Base().options, { a: 3 });
});

configurableTest("Configurable merges the options of every level", () => {
  Base.configure(Config3, { a: 1 });
  const outer = new Base();
  assert(outer instanceof Config3A);
  assertEquals(outer.options, { a: 1 });
  Base.configure(Config3);
  Config3.configure(Config3B, { b: 2 });
  const inner = new Base();
  assert(inner instanceof Config3B);
  assertEquals(inner.options, { b: 2 });
});

configurableTest("Configurable configures each level on its own", () => {
  assert(new Config3() instanceof Config3A);
  Config3.configure(Config3B);
  assert(new Config3() instanceof Config3B);
  assert(new Base() instanceof Config1);
  Base.configure(Config2);
  assert(new Base() instanceof Config2);
  assert(new Config3() instanceof Config3B);
});

configurableTest("Configurable configures the base through an implementation, and takes derived classes only", () => {
  class Config2B extends Config2 {}
  Config2.configure(Config2B);
  assert(new Base() instanceof Config2B);
  assertThrows(() => Config2.configure(Config1 as unknown as typeof Config2), TypeError, "Cannot configure Config2");
});

configurableTest("Configurable refuses what is not derived from the base", () => {
  for (const wrong of [class {}, Map, {}, "Config2", 42, undefined]) {
    assertThrows(() => Base.configure(wrong as typeof Base), TypeError, "not a class derived from it");
  }
  assert(new Base() instanceof Config1);
});

configurableTest("Configurable.saveConfiguration can be restored in any order", () => {
  Base.configure(Config2, { a: 1 });
  const saved = Base.saveConfiguration();
  assertEquals([saved.implementation, saved.options], [Config2, { a: 1 }]);
  Base.configure(null);
  Base.restoreConfiguration(saved);
  assertStrictEquals(Base.configuredClass(), Config2);
  assertEquals(new Base().options, { a: 1 });
});

Deno.test("Configurable asks for the methods that a base must define", () => {
  class Incomplete extends Configurable {}
  assertThrows(() => Incomplete.configurableBase(), Error, "its base must define configurableBase");
  assertThrows(() => Incomplete.configurableDefault(), Error, "its base must define configurableDefault");
});

Deno.test("Configurable knows the types of implementations and options", () => {
  const Implementation = Base.configuredClass();
  assertType<IsExact<InstanceType<typeof Implementation>, Base>>(true);
  (() => {
    // @ts-expect-error: no such option
    Base.configure(Config2, { c: 1 });
    // @ts-expect-error: no such option
    Base.configure(null, { c: 1 });
    // @ts-expect-error: not derived from it
    Base.configure(Map);
  });
});

// --- IOLoop ---

class CountingIOLoop extends IOLoop {
  callbacks = 0;
  readonly #options: IOLoopOptions;

  constructor(options: IOLoopOptions = {}) {
    super(options);
    this.#options = options;
  }
  get isDebug(): boolean | undefined {
    return this.#options.debug;
  }
  override addCallback<Args extends unknown[]>(callback: (...args: Args) => unknown, ...args: Args): void {
    this.callbacks++;
    super.addCallback(callback, ...args);
  }
}

Deno.test("IOLoop is its own implementation by default", () => {
  const loop = new IOLoop({ makeCurrent: false });
  assertStrictEquals(loop.constructor, IOLoop);
  loop.close();
});

Deno.test("IOLoop.configure replaces the implementation, also of the loop that current makes", async () => {
  using _saved = IOLoop.saveConfiguration();
  IOLoop.configure(CountingIOLoop, { debug: true });
  const loop = new IOLoop({ makeCurrent: false });
  assert(loop instanceof CountingIOLoop);
  assert(loop.isDebug);
  assert(loop.eventLoop.debug);
  assertEquals(await loop.run(() => Promise.resolve(IOLoop.current() === loop)), true);
  await new Promise<void>((resolve) => loop.spawnCallback(resolve));
  assertEquals(loop.callbacks, 1);
  loop.close();

  const eventLoop = new EventLoop();
  const made = await new Promise<IOLoop>((resolve) => eventLoop.callSoon(() => resolve(IOLoop.current())));
  assert(made instanceof CountingIOLoop);
  made.close();
});

Deno.test("IOLoop.configure sets default options of the built-in implementation", () => {
  using _saved = IOLoop.saveConfiguration();
  const clock = new ManualClock(1234);
  IOLoop.configure(null, { clock, debug: true });
  const loop = new IOLoop({ makeCurrent: false, debug: false });
  assertEquals(loop.time(), 1234);
  assertFalse(loop.eventLoop.debug);
  loop.close();
  const direct = new CountingIOLoop({ makeCurrent: false });
  assertFalse(direct.eventLoop.debug);
  direct.close();
});
