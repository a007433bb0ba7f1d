import { LOCALE_NAMES, localeName } from "@denado/denado/locale";
import { assertEquals } from "@std/assert";

Deno.test("LOCALE_NAMES has Tornado's names", () => {
  assertEquals(LOCALE_NAMES.size, 62);
  assertEquals(LOCALE_NAMES.get("es_LA"), { nameEn: "Spanish", name: "Espa\u00f1ol" });
});

Deno.test("localeName asks the runtime for other codes", () => {
  const codes = ["de_DE", "de", "pt", "zh_TW", "xx", "not a code", "", "en_US_x"];
  assertEquals(codes.map(localeName), [
    "Deutsch",
    "Deutsch",
    "portugu\u00eas",
    "\u4e2d\u6587(\u7e41\u9ad4)",
    "Unknown",
    "Unknown",
    "Unknown",
    "Unknown",
  ]);
});
