/**
 * TLS settings, under Tornado's names and the platform's.
 *
 * Deno does TLS with rustls: TLS 1.2 and 1.3 with safe ciphers, and neither can
 * be chosen. A setting that Deno cannot honour is an error here rather than
 * silence. Files are read and checked at once, so that a server with a wrong key
 * fails when it is made and not when the first client comes.
 *
 * @module
 */

import { createPrivateKey, X509Certificate } from "node:crypto";

/** TLS settings of a server or a client. Tornado: `ssl_options`. */
export interface SSLOptions {
  /** The path of the certificate, or chain, in PEM. */
  readonly certfile?: string;
  /** The path of the private key in PEM. */
  readonly keyfile?: string;
  /** The certificate itself in PEM, instead of `certfile`. */
  readonly cert?: string;
  /** The key itself in PEM, instead of `keyfile`. */
  readonly key?: string;
  /** For a client: the path of certificates in PEM that it trusts, besides the built-in ones. Tornado: `ca_certs`. */
  readonly cafile?: string;
  /** For a client: certificates in PEM that it trusts, besides the built-in ones. */
  readonly caCerts?: readonly string[];
  /** The application protocols to offer, best first, such as `["h2", "http/1.1"]` (RFC 7301). */
  readonly alpnProtocols?: readonly string[];
  /** For a client: whether the certificate must be for the host. The chain is verified anyway. @default true */
  readonly checkHostname?: boolean;
  /**
   * For a client: whether the server must have a certificate from somebody that is trusted, and for the host. Without,
   * anybody on the way can pose as the server; it is for tests. The connection goes through `node:tls` then. Python:
   * `cert_reqs=ssl.CERT_NONE`. @default true
   */
  readonly verify?: boolean;
}

/** TLS settings that were read and checked. Python: `ssl.SSLContext`. */
export class SSLContext {
  /** The certificate chain in PEM. */
  readonly cert: string | undefined;
  /** The private key in PEM. */
  readonly key: string | undefined;
  /** What a client trusts besides the built-in certificates, in PEM. */
  readonly caCerts: readonly string[];
  /** The application protocols to offer, best first. */
  readonly alpnProtocols: readonly string[];
  /** Whether the certificate must be for the host. */
  readonly checkHostname: boolean;
  /** Whether the certificate must lead to somebody that is trusted. */
  readonly verify: boolean;

  /** Reads the files and checks that certificate and key belong together; see {@linkcode sslOptionsToContext}. */
  constructor(options: SSLOptions) {
    for (const name of Object.keys(options)) {
      if (!KNOWN.has(name)) {
        throw new TypeError(`Cannot use TLS with the setting ${name}: ${UNKNOWN[name] ?? "unknown"}`);
      }
    }
    this.cert = options.cert ?? readPem("certfile", options.certfile);
    this.key = options.key ?? readPem("keyfile", options.keyfile);
    const cafile = readPem("cafile", options.cafile);
    this.caCerts = [...options.caCerts ?? [], ...cafile === undefined ? [] : [cafile]];
    this.alpnProtocols = options.alpnProtocols ?? [];
    this.verify = options.verify ?? true;
    this.checkHostname = this.verify && (options.checkHostname ?? true);
    if (this.cert !== undefined || this.key !== undefined) checkPair(this.cert, this.key);
  }
}

const KNOWN = new Set([
  "certfile",
  "keyfile",
  "cert",
  "key",
  "cafile",
  "caCerts",
  "alpnProtocols",
  "checkHostname",
  "verify",
]);

/** Settings of Tornado's that Deno has no counterpart for. */
const UNKNOWN: Record<string, string> = {
  sslVersion: "Deno offers TLS 1.2 and 1.3 and lets nobody choose",
  ciphers: "Deno lets nobody choose ciphers",
  certReqs: "a client has verify; Deno never asks clients for certificates",
};

/** Settings of {@linkcode sslOptionsToContext}. */
export interface SSLContextOptions {
  /** Whether the settings are for a server, which needs a certificate. @default false */
  readonly serverSide?: boolean;
}

/**
 * Reads and checks TLS settings; a context comes back as it is. Tornado: `ssl_options_to_context`.
 *
 * @throws {TypeError} if a setting is unknown, a file cannot be read or holds nothing usable, certificate and key do
 * not belong together, or a server has none
 */
export function sslOptionsToContext(
  options: SSLOptions | SSLContext,
  { serverSide = false }: SSLContextOptions = {},
): SSLContext {
  const context = options instanceof SSLContext ? options : new SSLContext(options);
  if (serverSide && context.cert === undefined) {
    throw new TypeError("Cannot serve TLS without a certificate: set certfile and keyfile, or cert and key");
  }
  return context;
}

function readPem(name: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new TypeError(`Cannot read the ${name} for TLS: ${path}`, { cause: error });
  }
}

function checkPair(cert: string | undefined, key: string | undefined): void {
  if (cert === undefined || key === undefined) {
    throw new TypeError(
      `Cannot use TLS: a ${cert === undefined ? "key without a certificate" : "certificate without a key"}`,
    );
  }
  const certificate = parsed("certificate", () => new X509Certificate(cert));
  const privateKey = parsed("key", () => createPrivateKey(key));
  const matches = certificate.checkPrivateKey(privateKey);
  if (!matches) throw new TypeError("Cannot use TLS: the key does not belong to the certificate");
}

function parsed<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new TypeError(`Cannot use TLS: the ${what} is not in PEM`, { cause: error });
  }
}
