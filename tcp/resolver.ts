/**
 * Names to addresses.
 *
 * {@linkcode Resolver} is configurable: `Resolver.configure(MyResolver)` changes
 * how names are resolved for everything that makes its own resolver. The default
 * asks the operating system, which looks into `/etc/hosts` too; Deno does that
 * outside of the loop's thread, so it blocks nothing. Others ask name servers
 * (`DnsResolver`), look into a mapping first
 * ({@linkcode OverrideResolver}), or hand the question to an executor
 * (`ExecutorResolver`).
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { Configurable } from "../ioloop/mod.ts";
import { type AddressFamily, ipFamily } from "./ip_address.ts";

/** An address that a name stands for. */
export interface ResolvedAddress {
  /** The kind of the address. */
  readonly family: "ipv4" | "ipv6";
  /** The address as text. */
  readonly hostname: string;
  /** The port that was asked for, unless an override says otherwise. */
  readonly port: number;
}

/** Settings of one lookup. */
export interface ResolveOptions {
  /** Restricts the addresses. @default "unspecified" */
  readonly family?: AddressFamily;
}

/** Looks up addresses; an implementation overrides {@linkcode resolve}. Tornado: `tornado.netutil.Resolver`. */
export class Resolver extends Configurable {
  /** An instance of the configured implementation. */
  constructor(options: object = {}) {
    if (new.target === Resolver) {
      const Implementation = Resolver.configuredClass();
      return new Implementation(Resolver.withConfiguredOptions(options));
    }
    super();
  }

  /** The class at which the implementations begin: `Resolver` itself. */
  static override configurableBase(): typeof Resolver {
    return Resolver;
  }

  /** What `new Resolver()` creates unless another class is configured: {@linkcode DefaultResolver}. */
  static override configurableDefault(): typeof Resolver {
    return DefaultResolver;
  }

  /**
   * The addresses of a host, best first. An IP address stands for itself.
   *
   * @throws {Error} if the host has none of that family
   */
  resolve(_host: string, _port: number, _options?: ResolveOptions): Promise<ResolvedAddress[]> {
    return Promise.reject(new TypeError(`Cannot resolve with ${this.constructor.name}: it does not define resolve`));
  }

  /** Releases what the resolver holds. */
  close(): void {}
}

/** Asks the operating system. Tornado: `DefaultLoopResolver`. */
export class DefaultResolver extends Resolver {
  /** The addresses in the order that the system gives. */
  override async resolve(host: string, port: number, options: ResolveOptions = {}): Promise<ResolvedAddress[]> {
    const { family = "unspecified" } = options;
    const literal = literalAddress(host, port, family);
    if (literal !== undefined) return [literal];
    let found;
    try {
      const version = family === "ipv4" ? 4 : family === "ipv6" ? 6 : 0;
      found = await lookup(host, { all: true, verbatim: true, family: version });
    } catch (error) {
      throw noAddress(host, family, error);
    }
    if (found.length === 0) throw noAddress(host, family);
    return found.map(({ address, family }) => ({
      family: family === 6 ? "ipv6" : "ipv4",
      hostname: address,
      port,
    }));
  }
}

/** What an {@linkcode OverrideResolver} puts in place of a host: another host, and perhaps another port. */
export type Override = string | readonly [host: string, port: number];

/** Settings of an {@linkcode OverrideResolver}. */
export interface OverrideResolverOptions {
  /** Asked with what the mapping says. @default the configured resolver */
  readonly resolver?: Resolver;
  /** Keys are `host:port:family`, `host:port` or `host`, with `[…]` around an IPv6 host; the most specific one wins. */
  readonly mapping: Readonly<Record<string, Override>>;
}

/**
 * Asks another resolver, for some hosts with another name. Tornado: `OverrideResolver`.
 *
 * @example A name for tests
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { OverrideResolver } from "@denado/denado/tcp";
 *
 * const resolver = new OverrideResolver({ mapping: { "api.example": ["127.0.0.1", 8080] } });
 * assertEquals(await resolver.resolve("api.example", 443), [
 *   { family: "ipv4", hostname: "127.0.0.1", port: 8080 },
 * ]);
 * resolver.close();
 * ```
 */
export class OverrideResolver extends Resolver {
  readonly #resolver: Resolver;
  readonly #mapping: ReadonlyMap<string, Override>;

  /** A resolver that looks into a mapping first. */
  constructor(options: OverrideResolverOptions) {
    super();
    this.#resolver = options.resolver ?? new Resolver();
    this.#mapping = new Map(Object.entries(options.mapping));
  }

  /** The addresses of what the mapping puts in the host's place, or of the host. */
  override resolve(host: string, port: number, options: ResolveOptions = {}): Promise<ResolvedAddress[]> {
    const name = host.includes(":") ? `[${host}]` : host;
    const override = this.#mapping.get(`${name}:${port}:${options.family ?? "unspecified"}`) ??
      this.#mapping.get(`${name}:${port}`) ?? this.#mapping.get(name);
    if (override === undefined) return this.#resolver.resolve(host, port, options);
    if (typeof override === "string") return this.#resolver.resolve(override, port, options);
    return this.#resolver.resolve(override[0], override[1], options);
  }

  /** Closes the resolver under it too. */
  override close(): void {
    this.#resolver.close();
  }
}

/**
 * What a host stands for that is an IP address already; `undefined` for a name.
 *
 * @throws {Error} if the address is of another family
 */
export function literalAddress(host: string, port: number, family: AddressFamily): ResolvedAddress | undefined {
  const literal = ipFamily(host);
  if (literal === undefined) return undefined;
  if (family !== "unspecified" && family !== literal) throw noAddress(host, family);
  return { family: literal, hostname: host, port };
}

/** The error for a host that has no address. */
export function noAddress(host: string, family: AddressFamily, cause?: unknown): Error {
  const kind = family === "unspecified" ? "" : ` (${family === "ipv4" ? "IPv4" : "IPv6"})`;
  return new Error(`Cannot resolve ${JSON.stringify(host)}${kind}: it has no address`, { cause });
}
