import { Application } from "@denado/denado";
import { DictLoader, Loader } from "@denado/denado/template";
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { cachedLoader, loaderFromSettings, templateSource } from "../../web/template_loaders.ts";

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

Deno.test("templateSource reads what a loader loads, and nothing else", async () => {
  const root = await Deno.makeTempDir();
  await Deno.writeTextFile(`${root}/page.html`, "text");
  const loader = new Loader(root);
  assertEquals(templateSource(loader, "page.html"), "text");
  for (const name of ["missing.html", "../page.html", "/etc/passwd", "<string>", "\0", ""]) {
    assertEquals(templateSource(loader, name), undefined, name);
  }
  const dict = new DictLoader({ "page.html": "dict" });
  assertEquals([templateSource(dict, "page.html"), templateSource(dict, "toString")], ["dict", undefined]);
  assertEquals(templateSource(undefined, "page.html"), undefined);
  await Deno.remove(root, { recursive: true });
});
