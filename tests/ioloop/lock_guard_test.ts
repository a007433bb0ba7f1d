import { assertEquals, assertRejects } from "@std/assert";
import { LockGuard } from "@denado/denado/ioloop";

Deno.test("LockGuard releases once, however it is told to", async () => {
  let releases = 0;
  const guard = new LockGuard(() => releases++);
  guard.release();
  guard.release();
  guard[Symbol.dispose]();
  await guard[Symbol.asyncDispose]();
  assertEquals(releases, 1);
});

Deno.test("LockGuard rejects, and does not throw, when releasing fails at the end of await using", async () => {
  const guard = new LockGuard(() => {
    throw new RangeError("Not locked");
  });
  const disposal = guard[Symbol.asyncDispose]();
  await assertRejects(() => disposal, RangeError, "Not locked");
});
