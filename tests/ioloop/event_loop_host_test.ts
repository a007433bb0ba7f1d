/**
 * The event loop beside the loop of the host: what gets through while it is busy, and what keeps a process alive.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { EventLoop, READ } from "@denado/denado/ioloop";
import { ProgramFolder } from "../helpers/child_program.ts";
import { FakeSelectable } from "../helpers/fake_selectable.ts";
import { settle } from "../helpers/manual_clock.ts";

const onWindows = Deno.build.os === "windows";

// --- a busy loop ---

interface Busy {
  readonly name: string;
  /** After so many steps the loop gives up; then the host gets through, but the test has failed. */
  readonly maxSteps: number;
  /** Keeps the loop busy as long as `goOn` says so. */
  start(loop: EventLoop, goOn: () => boolean): void;
}

const busyLoops: Busy[] = [
  {
    name: "a callback adds itself for ever",
    maxSteps: 5_000_000,
    start(loop, goOn) {
      const again = () => void (goOn() && loop.callSoon(again));
      again();
    },
  },
  {
    name: "a thousand callbacks add themselves for ever",
    maxSteps: 10_000_000,
    start(loop, goOn) {
      const again = () => void (goOn() && loop.callSoon(again));
      for (let n = 0; n < 1000; n++) again();
    },
  },
  {
    name: "a callback of 5 ms adds itself for ever",
    maxSteps: 500,
    start(loop, goOn) {
      const again = () => {
        for (const end = performance.now() + 5; performance.now() < end;);
        if (goOn()) loop.callSoon(again);
      };
      again();
    },
  },
  {
    name: "a coroutine awaits callbacks for ever",
    maxSteps: 5_000_000,
    async start(loop, goOn) {
      while (goOn()) await new Promise<void>((resolve) => loop.callSoon(resolve));
    },
  },
  {
    name: "a coroutine of the loop works 5 ms between callbacks for ever",
    maxSteps: 500,
    start(loop, goOn) {
      loop.callSoon(async () => {
        while (goOn()) {
          await new Promise<void>((resolve) => loop.callSoon(resolve));
          for (const end = performance.now() + 5; performance.now() < end;);
        }
      });
    },
  },
  {
    name: "a timer without delay adds itself for ever",
    maxSteps: 5_000_000,
    start(loop, goOn) {
      const again = () => void (goOn() && loop.callLater(0, again));
      again();
    },
  },
  {
    name: "a handler never drains its resource",
    maxSteps: 5_000_000,
    start(loop, goOn) {
      const resource = new FakeSelectable();
      resource.give(READ);
      const key = loop.selector.register(resource, READ, () => {
        if (!goOn()) loop.selector.unregister(key);
      });
    },
  },
];

/** What the host has to deliver: a timer, a connection with data, a signal; and a timer of the loop. */
async function hostEvents(loop: EventLoop): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(1));
    listener.close();
  };
  const connect = async () => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: (listener.addr as Deno.NetAddr).port });
    await connection.write(new Uint8Array(1));
    await connection.read(new Uint8Array(1));
  };
  const signal = () => {
    if (onWindows) return;
    return new Promise<void>((resolve) => {
      loop.addSignalHandler("SIGUSR1", resolve);
      setTimeout(() => Deno.kill(Deno.pid, "SIGUSR1"), 1);
    });
  };
  await Promise.all([
    new Promise<void>((resolve) => setTimeout(resolve, 10)),
    new Promise<void>((resolve) => loop.callLater(10, resolve)),
    serve(),
    connect(),
    signal(),
  ]);
}

for (const { name, maxSteps, start } of busyLoops) {
  Deno.test(`EventLoop lets the host have its turn while ${name}`, async () => {
    const loop = new EventLoop();
    let isOver = false;
    let steps = 0;
    start(loop, () => !isOver && ++steps < maxSteps);
    await hostEvents(loop);
    isOver = true;
    assert(steps > 0);
    assert(steps < maxSteps, "the host got through only when the loop gave up");
    await settle();
    loop.close();
  });
}

// --- signals ---

const signalTest = { ignore: onWindows };

Deno.test("EventLoop calls a signal's callback in a turn, with its arguments", signalTest, async () => {
  const loop = new EventLoop();
  const other = new EventLoop();
  const seen: unknown[] = [];
  loop.addSignalHandler("SIGUSR1", () => seen.push("replaced"));
  loop.addSignalHandler("SIGUSR1", (name: string) => seen.push([name, EventLoop.running() === loop]), "mine");
  other.addSignalHandler("SIGUSR1", () => {
    seen.push(["other", EventLoop.running() === other]);
    loop.stop();
  });
  loop.callSoon(() => Deno.kill(Deno.pid, "SIGUSR1"));
  await loop.runForever();
  assertEquals(seen, [["mine", true], ["other", true]]);
  loop.close();
  other.close();
});

Deno.test("EventLoop.removeSignalHandler tells whether there was a callback", signalTest, async () => {
  const loop = new EventLoop();
  const other = new EventLoop();
  const seen: string[] = [];
  loop.addSignalHandler("SIGUSR2", () => seen.push("removed"));
  other.addSignalHandler("SIGUSR2", () => other.stop());
  assertEquals([loop.removeSignalHandler("SIGUSR2"), loop.removeSignalHandler("SIGUSR2")], [true, false]);
  other.callSoon(() => Deno.kill(Deno.pid, "SIGUSR2"));
  await other.runForever();
  assertEquals(seen, []);
  loop.close();
  other.close();
});

Deno.test("EventLoop.addSignalHandler refuses a signal that cannot be handled, and keeps nothing", signalTest, () => {
  const loop = new EventLoop();
  for (const signal of ["SIGKILL", "SIGNOTHING" as Deno.Signal] as const) {
    assertThrows(() => loop.addSignalHandler(signal, () => {}), TypeError);
    assertFalse(loop.removeSignalHandler(signal));
  }
  loop.close();
});

// --- what keeps a process alive ---

async function runProgram(text: string): Promise<{ code: number; lines: readonly string[] }> {
  await using folder = new ProgramFolder({ "main.ts": text });
  const program = folder.run(["-A", "main.ts"]);
  const { code } = await program.status();
  return { code, lines: program.lines };
}

Deno.test("EventLoop lets the process end when it is idle, and not before its timers ran", async () => {
  const { code, lines } = await runProgram(`
    import { EventLoop } from "denado:event_loop";
    const loop = new EventLoop();
    loop.callSoon(() => console.log("callback"));
    loop.callLater(20, () => console.log("timer"));
    loop.callLater(3_600_000, () => console.log("cancelled")).cancel();
    const late = loop.callLater(3_600_000, () => console.log("cancelled later"));
    loop.callLater(30, () => late.cancel());
  `);
  assertEquals([code, lines], [0, ["callback", "timer"]]);
});

Deno.test("EventLoop.runForever keeps the process alive until stop", async () => {
  const { code, lines } = await runProgram(`
    import { EventLoop } from "denado:event_loop";
    const loop = new EventLoop();
    Deno.unrefTimer(setTimeout(() => loop.stop(), 20));
    await loop.runForever();
    console.log("stopped");
  `);
  assertEquals([code, lines], [0, ["stopped"]]);
});

Deno.test("EventLoop is stopped by the callback of a signal", signalTest, async () => {
  await using folder = new ProgramFolder({
    "main.ts": `
      import { EventLoop } from "denado:event_loop";
      const loop = new EventLoop();
      loop.addSignalHandler("SIGTERM", () => loop.stop());
      loop.callSoon(() => console.log("ready"));
      await loop.runForever();
      console.log("stopped");
    `,
  });
  const program = folder.run(["-A", "main.ts"]);
  await program.line(/ready/);
  program.signal("SIGTERM");
  const { code } = await program.status();
  assertEquals([code, program.lines], [0, ["ready", "stopped"]]);
});

Deno.test("EventLoop tells the standard error stream of a failed callback, and the process goes on", async () => {
  const { code, lines } = await runProgram(`
    import { EventLoop } from "denado:event_loop";
    const loop = new EventLoop();
    loop.callSoon(async function work() {
      await null;
      throw new RangeError("mine");
    });
    loop.callLater(1, () => console.log("goes on"));
  `);
  assertEquals(code, 0);
  assertEquals(lines.filter((line) => !line.startsWith("    at ")), [
    "Exception in callback Handle(work)",
    "RangeError: mine",
    "goes on",
  ]);
});
