import { ParseError, TemplateError } from "@denado/denado/template";
import { assert, assertEquals } from "@std/assert";

Deno.test("ParseError names its place in the message and in fields", () => {
  const cause = new Error("why");
  const error = new ParseError("Missing end", { filename: "foo.html", lineno: 3, cause });
  assert(error instanceof Error);
  assertEquals([error.name, error.code], ["ParseError", "EPARSE"]);
  assertEquals(error.message, "Missing end at foo.html:3");
  assertEquals([error.filename, error.lineno, error.cause], ["foo.html", 3, cause]);
});

Deno.test("ParseError has no place by default", () => {
  const error = new ParseError("asdf");
  assertEquals([error.message, error.filename, error.lineno], ["asdf at None:0", undefined, 0]);
});

Deno.test("TemplateError names its place, the way there and the cause", () => {
  const via = [{ filename: "b", lineno: 2 }, { filename: "a", lineno: 1 }];
  const error = new TemplateError({ filename: "c", lineno: 3, via, cause: new TypeError("no") });
  assertEquals([error.name, error.code], ["TemplateError", "ETEMPLATE"]);
  assertEquals(error.message, "Cannot render c:3 (via b:2, a:1): no");
  assertEquals([error.filename, error.lineno, error.via], ["c", 3, via]);
  assert(error.cause instanceof TypeError);
  assertEquals(
    new TemplateError({ filename: "c", lineno: 3, via: [], cause: "text" }).message,
    "Cannot render c:3: text",
  );
});
