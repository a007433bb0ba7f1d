/**
 * What the options of a request say about the stream to its server: the proxy, TLS, the local address.
 *
 * @module
 */

import { isValidIp, type SSLOptions } from "../../tcp/mod.ts";
import type { RequestSettings } from "./request_options.ts";
import type { ProxyOptions } from "./tunnel.ts";

/** The proxy, if there is one. @throws {TypeError} If it has no port, or an authentication that is not there. */
export function proxyOf(settings: RequestSettings): ProxyOptions | undefined {
  const { proxyHost, proxyPort, proxyUsername, proxyPassword, proxyAuthMode = "basic" } = settings;
  if (proxyHost === undefined) return undefined;
  if (proxyPort === undefined) throw new TypeError(`Cannot use the proxy ${proxyHost}: proxyPort is missing`);
  if (proxyAuthMode !== "basic") {
    throw new TypeError(`Cannot authenticate to a proxy: unsupported mode ${proxyAuthMode}`);
  }
  return {
    host: proxyHost,
    port: proxyPort,
    ...proxyUsername === undefined ? {} : { username: proxyUsername, password: proxyPassword },
  };
}

/** Checks the address to connect from. @throws {TypeError} If it is none. */
export function checkInterface(address: string | undefined): void {
  if (address === undefined || isValidIp(address)) return;
  throw new TypeError(`Cannot connect: networkInterface must be an IP address: ${address}`);
}

/** The TLS settings in the single options, which count where there are no `sslOptions`. */
export function sslOptionsOf(settings: RequestSettings): SSLOptions {
  const { caCerts, clientCert, clientKey, validateCert } = settings;
  return {
    ...caCerts === undefined ? {} : { cafile: caCerts },
    ...clientCert === undefined ? {} : { certfile: clientCert },
    ...clientKey === undefined ? {} : { keyfile: clientKey },
    ...validateCert ? {} : { verify: false, checkHostname: false },
  };
}
