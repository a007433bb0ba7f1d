/**
 * Templates made at random: expressions mean what the engine says, templates come out as they do of Tornado, and nonsense
 * is refused by Denado before the engine sees it.
 *
 * To look further, run with another seed and count: `deno test -A tests/conformance/template_random_test.ts -- 7 100000`.
 *
 * @module
 */

import { DictLoader, ParseError, Template, TemplateError } from "@denado/denado/template";
import { assert, assertEquals } from "@std/assert";
import { PYTHON, runPython } from "../helpers/python_tornado.ts";
import { Random } from "../helpers/random.ts";

const SEED = Number(Deno.args[0] ?? 1);
const COUNT = Number(Deno.args[1] ?? 600);

// --- expressions, beside the engine ---

const VALUES: Record<string, unknown> = {
  a: 3,
  b: "s",
  c: null,
  d: [1, 2, 3],
  e: { k: 1, f: (x: unknown) => x },
  f: (...args: unknown[]) => args.length,
  g: undefined,
};
const NAMES = Object.keys(VALUES);
const LEAVES = [...NAMES, "1", "2.5", "0x1f", "5n", "'x'", "true", "null", "undefined", "`t`", "/r/g", "[]", "({})"];
const BINARY = "+ - * / % ** & | ^ << >> >>> == != === !== < > <= >= && || instanceof".split(" ").map((operator) =>
  ` ${operator} `
);
const SUFFIXES = ["?.k", ".k", "?.[0]", "[0]", "?.length", ".length", "?.f?.(1)"];

function expression(random: Random, depth: number): string {
  if (depth <= 0) return random.pick(LEAVES);
  const inner = () => expression(random, depth - 1 - random.below(2));
  switch (random.below(13)) {
    case 0:
      return `(${inner()})`;
    case 1:
      return `${inner()} ? ${inner()} : ${inner()}`;
    case 2:
      return `${random.pick(["!", "- ", "+ ", "~", "typeof ", "void "])}${inner()}`;
    case 3:
      return `[${inner()}, ...d, ${inner()}]`;
    case 4:
      return `({ k: ${inner()}, [${inner()}]: ${inner()}, ...e, a })`;
    case 5:
      return `(${inner()})${random.pick(SUFFIXES)}`;
    case 6:
      return `f(${inner()}, ...[${inner()}])`;
    case 7:
      return `\`p\${${inner()}}q\${${inner()}}\``;
    case 8:
      return `((x, [y, z = ${inner()}] = [${inner()}], ...r) => ${inner()} + x)(${inner()})`;
    case 9:
      return `d.map(v => ${inner()}).length`;
    case 10:
      return `(${inner()} ?? ${inner()})`;
    default:
      return inner() + random.pick(BINARY) + inner();
  }
}

/** What a function returns, or that it throws. */
function outcome(call: () => unknown): string {
  try {
    return Deno.inspect(call(), { depth: 8 });
  } catch (error) {
    if (error instanceof ParseError) throw error;
    return "throws";
  }
}

Deno.test("random expressions have the value that the engine gives them", () => {
  const random = new Random(SEED);
  let compared = 0;
  for (let round = 0; round < COUNT; round++) {
    const text = expression(random, 1 + random.below(5));
    let run;
    try {
      run = new Function(...NAMES, `"use strict"; return (${text});`);
    } catch (error) {
      assert(error instanceof SyntaxError);
      continue;
    }
    let template: Template;
    try {
      template = new Template(`{% set keep(${text}) %}`);
    } catch (error) {
      assert(error instanceof ParseError && /chain comparisons|\*\* behind/.test(error.message), `${text}: ${error}`);
      continue;
    }
    const actual = outcome(() => {
      let value: unknown;
      template.render({
        ...VALUES,
        keep: (kept: unknown) => {
          value = kept;
        },
      });
      return value;
    });
    assertEquals(actual, outcome(() => run(...Object.values(VALUES))), text);
    compared++;
  }
  assert(compared > COUNT / 2);
});

// --- nonsense ---

const PIECES =
  ("a f x ( ) [ ] { } , . ?. ... => = == ! - * ** / < ? : ?? && and or not in is if else for await async new typeof None 1 " +
    "2.5 's' `q` `${a}` /r/g of as | 5n {a:1} {a} [...a] f(a) f(a=1) f(**a) instanceof this # @ \\ ' ` ${ }} %} /* */ // += " +
    "x=>x (a,b)=>a __proto__ let static").split(" ");
const TAGS = [
  "{{ @ }}",
  "{% set @ %}",
  "{% set x = @ %}",
  "{% for @ in xs %}{% end %}",
  "{% for x in @ %}{% end %}",
  "{% if @ %}{% end %}",
  "{% module @ %}",
  "{% apply @ %}{% end %}",
  "{% try %}{% except @ %}{% end %}",
];

Deno.test("nonsense in tags is refused with a reason, and never by the engine", () => {
  const random = new Random(SEED);
  let accepted = 0;
  for (let round = 0; round < COUNT * 5; round++) {
    const [before = "", after = ""] = random.pick(TAGS).split("@");
    const text = before + random.text(PIECES.map((piece) => `${piece} `), 8) + after;
    try {
      const template = new Template(text);
      accepted++;
      if (!template.isAsync) template.render({ a: [1], f: (x: unknown) => x, x: {}, xs: [1, [2]] });
    } catch (error) {
      if (error instanceof TemplateError) continue;
      assert(error instanceof ParseError, `${text}: ${error}`);
      assert(!error.message.startsWith("Cannot compile"), `${text}: ${error.message}`);
    }
  }
  assert(accepted > 0);
});

// --- templates, beside Tornado ---

/** Expressions that mean the same in both languages. */
const CONDITIONS = [
  "s0",
  "n",
  "not xs",
  "n > 1",
  "s1 == 2",
  "xs and n",
  "es or s0",
  "n in xs",
  "9 not in xs",
  "d is None",
  "es",
];
const OUTPUTS = [
  "n",
  "n + 1",
  "text",
  "s0",
  "s1 * 2",
  "len(xs)",
  "text if n else s0",
  "xs[0]",
  "'<' + text",
  "m['k']",
  "sum(q * n for q in xs if q)",
];
const ITERABLES = ["xs", "es", "range(3)", "[1, n]", "(2, 3)", "range(n)", "m", "[q for q in xs if q > s0]"];
const FAILURES = ["boom(n)", "boom(s0)", "boom(0)"];

class TemplateMaker {
  readonly files: Record<string, string> = {};
  readonly #random: Random;
  #loops = 0;
  #names = 0;
  /** Inside of `apply` Python has other variables, and no loop to break out of. */
  #applied = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A body that may stand inside of `apply`, for all that is known. */
  override(): string {
    this.#applied++;
    const text = this.body(2);
    this.#applied--;
    return text;
  }

  body(depth: number): string {
    let text = "";
    for (let count = 1 + this.#random.below(4); count > 0; count--) text += this.#node(depth);
    return text;
  }

  #node(depth: number): string {
    const random = this.#random;
    if (depth <= 0) {
      return random.pick([
        " \n x ",
        "<b>",
        "\t\t",
        `{{ ${random.pick(OUTPUTS)} }}`,
        `{% raw ${random.pick(OUTPUTS)} %}`,
        "{# c #}",
      ]);
    }
    const condition = () => random.pick(CONDITIONS);
    switch (random.below(12)) {
      case 0:
        return `{% if ${condition()} %}${this.body(depth - 1)}{% elif ${condition()} %}${
          this.body(depth - 1)
        }{% end %}`;
      case 1:
        return `{% if ${condition()} %}${this.body(depth - 1)}{% else %}${this.body(depth - 1)}{% end %}`;
      case 2:
      case 3:
        return this.#loop(depth);
      case 4:
        return `{% try %}${this.body(depth - 1)}{{ ${random.pick(FAILURES)} }}${this.body(depth - 1)}{% except ${
          random.pick(["", "Boom", "Exception as err", "(Other, Boom)"])
        } %}${this.body(depth - 1)}${
          random.pick(["", "{% else %}E", "{% finally %}F", "{% else %}E{% finally %}F"])
        }{% end %}`;
      case 5: {
        if (this.#applied > 0) return "";
        return `{% set s${random.below(2)} = ${random.pick(["n", "s0 + 1", "s1 + n", "len(xs)"])} %}`;
      }
      case 6: {
        this.#applied++;
        const loops = this.#loops;
        this.#loops = 0;
        const text = `{% apply ${random.pick(["upper", "bracket"])} %}${this.body(depth - 1)}{% end %}`;
        this.#loops = loops;
        this.#applied--;
        return text;
      }
      case 7:
        return this.#loops > 0 ? `{% if ${condition()} %}{% ${random.pick(["break", "continue"])} %}{% end %}` : "";
      case 8:
        return `{% block b${this.#names++} %}${this.body(depth - 1)}{% end %}`;
      case 9: {
        const name = `f${this.#names++}.${random.pick(["html", "txt"])}`;
        const [loops, applied] = [this.#loops, this.#applied];
        this.#loops = 0;
        this.#applied = 1;
        this.files[name] = this.#setting() + this.body(depth - 1);
        this.#loops = loops;
        this.#applied = applied;
        return `{% include ${name} %}`;
      }
      case 10:
        return this.#setting();
      default:
        return this.body(depth - 1);
    }
  }

  #loop(depth: number): string {
    const variable = `v${this.#names++}`;
    const iterable = this.#random.pick(ITERABLES);
    this.#loops++;
    const body = `{{ ${variable} }}${this.body(depth - 1)}`;
    this.#loops--;
    const otherwise = this.#random.below(2) === 0 ? "" : `{% else %}${this.body(depth - 1)}`;
    return `{% for ${variable} in ${iterable} %}${body}${otherwise}{% end %}`;
  }

  #setting(): string {
    return this.#random.pick(["", "", "{% whitespace all %}", "{% whitespace oneline %}", "{% autoescape None %}"]);
  }
}

function makeTemplates(random: Random): Record<string, string> {
  const maker = new TemplateMaker(random);
  const start = "{% set s0 = 1 %}{% set s1 = 2 %}";
  if (random.below(2) === 0) return { "main.html": start + maker.body(4), ...maker.files };
  const parent = start + maker.body(3);
  const names = Array.from(parent.matchAll(/\{% block (b\d+)/g), ([, name]) => name);
  const blocks = names.filter(() => random.below(2) === 0).map((name) =>
    `{% block ${name} %}[${maker.override()}]{% end %}`
  );
  return { "main.html": `{% extends base.txt %}${blocks.join("ignored")}`, "base.txt": parent, ...maker.files };
}

const DATA = { n: 2, text: "t & <u>", xs: [1, 2, 3], es: [], d: null, m: { k: "v" } };

const RENDER = `
import html, json, sys
from tornado import escape
from tornado.template import DictLoader, ParseError
escape.xhtml_escape = lambda value: html.escape(escape.to_unicode(value))  # before 6.4: &#39;
class Boom(Exception): pass
class Other(Exception): pass
def boom(x):
    if not x: raise Boom("boom")
    return x
names = {"upper": lambda text: escape.to_unicode(text).upper(), "bracket": lambda text: "[" + escape.to_unicode(text) + "]",
         "boom": boom, "Boom": Boom, "Other": Other}
data, cases = json.load(sys.stdin)
results = []
for files in cases:
    try:
        results.append(DictLoader(files).load("main.html").generate(**names, **data).decode())
    except Boom:
        results.append("boom")
    except (ParseError, SyntaxError) as error:
        results.append("refused")
print(json.dumps(results))
`;

class Boom extends Error {}

const FUNCTIONS = {
  upper: (text: string) => text.toUpperCase(),
  bracket: (text: string) => `[${text}]`,
  boom: (x: number) => {
    if (!x) throw new Boom("boom");
    return x;
  },
  Boom,
  Other: class extends Error {},
};

function render(files: Record<string, string>): string {
  try {
    return new DictLoader(files).load("main.html").render({ ...FUNCTIONS, ...DATA });
  } catch (error) {
    if (error instanceof TemplateError && error.cause instanceof Boom) return "boom";
    if (error instanceof ParseError) return "refused";
    throw error;
  }
}

Deno.test("random templates come out as they do of Tornado", PYTHON, async () => {
  const random = new Random(SEED);
  const cases = Array.from({ length: COUNT / 8 }, () => makeTemplates(random));
  const expected = await runPython(RENDER, [DATA, cases]) as string[];
  for (const [index, files] of cases.entries()) assertEquals(render(files), expected[index], Deno.inspect(files));
  assert(new Set(expected).size > cases.length / 2);
});
