import { sleep, TimeoutError } from "@denado/denado/ioloop";
import { genTest } from "@denado/denado/testing";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { stub } from "@std/testing/mock";

Deno.test("genTest hands on this and the arguments, to functions of every kind", async () => {
  const seen: unknown[] = [];
  const self = { name: "self" };
  await genTest(function (this: typeof self, a: number, b: string) {
    seen.push(this.name, a, b);
  }).call(self, 1, "two");
  await genTest(async (value: number) => {
    await sleep(1);
    seen.push(value);
  })(3);
  await genTest(function* (this: typeof self, value: number): Generator<unknown, void, never> {
    const slept: number = yield Promise.resolve(value);
    seen.push(this.name, slept);
  }).call(self, 4);
  assertEquals(seen, ["self", 1, "two", 3, "self", 4]);
});

Deno.test("genTest passes on what a test throws, at once or later", async () => {
  const fail = () => {
    throw new RangeError("mine");
  };
  await assertRejects(genTest(fail), RangeError, "mine");
  await assertRejects(genTest(() => sleep(1).then(fail)), RangeError, "mine");
  await assertRejects(
    genTest(function* (): Generator<unknown, void, never> {
      yield sleep(1);
      fail();
    }),
    RangeError,
    "mine",
  );
});

Deno.test("genTest ends a test that takes too long, and says which one and where it was made", async () => {
  const stuck = genTest(function stuck() {
    return new Promise<void>(() => {});
  }, { timeoutMs: 5 });
  const error = await assertRejects(stuck, TimeoutError, "Test stuck timed out after 5 ms");
  assert(error.stack!.startsWith("TimeoutError: Test stuck timed out after 5 ms"));
  assert(error.stack!.includes("gen_test_test.ts"), error.stack);
  await assertRejects(genTest(() => new Promise<void>(() => {}), { timeoutMs: 5 }), TimeoutError, "Test timed out");
});

Deno.test("genTest takes its limit from the environment, unless it has one", async () => {
  using _env = stub(Deno.env, "get", () => "0.005");
  await assertRejects(genTest(() => new Promise<void>(() => {})), TimeoutError, "after 5 ms");
  await genTest(() => sleep(20), { timeoutMs: 10_000 })();
});
