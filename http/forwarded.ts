/**
 * The address and scheme of the client, as a proxy in front of the server tells them.
 *
 * Anybody can send these fields, so they are believed from trusted peers only. Which ones are trusted is said when the
 * server is made; `xheaders: true` stands for those that an attacker on the internet cannot be: this machine, private
 * networks and Unix sockets. (Tornado believes everybody.)
 *
 * A proxy must set or remove each of the fields it does not want to be believed, above all `X-Real-Ip`, which comes before
 * `X-Forwarded-For`, as in Tornado. `X-Forwarded-For` grows to the right, one entry a proxy, so it is read from the
 * right: the first entry that is no trusted proxy is the client; what stands left of it may be made up.
 *
 * A request gets a context of its own; that of the connection is never changed, so nothing passes to the next request.
 *
 * Tornado: `httpserver._HTTPRequestContext`, `httpserver._ProxyAdapter`.
 *
 * @module
 */

import { BlockList } from "node:net";
import { ipFamily, isValidIp } from "../tcp/mod.ts";
import type {
  ConnectionContext,
  HTTPConnection,
  HTTPMessageDelegate,
  HTTPServerConnectionDelegate,
  ServerConnection,
} from "./delegates.ts";
import { parseInt10, trimBlanks } from "./grammar.ts";
import type { HTTPHeaders } from "./headers.ts";
import type { RequestHead } from "./message_parser.ts";

/** Options of {@linkcode ForwardedFields}. */
export interface ForwardedOptions {
  /**
   * The peers that are believed: addresses (`192.0.2.1`), networks (`192.0.2.0/24`, `2001:db8::/32`), and the names
   * `loopback` (127.0.0.0/8, ::1), `private` (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7) and `unix` (Unix
   * sockets).
   *
   * @default ["loopback", "private", "unix"]
   */
  readonly trustedPeers?: readonly string[];
  /**
   * Proxies further away, in the same form. Their entries in `X-Forwarded-For` are skipped, and as peers they are believed
   * too. Tornado: `trusted_downstream`, which takes addresses only.
   *
   * @default none
   */
  readonly trustedDownstream?: readonly string[];
}

/**
 * Reads what proxies say about the client: `X-Real-Ip` or `X-Forwarded-For`, and `X-Scheme` or `X-Forwarded-Proto`.
 *
 * @example Two proxies in a row
 * ```ts
 * import { ForwardedFields, HTTPHeaders } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * const forwarded = new ForwardedFields({ trustedDownstream: ["203.0.113.0/24"] });
 * const headers = new HTTPHeaders({
 *   "X-Forwarded-For": "made-up, 198.51.100.7, 203.0.113.5",
 *   "X-Forwarded-Proto": "https",
 * });
 * const peer = { remoteIp: "127.0.0.1", protocol: "http" };
 * assertEquals(forwarded.apply(peer, headers), { remoteIp: "198.51.100.7", protocol: "https" });
 *
 * const stranger = { remoteIp: "198.51.100.9", protocol: "http" };
 * assertEquals(forwarded.apply(stranger, headers), stranger);
 * ```
 */
export class ForwardedFields {
  readonly #peers: TrustedAddresses;
  readonly #downstream: TrustedAddresses;

  /**
   * Creates a reader.
   *
   * @param options Whom to believe.
   * @throws {TypeError} When a trusted address is no address, network or name.
   * @throws {RangeError} When the prefix of a network is too long.
   */
  constructor(options: ForwardedOptions = {}) {
    this.#peers = new TrustedAddresses(options.trustedPeers ?? ["loopback", "private", "unix"]);
    this.#downstream = new TrustedAddresses(options.trustedDownstream ?? []);
  }

  /**
   * What is known about the client of a request. Values that are no address, and schemes other than `http` and `https`,
   * are ignored.
   *
   * @param context What is known about the peer of the connection.
   * @param headers The header fields of the request.
   * @returns A context for the request; the same one where there is nothing to believe.
   */
  apply(context: ConnectionContext, headers: HTTPHeaders): ConnectionContext {
    const address = this.#clientAddress(headers);
    const scheme = clientScheme(headers);
    if (address === undefined && scheme === undefined) return context;
    if (!this.#peers.hasPeer(context) && !this.#downstream.hasPeer(context)) return context;
    return {
      ...context,
      remoteIp: address ?? context.remoteIp,
      protocol: scheme ?? context.protocol,
    };
  }

  #clientAddress(headers: HTTPHeaders): string | undefined {
    const address = headers.get("X-Real-Ip") ?? this.#lastUntrusted(headers.get("X-Forwarded-For"));
    return address !== undefined && isValidIp(address) ? address : undefined;
  }

  /** The last entry that is not a trusted proxy; the first one where all are. */
  #lastUntrusted(list: string | undefined): string | undefined {
    if (list === undefined) return undefined;
    for (let end = list.length;;) {
      const comma = end === 0 ? -1 : list.lastIndexOf(",", end - 1);
      const entry = trimBlanks(list.slice(comma + 1, end));
      if (comma < 0 || !this.#downstream.has(entry)) return entry;
      end = comma;
    }
  }
}

/** Gives each request of a server the context of its client. For {@linkcode HTTPServerOptions.xheaders}. */
export class ProxyAdapter implements HTTPServerConnectionDelegate {
  readonly #delegate: HTTPServerConnectionDelegate;
  readonly #fields: ForwardedFields;

  /**
   * An adapter in front of the delegate of a server.
   *
   * @throws {TypeError} When a trusted address is no address, network or name.
   * @throws {RangeError} When the prefix of a network is too long.
   */
  constructor(delegate: HTTPServerConnectionDelegate, options: ForwardedOptions = {}) {
    this.#delegate = delegate;
    this.#fields = new ForwardedFields(options);
  }

  /** Called for each request. */
  startRequest(server: ServerConnection, request: HTTPConnection): HTTPMessageDelegate {
    return new ProxyDelegate(this.#delegate.startRequest(server, request), request, this.#fields);
  }

  /** Called at the end of a connection. */
  onClose(server: ServerConnection): void {
    this.#delegate.onClose?.(server);
  }
}

/**
 * An address without the prefix of IPv4 in IPv6: a socket for both families tells `::ffff:192.0.2.1` for a client that has
 * `192.0.2.1`, and logs, limits and lists of addresses mean the latter.
 *
 * @param address An IP address.
 * @returns The IPv4 address, or what was given.
 */
export function plainAddress(address: string): string {
  if (!address.startsWith("::ffff:")) return address;
  const rest = address.slice("::ffff:".length);
  return ipFamily(rest) === "ipv4" ? rest : address;
}

/** Waits for the head of a request and replaces its context. */
class ProxyDelegate implements HTTPMessageDelegate {
  readonly #delegate: HTTPMessageDelegate;
  readonly #request: HTTPConnection;
  readonly #fields: ForwardedFields;

  constructor(delegate: HTTPMessageDelegate, request: HTTPConnection, fields: ForwardedFields) {
    this.#delegate = delegate;
    this.#request = request;
    this.#fields = fields;
  }

  headersReceived(head: RequestHead, headers: HTTPHeaders): void | Promise<void> {
    this.#request.context = this.#fields.apply(this.#request.context, headers);
    return this.#delegate.headersReceived(head, headers);
  }

  dataReceived(chunk: Uint8Array, owned?: boolean): void | Promise<void> {
    return this.#delegate.dataReceived(chunk, owned);
  }

  finish(): void | Promise<void> {
    return this.#delegate.finish();
  }

  onConnectionClose(): void {
    this.#delegate.onConnectionClose();
  }
}

/** Addresses, networks and Unix sockets. */
class TrustedAddresses {
  readonly #list = new BlockList();
  #unix = false;

  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      if (entry === "unix") this.#unix = true;
      else for (const range of NAMED.get(entry) ?? [entry]) this.#add(range);
    }
  }

  has(address: string): boolean {
    const family = ipFamily(address);
    return family !== undefined && this.#list.check(address, family);
  }

  /** Where the address in the context is of the peer itself, not one that a proxy told. */
  hasPeer(context: ConnectionContext): boolean {
    const { address } = context;
    if (address !== undefined && !("hostname" in address)) return this.#unix;
    return this.has(address?.hostname ?? context.remoteIp);
  }

  #add(range: string): void {
    const slash = range.indexOf("/");
    const address = slash < 0 ? range : range.slice(0, slash);
    const family = ipFamily(address);
    if (family === undefined) {
      throw new TypeError(
        `Cannot trust ${JSON.stringify(range)}: pass an IP address, a network such as "10.0.0.0/8", ` +
          `"loopback", "private" or "unix"`,
      );
    }
    const bits = family === "ipv4" ? 32 : 128;
    const prefix = slash < 0 ? bits : parseInt10(range.slice(slash + 1));
    if (prefix > bits) throw new RangeError(`Cannot trust ${JSON.stringify(range)}: its prefix is above ${bits}`);
    this.#list.addSubnet(address, prefix, family);
  }
}

const NAMED: ReadonlyMap<string, readonly string[]> = new Map([
  ["loopback", ["127.0.0.0/8", "::1"]],
  ["private", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]],
]);

/** The last entry, which the nearest proxy wrote. */
function clientScheme(headers: HTTPHeaders): "http" | "https" | undefined {
  const list = headers.get("X-Scheme") ?? headers.get("X-Forwarded-Proto");
  if (list === undefined) return undefined;
  const scheme = trimBlanks(list.slice(list.lastIndexOf(",") + 1));
  return scheme === "http" || scheme === "https" ? scheme : undefined;
}
