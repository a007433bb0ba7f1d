/**
 * Resolving names by a function of one's own, in a worker for instance.
 *
 * @module
 */

import { type Executor, IOLoop } from "../ioloop/mod.ts";
import type { AddressFamily } from "./ip_address.ts";
import { literalAddress, noAddress, type ResolvedAddress, type ResolveOptions, Resolver } from "./resolver.ts";

/** Looks a host up; returns its addresses, best first, or a promise of them. */
export type Lookup = (
  host: string,
  port: number,
  family: AddressFamily,
) => readonly ResolvedAddress[] | PromiseLike<readonly ResolvedAddress[]>;

/** Settings of an {@linkcode ExecutorResolver}. */
export interface ExecutorResolverOptions {
  /** Looks a host up that is not an address already; a function of a `WorkerPool` is `pool.bind("name")`. */
  readonly lookup: Lookup;
  /** Calls `lookup`. @default the loop's default executor, which calls it at once */
  readonly executor?: Executor;
}

/**
 * Asks a function by way of an executor. Tornado: `ExecutorResolver`, and `ThreadedResolver` with a `WorkerPool`.
 *
 * @example A directory service instead of names
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ExecutorResolver } from "@denado/denado/tcp";
 *
 * const directory = new Map([["api", "192.0.2.7"]]);
 * const resolver = new ExecutorResolver({
 *   lookup: (host, port) => {
 *     const hostname = directory.get(host);
 *     return hostname === undefined ? [] : [{ family: "ipv4", hostname, port }];
 *   },
 * });
 * assertEquals(await resolver.resolve("api", 80), [{ family: "ipv4", hostname: "192.0.2.7", port: 80 }]);
 * ```
 */
export class ExecutorResolver extends Resolver {
  readonly #options: ExecutorResolverOptions;

  /** A resolver that asks a function. */
  constructor(options: ExecutorResolverOptions) {
    super();
    this.#options = options;
  }

  /** What the function returns; what it fails with is the cause of the failure. */
  override async resolve(host: string, port: number, options: ResolveOptions = {}): Promise<ResolvedAddress[]> {
    const { family = "unspecified" } = options;
    const literal = literalAddress(host, port, family);
    if (literal !== undefined) return [literal];
    const { executor = null, lookup } = this.#options;
    let found: readonly ResolvedAddress[];
    try {
      found = await IOLoop.current().runInExecutor(executor, lookup, host, port, family);
    } catch (error) {
      throw noAddress(host, family, error);
    }
    const wanted = found.filter((address) => family === "unspecified" || address.family === family);
    if (wanted.length === 0) throw noAddress(host, family);
    return wanted;
  }
}
