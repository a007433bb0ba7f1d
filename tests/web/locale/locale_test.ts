import {
  closestLocale,
  CSVLocale,
  getLocale,
  GettextCatalog,
  GettextLocale,
  loadTranslations,
  Locale,
} from "@denado/denado/locale";
import { assert, assertEquals, assertFalse, assertStrictEquals, assertThrows } from "@std/assert";
import { expectLog } from "../../helpers/expect_log.ts";

/** Has locales supported while a function runs. */
async function withLocales(codes: readonly string[], run: () => void): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    for (const code of codes) await Deno.writeTextFile(`${directory}/${code}.csv`, "a,b\n");
    loadTranslations(directory);
    run();
  } finally {
    for (const code of codes) await Deno.remove(`${directory}/${code}.csv`);
    loadTranslations(directory);
    await Deno.remove(directory);
  }
}

const CLOSEST: { codes: (string | null | undefined)[]; found: string; reason: string }[] = [
  { codes: ["fr_CA"], found: "fr_CA", reason: "it is there" },
  { codes: ["fr-ca"], found: "fr_CA", reason: "spelling does not matter" },
  { codes: ["FR_ca"], found: "fr_CA", reason: "case does not matter" },
  { codes: ["fr_FR"], found: "fr", reason: "its language is there" },
  { codes: ["FR"], found: "fr", reason: "the language in any case" },
  { codes: ["de", "fr"], found: "fr", reason: "the first that is there" },
  { codes: ["fr", "pt_BR"], found: "fr", reason: "order counts" },
  { codes: ["pt"], found: "en_US", reason: "a region is not its language" },
  { codes: ["de_DE", "xx"], found: "en_US", reason: "the default where none is there" },
  { codes: [], found: "en_US", reason: "the default for nothing" },
  { codes: [null, "", undefined, "fr"], found: "fr", reason: "what is no code is skipped" },
  { codes: ["zh-Hans-CN"], found: "zh_CN", reason: "a script may stand between" },
  { codes: ["fr-Latn-XX"], found: "fr", reason: "the language behind a script" },
  { codes: ["fr_FR_x"], found: "en_US", reason: "other codes of three parts are skipped" },
  { codes: ["fr-a-b-c", "_", "-fr"], found: "en_US", reason: "what is no code finds nothing" },
  { codes: ["__proto__", "constructor"], found: "en_US", reason: "names of properties are no codes" },
];

Deno.test("Locale.getClosest finds the first code that is supported, or its language", async () => {
  await withLocales(["fr", "fr_CA", "pt_BR", "zh_CN"], () => {
    for (const { codes, found, reason } of CLOSEST) assertEquals(Locale.getClosest(...codes).code, found, reason);
  });
});

Deno.test("Locale.get returns one object for each code, and refuses codes that are not supported", () => {
  assertStrictEquals(Locale.get("en_US"), getLocale("en"));
  assertThrows(() => Locale.get("xx"), RangeError, 'Cannot get locale "xx": it is not supported');
});

Deno.test("closestLocale goes by the weights of the header", async () => {
  await withLocales(["fr", "de", "pt_BR"], () => {
    const codes = ["fr;q=0.5, de;q=0.7", "xx, pt-BR;q=0.1", "fr;q=0, *", "", "fr;q=0"].map((h) =>
      closestLocale(h).code
    );
    assertEquals(codes, ["de", "pt_BR", "en_US", "en_US", "en_US"]);
    assertEquals(closestLocale(undefined, "de").code, "de");
    assertEquals(closestLocale("fr;q=0", "de").code, "de");
    assertEquals(closestLocale("xx", "de").code, "en_US");
  });
});

Deno.test("Locale has a name and a direction", () => {
  const locales = ["es_LA", "fa_IR", "ar", "he_IL", "en"].map((code) => new CSVLocale(code));
  assertEquals(locales.map(({ name }) => name).slice(0, 2), ["Espa\u00f1ol", "\u0641\u0627\u0631\u0633\u06cc"]);
  assertEquals(locales.map(({ rtl }) => rtl), [false, true, true, true, false]);
});

Deno.test("Locale.list puts a comma and an and between parts", () => {
  const locale = new CSVLocale("en_US");
  assertEquals([[], ["A"], ["A", "B"], ["A", "B", "%(last)s"]].map((parts) => locale.list(parts)), [
    "",
    "A",
    "A and B",
    "A, B and %(last)s",
  ]);
  assertEquals(new CSVLocale("fa_IR").list(["A", "B", "C"]), "A \u0648 B and C");
});

Deno.test("Locale.friendlyNumber groups digits in English only", () => {
  const numbers = [0, 999, 1000, 1_000_000, -100_000, 1234.5, 12_345_678_901_234_567_890n];
  assertEquals(numbers.map((number) => new CSVLocale("en_US").friendlyNumber(number)), [
    "0",
    "999",
    "1,000",
    "1,000,000",
    "-100,000",
    "1,234.5",
    "12,345,678,901,234,567,890",
  ]);
  assertEquals(new CSVLocale("de_DE").friendlyNumber(1_000_000), "1000000");
});

Deno.test("CSVLocale without translations returns messages, and the plural unless the count is 1", () => {
  const locale = new CSVLocale("en_US");
  assertEquals(locale.translate("a"), "a");
  assertEquals([0, 1, 2].map((count) => locale.translate("one", "many", count)), ["many", "one", "many"]);
  assertEquals(locale.pgettext("context", "a"), "a");
  assertThrows(() => locale.translate("one", "many"), TypeError, "Cannot translate a plural: count is missing");
});

Deno.test("CSVLocale with translations warns that it knows no contexts", async () => {
  const messages = { plural: new Map(), singular: new Map(), unknown: new Map([["a", "b"]]) };
  await expectLog({ level: "warning", pattern: "pgettext is not supported by CSVLocale" }, () => {
    assertEquals(new CSVLocale("fr", messages).pgettext("context", "a"), "b");
  });
});

Deno.test("GettextLocale returns messages that its catalog does not have", () => {
  const locale = new GettextLocale("fr", new GettextCatalog(new Map([["a", ["b"]]])));
  assertEquals([locale.translate("a"), locale.translate("x"), locale.pgettext("c", "a")], ["b", "x", "a"]);
  assertEquals([1, 2].map((count) => locale.translate("one", "many", count)), ["one", "many"]);
  assertThrows(() => locale.translate("one", "many"), TypeError);
  assert(locale instanceof Locale);
  assertFalse(locale instanceof CSVLocale);
});
