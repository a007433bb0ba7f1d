import { assertEquals, assertRejects } from "@std/assert";
import { PendingRead } from "../../tcp/pending_read.ts";
import { IntoAttempt } from "../../tcp/read_attempt.ts";
import { ReadLimit } from "../../tcp/read_limit.ts";
import { withManualLoop } from "../helpers/manual_loop.ts";

Deno.test("PendingRead settles its own promise", async () => {
  const attempt = () => undefined;
  const [one, other] = [
    new PendingRead<number>(attempt, undefined, undefined),
    new PendingRead<number>(attempt, undefined, undefined),
  ];
  one.resolve(1);
  other.reject(new RangeError("broken"));
  assertEquals(await one.promise, 1);
  await assertRejects(() => other.promise, RangeError, "broken");
});

Deno.test("PendingRead offers the caller's memory to the channel, unless the read may be given up", () =>
  withManualLoop(({ loop }) => {
    const memory = new Uint8Array(16384);
    const into = new IntoAttempt(memory, false);
    assertEquals(new PendingRead(into.attempt, into, undefined).target()?.buffer, memory.buffer);
    assertEquals(new PendingRead(() => undefined, undefined, undefined).target(), undefined);
    const limit = new ReadLimit({ timeoutMs: 100 }, loop, () => {});
    assertEquals(new PendingRead(into.attempt, into, limit).target(), undefined);
    limit.dispose();
    return Promise.resolve();
  }));
