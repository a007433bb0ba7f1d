/**
 * Routes whose types are checked: that a handler's methods take what the pattern
 * captures, and its `initialize` what the route hands over.
 *
 * Tornado: `tornado.web.url`, `tornado.routing.URLSpec`.
 *
 * @module
 */

import type { HandlerClass } from "./handler_class.ts";
import type { PathArguments } from "./path_arguments.ts";
import { Rule, type RuleOptions, type RulePattern } from "./rule_router.ts";

/** A rule for a path and a handler. */
export class URLSpec extends Rule {
  /** The handler. */
  readonly handlerClass: HandlerClass;

  /**
   * As {@linkcode url}, without its checks.
   *
   * @throws {SyntaxError} if the pattern does not compile
   * @throws {TypeError} if pattern or handler is of another kind
   */
  constructor(pattern: RulePattern, handlerClass: HandlerClass, options: RuleOptions = {}) {
    super(pattern, handlerClass, options);
    this.handlerClass = handlerClass;
  }
}

/** What the `initialize` of a handler class takes. */
export type KwargsOf<Handler extends HandlerClass> = Parameters<InstanceType<Handler>["initialize"]>[0];

/** Options of {@linkcode url}; `kwargs` may only be left out if `initialize` needs nothing. */
export type URLOptions<Handler extends HandlerClass> =
  & { readonly name?: string }
  & (NoOptions extends KwargsOf<Handler> ? { readonly kwargs?: KwargsOf<Handler> }
    : { readonly kwargs: KwargsOf<Handler> });

/** The methods that take path arguments. */
export type PathMethod = "get" | "head" | "post" | "delete" | "patch" | "put" | "options";

/** Nothing is needed. */
export type NoOptions = Record<never, never>;

/** The methods of a handler that cannot be called with the arguments. */
export type Misfits<Handler, Args extends readonly unknown[]> = {
  [Name in PathMethod]: Handler extends Record<Name, (...args: infer Taken) => unknown>
    ? Args extends Taken ? never : Name
    : never;
}[PathMethod];

/** Adds to the type of a handler what it cannot have, if its methods do not fit the pattern. */
export type FittingHandler<Handler extends HandlerClass, Pattern> = Pattern extends string
  ? string extends Pattern ? unknown : MisfitError<Misfits<InstanceType<Handler>, PathArguments<Pattern>>>
  : unknown;

/** What a handler cannot have; its text is what the compiler says. */
export type MisfitError<Misfit> = [Misfit] extends [never] ? unknown
  : { readonly "does not take what the pattern captures": Misfit };

/**
 * A route that does not compile if a method of the handler does not take what the pattern captures, or `kwargs` is not
 * what its `initialize` takes. A route written as an array is not checked that far.
 *
 * @param pattern A regular expression for the path, anchored as a whole, as literal text so that its groups are known.
 * @param handler The handler class.
 * @param options What `initialize` is given, and a name for `reverseUrl`.
 * @throws {SyntaxError} if the pattern does not compile
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, RequestHandler, url } from "@denado/denado";
 *
 * class Page extends RequestHandler {
 *   override get(section: string, number: string) {
 *     this.write(`${section}, page ${number}`);
 *   }
 * }
 *
 * const app = new Application([
 *   url("/(news|blog)/(\\d+)", Page, { name: "page" }),
 * ]);
 * assertEquals(app.reverseUrl("page", "blog", 3), "/blog/3");
 * ```
 */
export function url<const Pattern extends RulePattern, Handler extends HandlerClass>(
  pattern: Pattern,
  handler: Handler & FittingHandler<Handler, Pattern>,
  ...[options]: NoOptions extends KwargsOf<Handler> ? [options?: URLOptions<Handler>] : [options: URLOptions<Handler>]
): URLSpec {
  return new URLSpec(pattern, handler, options as RuleOptions | undefined);
}
