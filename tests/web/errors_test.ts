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

const MESSAGES: [message: string, args: unknown[], text: string][] = [
  ["100%s", [], "100%s"],
  ["a %s b %s", ["x", 1], "a x b 1"],
  ["%d of %i", [3.9, 4n], "3 of 4"],
  ["%d", ["x"], "NaN"],
  ["%f", [0.5], "0.500000"],
  ["%r", ["x"], '"x"'],
  ["%d%%", [50], "50%"],
  ["%s %s", ["x"], "x %s"],
  ["%s", ["%s", "y"], "%s"],
  ["%x", ["y"], "%x"],
  ["none", ["y"], "none"],
];

for (const [message, args, text] of MESSAGES) {
  Deno.test(`HTTPError formats ${JSON.stringify(message)} with ${Deno.inspect(args)}`, () => {
    const error = new HTTPError(400, message, ...args);
    assertEquals([error.getMessage(), error.message], [text, `HTTP 400: Bad Request (${text})`]);
    assertEquals([error.logMessage, error.args], [message, args]);
    assertEquals(new HTTPError(400, { logMessage: message, args }).getMessage(), text);
  });
}

Deno.test("HTTPError has no message for the log unless it is given one", () => {
  assertEquals(new HTTPError(400).getMessage(), undefined);
  assertEquals(new HTTPError(400, "").getMessage(), "");
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
