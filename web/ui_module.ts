/**
 * UI modules: parts of pages with their own style and scripts, which go into the page once, wherever and however often
 * the module is used.
 *
 * Tornado: `tornado.web.UIModule` and the modules that every application has.
 *
 * @module
 */

import type { HTTPServerRequest } from "../http/mod.ts";
import { linkify, type LinkifyOptions } from "./escape.ts";
import type { Locale } from "./locale/mod.ts";
import type { RequestHandler } from "./request_handler.ts";
import type { TemplateNamespace } from "./template/mod.ts";

/** A class of UI modules. */
export type UIModuleClass = new (handler: RequestHandler) => UIModule;

/** What a module returns as HTML. */
export type ModuleOutput = string | Uint8Array;

/**
 * A part of a page, used in templates as `{% module Name(arguments) %}`. One is made for each request that uses it. What
 * is not overridden adds nothing to the page.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { Application, RequestHandler, UIModule } from "@denado/denado";
 * import { DictLoader } from "@denado/denado/template";
 *
 * class Entry extends UIModule {
 *   override render(title: string) {
 *     return this.renderString("entry.html", { title });
 *   }
 *   override embeddedCss() {
 *     return ".entry { margin: 1em }";
 *   }
 * }
 *
 * class PageHandler extends RequestHandler {
 *   override get() {
 *     return this.render("page.html", { titles: ["<a>", "b"] });
 *   }
 * }
 *
 * const app = new Application([["/", PageHandler]], {
 *   uiModules: { Entry },
 *   templateLoader: new DictLoader({
 *     "page.html": "<head></head><body>{% for title in titles %}{% module Entry(title) %}{% end %}</body>",
 *     "entry.html": '<p class="entry">{{ title }}</p>',
 *   }),
 * });
 * const server = app.listen(0, { address: "127.0.0.1" });
 * const page = await (await fetch(`http://127.0.0.1:${server.port}/`)).text();
 * assertStringIncludes(page, '<p class="entry">&lt;a&gt;</p><p class="entry">b</p>');
 * assertStringIncludes(page, ".entry { margin: 1em }");
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export abstract class UIModule {
  /** The handler that renders the page. */
  readonly handler: RequestHandler;

  /** A module for one request. */
  constructor(handler: RequestHandler) {
    this.handler = handler;
  }

  /** The request. */
  get request(): HTTPServerRequest {
    return this.handler.request;
  }

  /** The locale of the handler. */
  get locale(): Locale {
    return this.handler.locale;
  }

  /** The user of the handler. */
  get currentUser(): unknown {
    return this.handler.currentUser;
  }

  /** The HTML where the module is used; a promise of it is for `{% module await Name() %}`. */
  // deno-lint-ignore no-explicit-any -- each module names the arguments that it takes
  abstract render(...args: any[]): ModuleOutput | Promise<ModuleOutput>;

  /** A script for the page, without its tag. */
  embeddedJavascript(): string | undefined {
    return undefined;
  }

  /** Scripts for the page, by their URLs or by paths of static files. */
  javascriptFiles(): string | readonly string[] | undefined {
    return undefined;
  }

  /** Style for the page, without its tag. */
  embeddedCss(): string | undefined {
    return undefined;
  }

  /** Style sheets for the page, by their URLs or by paths of static files. */
  cssFiles(): string | readonly string[] | undefined {
    return undefined;
  }

  /** HTML for the end of the page's head. */
  htmlHead(): string | undefined {
    return undefined;
  }

  /** HTML for the end of the page's body. */
  htmlBody(): string | undefined {
    return undefined;
  }

  /** A template as text, see {@linkcode RequestHandler.renderString}. */
  renderString(path: string, namespace?: TemplateNamespace): string {
    return this.handler.renderString(path, namespace);
  }
}

/** What a template that is used as a module adds to its page. */
export interface TemplateResources {
  /** See {@linkcode UIModule.embeddedJavascript}. */
  readonly embeddedJavascript?: string;
  /** See {@linkcode UIModule.javascriptFiles}. */
  readonly javascriptFiles?: string | readonly string[];
  /** See {@linkcode UIModule.embeddedCss}. */
  readonly embeddedCss?: string;
  /** See {@linkcode UIModule.cssFiles}. */
  readonly cssFiles?: string | readonly string[];
  /** See {@linkcode UIModule.htmlHead}. */
  readonly htmlHead?: string;
  /** See {@linkcode UIModule.htmlBody}. */
  readonly htmlBody?: string;
}

/**
 * A template that is used as a module, without a class: `{% module Template("part.html", name=value) %}`. In it
 * `set_resources(embedded_css="…")` adds to the page what the methods of {@linkcode UIModule} would. Every application
 * has it under the name `Template`.
 */
export class TemplateModule extends UIModule {
  /** By the path of the template, in the order in which they came. */
  readonly #resources = new Map<string, TemplateResources>();

  /**
   * Renders the template; one that awaits gives a promise, for `{% module await Template(…) %}`.
   *
   * @throws {TypeError} if it sets other resources than before
   */
  override render(path: string, namespace: TemplateNamespace = {}): string | Promise<string> {
    const setResources = (resources: Record<string, unknown>): string => this.setResources(path, resources);
    return this.handler.renderTemplate(path, { set_resources: setResources, setResources, ...namespace });
  }

  /**
   * Notes what a template adds to its page, under names in camel case or in Tornado's spelling.
   *
   * @returns Nothing, as text: it is called by the template.
   * @throws {TypeError} if it is something else than before for the same template, or an unknown name
   */
  setResources(path: string, resources: Readonly<Record<string, unknown>>): string {
    const noted: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(resources)) {
      const property = RESOURCE_NAMES.get(name);
      if (property === undefined) throw new TypeError(`Cannot set resources of ${path}: unknown name ${name}`);
      noted[property] = value;
    }
    const before = this.#resources.get(path);
    if (before === undefined) this.#resources.set(path, noted);
    else if (JSON.stringify(before) !== JSON.stringify(noted)) {
      throw new TypeError(`Cannot set resources of ${path}: it has set others before`);
    }
    return "";
  }

  /** The scripts of the templates. */
  override embeddedJavascript(): string {
    return this.#collect("embeddedJavascript").join("\n");
  }

  /** The script files of the templates. */
  override javascriptFiles(): readonly string[] {
    return this.#collect("javascriptFiles");
  }

  /** The style of the templates. */
  override embeddedCss(): string {
    return this.#collect("embeddedCss").join("\n");
  }

  /** The style sheets of the templates. */
  override cssFiles(): readonly string[] {
    return this.#collect("cssFiles");
  }

  /** What the templates add to the head. */
  override htmlHead(): string {
    return this.#collect("htmlHead").join("");
  }

  /** What the templates add to the body. */
  override htmlBody(): string {
    return this.#collect("htmlBody").join("");
  }

  #collect(name: keyof TemplateResources): string[] {
    return [...this.#resources.values()].flatMap((resources) => resources[name] ?? []);
  }
}

const RESOURCE_NAMES: ReadonlyMap<string, keyof TemplateResources> = new Map([
  ["embeddedJavascript", "embeddedJavascript"],
  ["embedded_javascript", "embeddedJavascript"],
  ["javascriptFiles", "javascriptFiles"],
  ["javascript_files", "javascriptFiles"],
  ["embeddedCss", "embeddedCss"],
  ["embedded_css", "embeddedCss"],
  ["cssFiles", "cssFiles"],
  ["css_files", "cssFiles"],
  ["htmlHead", "htmlHead"],
  ["html_head", "htmlHead"],
  ["htmlBody", "htmlBody"],
  ["html_body", "htmlBody"],
]);

/** `{% module linkify(text) %}`: text with its URLs as links. */
class LinkifyModule extends UIModule {
  override render(text: string, options?: LinkifyOptions): string {
    return linkify(text, options);
  }
}

/** `{% module xsrf_form_html() %}`: the hidden field that belongs into each form. */
class XsrfFormModule extends UIModule {
  override render(): string {
    return this.handler.xsrfFormHtml();
  }
}

/** The modules that every application has. */
export const BUILT_IN_MODULES: Readonly<Record<string, UIModuleClass>> = {
  linkify: LinkifyModule,
  xsrf_form_html: XsrfFormModule,
  xsrfFormHtml: XsrfFormModule,
  Template: TemplateModule,
};
