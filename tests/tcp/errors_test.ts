import { assertEquals, assertInstanceOf } from "@std/assert";
import { StreamBufferFullError, StreamClosedError, UnsatisfiableReadError } from "@denado/denado/tcp";

Deno.test("StreamClosedError keeps what closed the stream as realError and as cause", () => {
  const cause = new Error("reset");
  const error = new StreamClosedError(cause);
  assertInstanceOf(error, Error);
  assertEquals([error.realError, error.cause, error.message], [cause, cause, "Stream is closed"]);
  assertEquals([error.name, error.code], ["StreamClosedError", "ESTREAMCLOSED"]);
});

Deno.test("StreamClosedError has no cause when the stream just ended", () => {
  const error = new StreamClosedError();
  assertEquals([error.realError, "cause" in error], [undefined, false]);
});

Deno.test("tcp errors have stable names and codes", () => {
  const table = [new UnsatisfiableReadError("a"), new StreamBufferFullError("b")].map((error) => [
    error.name,
    error.code,
    error.message,
  ]);
  assertEquals(table, [["UnsatisfiableReadError", "EUNSATISFIABLE", "a"], [
    "StreamBufferFullError",
    "EBUFFERFULL",
    "b",
  ]]);
});
