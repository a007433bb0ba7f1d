import { HTTPClientError, HTTPProxyError, HTTPStreamClosedError, HTTPTimeoutError } from "@denado/denado/http";
import { assert, assertEquals } from "@std/assert";

const cause = new Error("cause");

const ERRORS: readonly [HTTPClientError, string, number, string, string][] = [
  [new HTTPClientError(403, { cause }), "HTTPClientError", 403, "Forbidden", "HTTP 403: Forbidden"],
  [new HTTPClientError(200, { reason: "Odd", cause }), "HTTPClientError", 200, "Odd", "HTTP 200: Odd"],
  [new HTTPClientError(599, { cause }), "HTTPClientError", 599, "Unknown", "HTTP 599: Unknown"],
  [new HTTPTimeoutError(undefined, { cause }), "HTTPTimeoutError", 599, "Timeout", "Timeout"],
  [
    new HTTPTimeoutError("Timeout in request queue", { cause }),
    "HTTPTimeoutError",
    599,
    "Timeout in request queue",
    "Timeout in request queue",
  ],
  [new HTTPStreamClosedError(undefined, { cause }), "HTTPStreamClosedError", 599, "Stream closed", "Stream closed"],
  [new HTTPProxyError("No", { proxyStatus: 407, cause }), "HTTPProxyError", 599, "No", "No"],
];

for (const [error, name, code, reason, message] of ERRORS) {
  Deno.test(`${name} says: ${message}`, () => {
    assert(error instanceof HTTPClientError);
    assertEquals([error.name, error.code, error.reason, error.message], [name, code, reason, message]);
    assertEquals(error.cause, cause);
  });
}

Deno.test("HTTPProxyError keeps the proxy's status", () => {
  assertEquals(new HTTPProxyError("No", { proxyStatus: 407 }).proxyStatus, 407);
});
