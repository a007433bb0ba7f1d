/**
 * The template loaders of an application: one for each directory, which keeps what it has compiled.
 *
 * @module
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Application } from "./application.ts";
import type { ApplicationSettings } from "./settings.ts";
import { readSource } from "./stack_trace.ts";
import { type BaseLoader, DictLoader, Loader, type LoaderOptions } from "./template/mod.ts";

/** Makes the loader of a directory. A handler class may have a way of its own, and then it has loaders of its own. */
export type CreateLoader = (templatePath: string) => BaseLoader;

const loaders = new WeakMap<Application, Map<CreateLoader, Map<string, BaseLoader>>>();

/** The loader of a directory; made by `create` when it is first asked for. */
export function cachedLoader(
  application: Application,
  templatePath: string,
  { create, handler }: { readonly create: CreateLoader; readonly handler: unknown },
): BaseLoader {
  let byFunction = loaders.get(application);
  if (byFunction === undefined) loaders.set(application, byFunction = new Map());
  let byPath = byFunction.get(create);
  if (byPath === undefined) byFunction.set(create, byPath = new Map());
  let loader = byPath.get(templatePath);
  if (loader === undefined) byPath.set(templatePath, loader = create.call(handler, templatePath));
  return loader;
}

/** The loader that the settings ask for. */
export function loaderFromSettings(settings: ApplicationSettings, templatePath: string): BaseLoader {
  const { templateLoader, templateWhitespace, autoescape } = settings;
  if (templateLoader !== undefined) return templateLoader;
  const options: LoaderOptions = {
    ...(templateWhitespace === undefined ? {} : { whitespace: templateWhitespace }),
    ...(autoescape === undefined ? {} : { autoescape }),
  };
  return new Loader(templatePath, options);
}

/** The text of a template, to show where an error is; `undefined` if it cannot be had. */
export function templateSource(loader: BaseLoader | undefined, name: string): string | undefined {
  if (loader instanceof DictLoader) return Object.hasOwn(loader.dict, name) ? loader.dict[name] : undefined;
  if (!(loader instanceof Loader)) return undefined;
  try {
    return readSource(pathToFileURL(join(loader.root, loader.resolvePath(name))).href);
  } catch {
    return undefined; // a name that no template has, "<string>" for instance
  }
}
