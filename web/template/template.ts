/**
 * Templates: text with expressions and directives, compiled to one function.
 *
 * Tornado: `tornado.template.Template`.
 *
 * @module
 */

import { toUnicode } from "../escape.ts";
import { type CompiledSource, compileTemplate, RUNTIME_NAMES } from "./compiler.ts";
import { ParseError } from "./errors.ts";
import { type LinkedTemplate, linkTemplate } from "./linker.ts";
import type { BaseLoader } from "./loader.ts";
import { DEFAULT_NAMESPACE, type TemplateNamespace } from "./namespace.ts";
import type { TemplateFile } from "./nodes.ts";
import { parseTemplate } from "./parser.ts";
import { failureOf, MISSING, RUNTIME } from "./runtime.ts";
import { defaultWhitespace, filterWhitespace, type WhitespaceMode } from "./whitespace.ts";

export type { TemplateNamespace } from "./namespace.ts";

/** Options of a {@linkcode Template}. */
export interface TemplateOptions {
  /** The name for messages, which also decides how white space is treated. @default "<string>" */
  readonly name?: string;
  /** Finds the templates that this one extends and includes, and has defaults for the other options. */
  readonly loader?: BaseLoader;
  /**
   * The name of the function that escapes what expressions write, or `null` for none.
   *
   * @default that of the loader, or "xhtml_escape"
   */
  readonly autoescape?: string | null;
  /** What becomes of white space. @default that of the loader; "single" for `.html` and `.js`, "all" for other names */
  readonly whitespace?: WhitespaceMode;
}

/** A compiled function: of the namespace, and of what finds the names that are not in it. */
type RenderFunction = (
  namespace: TemplateNamespace,
  find: (name: string) => unknown,
) => string | typeof MISSING | Promise<string | typeof MISSING>;

/**
 * A template, compiled.
 *
 * Expressions are JavaScript, with Python's words where they have a clear reading; MIGRATING.md says what is accepted.
 * Compiling needs no permission.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Template } from "@denado/denado/template";
 *
 * const template = new Template("<ul>{% for name in names %}<li>{{ name }}</li>{% end %}</ul>");
 * assertEquals(template.render({ names: ["Ann", "<Bob>"] }), "<ul><li>Ann</li><li>&lt;Bob&gt;</li></ul>");
 * ```
 *
 * @example A template that waits
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Template } from "@denado/denado/template";
 *
 * const template = new Template("{% for post in await posts() %}{{ post }};{% end %}");
 * const posts = () => Promise.resolve(["a", "b"]);
 * assertEquals(template.isAsync, true);
 * assertEquals(await template.renderAsync({ posts }), "a;b;");
 * ```
 */
export class Template {
  /** The name, for messages. */
  readonly name: string;
  /** Whether it, its parent or an include awaits something: then only the `Async` methods do. */
  readonly isAsync: boolean;
  /** The compiled function, to look at. */
  readonly code: string;

  readonly #file: TemplateFile;
  readonly #linked: LinkedTemplate;
  readonly #find: (name: string) => unknown;
  readonly #run: RenderFunction;
  /** The function for namespaces in which a name is missing; made when there is one. */
  #runChecked: RenderFunction | undefined;

  /**
   * Compiles a template.
   *
   * @param source The text, or UTF-8 bytes.
   * @throws {ParseError} if it is no template, or what it extends or includes cannot be loaded
   */
  constructor(source: string | Uint8Array, options: TemplateOptions = {}) {
    const { name = "<string>", loader } = options;
    const { autoescape = loader === undefined ? "xhtml_escape" : loader.autoescape } = options;
    const { whitespace = loader?.whitespace ?? defaultWhitespace(name) } = options;
    filterWhitespace(whitespace, ""); // throws if there is no such mode
    this.name = name;
    this.#file = parseTemplate(name, toUnicode(source), { autoescape, whitespace });
    const load = loader && ((child: string, parent: string) => loader.load(child, parent).#file);
    this.#linked = linkTemplate(this.#file, load);
    const compiled = compileTemplate(this.#linked, false);
    this.isAsync = compiled.isAsync;
    this.code = compiled.code;
    this.#run = evaluate(name, compiled);
    this.#find = (missing) => {
      const namespace = loader?.namespace;
      if (namespace !== undefined && Object.hasOwn(namespace, missing)) return namespace[missing];
      return DEFAULT_NAMESPACE.has(missing) ? DEFAULT_NAMESPACE.get(missing) : MISSING;
    };
  }

  /**
   * Runs the template.
   *
   * @param namespace The names that it may use, besides those of the loader and the default ones.
   * @returns What it wrote, as UTF-8.
   * @throws {TemplateError} if something in it throws; `HTTPError` and `Finish` are thrown as they are
   * @throws {TypeError} if the template awaits something
   */
  generate(namespace: TemplateNamespace = {}): Uint8Array<ArrayBuffer> {
    return encoder.encode(this.render(namespace));
  }

  /** Runs a template that may await something; otherwise as {@linkcode generate}. */
  async generateAsync(namespace: TemplateNamespace = {}): Promise<Uint8Array<ArrayBuffer>> {
    return encoder.encode(await this.renderAsync(namespace));
  }

  /** As {@linkcode generate}, but returns text. */
  render(namespace: TemplateNamespace = {}): string {
    if (this.isAsync) throw new TypeError(`Cannot generate ${this.name} at once: it awaits, use generateAsync`);
    const result = this.#run(namespace, this.#find);
    return (result === MISSING ? this.#checked(namespace, this.#find) : result) as string;
  }

  /** As {@linkcode generateAsync}, but returns text. */
  async renderAsync(namespace: TemplateNamespace = {}): Promise<string> {
    const result = await this.#run(namespace, this.#find);
    return (result === MISSING ? await this.#checked(namespace, this.#find) : result) as string;
  }

  get #checked(): RenderFunction {
    return this.#runChecked ??= evaluate(this.name, compileTemplate(this.#linked, true));
  }
}

const encoder = new TextEncoder();

/** Makes the function. Its source holds nothing that the compiler did not write. */
function evaluate(name: string, { code, positions }: CompiledSource): RenderFunction {
  const names = RUNTIME_NAMES.map((runtimeName) => `${runtimeName}: _tt_${runtimeName}`).join(", ");
  let make;
  try {
    make = new Function("_tt_runtime", `"use strict"; const { ${names} } = _tt_runtime; return ${code};`);
  } catch (error) {
    throw new ParseError(`Cannot compile: ${(error as Error).message}`, { filename: name, cause: error });
  }
  return make({ ...RUNTIME, fail: failureOf(positions) });
}
