/**
 * From test cases, which are classes, to tests.
 *
 * @module
 */

import type { AsyncTestCase } from "./async_test_case.ts";
import { getAsyncTestTimeout } from "./test_timeout.ts";

/** Registers a test: `Deno.test`, or `it` of `@std/testing/bdd`. */
export type RegisterTest = (name: string, fn: () => Promise<void>) => void;

/**
 * Registers every method of a test case whose name begins with `test`, those it inherits too, as a test with a time
 * limit that `getAsyncTestTimeout` gives.
 *
 * A test returns nothing, or a promise of nothing: any other value, which was surely to be asserted, fails it.
 *
 * @param TestCase The class; an instance is made for each test.
 * @param register Who is given the tests. @default Deno.test
 * @throws {TypeError} if there is no such method
 */
export function runTests(TestCase: new () => AsyncTestCase, register: RegisterTest = Deno.test): void {
  const names = testNames(TestCase.prototype);
  if (names.length === 0) throw new TypeError(`Cannot run the tests of ${TestCase.name}: it has no method test…`);
  for (const name of names) register(`${TestCase.name}.${name}`, () => runTest(new TestCase(), name));
}

async function runTest(testCase: AsyncTestCase, name: string): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  try {
    await testCase.setUp();
    await testCase.ioLoop.run(() => call(testCase, name), { timeoutMs: getAsyncTestTimeout() });
  } catch (error) {
    failure = { error };
  }
  try {
    await testCase.tearDown();
  } catch (error) {
    failure ??= { error }; // that of the test comes first
  }
  if (failure !== undefined) throw failure.error;
}

async function call(testCase: AsyncTestCase, name: string): Promise<void> {
  const method = (testCase as unknown as Record<string, () => unknown>)[name]!;
  const result = await method.call(testCase);
  if (result === undefined) return;
  const isGenerator = typeof result === "object" && result !== null && "next" in result;
  throw new TypeError(
    isGenerator
      ? `Cannot run ${name}: a generator is a test only inside of genTest`
      : `Cannot ignore what ${name} returned: ${Deno.inspect(result)}`,
  );
}

/** The names of test methods, those of base classes first, each in the order in which they are written. */
function testNames(prototype: object): string[] {
  const names = new Set<string>();
  const chain: object[] = [];
  for (let at: object | null = prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    chain.unshift(at);
  }
  for (const link of chain) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(link))) {
      if (/^test(?![a-z])/.test(name) && typeof property.value === "function") names.add(name);
    }
  }
  return [...names];
}
