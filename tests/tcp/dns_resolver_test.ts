import { assert, assertEquals, assertRejects } from "@std/assert";
import { DnsResolver, type ResolvedAddress } from "@denado/denado/tcp";

const A = 1;
const AAAA = 28;

/** A name server that knows a few names, and says nothing for `silent.example`. */
class FakeNameServer implements AsyncDisposable {
  readonly #socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  readonly #served: Promise<void>;
  readonly asked: string[] = [];

  constructor(readonly records: Readonly<Record<string, readonly number[][]>>) {
    this.#served = this.#serve();
  }

  get nameServer(): { ipAddr: string; port: number } {
    return { ipAddr: "127.0.0.1", port: (this.#socket.addr as Deno.NetAddr).port };
  }

  async #serve(): Promise<void> {
    for await (const [query, from] of this.#socket) {
      let at = 12;
      const labels: string[] = [];
      for (let size = query[at]!; size > 0; size = query[at]!) {
        labels.push(new TextDecoder().decode(query.subarray(at + 1, at + 1 + size)));
        at += 1 + size;
      }
      const name = labels.join(".").toLowerCase();
      const type = (query[at + 1]! << 8) | query[at + 2]!;
      this.asked.push(`${name} ${type}`);
      if (name === "silent.example") continue;
      const all = this.records[name];
      const found = (all ?? []).filter((address) => address.length === (type === A ? 4 : 16));
      await this.#socket.send(reply(query.subarray(0, at + 5), { type, found, known: all !== undefined }), from);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#served;
  }
}

function reply(
  question: Uint8Array,
  { type, found, known }: { type: number; found: readonly number[][]; known: boolean },
): Uint8Array {
  const records = found.flatMap((address) => [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, address.length, ...address]);
  const message = Uint8Array.from([...question, ...records]);
  message.set([0x81, known ? 0x80 : 0x83, 0, 1, 0, found.length, 0, 0, 0, 0], 2);
  return message;
}

const V4 = [192, 0, 2, 7];
const V6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
const RECORDS = { "both.example": [V4, V6], "old.example": [V4] };
const ipv4: ResolvedAddress = { family: "ipv4", hostname: "192.0.2.7", port: 80 };
const ipv6: ResolvedAddress = { family: "ipv6", hostname: "2001:db8::7", port: 80 };

Deno.test("DnsResolver asks for both families at once, IPv6 first, and for one if only that is wanted", async () => {
  await using server = new FakeNameServer(RECORDS);
  const resolver = new DnsResolver({ nameServer: server.nameServer });
  assertEquals(await resolver.resolve("both.example.", 80), [ipv6, ipv4]);
  assertEquals(server.asked.sort(), [`both.example ${A}`, `both.example ${AAAA}`]);
  server.asked.length = 0;
  assertEquals(await resolver.resolve("both.example.", 80, { family: "ipv4" }), [ipv4]);
  assertEquals(server.asked, [`both.example ${A}`]);
  assertEquals(await resolver.resolve("old.example.", 80), [ipv4]);
});

Deno.test("DnsResolver asks nobody for an address or for localhost", async () => {
  const resolver = new DnsResolver();
  assertEquals(await resolver.resolve("192.0.2.7", 80), [ipv4]);
  for (const name of ["localhost", "LOCALHOST.", "app.localhost"]) {
    assertEquals((await resolver.resolve(name, 80)).map(({ hostname }) => hostname), ["::1", "127.0.0.1"]);
  }
  await assertRejects(() => resolver.resolve("192.0.2.7", 80, { family: "ipv6" }), Error, "Cannot resolve");
});

Deno.test("DnsResolver fails for a name that does not exist, with the cause", async () => {
  await using server = new FakeNameServer(RECORDS);
  const resolver = new DnsResolver({ nameServer: server.nameServer });
  const error = await assertRejects(() => resolver.resolve("none.example.", 80), Error);
  assertEquals(error.message, 'Cannot resolve "none.example.": it has no address');
  assert(error.cause instanceof Deno.errors.NotFound, String(error.cause));
  await assertRejects(() => resolver.resolve("old.example.", 80, { family: "ipv6" }), Error, "(IPv6)");
});

Deno.test("DnsResolver gives up when no server answers, and when it is closed", async () => {
  await using server = new FakeNameServer(RECORDS);
  const hasty = new DnsResolver({ nameServer: server.nameServer, timeoutMs: 1 });
  const late = await assertRejects(() => hasty.resolve("silent.example.", 80), Error);
  assert(String(late.cause).includes("no name server answered within 1 ms"), String(late.cause));
  const resolver = new DnsResolver({ nameServer: server.nameServer });
  const resolving = assertRejects(() => resolver.resolve("silent.example.", 80), Error);
  resolver.close();
  assert(String((await resolving).cause).includes("the resolver was closed"));
});
