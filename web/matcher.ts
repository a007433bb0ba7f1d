/**
 * What a rule may ask of a request before it takes it: its host, its path, its
 * URL.
 *
 * Tornado: the matchers of `tornado.routing`.
 *
 * @module
 */

import type { HTTPServerRequest } from "../http/mod.ts";
import { decodePathArgument, NO_PARAMETERS, PathPattern } from "./path_pattern.ts";
import type { TargetParameters } from "./router.ts";

/** Decides whether a rule is for a request. */
export abstract class Matcher {
  /** What the request holds for the target, perhaps nothing; `undefined` if the rule is not for it. */
  abstract match(request: HTTPServerRequest): TargetParameters | undefined;

  /** The path that the matcher stands for; `undefined` if it has no way back. */
  reverse(..._args: unknown[]): string | undefined {
    return undefined;
  }
}

/** Matches every request. Tornado: `tornado.routing.AnyMatches`. */
export class AnyMatches extends Matcher {
  /** Always matches. */
  override match(): TargetParameters {
    return NO_PARAMETERS;
  }
}

/**
 * Matches requests to hosts: a regular expression over the host in lower case and without its port, anchored as a whole.
 * Tornado: `tornado.routing.HostMatches`.
 */
export class HostMatches extends Matcher {
  readonly #host: PathPattern;

  /** For a pattern of hosts. @throws {SyntaxError} if it does not compile */
  constructor(hostPattern: string | RegExp) {
    super();
    this.#host = new PathPattern(hostPattern);
  }

  /** Whether the pattern is for a host. */
  matchesHost(host: string): boolean {
    return this.#host.match(host) !== undefined;
  }

  /** Matches the host of the request. */
  override match(request: HTTPServerRequest): TargetParameters | undefined {
    return this.matchesHost(request.hostName) ? NO_PARAMETERS : undefined;
  }
}

/**
 * Matches every request, if the application's default host is one that a pattern is for; never when a proxy stands in
 * front, as the header `X-Real-Ip` shows. Tornado: `tornado.routing.DefaultHostMatches`.
 */
export class DefaultHostMatches extends Matcher {
  readonly #applies: boolean;

  /** For the setting `defaultHost` of an application and a pattern of hosts. */
  constructor(defaultHost: string, host: HostMatches) {
    super();
    this.#applies = host.matchesHost(defaultHost.toLowerCase());
  }

  /** Matches without looking at the request's host. */
  override match(request: HTTPServerRequest): TargetParameters | undefined {
    return this.#applies && !request.headers.has("X-Real-Ip") ? NO_PARAMETERS : undefined;
  }
}

/** Matches paths: see {@linkcode PathPattern}. Tornado: `tornado.routing.PathMatches`. */
export class PathMatches extends Matcher {
  /** The compiled pattern. */
  readonly pattern: PathPattern;

  /**
   * For a pattern of paths.
   *
   * @throws {SyntaxError} if the pattern does not compile, or has groups with and without names
   * @throws {TypeError} if it is neither text nor a `RegExp`
   */
  constructor(pattern: string | RegExp) {
    super();
    this.pattern = new PathPattern(pattern);
  }

  /** Matches the path of the request. @throws {HTTPInputError} if a group captured something that is not UTF-8 */
  override match(request: HTTPServerRequest): TargetParameters | undefined {
    return this.pattern.match(request.path);
  }

  /** The path with a value for each group. @throws {TypeError} as `PathPattern.reverse` does */
  override reverse(...args: unknown[]): string {
    return this.pattern.reverse(...args);
  }
}

/**
 * Matches by a web `URLPattern`, over the whole URL of the request. Named groups become named parameters; a pattern
 * without any has its groups by position.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, RequestHandler } from "@denado/denado";
 *
 * class User extends RequestHandler {
 *   override get({ id }: { id: string }) {
 *     this.write(`User ${id}`);
 *   }
 * }
 *
 * const app = new Application([[new URLPattern({ pathname: "/users/:id" }), User]]);
 * const server = app.listen(0, { address: "127.0.0.1" });
 * const response = await fetch(`http://127.0.0.1:${server.port}/users/7`);
 * assertEquals(await response.text(), "User 7");
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export class URLPatternMatches extends Matcher {
  readonly #pattern: URLPattern;

  /** For a pattern that the platform has compiled. */
  constructor(pattern: URLPattern) {
    super();
    this.#pattern = pattern;
  }

  /** Matches the URL of the request. @throws {HTTPInputError} if a group captured something that is not UTF-8 */
  override match(request: HTTPServerRequest): TargetParameters | undefined {
    const url = request.fullUrl();
    if (!URL.canParse(url)) return undefined;
    const found = this.#pattern.exec(url);
    if (found === null) return undefined;
    const named: Record<string, string | undefined> = {};
    const unnamed: (string | undefined)[] = [];
    for (const part of [found.protocol, found.hostname, found.pathname, found.search]) {
      const isPath = part === found.pathname && this.#pattern.pathname !== "*"; // what was left out is a "*" too
      for (const [name, value] of Object.entries(part.groups)) {
        if (!/^\d+$/.test(name)) named[name] = decodePathArgument(value);
        else if (isPath) unnamed[Number(name)] = decodePathArgument(value);
      }
    }
    if (Object.keys(named).length > 0) return { pathArgs: [], pathKwargs: named };
    return unnamed.length > 0 ? { pathArgs: unnamed, pathKwargs: undefined } : NO_PARAMETERS;
  }
}
