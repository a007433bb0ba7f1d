import { assertEquals } from "@std/assert";
import { SourceText } from "../../../web/template/source_text.ts";

Deno.test("SourceText knows the line of each character, in any order", () => {
  const source = new SourceText("a.html", "ab\n\ncd\r\ne");
  const lines = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 99];
  const expected = [1, 1, 1, 2, 3, 3, 3, 3, 4, 4, 4];
  assertEquals(lines.map((offset) => source.lineAt(offset)), expected);
  assertEquals(lines.toReversed().map((offset) => source.lineAt(offset)), expected.toReversed());
});

Deno.test("SourceText makes an error with the name, the line and the cause", () => {
  const cause = new Error("why");
  const error = new SourceText("a.html", "x\ny").error("Bad", 2, cause);
  assertEquals([error.message, error.cause], ["Bad at a.html:2", cause]);
});
