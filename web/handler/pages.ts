/**
 * Pages: templates, UI modules, the URLs that they hold, and the language that they are in.
 *
 * @module
 */

import { closestLocale, type Locale } from "../locale/mod.ts";
import { addNames, isPageNamespace, pageNamespace } from "../page_namespace.ts";
import { collectResources, insertResources } from "../page_resources.ts";
import type { RequestHandler } from "../request_handler.ts";
import type { BaseLoader, Template, TemplateNamespace } from "../template/mod.ts";
import { cachedLoader, loaderFromSettings, templateSource } from "../template_loaders.ts";
import type { UIModule, UIModuleClass } from "../ui_module.ts";
import { xhtmlEscape } from "../xhtml_escape.ts";
import { UserHandler } from "./user.ts";

/** What a static URL holds. */
export interface StaticUrlOptions {
  /** Whether it begins with protocol and host. @default the handler's property `includeHost`, or false */
  readonly includeHost?: boolean;
  /** Whether it has the version of the file, so that it can be cached for ever. @default true */
  readonly includeVersion?: boolean;
}

/** What only pages need; most requests never make one. */
interface PageState {
  locale?: Locale;
  /** The modules that this page uses, by their names, in the order of their first use. */
  readonly modules: Map<string, UIModule>;
  loader?: BaseLoader;
}

/** Renders pages; a part of {@linkcode RequestHandler}. */
export abstract class PageHandler extends UserHandler {
  /** Whether the URLs of {@linkcode staticUrl} begin with protocol and host, unless they are told otherwise. */
  declare readonly includeHost: boolean | undefined;
  #state: PageState | undefined;

  // --- templates ---

  /**
   * Renders a template with {@linkcode getTemplateNamespace} and the given names as the response, and finishes. What the
   * UI modules of the page bring along goes into its head and body.
   *
   * @returns Kept when the response was handed to the kernel. Only a template that awaits takes longer; the request is
   * not over before, whether the method returns the promise or not.
   * @throws {Error} if the response is finished
   * @throws {TemplateError} if something in the template throws; {@linkcode ParseError} if it is no template
   */
  render(templateName: string, namespace?: TemplateNamespace): Promise<void> {
    if (this.finished) throw new Error(`Cannot render ${templateName}: the response is finished already`);
    const html = this.renderTemplate(templateName, namespace);
    if (typeof html === "string") return this.finish(this.#completePage(html));
    const rendering = html.finally(() => this.ending = undefined).then((text) => {
      if (!this.finished) return this.finish(this.#completePage(text));
    });
    this.takesTime = true;
    this.ending = rendering;
    rendering.catch(() => {}); // whoever ends the request waits for it, too
    return rendering;
  }

  /**
   * Renders a template as text, without what its UI modules bring along for the whole page.
   *
   * @throws {TypeError} if the template awaits something: use {@linkcode renderTemplate}
   */
  renderString(templateName: string, namespace?: TemplateNamespace): string {
    return this.#loadTemplate(templateName).render(this.#scope(namespace));
  }

  /** As {@linkcode renderString}, but a promise where the template awaits something. */
  renderTemplate(templateName: string, namespace?: TemplateNamespace): string | Promise<string> {
    const template = this.#loadTemplate(templateName);
    const scope = this.#scope(namespace);
    return template.isAsync ? template.renderAsync(scope) : template.render(scope);
  }

  /**
   * The names for templates: `handler`, `request`, `current_user`, `locale`, `_`, `pgettext`, `static_url`,
   * `xsrf_form_html`, `reverse_url`, the same in JavaScript's spelling, and the UI methods. To be overridden: with what
   * `super` returns and more, or with the additional names alone, since these lie beneath them in any case.
   */
  getTemplateNamespace(): Record<string, unknown> {
    return pageNamespace(this.#handler, (name, Module, args) => this.#useModule(name, Module, args));
  }

  #useModule(name: string, Module: UIModuleClass, args: unknown[]): unknown {
    const { modules } = this.#page;
    let module = modules.get(name);
    if (module === undefined) modules.set(name, module = new Module(this.#handler));
    return module.render(...args);
  }

  /** The directory of the templates; to be overridden. @default the setting `templatePath` */
  getTemplatePath(): string | undefined {
    return this.settings.templatePath;
  }

  /**
   * Makes the loader for a directory; to be overridden. It is kept for the application, the directory and the function
   * that made it.
   *
   * @default the setting `templateLoader`, or a `Loader` with the settings `autoescape` and `templateWhitespace`
   */
  createTemplateLoader(templatePath: string): BaseLoader {
    return loaderFromSettings(this.settings, templatePath);
  }

  #loadTemplate(name: string): Template {
    return (this.#page.loader ??= this.#findLoader()).load(name);
  }

  #findLoader(): BaseLoader {
    const path = this.getTemplatePath() ??
      (this.settings.templateLoader === undefined ? this.requireSetting("templatePath", "templates") : "");
    const loader = cachedLoader(this.application, path, { create: this.createTemplateLoader, handler: this });
    if (this.settings.compiledTemplateCache === false) loader.reset();
    return loader;
  }

  /** The text of a template that was rendered, for the page about an error in it. */
  protected templateSource(name: string): string | undefined {
    return templateSource(this.#state?.loader, name);
  }

  /** The handler's names, those of an override above them, and above all those that the page is given. */
  #scope(given: TemplateNamespace | undefined): TemplateNamespace {
    const names = this.getTemplateNamespace();
    const isWhole = isPageNamespace(names);
    const scope = isWhole ? names : PageHandler.prototype.getTemplateNamespace.call(this);
    if (!isWhole) addNames(scope, names);
    if (given !== undefined) addNames(scope, given);
    return scope;
  }

  #completePage(html: string): string {
    const modules = this.#state?.modules;
    if (modules === undefined || modules.size === 0) return html;
    return insertResources(html, collectResources(modules.values()), this);
  }

  // --- what UI modules bring along ---

  /** Links to scripts, each once; to be overridden. */
  renderLinkedJs(files: readonly string[]): string {
    return this.#linkedUrls(files).map((url) => `<script src="${url}" type="text/javascript"></script>`).join("");
  }

  /** Scripts in one element; to be overridden. */
  renderEmbedJs(scripts: readonly string[]): string {
    return `<script type="text/javascript">\n//<![CDATA[\n${scripts.join("\n")}\n//]]>\n</script>`;
  }

  /** Links to style sheets, each once; to be overridden. */
  renderLinkedCss(files: readonly string[]): string {
    return this.#linkedUrls(files).map((url) => `<link href="${url}" type="text/css" rel="stylesheet"/>`).join("");
  }

  /** Style in one element; to be overridden. */
  renderEmbedCss(styles: readonly string[]): string {
    return `<style type="text/css">\n${styles.join("\n")}\n</style>`;
  }

  #linkedUrls(files: readonly string[]): string[] {
    return [...new Set(files)].map((file) => xhtmlEscape(isAbsolute(file) ? file : this.staticUrl(file)));
  }

  // --- URLs ---

  /**
   * The URL of a static file, with its version.
   *
   * @param path The path relative to the setting `staticPath`.
   * @throws {TypeError} if there is no such setting
   */
  staticUrl(path: string, options: StaticUrlOptions = {}): string {
    this.requireSetting("staticPath", "static URLs");
    const { includeHost = this.includeHost ?? false, includeVersion } = options;
    const url = this.application.staticHandlerClass.makeStaticUrl(this.settings, path, includeVersion);
    return includeHost ? `${this.request.protocol}://${this.request.host}${url}` : url;
  }

  /** The path of a named route, see {@linkcode Application.reverseUrl}. */
  reverseUrl(name: string, ...args: unknown[]): string {
    return this.application.reverseUrl(name, ...args);
  }

  // --- language ---

  /**
   * The language of the response; it can be set. @default what {@linkcode getUserLocale} or else
   * {@linkcode getBrowserLocale} returns, found out once
   */
  get locale(): Locale {
    return this.#page.locale ??= this.getUserLocale() ?? this.getBrowserLocale();
  }

  /** Sets the language of the response, in `prepare` for instance. */
  set locale(locale: Locale) {
    this.#page.locale = locale;
  }

  /** The language that the user has chosen; to be overridden. @default none */
  getUserLocale(): Locale | undefined {
    return undefined;
  }

  /** The language that the browser asks for by `Accept-Language`, of those that there are. */
  getBrowserLocale(defaultCode = "en_US"): Locale {
    return closestLocale(this.request.headers.get("Accept-Language"), defaultCode);
  }

  get #page(): PageState {
    return this.#state ??= { modules: new Map() };
  }

  /** This part is only ever part of one. */
  get #handler(): RequestHandler {
    return this as unknown as RequestHandler;
  }
}

/** Whether a path in a page leads somewhere by itself. Tornado: `is_absolute`. */
export function isAbsolute(path: string): boolean {
  return /^(?:\/|https?:)/.test(path);
}
