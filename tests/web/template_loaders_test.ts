import { Application } from "@denado/denado";
import { DictLoader, Loader } from "@denado/denado/template";
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { cachedLoader, loaderFromSettings } from "../../web/template_loaders.ts";

Deno.test("cachedLoader keeps one loader for each application, function and directory", () => {
  const made: string[] = [];
  const handler = { name: "this" };
  function create(this: unknown, path: string): DictLoader {
    assert(this === handler);
    made.push(path);
    return new DictLoader({});
  }
  const [one, two] = [new Application(), new Application()];
  const first = cachedLoader(one, "a", { create, handler });
  assert(cachedLoader(one, "a", { create, handler }) === first);
  assert(cachedLoader(one, "b", { create, handler }) !== first);
  assert(cachedLoader(two, "a", { create, handler }) !== first);
  assert(cachedLoader(one, "a", { create: () => new DictLoader({}), handler }) !== first);
  assertEquals(made, ["a", "b", "a"]);
});

Deno.test("loaderFromSettings makes what the settings say", () => {
  const templateLoader = new DictLoader({});
  assert(loaderFromSettings({ templateLoader }, "a") === templateLoader);
  const plain = loaderFromSettings({}, "a");
  assertInstanceOf(plain, Loader);
  assertEquals([plain.autoescape, plain.whitespace], ["xhtml_escape", undefined]);
  const set = loaderFromSettings({ autoescape: null, templateWhitespace: "all" }, "a");
  assertEquals([set.autoescape, set.whitespace], [null, "all"]);
});
