import { assertEquals } from "@std/assert";
import { SendLimit, type SendLimitOptions } from "../../http/send_limit.ts";
import { type ManualLoop, withManualLoop } from "../helpers/manual_loop.ts";

/** What a stream has to send, as a test says. */
class FakeOutput {
  pendingWriteBytes = 0;
  bytesWritten = 0;
  closed = false;

  push(count: number): void {
    this.pendingWriteBytes += count;
  }

  take(count: number): void {
    this.pendingWriteBytes -= count;
    this.bytesWritten += count;
  }
}

interface Scene extends ManualLoop {
  readonly limit: SendLimit;
  readonly output: FakeOutput;
  /** When the client was found too slow. */
  readonly found: number[];
}

function withLimit(test: (scene: Scene) => Promise<void>, options: SendLimitOptions = {}): Promise<void> {
  return withManualLoop(async (manual) => {
    const output = new FakeOutput();
    const found: number[] = [];
    const limit = new SendLimit(output, manual.loop, () => found.push(manual.clock.now()), {
      writeTimeoutMs: 10_000,
      minResponseRate: 100,
      ...options,
    });
    await test({ ...manual, limit, output, found });
    limit.dispose();
    await manual.clock.advance(0);
    assertEquals(manual.clock.armed, 0);
  });
}

Deno.test("SendLimit finds a client that takes nothing", () =>
  withLimit(async ({ limit, output, found, clock }) => {
    output.push(10);
    limit.watch();
    await clock.advance(9999);
    assertEquals(found, []);
    await clock.advance(1);
    assertEquals(found, [10_000]);
  }));

Deno.test("SendLimit finds a client that takes less than the rate, at the look after it slowed down", () =>
  withLimit(async ({ limit, output, found, clock }) => {
    output.push(100_000);
    limit.watch();
    await clock.advance(1000);
    output.take(1000);
    await clock.advance(9000);
    output.take(999);
    assertEquals(found, []);
    await clock.advance(10_000);
    assertEquals(found, [20_000]);
  }));

Deno.test("SendLimit is content with a client that takes the rate, for ever", () =>
  withLimit(async ({ limit, output, found, clock }) => {
    output.push(1_000_000);
    limit.watch();
    for (let round = 0; round < 100; round++) {
      output.take(1000);
      await clock.advance(10_000);
    }
    assertEquals(found, []);
  }));

Deno.test("SendLimit does not blame a client for what was queued since the last look", () =>
  withLimit(async ({ limit, output, found, clock }) => {
    for (let round = 0; round < 100; round++) {
      output.push(10); // an event now and then, and always one of them just now
      limit.watch();
      await clock.advance(5000);
      output.take(10);
      output.push(5);
      limit.watch();
      await clock.advance(5000);
      output.take(5);
    }
    assertEquals(found, []);
  }));

Deno.test("SendLimit is not put off by writes to a client that takes nothing", () =>
  withLimit(async ({ limit, output, found, clock }) => {
    for (let second = 0; second < 10; second++) {
      output.push(1000);
      limit.watch();
      await clock.advance(1000);
    }
    assertEquals(found, [10_000]);
  }));

Deno.test("SendLimit stops looking when all has gone, and begins again", () =>
  withLimit(async ({ limit, output, found, clock }) => {
    output.push(10);
    limit.watch();
    output.take(10);
    await clock.advance(10_000);
    assertEquals(clock.armed, 0);
    await clock.advance(10_000);
    output.push(10);
    limit.watch();
    await clock.advance(10_000);
    assertEquals(found, [30_000]);
  }));

Deno.test("SendLimit leaves a closed stream alone", () =>
  withLimit(async ({ limit, output, found, clock }) => {
    output.push(10);
    limit.watch();
    output.closed = true;
    await clock.advance(20_000);
    assertEquals([found, clock.armed], [[], 0]);
  }));

Deno.test("SendLimit with a rate of 0 asks only that something is taken", () =>
  withLimit(async ({ limit, output, found, clock }) => {
    output.push(1000);
    limit.watch();
    for (let round = 0; round < 10; round++) {
      output.take(1);
      await clock.advance(10_000);
    }
    assertEquals(found, []);
    await clock.advance(10_000);
    assertEquals(found, [110_000]);
  }, { minResponseRate: 0 }));

Deno.test("SendLimit sets no limit with an infinite time", () =>
  withLimit(async ({ limit, output, found, clock }) => {
    output.push(1000);
    limit.watch();
    await clock.advance(1e9);
    assertEquals([found, clock.armed], [[], 0]);
  }, { writeTimeoutMs: Infinity }));
