import { assert, assertEquals } from "@std/assert";
import { TimerHandle, TimerHeap } from "@denado/denado/ioloop";

class Scene {
  emptied = 0;
  readonly heap = new TimerHeap(() => this.emptied++);
  #sequence = 0;

  add(...times: number[]): TimerHandle[] {
    return times.map((when) => {
      const timer = new TimerHandle(() => {}, [], {
        when,
        sequence: this.#sequence++,
        heap: this.heap,
        fire: () => {},
      });
      this.heap.push(timer);
      return timer;
    });
  }

  due(now = Infinity): TimerHandle[] {
    const due: TimerHandle[] = [];
    this.heap.takeDue(now, due);
    return due;
  }

  dueTimes(now = Infinity): number[] {
    return this.due(now).map((timer) => timer.when);
  }
}

/** Pseudo-random and the same in each run. */
function* numbers(seed: number): Generator<number, never> {
  for (;;) yield seed = (seed * 1103515245 + 12345) & 0x7fffffff;
}

const orders = [
  { name: "in order", times: [1, 2, 3, 4, 5, 6, 7] },
  { name: "in reverse order", times: [7, 6, 5, 4, 3, 2, 1] },
  { name: "behind a late one", times: [100, 3, 1, 2, 50, 4] },
  { name: "in zigzag", times: [4, 1, 5, 2, 6, 3, 7, 0] },
  { name: "with infinite ones", times: [Infinity, -Infinity, 0, Infinity, 1e300, -1e300] },
];

for (const { name, times } of orders) {
  Deno.test(`TimerHeap gives timers back by their times when they were added ${name}`, () => {
    const scene = new Scene();
    scene.add(...times);
    assertEquals(scene.heap.size, times.length);
    assertEquals(scene.dueTimes(), times.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
    assertEquals(scene.heap.size, 0);
  });
}

Deno.test("TimerHeap keeps the order in which timers of the same time were added", () => {
  const scene = new Scene();
  const timers = scene.add(5, 9, 5, 1, 5, 9, 1, 5, 0, 5);
  const expected = timers.toSorted((a, b) => a.when - b.when || a.sequence - b.sequence);
  assertEquals(scene.due().map((timer) => timer.sequence), expected.map((timer) => timer.sequence));
});

Deno.test("TimerHeap gives only what is due, the exact moment included", () => {
  const scene = new Scene();
  scene.add(3, 1, 2, 4);
  assertEquals(scene.dueTimes(0.999), []);
  assertEquals(scene.dueTimes(2), [1, 2]);
  assertEquals(scene.dueTimes(2), []);
  assertEquals(scene.dueTimes(), [3, 4]);
});

Deno.test("TimerHeap.peek shows the earliest timer that is left and leaves it", () => {
  const scene = new Scene();
  assertEquals(scene.heap.peek(), undefined);
  const [third, first, second] = scene.add(3, 1, 2);
  assertEquals(scene.heap.peek(), first);
  first!.cancel();
  assertEquals(scene.heap.peek(), second);
  second!.cancel();
  assertEquals(scene.heap.peek(), third);
  assertEquals(scene.heap.peek(), third);
});

Deno.test("TimerHeap does not give a cancelled timer", () => {
  const scene = new Scene();
  const timers = scene.add(5, 1, 4, 2, 3);
  timers[1]!.cancel();
  timers[2]!.cancel();
  assertEquals(scene.dueTimes(), [2, 3, 5]);
  assertEquals(scene.heap.size, 0);
});

Deno.test("TimerHeap does not count a cancellation after the timer left", () => {
  const scene = new Scene();
  scene.add(1, 2, 3, 4);
  for (const timer of scene.due(2)) timer.cancel();
  assertEquals([scene.heap.size, scene.emptied], [2, 0]);
  assertEquals(scene.dueTimes(), [3, 4]);
});

Deno.test("TimerHeap says when the last timer that was left is cancelled", () => {
  const scene = new Scene();
  const [a, b] = scene.add(1, 2);
  a!.cancel();
  assertEquals([scene.heap.size, scene.emptied], [2, 0]);
  b!.cancel();
  assertEquals([scene.heap.size, scene.emptied], [0, 1]);
  const [c] = scene.add(3);
  c!.cancel();
  assertEquals([scene.heap.size, scene.emptied], [0, 2]);
  scene.add(4);
  assertEquals(scene.dueTimes(), [4]);
  assertEquals(scene.emptied, 2);
});

Deno.test("TimerHeap takes timers that are earlier than those that left", () => {
  const scene = new Scene();
  scene.add(10, 20);
  assertEquals(scene.dueTimes(10), [10]);
  scene.add(5, 15);
  assertEquals(scene.dueTimes(), [5, 15, 20]);
  scene.add(1);
  assertEquals(scene.dueTimes(), [1]);
});

for (const order of ["in order", "in reverse order", "at random"]) {
  Deno.test(`TimerHeap stays small while 100,000 timers are added ${order} and cancelled`, () => {
    const scene = new Scene();
    const kept = scene.add(...Array.from({ length: 1000 }, (_, at) => 1e6 + at));
    const random = numbers(3);
    let largest = 0;
    for (let n = 0; n < 100_000; n++) {
      const when = order === "in order" ? n : order === "in reverse order" ? 1e6 - n : random.next().value % 1e6;
      for (const timer of scene.add(when)) timer.cancel();
      largest = Math.max(largest, scene.heap.size);
    }
    assert(largest <= 2 * kept.length + 2, `size ${largest} with ${kept.length} live timers`);
    assertEquals(scene.dueTimes().length, kept.length);
  });
}

Deno.test("TimerHeap drops cancelled timers only when that pays", () => {
  const scene = new Scene();
  const few = scene.add(...Array(100).keys());
  for (const timer of few.slice(1)) timer.cancel();
  assertEquals(scene.heap.size, 100, "not more than 100 timers");
  scene.add(...Array(100).keys());
  const many = scene.add(200, 201);
  many[0]!.cancel();
  assertEquals(scene.heap.size, 202, "100 of 202 are cancelled");
  many[1]!.cancel();
  assertEquals(scene.heap.size, 202, "half of them");
  few[0]!.cancel();
  assertEquals(scene.heap.size, 100, "more than half of them");
});

Deno.test("TimerHeap agrees with a sorted list under a long mix of operations", () => {
  const scene = new Scene();
  const random = numbers(11);
  let live: TimerHandle[] = [];
  for (let step = 0; step < 20_000; step++) {
    const dice = random.next().value;
    if (dice % 10 < 5) live.push(...scene.add(dice % 3 === 0 ? step : dice % 1000));
    else if (dice % 10 < 9 && live.length > 0) live.splice(dice % live.length, 1)[0]!.cancel();
    else {
      const now = dice % 1000;
      const expected = live.filter((timer) => timer.when <= now)
        .sort((a, b) => a.when - b.when || a.sequence - b.sequence);
      live = live.filter((timer) => timer.when > now);
      assertEquals(scene.due(now).map((timer) => timer.sequence), expected.map((timer) => timer.sequence));
    }
  }
  assert(live.length > 10);
  assertEquals(scene.due().length, live.length);
});

Deno.test("TimerHeap.clear drops everything, and cancelling afterwards does no harm", () => {
  const scene = new Scene();
  const timers = scene.add(3, 1, 2);
  scene.heap.clear();
  assertEquals([scene.heap.size, scene.heap.peek(), scene.due()], [0, undefined, []]);
  timers[0]!.cancel();
  const [later] = scene.add(7, 6);
  later!.cancel();
  assertEquals([scene.heap.size, scene.emptied], [2, 0]);
  assertEquals(scene.dueTimes(), [6]);
});
