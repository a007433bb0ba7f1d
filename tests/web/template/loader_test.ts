import { BaseLoader, DictLoader, Loader, ParseError, Template } from "@denado/denado/template";
import { assertEquals, assertNotStrictEquals, assertStrictEquals, assertThrows } from "@std/assert";

/** A directory with templates, and a secret beside it. */
async function withFiles(files: Record<string, string>, run: (root: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/root/sub`, { recursive: true });
    await Deno.mkdir(`${folder}/root-too`);
    await Deno.writeTextFile(`${folder}/secret.html`, "secret");
    await Deno.writeTextFile(`${folder}/root-too/secret.html`, "secret");
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/root/${name}`, text);
    await run(`${folder}/root`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("Loader loads files as UTF-8, relative to its root and to the file that asks", async () => {
  const files = {
    "utf8.html": "H\u00e9llo",
    "sub/a.html": "{% include b.html %}{% include ../utf8.html %}",
    "sub/b.html": "b",
    "sub/c.html": "{% extends './../sub/a.html' %}",
  };
  await withFiles(files, (root) => {
    const loader = new Loader(root);
    assertEquals(loader.load("utf8.html").render(), "H\u00e9llo");
    assertEquals(loader.load("sub/c.html").render(), "bH\u00e9llo");
    assertEquals(loader.load("b.html", "sub/a.html").name, "sub/b.html");
    assertEquals(loader.load("utf8.html", "<string>").name, "utf8.html");
    assertThrows(() => loader.load("b.html", "<string>"), Deno.errors.NotFound);
  });
});

Deno.test("Loader compiles a template once, until it is reset", async () => {
  await withFiles({ "a.html": "one" }, async (root) => {
    const loader = new Loader(root);
    const first = loader.load("a.html");
    await Deno.writeTextFile(`${root}/a.html`, "two");
    assertStrictEquals(loader.load("./sub/../a.html"), first);
    loader.reset();
    assertNotStrictEquals(loader.load("a.html"), first);
    assertEquals(loader.load("a.html").render(), "two");
  });
});

Deno.test("Loader follows no name out of its root", async () => {
  await withFiles({ "a.html": "{% include ../secret.html %}" }, async (root) => {
    await Deno.symlink(`${root}/../secret.html`, `${root}/link.html`);
    await Deno.symlink(`${root}/..`, `${root}/up`);
    await Deno.symlink(`${root}/a.html`, `${root}/inside.html`);
    const loader = new Loader(root);
    const names = [
      "../secret.html",
      "sub/../../secret.html",
      "/etc/passwd",
      `${root}/a.html`,
      "a.html\0",
      "..",
      "../root-too/secret.html",
    ];
    for (const name of names) {
      assertThrows(() => loader.load(name), RangeError, "it is not inside of the root directory");
      assertThrows(() => loader.load(name, "a.html"), RangeError);
    }
    assertThrows(() => loader.load("../../secret.html", "sub/a.html"), RangeError);
    for (const name of ["link.html", "up/secret.html", "up/root-too/secret.html"]) {
      assertThrows(() => loader.load(name), RangeError, "a link leads out of the root directory");
    }
    assertThrows(() => loader.load("inside.html"), ParseError, 'Cannot include "../secret.html": Cannot load template');
  });
});

Deno.test("Loader says which template is not there", async () => {
  await withFiles({ "a.html": "\n{% include gone.html %}" }, (root) => {
    const loader = new Loader(root);
    assertThrows(
      () => loader.load("gone.html"),
      Deno.errors.NotFound,
      'Cannot load template "gone.html": not found in ',
    );
    const error = assertThrows(() => loader.load("a.html"), ParseError, 'Cannot include "gone.html": ');
    assertEquals([error.filename, error.lineno, error.cause instanceof Deno.errors.NotFound], ["a.html", 2, true]);
  });
});

Deno.test("DictLoader resolves names as paths", () => {
  const loader = new DictLoader({ "a/b.html": "{% include ../c.html %}", "c.html": "c", "t\u00e9st.html": "hello" });
  assertEquals(loader.load("a/b.html").render(), "c");
  assertEquals(loader.load("t\u00e9st.html").render(), "hello");
  assertThrows(() => loader.load("toString"), Deno.errors.NotFound, 'Cannot load template "toString": not found');
});

Deno.test("a loader refuses templates that include or extend themselves", () => {
  const loader = new DictLoader({
    "a": "{% include b %}",
    "b": "{% extends c %}",
    "c": "\n{% include a %}",
    "self": "{% extends self %}",
    "ok": "ok",
  });
  assertThrows(() => loader.load("self"), ParseError, "it includes or extends itself: self → self at self:1");
  const error = assertThrows(() => loader.load("a"), ParseError);
  assertEquals(error.message, 'Cannot include "a": it includes or extends itself: a → b → c → a at c:2');
  assertEquals(loader.load("ok").render(), "ok");
});

Deno.test("a loader of one's own says what names mean, also those in templates, and each is made once", () => {
  const made: string[] = [];
  class Versions extends BaseLoader {
    override resolvePath(name: string, parentPath?: string): string {
      return name.includes("@") ? name : `${name}@${parentPath?.split("@")[1] ?? "1"}`;
    }
    protected override createTemplate(name: string): Template {
      made.push(name);
      const text = name.startsWith("page") ? "{% include part %}, {% include part@3 %}" : name;
      return new Template(text, { name, loader: this });
    }
  }
  const loader = new Versions();
  assertEquals(loader.load("page@2").render(), "part@2, part@3");
  assertEquals(loader.load("page").render(), "part@1, part@3");
  assertEquals(made, ["page@2", "part@2", "part@3", "page@1", "part@1"]);
});

Deno.test("a loader keeps no template that failed", () => {
  const dict: Record<string, string> = { "a": "{{" };
  const loader = new DictLoader(dict);
  assertThrows(() => loader.load("a"), ParseError);
  dict["a"] = "fine";
  assertEquals(loader.load("a").render(), "fine");
});

Deno.test("a loader has defaults for its templates", () => {
  const loader = new DictLoader({ "a.html": " {{ x }} \n\n" }, {
    autoescape: null,
    namespace: { x: "<" },
    whitespace: "oneline",
  });
  assertEquals(loader.load("a.html").render(), " < ");
  assertEquals(
    new Template(" {{ x }}  ", { loader, autoescape: "xhtml_escape", whitespace: "all" }).render(),
    " &lt;  ",
  );
});
