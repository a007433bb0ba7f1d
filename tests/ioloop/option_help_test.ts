import { assertEquals } from "@std/assert";
import { Option, type OptionDefinition } from "@denado/denado/ioloop";
import { helpText } from "../../ioloop/option_help.ts";

function option(name: string, definition: OptionDefinition): Option {
  return new Option(name, definition, "main.ts");
}

Deno.test("helpText shows groups and options in order, with names in dashes", () => {
  const text = helpText("server.ts", [
    option("help", { type: "boolean", help: "show this help information", group: "" }),
    option("with_underscore", { default: "x", help: "what follows is the default" }),
    option("with-dash", { metavar: "NAME" }),
    option("camelCase", { type: "integer", multiple: true, default: [1, 2] }),
    option("since", { group: "dates", default: new Date(0) }),
    option("empty", { group: "dates", default: "" }),
    option("null", { group: "dates", default: null }),
  ]);
  assertEquals(
    text,
    `Usage: server.ts [OPTIONS]

Options:

  --help                           show this help information

dates options:

  --empty
  --null
  --since                          (default 1970-01-01T00:00:00.000Z)

main.ts options:

  --camel-case                     (default 1,2)
  --with-dash=NAME
  --with-underscore                what follows is the default (default x)

`,
  );
});

Deno.test("helpText breaks long descriptions, and starts them below a long name", () => {
  const text = helpText("server.ts", [
    option("a", { group: "", help: "0123456789 ".repeat(5) }),
    option("b", { group: "", metavar: "THIRTY_CHARACTERS_AND_MORE_THAN", help: "below" }),
    option("c", { group: "", help: "x".repeat(50) }),
  ]);
  assertEquals(text.split("\n").slice(4), [
    "  --a                              0123456789 0123456789 0123456789 0123456789",
    "                                   0123456789",
    "  --b=THIRTY_CHARACTERS_AND_MORE_THAN",
    "                                   below",
    `  --c                              ${"x".repeat(44)}`,
    `                                   ${"x".repeat(6)}`,
    "",
    "",
  ]);
});
