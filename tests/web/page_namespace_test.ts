import { Application, type RequestHandler, UIModule } from "@denado/denado";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { addNames, isPageNamespace, pageNamespace, type UseModule } from "../../web/page_namespace.ts";

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

const unused: UseModule = () => {};

Deno.test("pageNamespace asks for nothing before a template does", () => {
  const application = new Application([], { uiMethods: { twice: (_handler: RequestHandler, x: number) => 2 * x } });
  const namespace = pageNamespace(handlerOf(application), unused);
  assertEquals(namespace.request, "request");
  assertEquals((namespace.twice as (x: number) => number)(4), 8);
  assertThrows(() => namespace.current_user, Error, "asked for the user");
  assert(isPageNamespace(namespace) && !isPageNamespace({ ...namespace }));
});

Deno.test("addNames sets names above those of the handler, for one page", () => {
  const handler = handlerOf(new Application());
  const namespace = pageNamespace(handler, unused);
  addNames(namespace, { current_user: "Ann", request: undefined, more: 1, __proto__: { inherited: 1 } });
  assertEquals([namespace.current_user, namespace.request, namespace.more], ["Ann", undefined, 1]);
  assert(!("inherited" in namespace));
  assertEquals({ ...namespace }, { current_user: "Ann", request: undefined, more: 1 });
  assertEquals(pageNamespace(handler, unused).request, "request");
});

Deno.test("pageNamespace takes the options of static_url in both spellings", () => {
  const namespace = pageNamespace(handlerOf(new Application()), unused);
  const staticUrl = namespace.static_url as (...args: unknown[]) => string;
  assertEquals(staticUrl("a"), "a {}");
  assertEquals(
    staticUrl("a", { include_host: true, include_version: false }),
    'a {"includeHost":true,"includeVersion":false}',
  );
  assertEquals((namespace.staticUrl as typeof staticUrl)("a", { includeHost: false }), 'a {"includeHost":false}');
});

Deno.test("pageNamespace has the modules as functions by their names, each for its own page", () => {
  const application = new Application([], { uiModules: { Entry } });
  const calls: unknown[] = [];
  const modulesOf = (page: string) =>
    pageNamespace(handlerOf(application), (...use) => calls.push([page, ...use])).modules as Record<string, UseModule>;
  const [first, second] = [modulesOf("first"), modulesOf("second")] as Record<
    string,
    (...args: unknown[]) => unknown
  >[];
  first!.Entry!(1, { a: 2 });
  second!.Entry!();
  assertEquals(calls, [["first", "Entry", Entry, [1, { a: 2 }]], ["second", "Entry", Entry, []]]);
  assert(!("Nothing" in first!));
});
