import { CONTEXT_SEPARATOR, GettextCatalog } from "@denado/denado/locale";
import { assertEquals, assertThrows } from "@std/assert";
import { charsetOf } from "../../../web/locale/gettext_catalog.ts";

const HEADER = "Project-Id-Version: x\nX-Long: one\n two\nPlural-Forms: nplurals=3; plural=n==1 ? 0 : n==2 ? 1 : 2;\n";

Deno.test("GettextCatalog finds messages and plural forms, its own before those of its fallback", () => {
  const fallback = new GettextCatalog(new Map([["a", ["fallback a"]], ["b", ["fallback b"]], ["d", ["f0", "f1"]]]));
  const catalog = new GettextCatalog(
    new Map([["", [HEADER]], ["a", ["A"]], ["c", ["one", "two", "many"]], [`x${CONTEXT_SEPARATOR}a`, ["X"]]]),
    fallback,
  );
  assertEquals(["a", "b", "nope", `x${CONTEXT_SEPARATOR}a`].map((key) => catalog.find(key)), [
    "A",
    "fallback b",
    undefined,
    "X",
  ]);
  assertEquals([1, 2, 0, 7].map((count) => catalog.findPlural("c", count)), ["one", "two", "many", "many"]);
  assertEquals([1, 2].map((count) => catalog.findPlural("d", count)), ["f0", "f1"]);
  assertEquals(catalog.find("c"), "one");
  assertEquals(catalog.findPlural("nope", 1), undefined);
});

Deno.test("GettextCatalog has no translation where the rule names a form that is not there", () => {
  const header = "Plural-Forms: nplurals=2; plural=n%0;";
  const catalog = new GettextCatalog(new Map([["", [header]], ["c", ["one", "many"]]]));
  assertEquals(catalog.findPlural("c", 1), undefined);
});

Deno.test("GettextCatalog reads the fields of the header", () => {
  const { metadata } = new GettextCatalog(new Map([["", [HEADER]]]));
  assertEquals(metadata.get("project-id-version"), "x");
  assertEquals(metadata.get("x-long"), "one\ntwo");
});

Deno.test("GettextCatalog refuses a plural rule that is none", () => {
  assertThrows(() => new GettextCatalog(new Map([["", ["Plural-Forms: plural=alert(1)"]]])), SyntaxError);
});

Deno.test("charsetOf finds the charset of a header", () => {
  const headers = [
    "Content-Type: text/plain; charset=ISO-8859-1\n",
    "charset=CHARSET",
    "",
    "Content-Type: text/plain\n",
  ];
  assertEquals(headers.map(charsetOf), ["ISO-8859-1", "utf-8", "utf-8", "utf-8"]);
});
