/**
 * Loaders: they find templates by name, compile each once, and keep them.
 *
 * A name is a relative path with slashes. In a template it is relative to that template. No name leads out of the root
 * directory: not by `..`, not as an absolute path, not by a link.
 *
 * Tornado: `tornado.template.BaseLoader`, `Loader`, `DictLoader`.
 *
 * @module
 */

import { join, posix, resolve, sep } from "node:path";
import { Template, type TemplateNamespace } from "./template.ts";
import type { WhitespaceMode } from "./whitespace.ts";

/** Options of a loader. */
export interface LoaderOptions {
  /**
   * The name of the function that escapes what expressions write, or `null` for none. A template can say otherwise by
   * `{% autoescape %}`.
   *
   * @default "xhtml_escape"
   */
  readonly autoescape?: string | null;
  /** Names for all templates of this loader, beneath those that `generate` is given. */
  readonly namespace?: TemplateNamespace;
  /** What becomes of white space. @default "single" for `.html` and `.js`, "all" for other names */
  readonly whitespace?: WhitespaceMode;
}

/** What loaders have in common. A subclass says what a name means, and makes a template of it. */
export abstract class BaseLoader {
  /** The name of the function that escapes what expressions write. */
  readonly autoescape: string | null;
  /** Names for all templates. */
  readonly namespace: TemplateNamespace;
  /** What becomes of white space. */
  readonly whitespace: WhitespaceMode | undefined;
  readonly #templates = new Map<string, Template>();
  /** The names of the templates that are being loaded, each by the one before it. */
  readonly #loading: string[] = [];

  /** A loader with nothing loaded. */
  constructor(options: LoaderOptions = {}) {
    const { autoescape = "xhtml_escape", namespace = {}, whitespace } = options;
    this.autoescape = autoescape;
    this.namespace = namespace;
    this.whitespace = whitespace;
  }

  /** Forgets the compiled templates. */
  reset(): void {
    this.#templates.clear();
  }

  /**
   * Loads a template, or returns the one that was loaded under this name.
   *
   * @param name The name.
   * @param parentPath The name of the template that it is relative to, if any.
   * @throws {ParseError} if it, or what it extends or includes, is no template, or if it includes itself
   * @throws {RangeError} if the name is not legal
   * @throws {Deno.errors.NotFound} if there is no such template
   */
  load(name: string, parentPath?: string): Template {
    const path = this.resolvePath(name, parentPath);
    const loaded = this.#templates.get(path);
    if (loaded !== undefined) return loaded;
    const start = this.#loading.indexOf(path);
    if (start >= 0) {
      const chain = [...this.#loading.slice(start), path].join(" → ");
      throw new RangeError(`it includes or extends itself: ${chain}`); // the linker names the line
    }
    this.#loading.push(path);
    try {
      const template = this.createTemplate(path);
      this.#templates.set(path, template);
      return template;
    } finally {
      this.#loading.pop();
    }
  }

  /** The name as seen from nowhere, of one that may be relative to a template. */
  abstract resolvePath(name: string, parentPath?: string): string;

  /** Makes the template of a resolved name. */
  protected abstract createTemplate(name: string): Template;
}

/**
 * Loads templates from a directory; reading them needs `--allow-read` for it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Loader } from "@denado/denado/template";
 *
 * const root = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${root}/hello.html`, "<p>Hello, {{ name }}</p>");
 *
 * const loader = new Loader(root);
 * assertEquals(loader.load("hello.html").render({ name: "Ann" }), "<p>Hello, Ann</p>");
 * await Deno.remove(root, { recursive: true });
 * ```
 */
export class Loader extends BaseLoader {
  /** The root directory, as an absolute path. */
  readonly root: string;

  /** A loader of the files under a directory. */
  constructor(rootDirectory: string, options?: LoaderOptions) {
    super(options);
    this.root = resolve(rootDirectory);
  }

  /**
   * The name as seen from the root.
   *
   * @throws {RangeError} if it leads out of the root
   */
  override resolvePath(name: string, parentPath?: string): string {
    const path = relativeTo(name, parentPath);
    const isForeign = Deno.build.os === "windows" && /[\\:]/.test(path);
    if (path.startsWith("/") || path === ".." || path.startsWith("../") || path.includes("\0") || isForeign) {
      throw new RangeError(`Cannot load template ${JSON.stringify(name)}: it is not inside of the root directory`);
    }
    return path;
  }

  /** Reads and compiles a file. */
  protected override createTemplate(name: string): Template {
    let source;
    try {
      const path = Deno.realPathSync(join(this.root, name));
      const root = Deno.realPathSync(this.root);
      if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) {
        throw new RangeError(`Cannot load template ${JSON.stringify(name)}: a link leads out of the root directory`);
      }
      source = Deno.readFileSync(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new Deno.errors.NotFound(`Cannot load template ${JSON.stringify(name)}: not found in ${this.root}`);
    }
    return new Template(source, { name, loader: this });
  }
}

/**
 * Loads templates from an object, by their names.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { DictLoader } from "@denado/denado/template";
 *
 * const loader = new DictLoader({
 *   "base.html": "<title>{% block title %}Blog{% end %}</title>",
 *   "page.html": '{% extends "base.html" %}{% block title %}{{ title }}{% end %}',
 * });
 * assertEquals(loader.load("page.html").render({ title: "<1>" }), "<title>&lt;1&gt;</title>");
 * ```
 */
export class DictLoader extends BaseLoader {
  /** The templates by name. */
  readonly dict: Readonly<Record<string, string>>;

  /** A loader of these templates. */
  constructor(dict: Readonly<Record<string, string>>, options?: LoaderOptions) {
    super(options);
    this.dict = dict;
  }

  /** The key of the template. */
  override resolvePath(name: string, parentPath?: string): string {
    return parentPath === undefined ? name : relativeTo(name, parentPath);
  }

  /** Compiles a template of the object. */
  protected override createTemplate(name: string): Template {
    const source = Object.hasOwn(this.dict, name) ? this.dict[name] : undefined;
    if (source === undefined) throw new Deno.errors.NotFound(`Cannot load template ${JSON.stringify(name)}: not found`);
    return new Template(source, { name, loader: this });
  }
}

/** The name seen from where the parent's name is seen from. Templates without a file name have no place. */
function relativeTo(name: string, parentPath: string | undefined): string {
  if (parentPath === undefined || parentPath.startsWith("<") || parentPath.startsWith("/") || name.startsWith("/")) {
    return posix.normalize(name);
  }
  return posix.join(posix.dirname(parentPath), name);
}
