import { CONTEXT_SEPARATOR, parsePoFile } from "@denado/denado/locale";
import { assertEquals, assertThrows } from "@std/assert";

const SOURCE = `# A comment
#, fuzzy
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

#: extract_me.py:11
msgid "school"
msgstr "\u00e9cole"

msgctxt "law"
msgid "right"
msgstr "le droit"
msgctxt ""
msgid "right"
msgstr "vide"

#, python-format
msgctxt "organization"
msgid "club"
msgid_plural "clubs"
msgstr[0] "le club"
msgstr[1] "les clubs"

#, fuzzy, python-format
msgid "unsure"
msgstr "peut-\u00eatre"

msgid "not translated"
msgstr ""

msgid "half"
msgid_plural "halves"
msgstr[0] "moiti\u00e9"
msgstr[1] ""

msgid ""
"long "
"\\"text\\"\\n\\t\\\\"
msgstr "long\\101\\x42\\n"
"texte"

#~ msgid "obsolete"
#~ msgstr "vieux"
#| msgid "before"
msgid "last"
msgstr "dernier"`;

Deno.test("parsePoFile reads messages, contexts, plurals and escapes", () => {
  const catalog = parsePoFile(SOURCE);
  assertEquals(catalog.find("school"), "\u00e9cole");
  assertEquals(catalog.find(`law${CONTEXT_SEPARATOR}right`), "le droit");
  assertEquals(catalog.find(`${CONTEXT_SEPARATOR}right`), "vide");
  assertEquals(catalog.find("right"), undefined);
  const club = `organization${CONTEXT_SEPARATOR}club`;
  assertEquals([0, 1, 2].map((count) => catalog.findPlural(club, count)), ["le club", "le club", "les clubs"]);
  assertEquals(catalog.find('long "text"\n\t\\'), "longAB\ntexte");
  assertEquals(catalog.find("last"), "dernier");
});

Deno.test("parsePoFile leaves out what is fuzzy, obsolete or not translated", () => {
  const catalog = parsePoFile(SOURCE);
  for (const message of ["unsure", "not translated", "half", "obsolete"]) {
    assertEquals(catalog.find(message), undefined);
  }
});

Deno.test("parsePoFile decodes the charset that the header names, and a byte order mark", () => {
  const source = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=ISO-8859-1\\n"\n\nmsgid "a"\nmsgstr "\u00e9"\n';
  const latin1 = Uint8Array.from(source, (character) => character.charCodeAt(0));
  assertEquals(parsePoFile(latin1).find("a"), "\u00e9");
  assertEquals(parsePoFile(new TextEncoder().encode('\ufeffmsgid "a"\r\nmsgstr "\u00e9"\r\n')).find("a"), "\u00e9");
});

Deno.test("parsePoFile reads an empty file", () => {
  assertEquals(parsePoFile("").find("a"), undefined);
  assertEquals(parsePoFile("# nothing\n\n").find("a"), undefined);
});

const ERRORS: { source: string; message: string }[] = [
  { source: "msgid a", message: 'unexpected "msgid a" in line 1' },
  { source: '\nmsgid "a', message: 'unexpected "msgid \\"a" in line 2' },
  { source: 'msgstr "a"', message: "msgstr without msgid in line 1" },
  { source: '"a"', message: "a string without a keyword in line 1" },
  { source: 'msgid "a"\nmsgid "b"\nmsgstr "c"', message: "the entry before has no msgstr in line 2" },
  { source: 'msgid "a"', message: "the last entry has no msgstr in line 1" },
  { source: 'msgid "a"\nmsgstr[1] "b"', message: "msgstr[1] is not the next form in line 2" },
  { source: 'msgid "a"\nmsgstr "\\q"', message: "unexpected escape \\q in line 2" },
];

for (const { source, message } of ERRORS) {
  Deno.test(`parsePoFile refuses ${JSON.stringify(source)}`, () => {
    assertThrows(() => parsePoFile(source), SyntaxError, `Cannot parse .po file: ${message}`);
  });
}
