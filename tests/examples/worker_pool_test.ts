import { assertEquals, assertMatch } from "@std/assert";

const EXAMPLE = new URL("../../examples/worker_pool.ts", import.meta.url);

Deno.test("worker pool example counts the same primes in the loop and in workers", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-read", EXAMPLE.href, "100000"],
  }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  const [inLoop, inWorkers, ...rest] = new TextDecoder().decode(stdout).trim().split("\n");
  assertMatch(inLoop!, /^In the loop: 9592 primes in \d+ ms, the loop was up to [\d.]+ ms late$/);
  assertMatch(inWorkers!, /^In \d+ worker\(s\): 9592 primes in \d+ ms, the loop was up to [\d.]+ ms late$/);
  assertEquals(rest, []);
});
