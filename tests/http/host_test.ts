import { splitHostAndPort } from "../../http/host.ts";
import { assertEquals } from "@std/assert";

const AUTHORITIES: [netloc: string, host: string, port: number | undefined, reason: string][] = [
  ["a.example", "a.example", undefined, "no port"],
  ["a.example:80", "a.example", 80, "a port"],
  ["a.example:0080", "a.example", 80, "zeros in front"],
  ["127.0.0.1:1", "127.0.0.1", 1, "an IPv4 address"],
  ["[::1]:443", "[::1]", 443, "an IPv6 address in brackets"],
  ["[::1]", "[::1]", undefined, "without a port"],
  ["::1", "::1", undefined, "an IPv6 address without brackets"],
  ["2001:db8::80", "2001:db8::80", undefined, "a longer one"],
  ["a.example:", "a.example:", undefined, "a colon without digits"],
  ["a.example:x", "a.example:x", undefined, "letters"],
  ["a.example:-1", "a.example:-1", undefined, "a sign"],
  ["a.example:٣", "a.example:٣", undefined, "digits of another script"],
  [":80", ":80", undefined, "no host"],
  ["", "", undefined, "nothing"],
];

for (const [netloc, host, port, reason] of AUTHORITIES) {
  Deno.test(`splitHostAndPort divides ${JSON.stringify(netloc)}: ${reason}`, () => {
    assertEquals(splitHostAndPort(netloc), { host, port });
  });
}
