import { TRACEBACK_STYLE } from "../../web/traceback_style.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("TRACEBACK_STYLE is a style sheet that loads nothing and cannot leave its element", () => {
  assert(!/<|url\(|@import/.test(TRACEBACK_STYLE));
  const count = (sign: string) => TRACEBACK_STYLE.split(sign).length;
  assertEquals(count("{"), count("}"));
});
