import { Application, RequestHandler, url, URLSpec } from "@denado/denado";
import type { PathArguments } from "@denado/denado/web";
import { assertEquals, assertThrows } from "@std/assert";

// --- types: a line that compiles although it should not fails `deno check` ---

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function check<_True extends true>(): void {}

check<Equal<PathArguments<"/">, []>>();
check<Equal<PathArguments<"/(.*)">, [string]>>();
check<Equal<PathArguments<"/(\\d+)/([a-z]+)">, [string, string]>>();
check<Equal<PathArguments<"/\\(literal\\)/([(])">, [string]>>();
check<Equal<PathArguments<"/(?:a)/(b)">, [string]>>();
check<Equal<PathArguments<"/a(/x)?">, [string | undefined]>>();
check<Equal<PathArguments<"/a(/x)*/(y)">, [string | undefined, string]>>();
check<Equal<PathArguments<"/(a)|/(b)">, [string | undefined, string | undefined]>>();
check<Equal<PathArguments<"/(news|blog)/(\\d+)">, [string, string]>>();
check<Equal<PathArguments<"/(a(b))">, [string | undefined, string | undefined]>>();
check<
  Equal<PathArguments<"/(?P<year>\\d+)/(?<slug>.+)?">, [
    params: { readonly year: string; readonly slug: string | undefined },
  ]>
>();
// deno-lint-ignore no-explicit-any -- what is asserted
check<Equal<PathArguments<string>, any[]>>();
// deno-lint-ignore no-explicit-any -- what is asserted
check<Equal<PathArguments<RegExp>, any[]>>();

class Plain extends RequestHandler {
  override get(): void {}
}
class One extends RequestHandler {
  override get(name: string): void {
    this.write(name);
  }
}
class Named extends RequestHandler {
  override get({ id }: { id: string }): void {
    this.write(id);
  }
}
class Configured extends RequestHandler {
  override initialize(_options: { database: string; size?: number }): void {}
  override get(): void {}
}

/** Never called; what it says is said to the compiler. */
function _checked(): void {
  url("/", Plain);
  url("/(.*)", One);
  url("/(?P<id>.*)", Named);
  url(/\/(x)/, One);
  url(new URLPattern({ pathname: "/:id" }), Named);
  url("/", Configured, { kwargs: { database: "a" } });
  // @ts-expect-error get takes an argument, and the pattern has none
  url("/", One);
  // @ts-expect-error get takes no argument
  url("/(.*)", Plain);
  // @ts-expect-error the group may take no part
  url("/(x)?", One);
  // @ts-expect-error the group has another name
  url("/(?P<name>.*)", Named);
  // @ts-expect-error initialize needs options
  url("/", Configured);
  // @ts-expect-error initialize needs a database
  url("/", Configured, { kwargs: {} });
  // @ts-expect-error a database is text
  url("/", Configured, { kwargs: { database: 1 } });
  // @ts-expect-error a handler is a class
  url("/", "Plain");
}

// --- values ---

Deno.test("url makes a rule with pattern, handler, options and name", () => {
  const rule = url("/(.*)", One, { kwargs: { a: 1 }, name: "one" });
  assertEquals(rule instanceof URLSpec, true);
  assertEquals([rule.handlerClass, rule.target, rule.targetKwargs, rule.name], [One, One, { a: 1 }, "one"]);
  assertEquals(new Application([rule]).reverseUrl("one", "x"), "/x");
});

Deno.test("url refuses a pattern that does not compile", () => {
  assertThrows(() => url("/(?:", Plain), SyntaxError, 'Cannot compile route pattern "/(?:"');
});
