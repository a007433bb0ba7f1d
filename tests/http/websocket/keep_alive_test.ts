import { assertEquals, assertThrows } from "@std/assert";
import { KeepAlive } from "../../../http/websocket/keep_alive.ts";
import { expectLog } from "../../helpers/expect_log.ts";
import { settle } from "../../helpers/manual_clock.ts";
import { withManualLoop } from "../../helpers/manual_loop.ts";

interface Scene {
  readonly events: string[];
  readonly keepAlive: KeepAlive;
  advance(ms: number): Promise<void>;
  answers: boolean;
  reading: boolean;
}

function withScene(
  intervalMs: number,
  timeoutMs: number | undefined,
  body: (scene: Scene) => Promise<void>,
): Promise<void> {
  return withManualLoop(async ({ loop, clock }) => {
    const events: string[] = [];
    const start = clock.now();
    const log = (text: string) => events.push(`${text} at ${clock.now() - start}`);
    const scene: Scene = {
      events,
      answers: false,
      reading: true,
      advance: (ms) => clock.advance(ms),
      keepAlive: new KeepAlive(loop, {
        intervalMs,
        timeoutMs,
        sendPing: () => {
          log("ping");
          if (scene.answers) loop.callLater(1, () => scene.keepAlive.noteActivity());
        },
        isReading: () => scene.reading,
        onTimeout: () => log("timeout"),
      }),
    };
    scene.keepAlive.start();
    await body(scene);
    scene.keepAlive.stop();
    await settle();
    assertEquals(clock.armed, 0);
  });
}

Deno.test("KeepAlive pings at its interval while the peer answers", () =>
  withScene(100, 30, async (scene) => {
    scene.answers = true;
    await scene.advance(350);
    assertEquals(scene.events, ["ping at 100", "ping at 200", "ping at 300"]);
  }));

Deno.test("KeepAlive gives up when the peer is silent, once", () =>
  withScene(100, 30, async (scene) => {
    scene.answers = true;
    await scene.advance(150);
    scene.answers = false;
    await scene.advance(500);
    assertEquals(scene.events, ["ping at 100", "ping at 200", "timeout at 230"]);
  }));

Deno.test("KeepAlive waits for one interval by default", () =>
  withScene(100, undefined, async (scene) => {
    await scene.advance(1000);
    assertEquals(scene.events, ["ping at 100", "timeout at 200"]);
  }));

Deno.test("KeepAlive does not check with a limit of 0", () =>
  withScene(100, 0, async (scene) => {
    await scene.advance(350);
    assertEquals(scene.events, ["ping at 100", "ping at 200", "ping at 300"]);
  }));

Deno.test("KeepAlive asks again when this side was not reading", () =>
  withScene(100, 30, async (scene) => {
    scene.reading = false;
    await scene.advance(235);
    assertEquals(scene.events, ["ping at 100", "ping at 200"]);
    scene.reading = true;
    await scene.advance(100);
    assertEquals(scene.events.slice(2), ["ping at 300", "timeout at 330"]);
  }));

Deno.test("KeepAlive takes a limit that is longer than the interval for the interval, and says so once", () =>
  expectLog({ level: "warning", pattern: "websocketPingTimeoutMs (500) cannot be longer", times: 1 }, async () => {
    for (let time = 0; time < 2; time++) {
      await withScene(100, 500, async (scene) => {
        await scene.advance(1000);
        assertEquals(scene.events, ["ping at 100", "timeout at 200"]);
      });
    }
  }));

Deno.test("KeepAlive without an interval does nothing", () =>
  withScene(0, 30, async (scene) => {
    await scene.advance(1000);
    assertEquals(scene.events, []);
  }));

for (const [intervalMs, timeoutMs] of [[-1, 5], [5, -1], [NaN, 5]] as const) {
  Deno.test(`KeepAlive refuses ${intervalMs} and ${timeoutMs}`, () =>
    withManualLoop(({ loop }) => {
      const nothing = () => {};
      const options = { intervalMs, timeoutMs, sendPing: nothing, isReading: () => true, onTimeout: nothing };
      assertThrows(() => new KeepAlive(loop, options), RangeError, "use 0 or more");
    }));
}

for (
  const [lastPingMs, intervalMs, nowMs, expected] of [[100, 50, 120, 30], [100, 50, 150, 0], [100, 50, 200, 0]] as const
) {
  Deno.test(`KeepAlive.pingSleepTime is ${expected} at ${nowMs}`, () => {
    assertEquals(KeepAlive.pingSleepTime({ lastPingMs, intervalMs, nowMs }), expected);
  });
}
