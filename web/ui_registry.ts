/**
 * The UI modules and UI methods of an application, ready for its templates.
 *
 * @module
 */

import type { Application } from "./application.ts";
import { isClass } from "./handler_class.ts";
import type { RequestHandler } from "./request_handler.ts";
import { BUILT_IN_MODULES, UIModule, type UIModuleClass } from "./ui_module.ts";

/** A function for templates, which gets the handler first. */
// deno-lint-ignore no-explicit-any -- each method names the arguments that it takes
export type UIMethod = (handler: RequestHandler, ...args: any[]) => unknown;

/** UI modules by name, such as a module of the program (`import * as uiModules`); what is no UI module is passed over. */
export type UIModules = Readonly<Record<string, unknown>>;

/** UI methods by name; what is no function is passed over. */
export type UIMethods = Readonly<Record<string, unknown>>;

/** What an application's templates can use. */
export interface UIRegistry {
  /** The classes of modules by name. */
  readonly modules: ReadonlyMap<string, UIModuleClass>;
  /** The methods by name. */
  readonly methods: ReadonlyMap<string, UIMethod>;
}

const registries = new WeakMap<Application, UIRegistry>();

/** The modules and methods of an application: those that it has by its settings, and those that every one has. */
export function uiRegistryOf(application: Application): UIRegistry {
  let registry = registries.get(application);
  if (registry === undefined) {
    const { uiModules, uiMethods } = application.settings;
    const modules = new Map<string, UIModuleClass>(Object.entries(BUILT_IN_MODULES));
    for (const [name, value] of entries(uiModules)) if (isUIModuleClass(value)) modules.set(name, value);
    const methods = new Map<string, UIMethod>();
    for (const [name, value] of entries(uiMethods)) {
      if (typeof value === "function" && !isClass(value)) methods.set(name, value as UIMethod);
    }
    registry = { modules, methods };
    registries.set(application, registry);
  }
  return registry;
}

/** The setting is one object, or a list of them, of which the later ones win. */
function* entries(setting: UIModules | readonly UIModules[] | undefined): Generator<[string, unknown]> {
  if (setting === undefined) return;
  for (const object of Array.isArray(setting) ? setting : [setting]) yield* Object.entries(object);
}

function isUIModuleClass(value: unknown): value is UIModuleClass {
  return typeof value === "function" && value.prototype instanceof UIModule;
}
