/**
 * Where the scripts and the style of UI modules go in a page.
 *
 * Tornado: the second half of `RequestHandler.render`.
 *
 * @module
 */

import type { UIModule } from "./ui_module.ts";

/** What the modules of a page add to it, each list in the order of their first use. */
export interface PageResources {
  /** Paths and URLs of scripts. */
  readonly scriptFiles: string[];
  /** Scripts. */
  readonly scripts: string[];
  /** Paths and URLs of style sheets. */
  readonly styleFiles: string[];
  /** Style. */
  readonly styles: string[];
  /** HTML for the head. */
  readonly heads: string[];
  /** HTML for the body. */
  readonly bodies: string[];
}

/** How resources become HTML. */
export interface ResourceRenderer {
  /** Links to scripts. */
  renderLinkedJs(files: readonly string[]): string;
  /** Scripts in one element. */
  renderEmbedJs(scripts: readonly string[]): string;
  /** Links to style sheets. */
  renderLinkedCss(files: readonly string[]): string;
  /** Style in one element. */
  renderEmbedCss(styles: readonly string[]): string;
}

/** What these modules add to their page. */
export function collectResources(modules: Iterable<UIModule>): PageResources {
  const resources: PageResources = { scriptFiles: [], scripts: [], styleFiles: [], styles: [], heads: [], bodies: [] };
  for (const module of modules) {
    add(resources.scripts, module.embeddedJavascript());
    add(resources.scriptFiles, module.javascriptFiles());
    add(resources.styles, module.embeddedCss());
    add(resources.styleFiles, module.cssFiles());
    add(resources.heads, module.htmlHead());
    add(resources.bodies, module.htmlBody());
  }
  return resources;
}

/**
 * The page with the resources in it: style sheets, style and heads before the end of the head; script files, scripts and
 * bodies before that of the body.
 *
 * @throws {TypeError} if there is something for the head or the body, and the page has none
 */
export function insertResources(html: string, resources: PageResources, renderer: ResourceRenderer): string {
  const { scriptFiles, scripts, styleFiles, styles, heads, bodies } = resources;
  let head = "";
  if (styleFiles.length > 0) head += `${renderer.renderLinkedCss(styleFiles)}\n`;
  if (styles.length > 0) head += `${renderer.renderEmbedCss(styles)}\n`;
  if (heads.length > 0) head += `${heads.join("")}\n`;
  let body = "";
  if (scriptFiles.length > 0) body += `${renderer.renderLinkedJs(scriptFiles)}\n`;
  if (scripts.length > 0) body += `${renderer.renderEmbedJs(scripts)}\n`;
  if (bodies.length > 0) body += `${bodies.join("")}\n`;
  const withBody = body === "" ? html : insertAt(html, { tag: "</body>", at: html.lastIndexOf("</body>"), text: body });
  return head === "" ? withBody : insertAt(withBody, { tag: "</head>", at: withBody.indexOf("</head>"), text: head });
}

function insertAt(html: string, { tag, at, text }: { tag: string; at: number; text: string }): string {
  if (at < 0) throw new TypeError(`Cannot insert what UI modules add: the page has no ${tag}`);
  return html.slice(0, at) + text + html.slice(at);
}

function add(list: string[], part: string | readonly string[] | undefined): void {
  if (part === undefined || part.length === 0) return;
  if (typeof part === "string") list.push(part);
  else list.push(...part);
}
