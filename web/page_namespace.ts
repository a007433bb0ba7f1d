/**
 * The names that a handler gives to its templates. What takes work, such as finding out who the user is, is done when a
 * template uses it.
 *
 * @module
 */

import type { StaticUrlOptions } from "./handler/pages.ts";
import type { RequestHandler } from "./request_handler.ts";
import type { UIModuleClass } from "./ui_module.ts";
import { uiRegistryOf } from "./ui_registry.ts";

/** The modules of a page by name, as functions: `modules.Entry(…)`. */
export type ModuleFunctions = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** The names, in Tornado's spelling and in that of JavaScript. Each is a property of its own, so that `...` copies them. */
export function pageNamespace(handler: RequestHandler, modules: ModuleFunctions): Record<string, unknown> {
  const namespace = {
    handler,
    request: handler.request,
    get current_user(): unknown {
      return handler.currentUser;
    },
    get currentUser(): unknown {
      return handler.currentUser;
    },
    get locale(): unknown {
      return handler.locale;
    },
    _: (message: string, plural?: string, count?: number) => handler.locale.translate(message, plural, count),
    pgettext: (context: string, message: string, plural?: string, count?: number) =>
      handler.locale.pgettext(context, message, plural, count),
    static_url: (path: string, options?: TemplateStaticUrlOptions) => staticUrl(handler, path, options),
    staticUrl: (path: string, options?: TemplateStaticUrlOptions) => staticUrl(handler, path, options),
    xsrf_form_html: () => handler.xsrfFormHtml(),
    xsrfFormHtml: () => handler.xsrfFormHtml(),
    reverse_url: (name: string, ...args: unknown[]) => handler.reverseUrl(name, ...args),
    reverseUrl: (name: string, ...args: unknown[]) => handler.reverseUrl(name, ...args),
    modules,
    _tt_modules: modules,
  };
  const { methods } = uiRegistryOf(handler.application);
  if (methods.size === 0) return namespace;
  const withMethods = namespace as Record<string, unknown>;
  for (const [name, method] of methods) {
    const value = (...args: unknown[]) => method(handler, ...args);
    Object.defineProperty(withMethods, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return withMethods;
}

/** As the method's, and with Tornado's spelling, since templates write `include_host=True`. */
interface TemplateStaticUrlOptions extends StaticUrlOptions {
  readonly include_host?: boolean;
  readonly include_version?: boolean;
}

function staticUrl(handler: RequestHandler, path: string, options: TemplateStaticUrlOptions = {}): string {
  const { include_host, include_version, ...rest } = options;
  return handler.staticUrl(path, {
    ...(include_host === undefined ? {} : { includeHost: include_host }),
    ...(include_version === undefined ? {} : { includeVersion: include_version }),
    ...rest,
  });
}

/** Objects whose methods make the modules of a page; one class for each application. */
const functionClasses = new WeakMap<ReadonlyMap<string, UIModuleClass>, new (use: UseModule) => ModuleFunctions>();

/** Renders a module: the one of this request, which is made when it is first used. */
export type UseModule = (name: string, Module: UIModuleClass, args: unknown[]) => unknown;

/** The modules of a page, as functions. */
export function moduleFunctions(handler: RequestHandler, use: UseModule): ModuleFunctions {
  const { modules } = uiRegistryOf(handler.application);
  let Functions = functionClasses.get(modules);
  if (Functions === undefined) functionClasses.set(modules, Functions = makeFunctionClass(modules));
  return new Functions(use);
}

function makeFunctionClass(modules: ReadonlyMap<string, UIModuleClass>): new (use: UseModule) => ModuleFunctions {
  class Functions {
    readonly #use: UseModule;
    constructor(use: UseModule) {
      this.#use = use;
    }
    static {
      for (const [name, Module] of modules) {
        const value = function (this: Functions, ...args: unknown[]): unknown {
          return this.#use(name, Module, args);
        };
        Object.defineProperty(Functions.prototype, name, { value });
      }
    }
  }
  return Functions as unknown as new (use: UseModule) => ModuleFunctions;
}
