import { assert, assertEquals, assertFalse } from "@std/assert";
import { ReadAdmission, type ReadApplicant } from "../../ioloop/read_admission.ts";
import { settle } from "../helpers/manual_clock.ts";

/** What one turn of the host can complete. */
const BUDGET = 128;

/** An admission that a number of reads went through, which are outstanding. */
class Crowd {
  readonly admission = new ReadAdmission();
  /** Those that were put off and admitted later, in this order. */
  readonly admitted: number[] = [];
  #number = 0;
  #waiters: { count: number; resolve(): void }[] = [];

  constructor(outstanding: number) {
    for (let count = 0; count < outstanding; count++) assert(this.ask());
  }

  /** Asks for a read; returns whether it was issued at once. */
  ask(): boolean {
    const number = this.#number++;
    const applicant: ReadApplicant = {
      admitRead: () => {
        this.admitted.push(number);
        for (const { count, resolve } of this.#waiters) if (this.admitted.length >= count) resolve();
      },
    };
    return this.admission.admit(applicant);
  }

  /** Completes so many reads in one turn of the host. */
  async complete(count: number): Promise<void> {
    for (let done = 0; done < count; done++) this.admission.noteCompletion();
    await settle();
  }

  /** Resolves when so many that were put off have been admitted. */
  admits(count: number): Promise<void> {
    if (this.admitted.length >= count) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push({ count, resolve });
    return promise;
  }

  /** Asks so many times, and wants to be put off. */
  askInVain(times: number): void {
    for (let time = 0; time < times; time++) assertFalse(this.ask());
  }
}

Deno.test("ReadAdmission admits at once what the host can serve in one go", async () => {
  const crowd = new Crowd(BUDGET);
  for (let turn = 0; turn < 3; turn++) {
    await crowd.complete(BUDGET);
    for (let count = 0; count < BUDGET; count++) assert(crowd.ask());
  }
});

Deno.test("ReadAdmission admits at once after a turn that left some of the budget", async () => {
  const crowd = new Crowd(1000);
  await crowd.complete(BUDGET - 1);
  assert(crowd.ask());
});

Deno.test("ReadAdmission lets those that were served wait until all the others were, and then admits them in order", async () => {
  const crowd = new Crowd(300);
  await crowd.complete(BUDGET);
  crowd.askInVain(BUDGET);
  await crowd.complete(BUDGET);
  crowd.askInVain(BUDGET);
  assertEquals(crowd.admitted, []);
  await crowd.complete(300 - 2 * BUDGET); // nobody is left
  assertEquals(crowd.admitted, Array.from({ length: 2 * BUDGET }, (_, index) => 300 + index));
  assert(crowd.ask());
});

Deno.test("ReadAdmission ends a round when some are idle and no more comes", async () => {
  const crowd = new Crowd(500);
  await crowd.complete(BUDGET);
  crowd.askInVain(BUDGET);
  await crowd.complete(10);
  crowd.askInVain(10);
  await crowd.admits(BUDGET + 10);
  assert(crowd.ask());
});

Deno.test("ReadAdmission goes on with a round while more comes", async () => {
  const crowd = new Crowd(500);
  await crowd.complete(BUDGET);
  crowd.askInVain(1);
  await crowd.complete(10);
  await crowd.complete(BUDGET); // the small turn was not the last
  crowd.askInVain(1);
  assertEquals(crowd.admitted, []);
  await crowd.complete(10);
  await crowd.admits(2);
});

Deno.test("ReadAdmission waits no longer than a moment where nothing was put off, and not again soon", async () => {
  const crowd = new Crowd(500);
  await crowd.complete(BUDGET);
  crowd.askInVain(BUDGET);
  await crowd.admits(BUDGET); // the others are idle
  for (let turn = 0; turn < 64; turn++) {
    await crowd.complete(BUDGET);
    for (let count = 0; count < BUDGET; count++) assert(crowd.ask());
  }
  await crowd.complete(BUDGET);
  assertFalse(crowd.ask());
  await crowd.admits(BUDGET + 1);
});
