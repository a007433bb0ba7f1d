import { authorityOf, originOf } from "../../../http/client/origin.ts";
import { assertEquals, assertThrows } from "@std/assert";

const ORIGINS = [
  ["http://a.example", false, "a.example", 80],
  ["https://a.example/path?query", true, "a.example", 443],
  ["ws://a.example:8080", false, "a.example", 8080],
  ["wss://user:secret@a.example", true, "a.example", 443],
  ["http://[::1]:8000/", false, "::1", 8000],
  ["http://127.1/", false, "127.0.0.1", 80],
  ["http://BÜCHER.example/", false, "xn--bcher-kva.example", 80],
] as const;

for (const [url, secure, hostname, port] of ORIGINS) {
  Deno.test(`originOf finds the origin of ${url}`, () => {
    assertEquals(originOf(new URL(url)), { secure, hostname, port });
  });
}

Deno.test("originOf refuses other schemes", () => {
  assertThrows(() => originOf(new URL("ftp://a.example/")), TypeError, "unsupported URL scheme: ftp://a.example/");
});

Deno.test("authorityOf always has the port, and brackets around an IPv6 address", () => {
  assertEquals(authorityOf({ hostname: "a.example", port: 80 }), "a.example:80");
  assertEquals(authorityOf({ hostname: "::1", port: 443 }), "[::1]:443");
});
