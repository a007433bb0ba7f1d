import { IOLoop, sleep, TimeoutError } from "@denado/denado/ioloop";
import { AsyncTestCase } from "@denado/denado/testing";
import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { expectLog } from "../../helpers/expect_log.ts";

/** Sets a test case up, and tears it down whatever happens. */
async function withCase(test: (testCase: AsyncTestCase) => void | Promise<void>): Promise<void> {
  const testCase = new AsyncTestCase();
  await testCase.setUp();
  try {
    await test(testCase);
  } finally {
    await testCase.tearDown();
  }
}

Deno.test("AsyncTestCase has a loop of its own, which is current until the end of the test", async () => {
  const before = IOLoop.current({ instance: false });
  let loop: IOLoop | undefined;
  await withCase(async (testCase) => {
    loop = testCase.ioLoop;
    assertStrictEquals(IOLoop.current(), loop);
    await loop.run(() => sleep(1));
  });
  assertStrictEquals(IOLoop.current({ instance: false }), before);
  assertEquals(loop!.eventLoop.isClosed, true);
  assertThrows(() => new AsyncTestCase().ioLoop, Error, "before setUp");
});

Deno.test("AsyncTestCase waits for stop, before or after it was called, and hands its argument over", () =>
  withCase(async (testCase) => {
    testCase.stop("first");
    assertEquals(await testCase.wait(), "first");
    testCase.ioLoop.callLater(1, () => testCase.stop("second"));
    assertEquals(await testCase.wait(), "second");
    let count = 0;
    testCase.ioLoop.addCallback(function again() {
      count++;
      testCase.stop(count);
      if (count < 3) testCase.ioLoop.addCallback(again);
    });
    assertEquals(await testCase.wait({ condition: () => count === 3 }), 3);
  }));

Deno.test("AsyncTestCase fails a wait that takes too long, and not the next one", () =>
  withCase(async (testCase) => {
    await assertRejects(() => testCase.wait({ timeoutMs: 5 }), TimeoutError, "timed out after 5 ms");
    testCase.ioLoop.callLater(20, () => testCase.stop("later"));
    assertEquals(await testCase.wait({ timeoutMs: 10_000 }), "later");
    testCase.stop();
    await testCase.wait({ timeoutMs: 0 });
  }));

Deno.test("AsyncTestCase tells an error that reached the loop by wait, else at the end, and logs further ones", async () => {
  await withCase(async (testCase) => {
    testCase.ioLoop.addCallback(() => {
      throw new RangeError("in a callback");
    });
    await assertRejects(() => testCase.wait(), RangeError, "in a callback");
  });
  await expectLog(
    { level: "error", pattern: "Multiple unhandled exceptions in test", times: 1 },
    () =>
      assertRejects(
        () =>
          withCase(async (testCase) => {
            for (const message of ["one", "two"]) {
              testCase.ioLoop.addCallback(() => {
                throw new RangeError(message);
              });
            }
            await testCase.ioLoop.run(() => sleep(1));
          }),
        RangeError,
        "one",
      ),
  );
});

Deno.test("AsyncTestCase drops what is left at the end without noise", () =>
  withCase((testCase) => {
    testCase.ioLoop.callLater(60_000, () => {
      throw new Error("never");
    });
    testCase.ioLoop.addCallback(() => {
      throw new Error("never");
    });
  }));

Deno.test("AsyncTestCase can use the current loop, which it leaves open", async () => {
  class Shared extends AsyncTestCase {
    override getNewIoloop(): IOLoop {
      return IOLoop.current();
    }
  }
  const loop = IOLoop.current();
  const testCase = new Shared();
  await testCase.setUp();
  assertStrictEquals(testCase.ioLoop, loop);
  await testCase.tearDown();
  await testCase.tearDown();
  assertEquals(loop.eventLoop.isClosed, false);
});
