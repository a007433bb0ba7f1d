import { assertEquals, assertInstanceOf } from "@std/assert";
import { WorkerCrashedError, WorkerPoolClosedError, WorkerPoolFullError } from "@denado/denado/ioloop";

for (const Class of [WorkerCrashedError, WorkerPoolFullError, WorkerPoolClosedError]) {
  Deno.test(`${Class.name} has its name, a code and its cause`, () => {
    const error = new Class("text", { cause: 5 });
    assertInstanceOf(error, Error);
    assertEquals([error.name, error.message, error.cause], [Class.name, "text", 5]);
    assertEquals(error.code, `E${Class.name.replace("Error", "").toUpperCase()}`);
  });
}
