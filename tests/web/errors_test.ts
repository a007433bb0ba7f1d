import { Finish, HTTPError } from "@denado/denado/web";
import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";

Deno.test("HTTPError tells status, reason and log message", () => {
  assertEquals(new HTTPError().message, "HTTP 500: Internal Server Error");
  assertEquals(new HTTPError(404).message, "HTTP 404: Not Found");
  assertEquals(
    new HTTPError(404, { reason: "Gone Fishing", logMessage: "x %s {y}" }).message,
    "HTTP 404: Gone Fishing (x %s {y})",
  );
  assertEquals(new HTTPError(435).message, "HTTP 435: Unknown");
});

Deno.test("HTTPError keeps what it was made of", () => {
  const cause = new Error("inner");
  const error = new HTTPError(401, { headers: { "WWW-Authenticate": "Basic" }, reason: "r", logMessage: "l", cause });
  assertEquals([error.statusCode, error.reason, error.logMessage], [401, "r", "l"]);
  assertEquals(error.headers, { "WWW-Authenticate": "Basic" });
  assertEquals([error.name, error.code, error.cause], ["HTTPError", "EHTTP", cause]);
  assertEquals(new HTTPError(400).headers, {});
});

for (const status of [0, 42, 199, 1000, 404.5, NaN]) {
  Deno.test(`HTTPError refuses the status ${status}`, () => {
    assertThrows(() => new HTTPError(status), RangeError, `status ${status}`);
  });
}

Deno.test("Finish keeps its chunk and is an error, so that it can be thrown", () => {
  assertInstanceOf(new Finish(), Error);
  assertEquals([new Finish().chunk, new Finish("end").chunk, new Finish().code], [undefined, "end", "EFINISH"]);
});
