import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  DefaultResolver,
  OverrideResolver,
  type ResolvedAddress,
  type ResolveOptions,
  Resolver,
} from "@denado/denado/tcp";

/** Knows every name, and says what it was asked. */
class EchoResolver extends Resolver {
  closed = false;
  readonly asked: string[] = [];
  override resolve(host: string, port: number, options: ResolveOptions = {}): Promise<ResolvedAddress[]> {
    this.asked.push(`${host} ${port} ${options.family ?? "unspecified"}`);
    return Promise.resolve([{ family: "ipv4", hostname: host, port }]);
  }
  override close(): void {
    this.closed = true;
  }
}

Deno.test("Resolver is the default one unless another is configured", async () => {
  assertInstanceOf(new Resolver(), DefaultResolver);
  using _saved = Resolver.saveConfiguration();
  Resolver.configure(EchoResolver);
  const resolver = new Resolver();
  assertInstanceOf(resolver, EchoResolver);
  assertEquals(await resolver.resolve("a.example", 80), [{ family: "ipv4", hostname: "a.example", port: 80 }]);
});

Deno.test("Resolver that does not define resolve says so", async () => {
  class Incomplete extends Resolver {}
  await assertRejects(() => new Incomplete().resolve("a", 1), TypeError, "Incomplete: it does not define resolve");
});

Deno.test("DefaultResolver finds localhost", async () => {
  const found = await new DefaultResolver().resolve("localhost", 80);
  assert(found.length > 0);
  for (const { family, hostname, port } of found) {
    assertEquals([hostname, port], [family === "ipv4" ? "127.0.0.1" : "::1", 80]);
  }
});

Deno.test("DefaultResolver takes an address for itself", async () => {
  const resolver = new DefaultResolver();
  assertEquals(await resolver.resolve("192.0.2.1", 80), [{ family: "ipv4", hostname: "192.0.2.1", port: 80 }]);
  assertEquals(await resolver.resolve("::1", 80, { family: "ipv6" }), [{ family: "ipv6", hostname: "::1", port: 80 }]);
  await assertRejects(() => resolver.resolve("::1", 80, { family: "ipv4" }), Error, 'Cannot resolve "::1" (IPv4)');
});

Deno.test("DefaultResolver restricts the family", async () => {
  const found = await new DefaultResolver().resolve("localhost", 80, { family: "ipv4" });
  assertEquals(found, [{ family: "ipv4", hostname: "127.0.0.1", port: 80 }]);
});

Deno.test("DefaultResolver fails for a name without an address, with the cause", async () => {
  const error = await assertRejects(() => new DefaultResolver().resolve("an invalid domain", 80), Error);
  assertEquals(error.message, 'Cannot resolve "an invalid domain": it has no address');
  assertInstanceOf(error.cause, Error);
});

const MAPPING = {
  "google.com": "127.0.0.1",
  "foo.example:80": ["1.2.3.4", 81],
  "foo.example:80:ipv6": ["2a02:6b8:7c:40c:c51e:495f:e23a:3", 82],
  "[::1]:80": "127.0.0.1",
} as const;
const OVERRIDES: [host: string, port: number, options: ResolveOptions, asked: string][] = [
  ["google.com", 80, {}, "127.0.0.1 80 unspecified"],
  ["google.com", 443, { family: "ipv4" }, "127.0.0.1 443 ipv4"],
  ["foo.example", 80, { family: "ipv4" }, "1.2.3.4 81 ipv4"],
  ["foo.example", 80, { family: "ipv6" }, "2a02:6b8:7c:40c:c51e:495f:e23a:3 82 ipv6"],
  ["foo.example", 81, {}, "foo.example 81 unspecified"],
  ["::1", 80, {}, "127.0.0.1 80 unspecified"],
  ["constructor", 80, {}, "constructor 80 unspecified"],
];
for (const [host, port, options, asked] of OVERRIDES) {
  Deno.test(`OverrideResolver asks for ${asked} instead of ${host} ${port} ${options.family ?? ""}`, async () => {
    const resolver = new EchoResolver();
    const override = new OverrideResolver({ resolver, mapping: MAPPING });
    await override.resolve(host, port, options);
    assertEquals(resolver.asked, [asked]);
    override.close();
    assert(resolver.closed);
  });
}
