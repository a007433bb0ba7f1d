/**
 * Routing by rules: the first rule that matches a request and has somebody to
 * answer it, wins.
 *
 * Tornado: `tornado.routing.RuleRouter`, `ReversibleRuleRouter`, `Rule` and
 * `URLSpec`.
 *
 * @module
 */

import { appLog } from "../ioloop/mod.ts";
import {
  CallbackDelegate,
  type HTTPMessageDelegate,
  type HTTPServerConnectionDelegate,
  type HTTPServerRequest,
} from "../http/mod.ts";
import { type HandlerClass, isClass, isHandlerClass } from "./handler_class.ts";
import { Matcher, PathMatches, URLPatternMatches } from "./matcher.ts";
import type { InitializeOptions } from "./request_handler.ts";
import { RouteIndex } from "./route_index.ts";
import { ReversibleRouter, Router, type TargetParameters } from "./router.ts";

/**
 * A function as the target of a rule: it answers through `request.connection`. Its error, thrown or as a rejection, is
 * logged and answered with 500.
 */
export type TargetCallback = (request: HTTPServerRequest, parameters: TargetParameters) => void | Promise<void>;

/**
 * Who answers the requests of a rule: a handler class, rules in a list, another router, any delegate of connections, or
 * a function. Handlers and lists need an `Application`.
 */
export type RuleTarget = HandlerClass | readonly RuleLike[] | HTTPServerConnectionDelegate | TargetCallback;

/** What a rule asks of a request: a path as a regular expression or a web `URLPattern`, or any {@linkcode Matcher}. */
export type RulePattern = string | RegExp | URLPattern | Matcher;

/** A rule, or what one is made of. */
export type RuleLike =
  | Rule
  | readonly [pattern: RulePattern, target: RuleTarget, targetKwargs?: InitializeOptions, name?: string];

/** Settings of a {@linkcode Rule}. */
export interface RuleOptions {
  /** What the target's `initialize` is given. */
  readonly kwargs?: InitializeOptions;
  /** The name by which `reverseUrl` finds the rule. */
  readonly name?: string;
}

/** What is asked of a request, and who answers it then. Tornado: `tornado.routing.Rule`. */
export class Rule {
  /** What is asked. */
  readonly matcher: Matcher;
  /** Who answers. */
  readonly target: RuleTarget;
  /** What the target's `initialize` is given. */
  readonly targetKwargs: InitializeOptions;
  /** The name by which `reverseUrl` finds the rule. */
  readonly name: string | undefined;

  /**
   * A rule, which nobody follows yet.
   *
   * @throws {SyntaxError} if a pattern does not compile
   * @throws {TypeError} if a pattern or target is of another kind
   */
  constructor(pattern: RulePattern, target: RuleTarget, options: RuleOptions = {}) {
    this.matcher = toMatcher(pattern);
    checkTarget(pattern, target);
    this.target = target;
    this.targetKwargs = options.kwargs;
    this.name = options.name;
  }

  /** The path that the rule stands for; `undefined` if its matcher knows none. @throws {TypeError} as the matcher does */
  reverse(...args: unknown[]): string | undefined {
    return this.matcher.reverse(...args);
  }
}

/**
 * Routes by rules. A bare one leads to other routers, delegates and functions; an `Application` to handlers as well.
 *
 * @example Two applications by host
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, HostMatches, HTTPServer, RequestHandler, RuleRouter } from "@denado/denado";
 *
 * class Local extends RequestHandler {
 *   override get() {
 *     this.write("here");
 *   }
 * }
 *
 * const server = new HTTPServer(
 *   new RuleRouter([
 *     [new HostMatches("127\\.0\\.0\\.1"), new Application([["/", Local]])],
 *     [new HostMatches(".*"), new Application()],
 *   ]),
 * );
 * server.listen(0, { address: "127.0.0.1" });
 * const response = await fetch(`http://127.0.0.1:${server.port}/`);
 * assertEquals(await response.text(), "here");
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export class RuleRouter extends ReversibleRouter {
  readonly #rules: Rule[] = [];
  readonly #index = new RouteIndex();
  readonly #named = new Map<string, Rule>();

  /** A router with its rules, which are tried in order. @throws as {@linkcode addRules} does */
  constructor(rules: readonly RuleLike[] = []) {
    super();
    this.addRules(rules);
  }

  /** The rules in their order. */
  get rules(): readonly Rule[] {
    return this.#rules;
  }

  /**
   * Adds rules at the end.
   *
   * @throws {SyntaxError} if a pattern does not compile
   * @throws {TypeError} if one is no rule, or its pattern or target is of another kind
   */
  addRules(rules: readonly RuleLike[]): void {
    for (const written of rules) {
      const rule = this.processRule(toRule(written));
      const position = this.#rules.push(rule) - 1;
      this.#index.add(position, rule.matcher instanceof PathMatches ? rule.matcher.pattern : undefined);
      if (rule.name === undefined) continue;
      if (this.#named.has(rule.name)) {
        appLog.warning(`Multiple rules named ${rule.name}; the last one replaces the others`);
      }
      this.#named.set(rule.name, rule);
    }
  }

  /**
   * Called for each rule that is added; a subclass may return another one.
   *
   * @throws {TypeError} if the target is a handler or a list, which need an `Application`
   */
  processRule(rule: Rule): Rule {
    const { target } = rule;
    if (!Array.isArray(target) && !isHandlerClass(target)) return rule;
    throw new TypeError(
      `Cannot route to ${describeTarget(target)} here: handlers and lists of rules need an Application`,
    );
  }

  /** The delegate of the first rule that matches and has one. @throws {HTTPInputError} as the matchers do */
  override findHandler(request: HTTPServerRequest, _parameters?: TargetParameters): HTTPMessageDelegate | undefined {
    for (const position of this.#index.candidates(request.path)) {
      const rule = this.#rules[position]!;
      const parameters = rule.matcher.match(request);
      if (parameters === undefined) continue;
      const delegate = this.getTargetDelegate(
        rule.target,
        request,
        rule.targetKwargs === undefined ? parameters : withKwargs(parameters, rule.targetKwargs),
      );
      if (delegate !== undefined) return delegate;
    }
    return undefined;
  }

  /** The delegate of a target, `undefined` if it has none for the request; a subclass may know more kinds of targets. */
  getTargetDelegate(
    target: RuleTarget,
    request: HTTPServerRequest,
    parameters: TargetParameters,
  ): HTTPMessageDelegate | undefined {
    if (target instanceof Router) return target.findHandler(request, parameters);
    if (typeof target === "function") {
      const callback = target as TargetCallback;
      return new CallbackDelegate((whole) => callback(whole, parameters), request.connection, request.serverConnection);
    }
    const { serverConnection, connection } = request;
    if (!isConnectionDelegate(target)) return undefined;
    if (serverConnection !== undefined) return target.startRequest(serverConnection, connection);
    throw new TypeError("Cannot route to a delegate of connections: the request did not come on one");
  }

  /** The path of a named rule, also of one in a router that is the target of a rule; `undefined` if there is none. */
  override reverseUrl(name: string, ...args: unknown[]): string | undefined {
    const rule = this.#named.get(name);
    if (rule !== undefined) return rule.reverse(...args);
    for (const { target } of this.#rules) {
      const url = target instanceof ReversibleRouter ? target.tryReverseUrl(name, ...args) : undefined;
      if (url !== undefined) return url;
    }
    return undefined;
  }
}

/** The same as {@linkcode RuleRouter}, which is reversible here. Tornado: `tornado.routing.ReversibleRuleRouter`. */
export class ReversibleRuleRouter extends RuleRouter {}

/** What matchers of paths return is written out, because a spread takes ten times as long. */
function withKwargs(parameters: TargetParameters, targetKwargs: unknown): TargetParameters {
  const { pathArgs, pathKwargs } = parameters;
  return pathArgs === undefined ? { ...parameters, targetKwargs } : { pathArgs, pathKwargs, targetKwargs };
}

function toRule(written: RuleLike): Rule {
  if (written instanceof Rule) return written;
  if (!Array.isArray(written)) {
    throw new TypeError(`Cannot route ${Deno.inspect(written)}: a route is [pattern, target, options, name]`);
  }
  const [pattern, target, kwargs, name] = written as Extract<RuleLike, readonly unknown[]>;
  return new Rule(pattern, target, { kwargs, ...(name === undefined ? {} : { name }) });
}

function toMatcher(pattern: RulePattern): Matcher {
  if (pattern instanceof Matcher) return pattern;
  return pattern instanceof URLPattern ? new URLPatternMatches(pattern) : new PathMatches(pattern);
}

function checkTarget(pattern: RulePattern, target: unknown): void {
  if (isHandlerClass(target) || (typeof target === "function" && !isClass(target))) return;
  if (Array.isArray(target) || isConnectionDelegate(target)) return;
  throw new TypeError(
    `Cannot route ${JSON.stringify(String(pattern))} to ${describeTarget(target)}: a handler is a class that extends ` +
      "RequestHandler; other targets are routers, lists of rules, delegates and functions",
  );
}

function isConnectionDelegate(target: unknown): target is HTTPServerConnectionDelegate {
  return typeof (target as Partial<HTTPServerConnectionDelegate> | null | undefined)?.startRequest === "function";
}

function describeTarget(target: unknown): string {
  return typeof target === "function"
    ? `[${isClass(target) ? "class" : "Function"} ${target.name}]`
    : Deno.inspect(target);
}
