import { sleep, TimeoutError } from "@denado/denado/ioloop";
import { AsyncTestCase, genTest, runTests } from "@denado/denado/testing";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { stub } from "@std/testing/mock";
import { it } from "node:test";

/** What a test case registers, by name. */
function collect(TestCase: new () => AsyncTestCase): Map<string, () => Promise<void>> {
  const tests = new Map<string, () => Promise<void>>();
  runTests(TestCase, (name, test) => void tests.set(name, test));
  return tests;
}

const seen: string[] = [];

class Base extends AsyncTestCase {
  override setUp(): void | Promise<void> {
    seen.push("setUp");
    return super.setUp();
  }

  override tearDown(): void | Promise<void> {
    seen.push("tearDown");
    return super.tearDown();
  }

  testInherited(): void {
    seen.push("inherited");
  }
}

class Cases extends Base {
  readonly #made = seen.push("new");
  readonly testValue = 3;

  async testAsync(): Promise<void> {
    await sleep(1);
    seen.push("async");
  }

  test1(): void {
    throw new RangeError("test");
  }

  testReturns(): number {
    return this.#made;
  }

  async testReturnsLater(): Promise<number> {
    return await Promise.resolve(3);
  }

  *testGenerator(): Generator<unknown> {
    yield 1;
  }

  testGeneratorInGenTest(): Promise<void> {
    return genTest(function* (): Generator<unknown, void, never> {
      seen.push(String(yield Promise.resolve(7)));
    })();
  }

  testLoopError(): void {
    this.ioLoop.addCallback(() => {
      throw new RangeError("in the loop");
    });
  }

  testament(): void {
    throw new Error("this is no test");
  }

  tearDownFails(): void {}
}

Deno.test("runTests registers the methods that are named test, and those that are inherited first", () => {
  assertEquals([...collect(Cases).keys()], [
    "Cases.testInherited",
    "Cases.testAsync",
    "Cases.test1",
    "Cases.testReturns",
    "Cases.testReturnsLater",
    "Cases.testGenerator",
    "Cases.testGeneratorInGenTest",
    "Cases.testLoopError",
  ]);
  class Empty extends AsyncTestCase {}
  assertThrows(() => collect(Empty), TypeError, "Cannot run the tests of Empty");
});

Deno.test("runTests runs each test in an instance of its own, between setUp and tearDown", async () => {
  const tests = collect(Cases);
  seen.length = 0;
  await tests.get("Cases.testInherited")!();
  await tests.get("Cases.testAsync")!();
  await tests.get("Cases.testGeneratorInGenTest")!();
  const around = (name: string) => ["new", "setUp", name, "tearDown"];
  assertEquals(seen, [...around("inherited"), ...around("async"), ...around("7")]);
});

Deno.test("runTests fails a test that throws, returns something, or leaves an error in the loop", async () => {
  const tests = collect(Cases);
  seen.length = 0;
  await assertRejects(tests.get("Cases.test1")!, RangeError, "test");
  await assertRejects(tests.get("Cases.testReturns")!, TypeError, "Cannot ignore what testReturns returned");
  await assertRejects(tests.get("Cases.testReturnsLater")!, TypeError, "returned: 3");
  await assertRejects(tests.get("Cases.testGenerator")!, TypeError, "only inside of genTest");
  assertEquals(seen.filter((step) => step === "tearDown").length, 4);
});

Deno.test("runTests limits the time of a test by ASYNC_TEST_TIMEOUT", async () => {
  class Stuck extends AsyncTestCase {
    testStuck(): Promise<void> {
      return new Promise(() => {});
    }
  }
  using _env = stub(Deno.env, "get", () => "0.01");
  await assertRejects(collect(Stuck).get("Stuck.testStuck")!, TimeoutError, "timed out after 10 ms");
});

class ByIt extends AsyncTestCase {
  testRegisteredByIt(): void {}
}

runTests(ByIt);
runTests(ByIt, it);
