import { Application, RequestHandler, UIModule } from "@denado/denado";
import { assert, assertEquals } from "@std/assert";
import { uiRegistryOf } from "../../web/ui_registry.ts";

class Entry extends UIModule {
  override render(): string {
    return "";
  }
}

Deno.test("uiRegistryOf has the modules that every application has", () => {
  const { modules, methods } = uiRegistryOf(new Application());
  assertEquals([...modules.keys()], ["linkify", "xsrf_form_html", "xsrfFormHtml", "Template"]);
  assertEquals(methods.size, 0);
});

Deno.test("uiRegistryOf takes modules and methods out of objects that hold other things, too", () => {
  const program = { Entry, UIModule, RequestHandler, method: () => 1, arrow: () => 2, text: "x", nothing: null };
  const settings = { uiModules: program, uiMethods: [program, { method: () => 3 }] };
  const application = new Application([], settings);
  const { modules, methods } = uiRegistryOf(application);
  assertEquals([...modules.keys()].slice(4), ["Entry"]);
  assertEquals([...methods.keys()], ["method", "arrow"]);
  assertEquals(methods.get("method")!(undefined as never), 3);
  assert(uiRegistryOf(application).modules === modules);
  assert(uiRegistryOf(new Application([], settings)).modules !== modules);
});
