/**
 * Asking name servers, rather than the operating system.
 *
 * The system's own lookup takes a thread of the host for as long as it lasts,
 * and there are few of them: many slow names hold each other up. A query to a
 * name server takes none. `/etc/hosts` and whatever else the system knows does
 * not count then, except for `localhost`, which needs no server (RFC 6761, 6.3).
 *
 * @module
 */

import { literalAddress, noAddress, type ResolvedAddress, type ResolveOptions, Resolver } from "./resolver.ts";

/** A name server. */
export interface NameServer {
  /** Its IP address. */
  readonly ipAddr: string;
  /** Its port. @default 53 */
  readonly port?: number;
}

/** Settings of a {@linkcode DnsResolver}. */
export interface DnsResolverOptions {
  /** Whom to ask. @default those that the system is configured with */
  readonly nameServer?: NameServer;
  /** How long an answer may take, in milliseconds. @default 10000 */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const RECORDS = [["ipv6", "AAAA"], ["ipv4", "A"]] as const;

/**
 * Asks name servers for both kinds of addresses at once; IPv6 addresses come first, as RFC 8305, section 3, has it.
 * Tornado: `CaresResolver`.
 *
 * @example The resolver of all clients from now on
 * ```ts
 * import { assert } from "@std/assert";
 * import { DnsResolver, Resolver } from "@denado/denado/tcp";
 *
 * using _saved = Resolver.saveConfiguration();
 * Resolver.configure(DnsResolver, { timeoutMs: 3000 });
 * assert(new Resolver() instanceof DnsResolver);
 * ```
 */
export class DnsResolver extends Resolver {
  readonly #options: DnsResolverOptions;
  readonly #queries = new Set<AbortController>();

  /** A resolver that asks. */
  constructor(options: DnsResolverOptions = {}) {
    super();
    this.#options = options;
  }

  /** The addresses of a host. */
  override async resolve(host: string, port: number, options: ResolveOptions = {}): Promise<ResolvedAddress[]> {
    const { family = "unspecified" } = options;
    const literal = literalAddress(host, port, family);
    if (literal !== undefined) return [literal];
    const wanted = RECORDS.filter(([kind]) => family === "unspecified" || family === kind);
    if (isLocalhost(host)) {
      return wanted.map(([family]) => ({ family, hostname: family === "ipv4" ? "127.0.0.1" : "::1", port }));
    }
    const answers = await this.#ask(host, wanted.map(([, record]) => record));
    const found = answers.flatMap((answer, at) =>
      answer.status === "rejected" ? [] : answer.value.map((hostname) => ({ family: wanted[at]![0], hostname, port }))
    );
    if (found.length > 0) return found;
    throw noAddress(host, family, answers.find((answer) => answer.status === "rejected")?.reason);
  }

  /** Gives up what was asked and not answered. */
  override close(): void {
    for (const query of this.#queries) query.abort(new Error("Cannot resolve: the resolver was closed"));
  }

  async #ask(host: string, records: readonly ("A" | "AAAA")[]): Promise<PromiseSettledResult<string[]>[]> {
    const query = new AbortController();
    const { nameServer, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    const timer = setTimeout(
      () => query.abort(new Error(`Cannot resolve: no name server answered within ${timeoutMs} ms`)),
      timeoutMs,
    );
    this.#queries.add(query);
    try {
      const settings = { signal: query.signal, ...(nameServer === undefined ? {} : { nameServer: { ...nameServer } }) };
      return await Promise.allSettled(records.map((record) => Deno.resolveDns(host, record, settings)));
    } finally {
      clearTimeout(timer);
      this.#queries.delete(query);
    }
  }
}

/** Whether every resolver has to know the name by itself (RFC 6761, 6.3). */
function isLocalhost(host: string): boolean {
  return /^(.*\.)?localhost\.?$/i.test(host);
}
