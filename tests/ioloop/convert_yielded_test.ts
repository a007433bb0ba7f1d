import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { BadYieldError, convertYielded, coroutine, Future, moment, type Yielded } from "@denado/denado/ioloop";
import { withManualLoop } from "../helpers/manual_loop.ts";

Deno.test("convertYielded returns a future as it is", () => {
  const future = new Future<number>();
  assertStrictEquals(convertYielded(future), future);
});

Deno.test("convertYielded waits for everything that stands for a result", async (t) => {
  const cases: [name: string, value: unknown, expected: unknown][] = [
    ["a promise", Promise.resolve(1), 1],
    ["a thenable", { then: (resolve: (value: number) => void) => resolve(2) }, 2],
    ["an array", [Promise.resolve(1), Promise.resolve(2)], [1, 2]],
    ["an object", { a: Promise.resolve(1) }, { a: 1 }],
    ["an object without a prototype", Object.assign(Object.create(null), { a: Promise.resolve(1) }), { a: 1 }],
    ["nested ones", [[Promise.resolve(1)], { a: [Promise.resolve(2)] }], [[1], { a: [2] }]],
    ["nothing in an array", [null, undefined], [undefined, undefined]],
    ["moment", moment, undefined],
  ];
  for (const [name, value, expected] of cases) {
    await t.step(name, () => withManualLoop(async () => assertEquals(await convertYielded(value), expected)));
  }
});

Deno.test("convertYielded runs a generator as a coroutine", () =>
  withManualLoop(async () => {
    const generator = function* (): Generator<Promise<number>, number, number> {
      return (yield Promise.resolve(1)) + 1;
    };
    assertEquals(await convertYielded(generator()), 2);
  }));

Deno.test("convertYielded takes a turn of the loop for nothing", () =>
  withManualLoop(async ({ clock }) => {
    const futures = [convertYielded(null), convertYielded(undefined)];
    assertFalse(futures.some((future) => future.done()));
    await clock.advance(0);
    assert(futures.every((future) => future.done()));
  }));

Deno.test("convertYielded leaves nothing alone that was cancelled", () =>
  withManualLoop(async ({ clock }) => {
    convertYielded(null).cancel();
    await clock.advance(0);
  }));

Deno.test("convertYielded refuses what cannot be waited for", () => {
  class Unknown {}
  for (const value of [42, "text", true, 1n, Symbol(), () => {}, new Unknown(), new Map()]) {
    assertThrows(() => convertYielded(value), BadYieldError, "Cannot wait for something that is not a promise");
  }
});

Deno.test("convertYielded.register adds a class and those derived from it", () =>
  withManualLoop(async () => {
    class Animal {
      constructor(readonly name: string) {}
    }
    class Cat extends Animal {}
    class Lion extends Cat {}
    {
      using _animal = convertYielded.register(Animal, (animal) => Promise.resolve(`animal ${animal.name}`));
      using _cat = convertYielded.register(Cat, (cat) => Promise.resolve(`cat ${cat.name}`));
      const names = coroutine(function* () {
        return yield [new Animal("a"), new Cat("b"), new Lion("c")];
      });
      assertEquals(await names(), ["animal a", "cat b", "cat c"]);
    }
    assertThrows(() => convertYielded(new Lion("d")), BadYieldError);
  }));

Deno.test("convertYielded.register goes before what is built in", () =>
  withManualLoop(async () => {
    class Lazy extends Promise<string> {}
    using _lazy = convertYielded.register(Lazy, () => Promise.resolve("registered"));
    assertEquals(await convertYielded(Lazy.resolve("built in")), "registered");
    assertEquals(await convertYielded(Promise.resolve("built in")), "built in");
  }));

Deno.test("convertYielded.register is taken back by its own result only", () => {
  class Thing {}
  const first = convertYielded.register(Thing, () => Promise.resolve(1));
  using _second = convertYielded.register(Thing, () => Promise.resolve(2));
  first[Symbol.dispose]();
  assertFalse(convertYielded(new Thing()).done());
});

Deno.test("convertYielded passes on what a converter throws", async () => {
  class Thing {}
  using _registration = convertYielded.register(Thing, () => {
    throw new RangeError("Broken");
  });
  assertThrows(() => convertYielded(new Thing()), RangeError);
  await assertRejects(() => convertYielded([new Thing()]), RangeError);
});

Deno.test("Yielded knows the type of the result", () => {
  class Registered {
    #private = 1;
  }
  new Registered();
  assertType<IsExact<Yielded<Promise<number>>, number>>(true);
  assertType<IsExact<Yielded<Future<string>>, string>>(true);
  assertType<IsExact<Yielded<null>, undefined>>(true);
  assertType<IsExact<Yielded<[Promise<number>, Future<string>]>, [number, string]>>(true);
  assertType<IsExact<Yielded<readonly Promise<number>[]>, number[]>>(true);
  assertType<IsExact<Yielded<{ readonly a: Promise<number>; b: [Future<string>] }>, { a: number; b: [string] }>>(true);
  assertType<IsExact<Yielded<Generator<unknown, number, unknown>>, number>>(true);
  assertType<IsExact<Yielded<Promise<number> | undefined>, number | undefined>>(true);
  assertType<IsExact<Yielded<unknown>, unknown>>(true);
  assertType<IsExact<Yielded<number>, never>>(true);
});
