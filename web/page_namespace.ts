/**
 * The names that a handler gives to its templates. What takes work, such as finding out who the user is, is done when a
 * template uses it.
 *
 * The names are accessors of a class that is made once for an application, and what a handler adds and a page is given
 * lies above them as properties of an instance: objects of few shapes, which the engine reads fast.
 *
 * @module
 */

import type { StaticUrlOptions } from "./handler/pages.ts";
import type { RequestHandler } from "./request_handler.ts";
import type { TemplateNamespace } from "./template/mod.ts";
import type { UIModuleClass } from "./ui_module.ts";
import { type UIMethod, type UIRegistry, uiRegistryOf } from "./ui_registry.ts";

/** Renders a module: the one of this request, which is made when it is first used. */
export type UseModule = (name: string, Module: UIModuleClass, args: unknown[]) => unknown;

/** The modules of a page by name, as functions: `modules.Entry(…)`. */
export type ModuleFunctions = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** The names of a handler; each is an accessor, which can be set. */
export function pageNamespace(handler: RequestHandler, use: UseModule): Record<string, unknown> {
  return new (scopeClassOf(handler))(handler, use) as unknown as Record<string, unknown>;
}

/** Adds names to a namespace, above those that it has. */
export function addNames(namespace: Record<string, unknown>, names: TemplateNamespace): void {
  for (const name in names) if (Object.hasOwn(names, name)) namespace[name] = names[name];
}

/** Whether it is what {@linkcode pageNamespace} returns, and not another object. */
export function isPageNamespace(namespace: object): boolean {
  return namespace instanceof BaseScope;
}

/** The names that every handler gives, in Tornado's spelling and in that of JavaScript. */
class BaseScope {
  readonly #handler: RequestHandler;
  readonly #use: UseModule;

  constructor(handler: RequestHandler, use: UseModule) {
    this.#handler = handler;
    this.#use = use;
  }

  get handler(): RequestHandler {
    return this.#handler;
  }
  get request(): unknown {
    return this.#handler.request;
  }
  get currentUser(): unknown {
    return this.#handler.currentUser;
  }
  get locale(): unknown {
    return this.#handler.locale;
  }
  get _(): unknown {
    const { locale } = this.#handler;
    return (message: string, plural?: string, count?: number) => locale.translate(message, plural, count);
  }
  get pgettext(): unknown {
    const { locale } = this.#handler;
    return (context: string, message: string, plural?: string, count?: number) =>
      locale.pgettext(context, message, plural, count);
  }
  get staticUrl(): unknown {
    const handler = this.#handler;
    return (path: string, options?: TemplateStaticUrlOptions) => staticUrl(handler, path, options);
  }
  get xsrfFormHtml(): unknown {
    const handler = this.#handler;
    return () => handler.xsrfFormHtml();
  }
  get reverseUrl(): unknown {
    const handler = this.#handler;
    return (name: string, ...args: unknown[]) => handler.reverseUrl(name, ...args);
  }
  get modules(): ModuleFunctions {
    return new (moduleClassOf(uiRegistryOf(this.#handler.application)))(this.#use);
  }
}

/** Names that are another name for the same. */
const ALIASES: Readonly<Record<string, keyof BaseScope>> = {
  current_user: "currentUser",
  static_url: "staticUrl",
  xsrf_form_html: "xsrfFormHtml",
  reverse_url: "reverseUrl",
  _tt_modules: "modules",
};

type ScopeClass = new (handler: RequestHandler, use: UseModule) => BaseScope;

const scopeClasses = new WeakMap<UIRegistry, ScopeClass>();

function scopeClassOf(handler: RequestHandler): ScopeClass {
  const registry = uiRegistryOf(handler.application);
  let Scope = scopeClasses.get(registry);
  if (Scope === undefined) scopeClasses.set(registry, Scope = makeScopeClass(registry.methods));
  return Scope;
}

function makeScopeClass(methods: ReadonlyMap<string, UIMethod>): ScopeClass {
  class Scope extends BaseScope {}
  const define = (name: string, get: (this: BaseScope) => unknown): void => {
    Object.defineProperty(Scope.prototype, name, {
      get,
      set(value: unknown) {
        Object.defineProperty(this, name, { value, enumerable: true, configurable: true, writable: true });
      },
      configurable: true,
    });
  };
  const own = Object.getOwnPropertyDescriptors(BaseScope.prototype);
  for (const [name, { get }] of Object.entries(own)) if (get !== undefined) define(name, get);
  for (const [alias, name] of Object.entries(ALIASES)) define(alias, own[name].get!);
  for (const [name, method] of methods) {
    define(name, function () {
      const { handler } = this;
      return (...args: unknown[]) => method(handler, ...args);
    });
  }
  return Scope;
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

type ModuleClass = new (use: UseModule) => ModuleFunctions;

/** Objects whose methods render the modules of a page; one class for each application. */
const moduleClasses = new WeakMap<UIRegistry, ModuleClass>();

function moduleClassOf(registry: UIRegistry): ModuleClass {
  let Functions = moduleClasses.get(registry);
  if (Functions === undefined) moduleClasses.set(registry, Functions = makeModuleClass(registry.modules));
  return Functions;
}

function makeModuleClass(modules: ReadonlyMap<string, UIModuleClass>): ModuleClass {
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
  return Functions as unknown as ModuleClass;
}
