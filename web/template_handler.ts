/**
 * Pages that are a template and nothing else.
 *
 * Tornado has no such class; its applications write one.
 *
 * @module
 */

import { RequestHandler } from "./request_handler.ts";
import type { TemplateNamespace } from "./template/mod.ts";

/** Options of a route to a {@linkcode TemplateHandler}. */
export interface TemplateHandlerOptions {
  /** The name of the template. It does not come from the request. */
  readonly template: string;
  /** Names for the template, and their values. @default none */
  readonly namespace?: TemplateNamespace;
  /** The value of `Content-Type`. @default "text/html; charset=UTF-8" */
  readonly contentType?: string;
}

/**
 * Answers GET and HEAD with a template. Named groups of the route are names in it, unnamed ones are in the list
 * `path_args`; groups that took no part are `None`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, TemplateHandler } from "@denado/denado";
 * import { DictLoader } from "@denado/denado/template";
 *
 * const app = new Application([
 *   ["/hello/(?P<name>[^/]+)", TemplateHandler, { template: "hello.html", namespace: { greeting: "Hello" } }],
 * ], {
 *   templateLoader: new DictLoader({ "hello.html": "{{ greeting }}, {{ name }}!" }),
 * });
 * const server = app.listen(0, { address: "127.0.0.1" });
 * const response = await fetch(`http://127.0.0.1:${server.port}/hello/<you>`);
 * assertEquals(await response.text(), "Hello, &lt;you&gt;!");
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export class TemplateHandler extends RequestHandler {
  #options: TemplateHandlerOptions | undefined;

  /** Takes the template from the route. @throws {TypeError} if it has none */
  override initialize(options: TemplateHandlerOptions): void {
    if (typeof options?.template !== "string") {
      throw new TypeError(`Cannot render a page: the route has no template: ${Deno.inspect(options)}`);
    }
    this.#options = options;
  }

  /** Renders the template. */
  override get(): Promise<void> {
    const { template, namespace, contentType } = this.#options!;
    if (contentType !== undefined) this.setHeader("Content-Type", contentType);
    return this.render(template, { ...namespace, ...this.pathKwargs, path_args: this.pathArgs });
  }
}
