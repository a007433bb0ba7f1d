import { assertEquals } from "@std/assert";
import { ipFamily, isValidIp } from "@denado/denado/tcp";

const CASES: [text: string, family: "ipv4" | "ipv6" | undefined][] = [
  ["127.0.0.1", "ipv4"],
  ["4.4.4.4", "ipv4"],
  ["::1", "ipv6"],
  ["2620:0:1cfe:face:b00c::3", "ipv6"],
  ["::ffff:192.0.2.1", "ipv6"],
  ["", undefined],
  [" ", undefined],
  ["\n", undefined],
  [" 127.0.0.1", undefined],
  ["127.0.0.1 ", undefined],
  ["127.0.0.1\0", undefined],
  ["\0", undefined],
  ["localhost", undefined],
  ["www.google.com", undefined],
  ["256.0.0.1", undefined],
  ["1.2.3", undefined],
  ["01.2.3.4", undefined],
  ["[::1]", undefined],
  ["a".repeat(100), undefined],
];
for (const [text, family] of CASES) {
  Deno.test(`isValidIp and ipFamily take ${JSON.stringify(text)} as ${family ?? "no address"}`, () => {
    assertEquals([isValidIp(text), ipFamily(text)], [family !== undefined, family]);
  });
}
