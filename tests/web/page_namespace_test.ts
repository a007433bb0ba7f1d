import { Application, type RequestHandler, UIModule } from "@denado/denado";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { moduleFunctions, pageNamespace } from "../../web/page_namespace.ts";

class Entry extends UIModule {
  override render(): string {
    return "";
  }
}

function handlerOf(application: Application): RequestHandler {
  return {
    application,
    request: "request",
    get currentUser(): never {
      throw new Error("asked for the user");
    },
    staticUrl: (path: string, options: unknown) => `${path} ${JSON.stringify(options)}`,
  } as unknown as RequestHandler;
}

Deno.test("pageNamespace asks for nothing before a template does", () => {
  const application = new Application([], { uiMethods: { twice: (_handler: RequestHandler, x: number) => 2 * x } });
  const namespace = pageNamespace(handlerOf(application), {});
  assertEquals(namespace.request, "request");
  assertEquals((namespace.twice as (x: number) => number)(4), 8);
  assertThrows(() => namespace.current_user, Error, "asked for the user");
  assertThrows(() => ({ ...namespace }), Error, "asked for the user"); // a copy has its value
});

Deno.test("pageNamespace takes the options of static_url in both spellings", () => {
  const { static_url } = pageNamespace(handlerOf(new Application()), {}) as {
    static_url: (...args: unknown[]) => string;
  };
  assertEquals(static_url("a"), "a {}");
  assertEquals(
    static_url("a", { include_host: true, include_version: false }),
    'a {"includeHost":true,"includeVersion":false}',
  );
  assertEquals(static_url("a", { includeHost: false }), 'a {"includeHost":false}');
});

Deno.test("moduleFunctions are functions by the names of the modules, each for its own page", () => {
  const application = new Application([], { uiModules: { Entry } });
  const calls: unknown[] = [];
  const first = moduleFunctions(handlerOf(application), (...use) => calls.push(["first", ...use]));
  const second = moduleFunctions(handlerOf(application), (...use) => calls.push(["second", ...use]));
  first.Entry!(1, { a: 2 });
  second.Entry!();
  assertEquals(calls, [["first", "Entry", Entry, [1, { a: 2 }]], ["second", "Entry", Entry, []]]);
  assert(!("Nothing" in first));
});
