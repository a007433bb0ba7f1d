import {
  CSVLocale,
  getLocale,
  getSupportedLocales,
  GettextLocale,
  loadGettextTranslations,
  loadTranslations,
  setDefaultLocale,
} from "@denado/denado/locale";
import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { dirname } from "node:path";
import { expectLog } from "../../helpers/expect_log.ts";
import { writeMoFile } from "../../helpers/mo_file.ts";
import { PYTHON, runPython } from "../../helpers/python_tornado.ts";

/** A directory with files, as long as a function runs; afterwards nothing is loaded. */
async function withFiles(
  files: Record<string, string | Uint8Array>,
  run: (directory: string) => void | Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  const empty = await Deno.makeTempDir();
  try {
    for (const [path, content] of Object.entries(files)) {
      await Deno.mkdir(dirname(`${directory}/${path}`), { recursive: true });
      if (typeof content === "string") await Deno.writeTextFile(`${directory}/${path}`, content);
      else await Deno.writeFile(`${directory}/${path}`, content);
    }
    await run(directory);
  } finally {
    loadTranslations(empty);
    setDefaultLocale("en_US");
    await Deno.remove(directory, { recursive: true });
    await Deno.remove(empty);
  }
}

const FRENCH = `"school","\u00e9cole"
 spaced , espac\u00e9
"%(name)s liked this","%(name)s aiment cela","plural"
"%(name)s liked this","%(name)s aime cela","singular"
"two
lines","deux
lignes",""
alone
`;

Deno.test("loadTranslations reads CSV files by the names of their locales", async () => {
  await withFiles({ "fr_FR.csv": FRENCH, "de.csv": "a,b\n", "README.md": "not one" }, (directory) => {
    loadTranslations(directory);
    assertEquals(getSupportedLocales(), ["de", "en_US", "fr_FR"]);
    const locale = getLocale("fr_FR");
    assertInstanceOf(locale, CSVLocale);
    assertEquals(["school", "spaced", "two\nlines", "alone"].map((text) => locale.translate(text)), [
      "\u00e9cole",
      "espac\u00e9",
      "deux\nlignes",
      "alone",
    ]);
    assertEquals([1, 2, 0].map((count) => locale.translate("%(name)s liked this", "%(name)s liked this", count)), [
      "%(name)s aime cela",
      "%(name)s aiment cela",
      "%(name)s aiment cela",
    ]);
  });
});

const utf16 = (text: string, littleEndian: boolean) => {
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), littleEndian);
  return bytes;
};

Deno.test("loadTranslations tells UTF-8 and UTF-16 by their byte order marks, for each file", async () => {
  const text = '\ufeff"school","\u00e9cole"\r\n';
  const files = { "a.csv": utf16(text, true), "b.csv": utf16(text, false), "c.csv": text, "d.csv": text.slice(1) };
  await withFiles(files, (directory) => {
    loadTranslations(directory);
    assertEquals(["a", "b", "c", "d"].map((code) => getLocale(code).translate("school")), Array(4).fill("\u00e9cole"));
  });
});

Deno.test("loadTranslations takes an encoding", async () => {
  await withFiles({ "fr.csv": new Uint8Array([0x61, 0x2c, 0xe9]) }, (directory) => {
    loadTranslations(directory, { encoding: "latin1" });
    assertEquals(getLocale("fr").translate("a"), "\u00e9");
    assertThrows(() => loadTranslations(directory), TypeError);
    assertThrows(() => loadTranslations(directory, { encoding: "klingon" }), RangeError);
  });
});

Deno.test("loadTranslations logs names that are no locales, and wrong plural indicators", async () => {
  const files = { "EN.csv": "a,b", "a.b.csv": "a,b", "fr.csv": 'ok,oui\na,"x\ny",several\nb,c\n' };
  await withFiles(files, async (directory) => {
    await expectLog([
      { level: "error", pattern: `Unrecognized locale "EN" (path: ${directory}/EN.csv)` },
      { level: "error", pattern: 'Unrecognized locale "a.b"' },
      { level: "error", pattern: 'Unrecognized plural indicator "several" in fr.csv line 2' },
      { level: "debug", pattern: "Supported locales: en_US, fr" },
    ], () => loadTranslations(directory));
    assertEquals(getLocale("fr").translate("b"), "c");
  });
});

Deno.test("loadTranslations leaves what was loaded alone if the directory is not there", async () => {
  await withFiles({ "fr.csv": "a,b" }, (directory) => {
    loadTranslations(directory);
    assertThrows(() => loadTranslations(`${directory}/gone`), Deno.errors.NotFound);
    assertEquals(getLocale("fr").translate("a"), "b");
  });
});

Deno.test("loading replaces what was loaded before, also in locales that are asked for again", async () => {
  await withFiles({ "fr.csv": "a,one", "sub/fr.csv": "a,two" }, (directory) => {
    loadTranslations(directory);
    assertEquals(getLocale("fr").translate("a"), "one");
    loadTranslations(`${directory}/sub`);
    assertEquals(getLocale("fr").translate("a"), "two");
  });
});

Deno.test("setDefaultLocale says what is used where nothing fits", async () => {
  await withFiles({ "fr.csv": "a,b" }, (directory) => {
    loadTranslations(directory);
    assertEquals(getLocale("xx").code, "en_US");
    setDefaultLocale("fr");
    assertEquals(getLocale("xx").translate("a"), "b");
    assertEquals(getSupportedLocales(), ["fr"]);
  });
});

const PLURALS = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=n > 1;\n";
const CATALOG = {
  "": PLURALS,
  "school": "\u00e9cole",
  "law\x04right": "le droit",
  "good\x04right": "le bien",
  "organization\x04club\0clubs": "le club\0les clubs",
  "stick\x04club\0clubs": "le b\u00e2ton\0les b\u00e2tons",
  "club\0clubs": "club\0clubs (fr)",
};

Deno.test("loadGettextTranslations reads .mo files, .po files without one, and falls back on the language", async () => {
  await withFiles({
    "fr/LC_MESSAGES/app.mo": writeMoFile({ "": PLURALS, "school": "fr", "only": "fr only" }),
    "fr_FR/LC_MESSAGES/app.mo": writeMoFile(CATALOG),
    "fr_FR/LC_MESSAGES/app.po": 'msgid "school"\nmsgstr "not this one"\n',
    "de/LC_MESSAGES/app.po": 'msgid "school"\nmsgstr "Schule"\n',
    "it/LC_MESSAGES/other.mo": writeMoFile(CATALOG),
    "README": "not a locale",
  }, (directory) => {
    loadGettextTranslations(directory, "app");
    assertEquals(getSupportedLocales(), ["de", "en_US", "fr", "fr_FR"]);
    const locale = getLocale("fr_FR");
    assertInstanceOf(locale, GettextLocale);
    assertEquals([locale.translate("school"), locale.translate("only")], ["\u00e9cole", "fr only"]);
    assertEquals(getLocale("de").translate("school"), "Schule");
  });
});

Deno.test("loadGettextTranslations logs a catalog that cannot be read, and goes on", async () => {
  await withFiles({
    "fr/LC_MESSAGES/app.mo": "broken",
    "de/LC_MESSAGES/app.mo": writeMoFile({ a: "b" }),
  }, async (directory) => {
    await expectLog(
      { level: "error", pattern: /Cannot load translation for "fr"[^]*it does not begin as one/ },
      () => loadGettextTranslations(directory, "app"),
    );
    assertEquals(getSupportedLocales(), ["de", "en_US"]);
  });
});

const GETTEXT = `
import json, sys
from tornado import locale
directory, calls = json.load(sys.stdin)
locale.load_gettext_translations(directory, "app")
fr = locale.get("fr_FR")
print(json.dumps([getattr(fr, name)(*arguments) for name, *arguments in calls]))
`;

Deno.test("GettextLocale translates as Tornado does", PYTHON, async () => {
  const calls: [name: "translate" | "pgettext", ...args: unknown[]][] = [
    ["translate", "school"],
    ["translate", "nope"],
    ["translate", ""],
    ["pgettext", "law", "right"],
    ["pgettext", "good", "right"],
    ["pgettext", "other", "school"],
    ["translate", "right"],
    ...[0, 1, 2, 5].flatMap((count): typeof calls => [
      ["pgettext", "organization", "club", "clubs", count],
      ["pgettext", "stick", "club", "clubs", count],
      ["pgettext", "nope", "club", "clubs", count],
      ["pgettext", "nope", "x", "xs", count],
      ["translate", "club", "clubs", count],
      ["translate", "x", "xs", count],
    ]),
  ];
  await withFiles({ "fr_FR/LC_MESSAGES/app.mo": writeMoFile(CATALOG) }, async (directory) => {
    loadGettextTranslations(directory, "app");
    const locale = getLocale("fr_FR") as unknown as Record<string, (...args: unknown[]) => string>;
    assertEquals(calls.map(([name, ...args]) => locale[name]!(...args)), await runPython(GETTEXT, [directory, calls]));
  });
});
