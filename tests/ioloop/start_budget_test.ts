import { assertEquals, assertThrows } from "@std/assert";
import { StartBudget } from "../../ioloop/start_budget.ts";
import { ManualClock } from "../helpers/manual_clock.ts";

/** A budget of a quarter, and a start that takes `tookMs`. */
function makeBudget() {
  const clock = new ManualClock();
  const budget = new StartBudget(0.25, clock);
  const spend = (tookMs: number) => budget.spend(() => clock.jump(clock.now() + tookMs));
  return { clock, budget, spend };
}

Deno.test("StartBudget allows the first start at once", () => {
  assertEquals(makeBudget().budget.waitMs, 0);
});

Deno.test("StartBudget returns what the start returns", () => {
  assertEquals(makeBudget().budget.spend(() => 5), 5);
});

Deno.test("StartBudget asks for a pause in proportion to the start", () => {
  const { clock, budget, spend } = makeBudget();
  spend(50);
  assertEquals(budget.waitMs, 150);
  clock.jump(clock.now() + 149);
  assertEquals(budget.waitMs, 1);
  clock.jump(clock.now() + 100);
  assertEquals(budget.waitMs, 0);
});

Deno.test("StartBudget adds the pauses of starts that did not wait", () => {
  const { budget, spend } = makeBudget();
  spend(50);
  spend(50);
  // 100 ms were spent within 400 ms, of which 100 ms are over.
  assertEquals(budget.waitMs, 300);
});

Deno.test("StartBudget does not save up for later", () => {
  const { clock, budget, spend } = makeBudget();
  clock.jump(10_000);
  spend(50);
  assertEquals(budget.waitMs, 150);
});

Deno.test("StartBudget counts a start that fails", () => {
  const { clock, budget } = makeBudget();
  assertThrows(() =>
    budget.spend(() => {
      clock.jump(10);
      throw new Error("no thread");
    })
  );
  assertEquals(budget.waitMs, 30);
});
