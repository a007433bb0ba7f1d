/**
 * Templates as a whole. Most are rendered by Tornado as well, and have to come out the same, byte for byte.
 *
 * @module
 */

import { HTTPError } from "@denado/denado/web";
import {
  DictLoader,
  Template,
  TemplateError,
  type TemplateNamespace,
  type WhitespaceMode,
} from "@denado/denado/template";
import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { PYTHON, runPython } from "../../helpers/python_tornado.ts";

/** Templates that Tornado renders as well. The first one is rendered. */
interface Case {
  readonly templates: Readonly<Record<string, string>> | string;
  readonly namespace?: TemplateNamespace;
  readonly autoescape?: string | null;
  readonly whitespace?: WhitespaceMode;
}

const PEOPLE = [{ name: "Ann <a>", age: 3 }, { name: "Bob & Co", age: 40 }, { name: 'Eve\'s "x"', age: 17 }];

const AUTOESCAPE = {
  "escaped.html": "{% autoescape xhtml_escape %}{{ name }}",
  "unescaped.html": "{% autoescape None %}{{ name }}",
  "default.html": "{{ name }}",
  "include.html":
    "escaped: {% include 'escaped.html' %}\nunescaped: {% include 'unescaped.html' %}\ndefault: {% include 'default.html' %}\n",
  "escaped_block.html": "{% autoescape xhtml_escape %}{% block name %}base: {{ name }}{% end %}",
  "unescaped_block.html": "{% autoescape None %}{% block name %}base: {{ name }}{% end %}",
  "escaped_extends_unescaped.html": '{% autoescape xhtml_escape %}{% extends "unescaped_block.html" %}',
  "escaped_overrides_unescaped.html":
    '{% autoescape xhtml_escape %}{% extends "unescaped_block.html" %}{% block name %}extended: {{ name }}{% end %}',
  "unescaped_extends_escaped.html": '{% autoescape None %}{% extends "escaped_block.html" %}',
  "unescaped_overrides_escaped.html":
    '{% autoescape None %}{% extends "escaped_block.html" %}{% block name %}extended: {{ name }}{% end %}',
  "raw_expression.html": "{% autoescape xhtml_escape %}expr: {{ name }}\nraw: {% raw name %}",
  "late.html": "{{ name }}{% autoescape None %}{{ name }}",
};

/** The same templates, with another one first. */
function startingWith(name: string): Record<string, string> {
  return { [name]: AUTOESCAPE[name as keyof typeof AUTOESCAPE], ...AUTOESCAPE };
}

const autoescapeCases = [null, "xhtml_escape"].flatMap((autoescape) =>
  Object.keys(AUTOESCAPE).map((name): Case => (
    { templates: startingWith(name), namespace: { name: "Bobby <table>s & \"'" }, autoescape }
  ))
);

const BLOG = {
  "page.html": `{% extends "layout/base.html" %}
{% block title %}{{ title }} - Blog{% end %}
{% block content %}
  {% for post in posts %}
    {% block post %}<article id="p{{ post["id"] }}">
      <h2>{{ escape(post["title"]) }}</h2>
      {% if post["tags"] %}<ul>{% for tag in post["tags"] %}<li>{{ tag }}</li>{% end %}</ul>{% else %}no tags{% end %}
      {% raw post["body"] %}
    </article>{% end %}
  {% else %}
    <p>Nothing yet</p>
  {% end %}
{% end %}
`,
  "layout/base.html": `<!DOCTYPE html>
<title>{% block title %}Default{% end %}</title>
{% include "../parts/nav.html" %}
<pre>
  keep   this
</pre>
{% block content %}{% end %}
{# not written #}{% comment nor this, isn't it %}
{% block footer %}<footer>{{ len(posts) }} posts</footer>{% end %}
`,
  "parts/nav.html": `<nav>{% for link in ["a", "b"] %}<a href="/{{ url_escape(link + " x") }}">{{ link }}</a>{% end %}
  {% include "sub.html" %}</nav>`,
  "parts/sub.html": "{% set seen = 1 %}sub {{ seen }}",
};
const POSTS = [
  { id: 1, title: "One <b>", tags: ["x", "y&z"], body: "<p>raw</p>" },
  { id: 2, title: "Two", tags: [], body: "text" },
];

const CASES: Case[] = [
  ...autoescapeCases,
  // text, tags and braces
  { templates: "" },
  { templates: "plain \u00e9 \u{1f600} text" },
  { templates: "Hello {{ name }}!", namespace: { name: "Ben" } },
  { templates: "2 + 2 = {{ 2 + 2 }}" },
  { templates: "Hello{# TODO i18n #} {{ name }}!", namespace: { name: "Ben" } },
  { templates: "{# {{ not }} {% read %} #}x{##}y" },
  { templates: "{{!" },
  { templates: "{%! {#! {{!x}} {" },
  { templates: "{{ 'expr' }} {{!jquery expr}}" },
  { templates: "\\textbf{{{ name }}} {{{{ name }}}}", namespace: { name: "x" } },
  { templates: "{ {{ '}' }} } {a} {{ '{' }}" },
  { templates: '{{ "\u00e9" }}{{ "a\\n\\t\\x41\\u00e9b" }}' },
  { templates: "{{\n  name\n}}{%\n if name\n%}yes{%end%}", namespace: { name: "x" } },
  { templates: "{% comment blah blah %}foo" },
  { templates: "a `b` ${c} \\n $ \u2028 </script>" },
  // expressions
  {
    templates: "{{ a }} {{ b }} {{ a + b * 2 }} {{ (a + b) * 2 }}",
    namespace: { a: 1, b: 2 },
  },
  {
    templates: "{{ 1 if x else 2 }} {{ 1 if not x else 2 }} {{ x or 'none' }} {{ x and 'some' }}",
    namespace: { x: 5 },
  },
  { templates: "{{ 1 if x else 2 }} {{ 'e' if not x else 'n' }} {{ x or 'none' }}", namespace: { x: [] } },
  { templates: "{{ 1 if x else 2 }} {{ x or 'none' }}", namespace: { x: {} } },
  { templates: "{{ 1 if x else 2 }} {{ x or 'none' }}", namespace: { x: "" } },
  { templates: "{{ 1 if x else 2 }} {{ x or 'none' }}", namespace: { x: null } },
  { templates: "{{ 1 if not a == b else 2 }}{{ 1 if not a and b else 2 }}", namespace: { a: 0, b: 3 } },
  { templates: "{% if x is None %}none{% end %}{% if x is not None %}some{% end %}", namespace: { x: null } },
  { templates: "{% if x is None %}none{% end %}{% if x is not None %}some{% end %}", namespace: { x: 0 } },
  { templates: "{% if 'b' in x and 'd' not in x %}yes{% end %}", namespace: { x: ["a", "b"] } },
  { templates: "{% if 'b' in x and not 'd' in x %}yes{% end %}", namespace: { x: { b: 1 } } },
  { templates: "{% if 'b' in x %}yes{% end %}{% if 1 in y %}no{% end %}", namespace: { x: "abc", y: [2, 3] } },
  { templates: "{% if True and not False %}{% if None %}{% else %}t{% end %}{% end %}" },
  {
    templates: "{{ x['a']['b'][1] }} {{ ['x', 'y'][0] }} {{ {'k': 'v'}['k'] }}",
    namespace: { x: { a: { b: [1, 2] } } },
  },
  { templates: "{{ 2 ** 3 ** 2 }} {{ 7 % 4 }} {{ -3 + 5 }} {{ 6 - 2 - 1 }} {{ 1 | 6 }} {{ 1 << 4 }} {{ ~5 }}" },
  { templates: "{{ len(xs) }} {{ len('abc') }} {{ len({'a': 1}) }} {{ str(5) + '!' }}", namespace: { xs: [1, 2, 3] } },
  {
    templates: "{{ sum([1, 2]) }} {{ min(3, 2) }} {{ max([1, 4]) }} {{ sorted(xs)[0] }}",
    namespace: { xs: ["b", "a"] },
  },
  { templates: "{{ '\"' }}{{ \"it's\" }}{{ '<' }}" },
  {
    templates: "{{ upper('abc') }} {{ inc(5) }} {{ join('-', *xs) }} {{ keywords(a=1, b=2) }}",
    namespace: { xs: ["a", "b"] },
  },
  {
    templates: "{% for p in [p for p in people if p['age'] and p['age'] > 16] %}{{ p['name'] }};{% end %}",
    namespace: { people: PEOPLE },
  },
  {
    templates: "{{ max(x * y for x in xs for y in range(x) if y) }} {{ len([k for k, v in d.items()]) }}",
    namespace: { xs: [1, 2, 3], d: { a: 1 } },
  },
  // conditions
  { templates: "{% if x > 4 %}yes{% else %}no{% end %}", namespace: { x: 5 } },
  { templates: "{% if x > 4 %}yes{% else %}no{% end %}", namespace: { x: 3 } },
  { templates: "{% if x == 1 %}1{% elif x == 2 %}2{% elif x == 3 %}3{% else %}many{% end %}", namespace: { x: 2 } },
  { templates: "{% if x == 1 %}1{% elif x == 2 %}2{% elif x == 3 %}3{% else %}many{% end %}", namespace: { x: 9 } },
  { templates: "{% if True %}{% else %}{% end %}{% if False %}a{% end %}" },
  { templates: "{% if a %}{% if b %}ab{% else %}a{% end if %}{% end %}", namespace: { a: 1, b: 0 } },
  // loops
  { templates: "{% for i in range(3) %}{{ i }}{% end %}{% for i in range(1, 9, 3) %}{{ i }}{% end %}{{ i }}" },
  { templates: "{% for i in range(5, 0, -2) %}{{ i }},{% end %}" },
  { templates: "{% for a, b in pairs %}{{ a }}={{ b }};{% end %}", namespace: { pairs: [[1, "x"], [2, "<"]] } },
  {
    templates: "{% for i, (a, b) in enumerate(pairs) %}{{ i }}{{ a }}{{ b }};{% end %}",
    namespace: { pairs: [[1, 2], [3, 4]] },
  },
  { templates: "{% for k, v in d.items() %}{{ k }}:{{ v }};{% end %}", namespace: { d: { a: 1, b: 2 } } },
  {
    templates:
      "{% for k in d %}{{ k }}{% end %}{% for k in d.keys() %}{{ k }}{% end %}{% for v in d.values() %}{{ v }}{% end %}",
    namespace: { d: { a: 1, b: 2 } },
  },
  { templates: "{% for c in 'a\u{1f600}b' %}[{{ c }}]{% end %}" },
  {
    templates:
      "{% for x in (1, 2, 3) %}{{ x }}{% end %}{% for x in 4, 5 %}{{ x }}{% end %}{% for x in [] %}{{ x }}{% end %}",
  },
  {
    templates: "{% for a, b in zip(xs, range(9)) %}{{ a }}{{ b }}{% end %}{% for x in reversed(xs) %}{{ x }}{% end %}",
    namespace: { xs: ["p", "q"] },
  },
  {
    templates:
      "{% for i in range(10) %}\n {% if i == 2 %}\n{% continue %}\n{% end %}\n {{ i }}\n{% if i == 6 %}{% break %}{% end %}\n{% end %}",
  },
  {
    templates: "{% for x in xs %}{% if x == 2 %}{% break %}{% end %}{{ x }}{% else %}none{% end %}|",
    namespace: { xs: [1, 2] },
  },
  {
    templates: "{% for x in xs %}{% if x == 2 %}{% continue %}{% end %}{{ x }}{% else %}all{% end %}|",
    namespace: { xs: [1, 2] },
  },
  {
    templates:
      "{% for x in [1, 2] %}{% for y in [1, 2] %}{% if y > x %}{% break %}{% end %}{{ x }}{{ y }} {% else %}e{% end %}{% end %}",
  },
  {
    templates:
      "{% set n = 3 %}{% while n > 0 %}{{ n }}{% set n = n - 1 %}{% if n == 1 %}{% break %}{% end %}{% else %}e{% end %}",
  },
  { templates: "{% set n = 2 %}{% while n %}{{ n }}{% set n -= 1 %}{% else %}end{% end %}" },
  { templates: "{% for x in xs %}{{ x['name'] }} is {{ x['age'] }}\n{% end %}", namespace: { xs: PEOPLE } },
  { templates: "{% for x in xs %}{% for x in x %}{{ x }}{% end %};{% end %}", namespace: { xs: [[1], [2, 3]] } },
  // set
  { templates: "{% set x = 5 %}{{ x }}{% set x = x + 1 %}{{ x }}{% set x += 2 %}{{ x }}{% set x *= 2 %}{{ x }}" },
  { templates: "{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set a, b = b, a %}{{ a }}{% set (a, b) = [7, 8] %}{{ b }}" },
  { templates: "{% set a = b = 'x' %}{{ a }}{{ b }}{% set d = {'k': {}} %}{% set d['k']['l'] = 3 %}{{ d['k']['l'] }}" },
  { templates: "{% set first, *rest = xs %}{{ first }}{{ len(rest) }}", namespace: { xs: [1, 2, 3] } },
  { templates: "{% if x %}{% set y = 'in' %}{% else %}{% set y = 'out' %}{% end %}{{ y }}", namespace: { x: 1 } },
  { templates: "{% set f = lambda_free %}{{ f('q') }}", namespace: {} },
  // try
  {
    templates:
      "{% try %}\ntry{% set y = boom(x) %}\n{% except %}-except\n{% else %}-else\n{% finally %}-finally\n{% end %}",
    namespace: { x: 1 },
  },
  {
    templates:
      "{% try %}\ntry{% set y = boom(x) %}\n{% except %}-except\n{% else %}-else\n{% finally %}-finally\n{% end %}",
    namespace: { x: 0 },
  },
  { templates: "{% try %}a{{ 1 }}b{{ boom(0) }}c{% except Exception %}E{% end %}|{% try %}x{% finally %}y{% end %}" },
  {
    templates:
      "{% try %}a{% apply upper %}b{{ boom(0) }}{% end %}{% except Exception as e %}{{ str(e) != '' and 'msg' }}{% end %}",
  },
  {
    templates:
      "{% for x in [1, 0, 2] %}{% try %}{{ boom(x) }}{% except %}{% continue %}{% finally %}f{% end %}.{% end %}",
  },
  {
    templates:
      "{% for x in [1, 2] %}{% try %}{% break %}{% except %}e{% else %}l{% finally %}f{% end %}{% else %}n{% end %}",
  },
  { templates: "{% try %}{% try %}{{ boom(0) }}{% finally %}f{% end %}{% except %}outer{% end %}" },
  { templates: "{% try %}ok{% except Boom %}{% else %}{% try %}{{ boom(0) }}{% except Boom %}inner{% end %}{% end %}" },
  {
    templates:
      "{% try %}{{ boom(0) }}{% except (Boom, Other) as e %}caught{% end %}{% try %}{{ boom(0) }}{% except Other %}o{% except Boom %}b{% end %}",
  },
  { templates: "{% try %}{{ missing_name }}{% except %}missing{% end %}" },
  // apply
  { templates: "{% apply upper %}foo{% end %}" },
  {
    templates: "{% apply upper %}foo \u00e9 {{ name }}{% apply upper %}x{% end %}{% end %}",
    namespace: { name: "<b>" },
  },
  {
    templates:
      "{% apply bracket %} a   b \n c {% end %}|{% for x in [1, 2] %}{% apply upper %}x{{ x }}{% end %}{% end %}",
  },
  { templates: "{% apply linkify %}see http://a.example/?b&c{% end %}" },
  {
    templates:
      "{% autoescape None %}{% raw linkify('http://reallylong.com/link/that/exceedsthelenglimit.html', shorten=True, extra_params='rel=x') %}",
  },
  { templates: "{{ url_escape('a b/c', plus=False) }} {{ json_encode('</a') }} {{ squeeze(' a  b ') }}" },
  // includes and inheritance
  { templates: { "index.html": '{% include "header.html" %}\nbody text', "header.html": "header text" } },
  { templates: { "a/1.html": "{% include '2.html' %}", "a/2.html": "{% include '../b/3.html' %}", "b/3.html": "ok" } },
  {
    templates: {
      "a.txt": "{% for x in xs %}{% include b.txt %}{% end %}{{ y }}",
      "b.txt": "{% set y = x * 2 %}[{{ x }}]",
    },
    namespace: { xs: [1, 2] },
  },
  {
    templates: {
      "page.html":
        '{% extends "base.html" %}\n{% block title %}page title{% end %}\n{% block body %}page body{% end %}\n',
      "base.html":
        "<title>{% block title %}default title{% end %}</title>\n<body>{% block body %}default body{% end %}</body>\n",
    },
  },
  {
    templates: {
      "c.txt": '{% extends "b.txt" %}{% block two %}c2{% end %}ignored{% set z = 1 %}',
      "b.txt": '{% extends "a.txt" %}{% block one %}b1[{% block two %}b2{% end %}]{% end %}',
      "a.txt": "A {% block one %}a1{% end %} {% block three %}a3{% end %} {% include d.txt %}",
      "d.txt": "{% block three %}d3{% end %}",
    },
  },
  { templates: { "a.txt": "{% block x %}1{% end %}{% block x %}2{% end %}" } },
  {
    templates: {
      "a.txt": "{% for i in [1, 2] %}{% block x %}{{ i }}{% if i == 1 %}{% continue %}{% end %}.{% end %}{% end %}",
    },
  },
  { templates: BLOG, namespace: { title: "T & T", posts: POSTS } },
  { templates: BLOG, namespace: { title: "T", posts: [] } },
  // white space
  ...(["foo.html", "bar.js", "baz.txt", "x.html.txt"] as const).map((name): Case => (
    { templates: { [name]: "   \n\t\n asdf\t   {{ 1 }}  \n\n x \r\n y\u00a0\u00a0z " } }
  )),
  ...(["all", "single", "oneline"] as const).map((whitespace): Case => (
    {
      templates: { "a.html": " \t foo\n\n bar {% include b.txt %} <pre>\n\n a   b</pre>  ", "b.txt": "\t\tq \n\n" },
      whitespace,
    }
  )),
  {
    templates: {
      "foo.html":
        "{% whitespace oneline %}\n    {% for i in range(3) %}\n        {{ i }}\n    {% end %}\n{% whitespace all %}\n    pre\tformatted\n",
    },
  },
  {
    templates: {
      "foo.txt": "{% for i in items\n  %}{% if i > 0 %}, {% end %}{#\n  #}{{i\n  }}{% end\n%}",
    },
    namespace: { items: [0, 1, 2, 3, 4] },
  },
  // escape functions
  { templates: { "foo.py": "{% autoescape bracket %}s = {{ name }}{% raw name %}\n" }, namespace: { name: "<html>" } },
  { templates: "{{ name }}", namespace: { name: "x" }, autoescape: "bracket" },
];

const RENDER = `
import html, json, sys
from tornado import escape
from tornado.template import DictLoader, Template
escape.xhtml_escape = lambda value: html.escape(escape.to_unicode(value))  # before 6.4: &#39;

class Boom(Exception): pass
class Other(Exception): pass
def boom(x):
    if x == 0: raise Boom("boom")
    return x
names = {
    "upper": lambda text: escape.to_unicode(text).upper(), "inc": lambda x: x + 1, "boom": boom, "Boom": Boom,
    "Other": Other, "join": lambda glue, *parts: glue.join(parts),
    "keywords": lambda **named: "%s,%s" % (named["a"], named["b"]), "lambda_free": lambda x: x * 2,
    "bracket": lambda text: "[" + escape.to_unicode(text) + "]",
}
results = []
for case in json.load(sys.stdin):
    templates = case["templates"]
    options = {name: case[name] for name in ("autoescape", "whitespace") if name in case}
    namespace = {**names, **case.get("namespace", {})}
    if isinstance(templates, str):
        template = Template(templates, **options)
    else:
        template = DictLoader(templates, **options).load(next(iter(templates)))
    results.append(template.generate(**namespace).decode())
print(json.dumps(results))
`;

class Boom extends Error {}
class Other extends Error {}
const NAMES: TemplateNamespace = {
  upper: (text: string) => text.toUpperCase(),
  inc: (x: number) => x + 1,
  boom: (x: number) => {
    if (x === 0) throw new Boom("boom");
    return x;
  },
  Boom,
  Other,
  join: (glue: string, ...parts: string[]) => parts.join(glue),
  keywords: ({ a, b }: { a: number; b: number }) => `${a},${b}`,
  lambda_free: (text: string) => text + text,
  bracket: (text: string) => `[${text}]`,
};

function load({ templates, autoescape, whitespace }: Case): Template {
  const options = {
    ...(autoescape === undefined ? {} : { autoescape }),
    ...(whitespace === undefined ? {} : { whitespace }),
  };
  if (typeof templates === "string") return new Template(templates, options);
  return new DictLoader(templates, options).load(Object.keys(templates)[0]!);
}

Deno.test("templates come out as they do of Tornado, byte for byte", PYTHON, async () => {
  const expected = await runPython(RENDER, CASES) as string[];
  for (const [index, testCase] of CASES.entries()) {
    const actual = load(testCase).generate({ ...NAMES, ...testCase.namespace });
    assertEquals(new TextDecoder().decode(actual), expected[index], JSON.stringify(testCase.templates));
  }
});

// --- what Tornado has no counterpart for ---

Deno.test("Template.generate returns UTF-8, and takes it as source and as values", () => {
  const utf8 = (text: string) => new TextEncoder().encode(text);
  const template = new Template(utf8("\u00e9 {{ name }}"));
  assertEquals(template.generate({ name: utf8("<\u00e9>") }), utf8("\u00e9 &lt;\u00e9&gt;"));
});

Deno.test("Template reads names from its namespace, then that of the loader, then the default one", () => {
  const loader = new DictLoader({ "a.txt": "{{ a }}{{ b }}{{ len('xyz') }}{{ squeeze(' s ') }}" }, {
    namespace: { a: "loader", b: "loader", squeeze: () => "own" },
  });
  assertEquals(loader.load("a.txt").render({ a: "argument" }), "argumentloader3own");
});

Deno.test("Template takes names from a prototype, but not from that of all objects", () => {
  class Page {
    get title() {
      return "T";
    }
  }
  const page = new Page() as unknown as TemplateNamespace;
  assertEquals(new Template("{{ title }}").render(page), "T");
  assertThrows(() => new Template("{{ toString }}").render(page), TemplateError, "toString is not defined");
  assertEquals(new Template("{{ toString }}").render({ toString: "own" }), "own");
});

Deno.test("Template sees the standard objects, and none that reach the system", () => {
  assertEquals(new Template("{{ Math.max(1, 2) }} {{ JSON.stringify([1]) }}").render(), "2 [1]");
  for (const name of ["Deno", "globalThis", "fetch", "Function", "process", "setTimeout"]) {
    assertThrows(() => new Template(`{{ ${name} }}`).render(), TemplateError, `${name} is not defined`);
  }
});

Deno.test("Template reports a missing name only where it is used", () => {
  const template = new Template("{% if flag %}{{ gone }}{% end %}{{ name }}{{ [1].map(x => x + name) }}");
  assertEquals(template.render({ flag: false, name: 1 }), "12");
  assertThrows(() => template.render({ flag: true, name: 1 }), TemplateError, "gone is not defined");
  assertEquals(template.render({ flag: false, name: 1, gone: undefined }), "12");
});

Deno.test("Template asks by typeof whether a name exists", () => {
  const template = new Template("{% if typeof error !== 'undefined' %}{{ error }}{% else %}fine{% end %}");
  assertEquals(template.render(), "fine");
  assertEquals(template.render({ error: "E" }), "E");
});

Deno.test("Template keeps a variable that is set in one branch only from hiding the namespace", () => {
  const template = new Template("{% if flag %}{% set x = 'set' %}{% end %}{{ x }}");
  assertEquals(template.render({ flag: true, x: "given" }), "set");
  assertEquals(template.render({ flag: false, x: "given" }), "given");
  assertEquals(template.render({ flag: true }), "set");
  assertThrows(() => template.render({ flag: false }), TemplateError, "x is not defined");
});

Deno.test("Template keeps what a template sets from its namespace", () => {
  const namespace = { x: 1 };
  assertEquals(new Template("{% set x = 2 %}{{ x }}").render(namespace), "2");
  assertEquals(namespace, { x: 1 });
});

Deno.test("Template gives a custom escape text, and uses one that the namespace puts in place of the default", () => {
  const seen: unknown[] = [];
  const escape = (value: unknown) => {
    seen.push(value);
    return `(${value})`;
  };
  const template = new Template("{{ 'a' }}{{ 5 }}{% raw 'b' %}");
  assertEquals(template.render({ xhtml_escape: escape }), "(a)(5)b");
  assertEquals(new Template("{{ 'a' }}", { autoescape: "tools.escape" }).render({ tools: { escape } }), "(a)");
  assertEquals(seen, ["a", "5", "a"]);
});

Deno.test("Template writes values as String does, but neither undefined nor a promise", () => {
  assertEquals(new Template("{{ null }} {{ true }} {{ [1, [2]] }} {{ 1n }}").render(), "null true 1,2 1");
  assertThrows(() => new Template("{{ user.nmae }}").render({ user: {} }), TemplateError, "user.nmae is undefined");
  const promise = Promise.resolve("x");
  assertThrows(() => new Template("{% raw p %}").render({ p: promise }), TemplateError, "p is a promise: put await");
  assertThrows(() => new Template("{% for x in p %}{% end %}").render({ p: promise }), TemplateError, "put await");
});

Deno.test("Template cannot be made to run what a value or a name holds", () => {
  const evil = '${globalThis.pwned = 1}`;globalThis.pwned = 1;//\n"+(globalThis.pwned=1)+"';
  const template = new Template(`{{ x }}\${globalThis.pwned = 1}\`{{ nope }}`, { name: evil, autoescape: null });
  assertThrows(() => template.render({ x: evil, [evil]: 1 }), TemplateError);
  assertFalse("pwned" in globalThis);
});

// --- modules ---

Deno.test("module calls a method of _tt_modules, its result unescaped", () => {
  const _tt_modules = {
    prefix: "<",
    Entry(entry: string, options?: { arg: number }) {
      return `${this.prefix}${entry}:${options?.arg}>`;
    },
  };
  const template = new Template("{% module Entry('e') %}{% module Entry('f', arg=42) %}");
  assertEquals(template.render({ _tt_modules }), "<e:undefined><f:42>");
  assertThrows(() => template.render(), TemplateError, "_tt_modules is not defined");
  assertThrows(() => template.render({ _tt_modules: {} }), TemplateError, "_tt_modules.Entry is not a function");
});

// --- waiting ---

const later = <Value>(value: Value) => Promise.resolve(value);

Deno.test("Template.renderAsync awaits in every kind of tag, also in parents and includes", async () => {
  const loader = new DictLoader({
    "page.txt": "{% extends base.txt %}{% block a %}{{ await later('<') }}{% end %}",
    "base.txt": "{% include part.txt %}{% block a %}{% end %}",
    "part.txt": "{% for x in await later([1, 2]) %}{% if await later(x == 2) %}{% set y = await later(x) %}{{ y }}" +
      "{% end %}{% end %}{% apply await upperLater %}x{{ await later('y') }}{% end %}{% module await Late(3) %}",
  });
  const template = loader.load("page.txt");
  const namespace = { later, upperLater: (text: string) => later(text.toUpperCase()), _tt_modules: { Late: later } };
  assert(template.isAsync);
  assertEquals(await template.renderAsync(namespace), "2XY3&lt;");
  assertEquals(await template.generateAsync(namespace), new TextEncoder().encode("2XY3&lt;"));
  assertThrows(() => template.generate(namespace), TypeError, "Cannot generate page.txt at once: it awaits");
});

Deno.test("Template.renderAsync renders a template that does not wait", async () => {
  const template = new Template("{{ x }}{{ typeof y }}");
  assertFalse(template.isAsync);
  assertEquals(await template.renderAsync({ x: 1 }), "1undefined");
});

Deno.test("Template.renderAsync rejects with the place, and reports missing names", async () => {
  const template = new Template("a\n{{ await fail() }}", { name: "a.txt" });
  const error = await assertRejects(
    () => template.renderAsync({ fail: () => Promise.reject(new Error("late")) }),
    TemplateError,
    "Cannot render a.txt:2: late",
  );
  assertEquals((error.cause as Error).message, "late");
  await assertRejects(() => template.renderAsync(), TemplateError, "fail is not defined");
});

Deno.test("await inside of async functions only needs an async template where it is awaited", async () => {
  const template = new Template("{{ (await Promise.all(xs.map(async x => await later(x) + 1))).join() }}");
  assertEquals(await template.renderAsync({ xs: [1, 2], later }), "2,3");
  assertFalse(new Template("{% set f = async x => await x %}").isAsync);
});

// --- errors name their place ---

interface ErrorCase {
  readonly name: string;
  readonly templates: Record<string, string>;
  readonly message: string;
}

const fail = () => {
  throw new RangeError("boom");
};

const ERRORS: ErrorCase[] = [
  { name: "an expression", templates: { "test.html": "one\ntwo{{fail()}}\nthree" }, message: "test.html:2: boom" },
  {
    name: "a directive",
    templates: { "test.html": "one\ntwo{%if fail()%}\nthree{%end%}" },
    message: "test.html:2: boom",
  },
  {
    name: "the line of a later branch",
    templates: { "a.html": "{% if false %}\n{% elif false %}\n\n{% elif fail() %}{% end %}" },
    message: "a.html:4: boom",
  },
  {
    name: "a condition that fails behind its body",
    templates: { "a.html": "{% set n = 1 %}\n{% while n or fail() %}\n\n{% set n = 0 %}\n{% end %}" },
    message: "a.html:2: boom",
  },
  {
    name: "an include",
    templates: { "base.html": "{% include 'sub.html' %}", "sub.html": "{{fail()}}" },
    message: "sub.html:1 (via base.html:1): boom",
  },
  {
    name: "a parent",
    templates: { "sub.html": "{% extends 'base.html' %}", "base.html": "\n{{fail()}}" },
    message: "base.html:2: boom",
  },
  {
    name: "a block of a child",
    templates: {
      "sub.html": "\n{% extends 'base.html' %}\n{% block 'block' %}\n{{fail()}}\n{% end %}",
      "base.html": "{% block 'block' %}{% end %}",
    },
    message: "sub.html:4 (via base.html:1): boom",
  },
  {
    name: "includes of includes",
    templates: { "a.html": "{% include 'b.html' %}", "b.html": "\n{% include 'c.html' %}", "c.html": "{{fail()}}" },
    message: "c.html:1 (via b.html:2, a.html:1): boom",
  },
  {
    name: "the line behind an include",
    templates: { "a.html": "\n{% include 'b.html' %}\n{{ fail() }}", "b.html": "\n\n\n\n{{ 1 }}" },
    message: "a.html:3: boom",
  },
  { name: "apply", templates: { "a.html": "\n{% apply fail %}\n{{ 1 }}\n{% end %}" }, message: "a.html:2: boom" },
  {
    name: "what except lets pass",
    templates: { "a.html": "{% try %}\n{{ fail() }}\n{% except TypeError %}\n{{ 1 }}{% end %}" },
    message: "a.html:2: boom",
  },
  {
    name: "what passes finally",
    templates: { "a.html": "{% try %}\n{{ fail() }}\n{% finally %}\n{{ 1 }}{% end %}" },
    message: "a.html:2: boom",
  },
  { name: "a module", templates: { "a.html": "\n{% module fail() %}" }, message: "a.html:2: boom" },
];

for (const { name, templates, message } of ERRORS) {
  Deno.test(`TemplateError names the place of ${name}`, () => {
    const template = new DictLoader(templates).load(Object.keys(templates)[0]!);
    const error = assertThrows(() => template.generate({ fail, _tt_modules: { fail } }), TemplateError);
    assertEquals(error.message, `Cannot render ${message}`);
    assert(error.cause instanceof RangeError);
  });
}

Deno.test("TemplateError names the places of a template rendered by a module", () => {
  const loader: DictLoader = new DictLoader({
    "base.html": "\n{% module Template('sub.html', x=1) %}",
    "sub.html": "{% include 'part.html' %}",
    "part.html": "{{ x }}{{ fail() }}",
  }, {
    namespace: {
      _tt_modules: { Template: (path: string, namespace: TemplateNamespace) => loader.load(path).generate(namespace) },
      fail,
    },
  });
  const error = assertThrows(() => loader.load("base.html").generate(), TemplateError);
  assertEquals(error.message, "Cannot render part.html:1 (via sub.html:1, base.html:2): boom");
  assert(error.cause instanceof RangeError);
});

Deno.test("Template lets an HTTPError pass as it is", () => {
  const error = new HTTPError(404);
  const thrower = () => {
    throw error;
  };
  assertStrictEquals(assertThrows(() => new Template("{{ f() }}").render({ f: thrower })), error);
});
