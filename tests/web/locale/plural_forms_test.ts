import { assertEquals, assertThrows } from "@std/assert";
import { GERMANIC, parsePluralForms } from "../../../web/locale/plural_forms.ts";
import { PYTHON, runPython } from "../../helpers/python_tornado.ts";

/** Rules in use, from the manual of gettext and the catalogs of Debian, and some to try the operators. */
const RULES = [
  "0",
  "n != 1",
  "n > 1",
  "n>1",
  "n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2",
  "n==1 ? 0 : n==2 ? 1 : 2",
  "n==1 ? 0 : (n==0 || (n%100 > 0 && n%100 < 20)) ? 1 : 2",
  "n%10==1 && n%100!=11 ? 0 : n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2",
  "n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2",
  "(n==1) ? 0 : (n>=2 && n<=4) ? 1 : 2",
  "n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2",
  "n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3",
  "n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5",
  "(n==1 || n==11) ? 0 : (n==2 || n==12) ? 1 : (n > 2 && n < 20) ? 2 : 3",
  "(!(n == 1)) + (!(!n))",
  "n / 2 * 2 - 1 + 3 % 2 < 4 - n",
  "1 - 2 - 3 + n",
  "n == 1 == 1",
  "n != 0 || 0 && 0",
];
const NUMBERS = [...Array(130).keys(), 1000, 1001, 999_999];

const PLURALS = `
import gettext, json, sys
rules, numbers = json.load(sys.stdin)
print(json.dumps([[gettext.c2py(rule)(n) for n in numbers] for rule in rules]))
`;

Deno.test("parsePluralForms computes as Python's gettext does", PYTHON, async () => {
  const expected = await runPython(PLURALS, [RULES, NUMBERS]) as number[][];
  for (const [index, expression] of RULES.entries()) {
    const rule = parsePluralForms(`nplurals=6; plural=${expression};`);
    assertEquals(NUMBERS.map(rule), expected[index], expression);
  }
});

Deno.test("the rule of catalogs without one is that of English", () => {
  assertEquals([0, 1, 2].map(GERMANIC), [1, 0, 1]);
});

for (
  const field of [
    "",
    "nplurals=2",
    "plural=",
    "plural=n +",
    "plural=(n",
    "plural=n)",
    "plural=n ? 1",
    "plural=n n",
    "plural=m",
    "plural=n = 1",
    "plural=n ** 2",
    "plural=n[0]",
    "plural=constructor",
    "plural=globalThis.x=1",
    "plural=n & 1",
    `plural=${"(".repeat(5000)}n${")".repeat(5000)}`,
  ]
) {
  Deno.test(`parsePluralForms refuses ${JSON.stringify(field.slice(0, 30))}`, () => {
    assertThrows(() => parsePluralForms(field), SyntaxError, "Cannot parse plural ");
  });
}
