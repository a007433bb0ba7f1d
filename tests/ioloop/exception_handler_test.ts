import { assertEquals, assertMatch } from "@std/assert";
import { Handle } from "@denado/denado/ioloop";
import { describeExceptionContext } from "../../ioloop/exception_handler.ts";
import { captureOrigin } from "../../ioloop/handle.ts";

Deno.test("describeExceptionContext has a text for a context that says nothing", () => {
  assertEquals(describeExceptionContext({ message: "" }), "Unhandled exception in event loop");
});

Deno.test("describeExceptionContext lists what else the context says, sorted by name", () => {
  assertEquals(
    describeExceptionContext({ message: "It failed", zebra: [1, 2], ant: "text", mole: { deep: null } }),
    'It failed\nant: "text"\nmole: { deep: null }\nzebra: [ 1, 2 ]',
  );
});

Deno.test("describeExceptionContext shows the error with its stack and its cause", () => {
  const exception = new RangeError("Cannot reach: 7", { cause: new Error("the cause") });
  const text = describeExceptionContext({ message: "It failed", exception });
  assertMatch(text, /^It failed\nRangeError: Cannot reach: 7\n +at .*exception_handler_test\.ts[^]*the cause/);
});

Deno.test("describeExceptionContext shows what was thrown when it is not an error", () => {
  assertEquals(describeExceptionContext({ message: "It failed", exception: 42 }), "It failed\nThrown value: 42");
});

Deno.test("describeExceptionContext shows where the failed callback was scheduled", () => {
  function schedule(): Handle {
    return new Handle(() => {}, [], captureOrigin(schedule));
  }
  const text = describeExceptionContext({ message: "It failed", handle: schedule() });
  assertMatch(text, /^It failed\nScheduled here\n +at .*exception_handler_test\.ts/);
});

Deno.test("describeExceptionContext does without a value that cannot be inspected", () => {
  const hostile = {
    [Symbol.for("Deno.customInspect")]() {
      throw new Error("not for you");
    },
  };
  assertEquals(
    describeExceptionContext({ message: "It failed", hostile, exception: hostile }),
    "It failed\nhostile: (a value that cannot be inspected, of type object)\n" +
      "(a value that cannot be inspected, of type object)",
  );
});
