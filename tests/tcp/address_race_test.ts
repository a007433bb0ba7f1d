import { assertEquals, assertRejects } from "@std/assert";
import { interleaveFamilies, raceAddresses } from "../../tcp/address_race.ts";
import type { ResolvedAddress } from "../../tcp/resolver.ts";
import { settle } from "../helpers/manual_clock.ts";
import { CountingAbortController, type ManualLoop, withManualLoop } from "../helpers/manual_loop.ts";

/** `a6` is an IPv6 address named so, `a4` an IPv4 address. */
const addresses = (...names: string[]): ResolvedAddress[] =>
  names.map((hostname) => ({ hostname, family: hostname.endsWith("6") ? "ipv6" : "ipv4", port: 1 }));
const names = (list: readonly ResolvedAddress[]) => list.map(({ hostname }) => hostname);

const ORDERS: [given: string[], tried: string[]][] = [
  [["a6", "b6", "a4", "b4"], ["a6", "a4", "b6", "b4"]],
  [["a4", "a6"], ["a4", "a6"]],
  [["a4", "b4", "c4", "a6"], ["a4", "a6", "b4", "c4"]],
  [["a6"], ["a6"]],
];
for (const [given, tried] of ORDERS) {
  Deno.test(`interleaveFamilies tries ${given} as ${tried}`, () => {
    assertEquals(names(interleaveFamilies(addresses(...given))), tried);
  });
}

/** A race whose attempts end when the test says so. */
function race({ loop }: ManualLoop, given: string[], signal?: AbortSignal) {
  const attempts = new Map<string, PromiseWithResolvers<string> & { signal: AbortSignal }>();
  const disposed: string[] = [];
  const outcome = raceAddresses<string>(addresses(...given), {
    ioLoop: loop,
    connect: ({ hostname }, signal) => {
      const attempt = { ...Promise.withResolvers<string>(), signal };
      attempts.set(hostname, attempt);
      return attempt.promise;
    },
    dispose: (connection) => disposed.push(connection),
    ...(signal === undefined ? {} : { signal }),
  });
  outcome.catch(() => {}); // looked at later
  const succeed = (name: string) => (attempts.get(name)!.resolve(name), settle());
  const fail = (name: string) => (attempts.get(name)!.reject(new Error(`${name} failed`)), settle());
  const tried = () => [...attempts.keys()];
  const aborted = () => tried().filter((name) => attempts.get(name)!.signal.aborted);
  return { outcome, succeed, fail, tried, aborted, disposed };
}

function test(name: string, body: (manual: ManualLoop) => Promise<void>): void {
  Deno.test(`raceAddresses ${name}`, () => withManualLoop(body));
}

test("tries one address when it succeeds at once", async (manual) => {
  const { outcome, succeed, tried, aborted } = race(manual, ["a6", "a4"]);
  await succeed("a6");
  assertEquals([await outcome, tried(), aborted(), manual.clock.armed], ["a6", ["a6"], [], 0]);
});

test("tries the next address after 250 ms, and again", async (manual) => {
  const { outcome, succeed, tried, aborted } = race(manual, ["a6", "b6", "a4"]);
  await manual.clock.advance(249);
  assertEquals(tried(), ["a6"]);
  await manual.clock.advance(1);
  assertEquals(tried(), ["a6", "a4"]);
  await manual.clock.advance(250);
  assertEquals(tried(), ["a6", "a4", "b6"]);
  await succeed("a4");
  assertEquals([await outcome, aborted()], ["a4", ["a6", "b6"]]);
});

test("tries the next address at once when one fails, and gives it its time", async (manual) => {
  const { outcome, fail, succeed, tried } = race(manual, ["a6", "a4", "b6"]);
  await manual.clock.advance(200);
  await fail("a6");
  assertEquals(tried(), ["a6", "a4"]);
  await manual.clock.advance(249);
  assertEquals(tried(), ["a6", "a4"]);
  await manual.clock.advance(1);
  assertEquals(tried(), ["a6", "a4", "b6"]);
  await succeed("b6");
  assertEquals(await outcome, "b6");
});

test("disposes of a connection that comes after the winner", async (manual) => {
  const { outcome, succeed, disposed } = race(manual, ["a6", "a4"]);
  await manual.clock.advance(250);
  await succeed("a4");
  await succeed("a6");
  assertEquals([await outcome, disposed], ["a4", ["a6"]]);
});

test("ignores a failure that comes after the winner", async (manual) => {
  const { outcome, succeed, fail, disposed } = race(manual, ["a6", "a4"]);
  await manual.clock.advance(250);
  await succeed("a4");
  await fail("a6");
  assertEquals([await outcome, disposed], ["a4", []]);
});

test("fails with the last error when all have failed", async (manual) => {
  const { outcome, fail, tried } = race(manual, ["a6", "a4"]);
  await fail("a6");
  await fail("a4");
  await assertRejects(() => outcome, Error, "a4 failed");
  assertEquals([tried(), manual.clock.armed], [["a6", "a4"], 0]);
});

test("waits for attempts that go on when no address is left", async (manual) => {
  const { outcome, fail, succeed } = race(manual, ["a6", "a4"]);
  await manual.clock.advance(250);
  await fail("a4");
  await succeed("a6");
  assertEquals(await outcome, "a6");
});

test("gives up every attempt and tries no more when it is aborted", async (manual) => {
  const controller = new CountingAbortController();
  const { outcome, succeed, tried, aborted, disposed } = race(manual, ["a6", "a4", "b6"], controller.signal);
  await manual.clock.advance(250);
  controller.abort(new RangeError("enough"));
  await assertRejects(() => outcome, RangeError, "enough");
  assertEquals(aborted(), ["a6", "a4"]);
  await succeed("a4");
  await manual.clock.advance(1000);
  assertEquals([tried(), disposed, controller.listenerCount, manual.clock.armed], [["a6", "a4"], ["a4"], 0, 0]);
});

test("tries nothing when it is aborted before", async (manual) => {
  const { outcome, tried } = race(manual, ["a6"], AbortSignal.abort(new RangeError("before")));
  await assertRejects(() => outcome, RangeError, "before");
  assertEquals(tried(), []);
});

test("leaves neither a timer nor a listener behind", async (manual) => {
  const controller = new CountingAbortController();
  const { outcome, succeed, aborted } = race(manual, ["a6", "a4"], controller.signal);
  await succeed("a6");
  await outcome;
  controller.abort();
  assertEquals([controller.listenerCount, manual.clock.armed, aborted()], [0, 0, []]);
});
