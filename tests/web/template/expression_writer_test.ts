import { Template } from "@denado/denado/template";
import { assertEquals } from "@std/assert";

const POINT = {
  x: 1,
  y: 2,
  nested: { z: 3 },
  sum(): number {
    return this.x + this.y;
  },
};

class Point {
  constructor(readonly x = 0, readonly y = 0) {}
}

const NAMESPACE = {
  a: 3,
  b: 4,
  empty: [],
  list: [1, 2, 3],
  map: new Map([["k", "v"]]),
  none: null,
  object: { k: 1 },
  point: POINT,
  tag: (texts: TemplateStringsArray, ...values: unknown[]) => `${texts.raw.join("_")}:${values}`,
  Point,
  own: { Point },
};

/** Expressions as JavaScript reads them, or Python where it says so. */
const VALUES: { text: string; value: unknown }[] = [
  { text: "a + b * 2", value: 11 },
  { text: "(a + b) * 2", value: 14 },
  { text: "a - (b - 1)", value: 0 },
  { text: "-(-a)", value: 3 },
  { text: "5..toFixed(1) + 1.5.toFixed(2)", value: "5.01.50" },
  { text: "5n * 2n", value: "10" },
  { text: "2 ** 3 ** 2", value: 512 },
  { text: "'a' + \"b\" + `c${a}${`d${b}`}\\n`", value: "abc3d4\n" },
  { text: "tag`x${a}\\y${b}`", value: "x_\\y_:3,4" },
  { text: "/a(b)/g.exec('xab')[1]", value: "b" },
  { text: "point.x + point['y'] + point.nested.z", value: 6 },
  { text: "point.sum()", value: 3 },
  { text: "none?.x ?? 'no'", value: "no" },
  { text: "none?.x.y.z() ?? 'no'", value: "no" },
  { text: "none?.['x'] ?? point?.sum?.() ?? 0", value: 3 },
  { text: "[...list, 4].length", value: 4 },
  { text: "Math.max(...list, a)", value: 3 },
  { text: "list.map(x => x * a).join()", value: "3,6,9" },
  { text: "list.filter((x, i) => i && x > 1).map(x => ({ x, y: [x] }))[1].y[0]", value: 3 },
  { text: "list.reduce((sum, x) => sum + x, 0)", value: 6 },
  { text: "[[1, [2]], [3, [4]]].map(([p, [q = 9]], a) => p + q + a).join()", value: "3,8" },
  { text: "[{ p: 1, q: { r: 2 } }].map(({ p, q: { r: s }, t = 5, ...rest }) => p + s + t)[0]", value: 8 },
  { text: "((...rest) => rest.length)(1, 2)", value: 2 },
  { text: "((x = a, y = x) => x + y)()", value: 6 },
  { text: "(x => y => x + y + a)(1)(2)", value: 6 },
  { text: "((a) => a)(7) + a", value: 10 },
  {
    text: "JSON.stringify({ a, 'b c': 1, 2: 3, [a + 1]: 4, if: 5, ...object })",
    value: '{"2":3,"4":4,"a":3,"b c":1,"if":5,"k":1}',
  },
  { text: "Object.keys({ __proto__: 1 }).join()", value: "__proto__" },
  { text: "new Point(1, 2).y + new Point().x", value: 2 },
  { text: "new Map([['k', 1]]).get('k')", value: 1 },
  { text: "(new Point).x + new own.Point(1, 2).y", value: 2 },
  { text: "typeof a + typeof missing + typeof (x => x)", value: "numberundefinedfunction" },
  { text: "void 0 ?? 'v'", value: "v" },
  { text: "a === 3 && b !== 3 ? 'y' : 'n'", value: "y" },
  { text: "a > 1 || missing", value: true },
  { text: "[] instanceof Array", value: true },
  { text: "1 < 2", value: true },
  { text: "[1,].length", value: 1 },
  { text: "~a & 0xff ^ 1 | b << 2 >>> 1", value: 253 | 8 },
  { text: "[NaN, Infinity, undefined, null].join()", value: "NaN,Infinity,," },
  // Python's words
  { text: "not empty", value: true },
  { text: "!empty", value: false },
  { text: "empty or 'e'", value: "e" },
  { text: "list and 'l'", value: "l" },
  { text: "(empty || 'x').length", value: 0 },
  { text: "object and not {} and not map is None", value: true },
  { text: "(a if empty else b) + (1 if map else 2)", value: 5 },
  { text: "none is None and void 0 is None and a is not None", value: true },
  { text: "a is 3 and not (a is '3')", value: true },
  { text: "2 in list and 9 not in list and 'k' in object and 'k' in map", value: true },
  { text: "'toString' in object", value: false },
  { text: "'x' in new Point()", value: true },
  { text: "'bc' in 'abcd' and 4 in new Set([4])", value: true },
  { text: "(1, 2)[1] + (3,)[0] + ().length", value: 5 },
  { text: "JSON.stringify(((x, o) => [x, o])(1, b=2, **object))", value: '[1,{"b":2,"k":1}]' },
  { text: "[*list, *list].length", value: 6 },
  { text: "JSON.stringify({**object, 'z': 1})", value: '{"k":1,"z":1}' },
  { text: "object.items()[0].join() + object.keys()[0] + object.values()[0]", value: "k,1k1" },
  { text: "[...map.items()].join() + [...map.keys()] + [...list.values()]", value: "k,vk1,2,3" },
  { text: "JSON.stringify([x * 2 for x in list if x > 1 and x])", value: "[4,6]" },
  { text: "JSON.stringify([[x, y] for x in list if x > 1 for y in range(x) if y if x - y > 1])", value: "[[3,1]]" },
  { text: "JSON.stringify([[x for x in list], [[x for x in list]]])", value: "[[1,2,3],[[1,2,3]]]" },
  { text: "JSON.stringify([k + v for k, v in object.items()])", value: '["k1"]' },
  { text: "[p.x + a for p in [point, { x: 5 }]].length + sum(x for x in list if x in [1, 3])", value: 6 },
  { text: "max(len(c) if c else 0 for c in ['ab', '', 'abc'])", value: 3 },
  { text: "(x for x in object)[0] + [a for a in list].join('') + a", value: "k1233" },
  { text: "JSON.stringify([[y for y in x] for x in [list, 'ab']])", value: '[[1,2,3],["a","b"]]' },
  { text: "list.map(x => x or none).length and list.some(x => not x)", value: false },
];

for (const { text, value } of VALUES) {
  Deno.test(`expressions: ${text}`, () => {
    const template = new Template(`{% set result = ${text} %}{{ keep(result) }}`);
    let result: unknown;
    const keep = (kept: unknown) => {
      result = typeof kept === "bigint" ? String(kept) : kept;
      return "";
    };
    template.render({ ...NAMESPACE, keep });
    assertEquals(result, value);
  });
}

/** With a name missing, which makes the function check each use. */
Deno.test("expressions mean the same where names are checked", () => {
  for (const { text, value } of VALUES) {
    const template = new Template(`{% if false %}{{ gone }}{% end %}{% set result = ${text} %}{{ keep(result) }}`);
    let result: unknown;
    const keep = (kept: unknown) => {
      result = typeof kept === "bigint" ? String(kept) : kept;
      return "";
    };
    template.render({ ...NAMESPACE, keep });
    assertEquals(result, value, text);
  }
});

const ASSIGNMENTS: { text: string; output: string }[] = [
  { text: "{% set x = 1 %}{% set x += a %}{{ x }}", output: "4" },
  { text: "{% set a += 1 %}{{ a }}", output: "4" },
  { text: "{% set a **= 2 %}{{ a }}", output: "9" },
  { text: "{% set none ??= 'd' %}{{ none }}", output: "d" },
  { text: "{% set { x, nested: { z } } = point %}{{ x }}{{ z }}", output: "13" },
  { text: "{% set [p, , q = 7, ...r] = [1, 2] %}{{ p }}{{ q }}{{ r.length }}", output: "170" },
  { text: "{% set o = {} %}{% set o.p = o['q'] = 5 %}{% set o.p += 1 %}{{ o.p }}{{ o.q }}", output: "65" },
  { text: "{% set xs = [] %}{% set xs.push(1, 2) %}{{ xs.length }}", output: "2" },
  { text: "{% set f = (x, y = 2) => x + y %}{{ f(1) }}", output: "3" },
  { text: "{% for { x, y } of [point, { x: 5, y: 6 }] %}{{ x }}{{ y }}{% end %}", output: "1256" },
  { text: "{% for [i, ...rest] in [[1, 2, 3]] %}{{ rest }}{% end %}", output: "2,3" },
  { text: "{% set o = {} %}{% for o.k in [1, 2] %}{{ o.k }}{% end %}", output: "12" },
  { text: "{% set fs = [] %}{% for x in [1, 2] %}{% set fs.push(() => x) %}{% end %}{{ fs[0]() }}", output: "2" },
];

for (const { text, output } of ASSIGNMENTS) {
  Deno.test(`assignments: ${text}`, () => {
    assertEquals(new Template(text).render(NAMESPACE), output);
    assertEquals(new Template(`{% if false %}{{ gone }}{% end %}${text}`).render(NAMESPACE), output);
  });
}
