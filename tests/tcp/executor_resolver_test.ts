import { assertEquals, assertRejects } from "@std/assert";
import { type Executor, WorkerPool } from "@denado/denado/ioloop";
import { ExecutorResolver, type ResolvedAddress, Resolver } from "@denado/denado/tcp";

const ADDRESSES: readonly ResolvedAddress[] = [
  { family: "ipv6", hostname: "2001:db8::7", port: 80 },
  { family: "ipv4", hostname: "192.0.2.7", port: 80 },
];

Deno.test("ExecutorResolver asks its function through its executor, and leaves other families out", async () => {
  const asked: unknown[][] = [];
  const executor: Executor = {
    submit: (fn, ...args) => {
      asked.push(args);
      return Promise.resolve(fn(...args));
    },
  };
  const resolver = new ExecutorResolver({ executor, lookup: () => ADDRESSES });
  assertEquals(await resolver.resolve("api", 80), [...ADDRESSES]);
  assertEquals(await resolver.resolve("api", 80, { family: "ipv4" }), [ADDRESSES[1]!]);
  assertEquals(await resolver.resolve("192.0.2.1", 80), [{ family: "ipv4", hostname: "192.0.2.1", port: 80 }]);
  assertEquals(asked, [["api", 80, "unspecified"], ["api", 80, "ipv4"]]);
});

Deno.test("ExecutorResolver fails when the function finds nothing, or fails, with the cause", async () => {
  const nothing = new ExecutorResolver({ lookup: () => [] });
  await assertRejects(() => nothing.resolve("api", 80), Error, 'Cannot resolve "api": it has no address');
  const reason = new Error("no directory");
  const failing = new ExecutorResolver({ lookup: () => Promise.reject(reason) });
  assertEquals((await assertRejects(() => failing.resolve("api", 80), Error)).cause, reason);
});

Deno.test("ExecutorResolver resolves in a worker, when it is configured so", async () => {
  const source = `export const lookup = (host, port) =>
    host === "api" ? [{ family: "ipv4", hostname: "192.0.2.7", port }] : [];`;
  type Jobs = { lookup(host: string, port: number): ResolvedAddress[] };
  await using pool = new WorkerPool<Jobs>(`data:text/javascript,${encodeURIComponent(source)}`, { size: 1 });
  using _saved = Resolver.saveConfiguration();
  Resolver.configure(ExecutorResolver, { lookup: pool.bind("lookup") });
  assertEquals(await new Resolver().resolve("api", 443), [{ family: "ipv4", hostname: "192.0.2.7", port: 443 }]);
});
