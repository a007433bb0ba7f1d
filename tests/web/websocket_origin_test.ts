import { assertEquals } from "@std/assert";
import { isSameHost } from "../../web/websocket_origin.ts";

for (
  const [origin, host, expected] of [
    ["http://example.com", "example.com", true],
    ["http://example.com/with/path", "example.com", true],
    ["http://example.com", "EXAMPLE.com", true],
    ["HTTP://EXAMPLE.COM", "example.com", true],
    ["http://example.com:8080", "example.com:8080", true],
    ["http://example.com", "example.com:80", true],
    ["https://example.com", "example.com", true], // behind a proxy that ends TLS
    ["https://example.com", "example.com:443", true],
    ["http://[::1]:8000", "[::1]:8000", true],
    ["http://localhost:8000", "localhost:8000", true],
    ["http://bücher.example", "xn--bcher-kva.example", true],
    ["https://example.com", "example.com:80", false],
    ["http://example.com:8080", "example.com", false],
    ["http://example.com", "example.com:8080", false],
    ["http://sub.example.com", "example.com", false],
    ["http://example.com", "sub.example.com", false],
    ["http://example.com.evil.example", "example.com", false],
    ["http://example.com@evil.example", "example.com", false],
    ["http://evil.example#example.com", "example.com", false],
    ["http://evil.example\\@example.com", "example.com", false],
    ["example.com", "example.com", false],
    ["localhost:8000", "localhost:8000", false],
    ["127.0.0.1:8000", "127.0.0.1:8000", false],
    ["null", "example.com", false],
    ["", "example.com", false],
    ["file://", "", false],
    ["http://example.com", "", false],
    ["http://example.com", "a b", false],
  ] as const
) {
  Deno.test(`isSameHost is ${expected} for the origin ${JSON.stringify(origin)} on ${JSON.stringify(host)}`, () => {
    assertEquals(isSameHost(origin, host), expected);
  });
}
