/**
 * The negotiation of the extension permessage-deflate (RFC 7692 7.1): offers and answers, free of compression itself.
 *
 * An offer or an answer with a parameter that is unknown, comes twice or has an invalid value does not count: a server
 * declines such an offer and looks at the next one, a client fails the connection.
 *
 * @module
 */

import { WebSocketError } from "./errors.ts";
import type { CompressionPool } from "./compression_pool.ts";
import type { Extension } from "./extension_list.ts";

/** The name of the extension. */
export const PERMESSAGE_DEFLATE = "permessage-deflate";

/** How a side of a connection compresses. An empty object means the defaults; without one nothing is compressed. */
export interface WebSocketCompressionOptions {
  /** How hard to compress, from 0 to 9. @default 6 */
  readonly compressionLevel?: number;
  /** Memory for compression, from 1 to 9; 8 takes 128 KB. @default 8 */
  readonly memLevel?: number;
  /** Messages of fewer bytes than this are sent as they are, in bytes. @default 1024 */
  readonly threshold?: number;
  /** Whether the server forgets each message before it compresses the next. @default false, unless the client asks for it */
  readonly serverNoContextTakeover?: boolean;
  /** Whether the client is asked to forget each message before it compresses the next. @default false */
  readonly clientNoContextTakeover?: boolean;
  /** How far back the server's compression refers, as a power of two from 9 to 15. @default 15, or less if the client asks */
  readonly serverMaxWindowBits?: number;
  /** How far back the client's compression may refer, as a power of two from 9 to 15; less needs less memory. @default 15 */
  readonly clientMaxWindowBits?: number;
  /** Where the memory of compression comes from. @default one pool for all connections */
  readonly pool?: CompressionPool;
}

/** What both sides have agreed on. */
export interface DeflateParameters {
  /** Whether the server begins anew with each message. */
  readonly serverNoContextTakeover: boolean;
  /** Whether the client begins anew with each message. */
  readonly clientNoContextTakeover: boolean;
  /** The window of the server's compression, as a power of two. */
  readonly serverMaxWindowBits: number;
  /** The window of the client's compression, as a power of two. */
  readonly clientMaxWindowBits: number;
}

/** What {@linkcode acceptOffer} chose. */
export interface AcceptedOffer {
  /** What holds from now on. */
  readonly parameters: DeflateParameters;
  /** The value of `Sec-WebSocket-Extensions` in the answer. */
  readonly answer: string;
}

/**
 * A window of 256 bytes: zlib writes raw deflate with twice as much, which such a receiver could not read. So nobody
 * who asks for one can be served; to receive with it is no problem.
 */
const SMALLEST_OWN_WINDOW_BITS = 9;
const LARGEST_WINDOW_BITS = 15;

/** Checks the options of a caller. @throws {RangeError} if one is out of range */
export function checkCompressionOptions(options: WebSocketCompressionOptions): void {
  checkRange("compressionLevel", options.compressionLevel, 0, 9);
  checkRange("memLevel", options.memLevel, 1, 9);
  checkRange("threshold", options.threshold, 0, Number.MAX_SAFE_INTEGER);
  checkRange("serverMaxWindowBits", options.serverMaxWindowBits, SMALLEST_OWN_WINDOW_BITS, LARGEST_WINDOW_BITS);
  checkRange("clientMaxWindowBits", options.clientMaxWindowBits, SMALLEST_OWN_WINDOW_BITS, LARGEST_WINDOW_BITS);
}

function checkRange(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw new RangeError(`Cannot compress, ${name} must be a whole number from ${least} to ${most}: ${value}`);
}

/**
 * Chooses among a client's offers, as a server (RFC 7692 5.1).
 *
 * @param extensions What the client offers, in its order.
 * @param options What the server wants.
 * @returns The first offer that can be accepted, or `undefined`.
 */
export function acceptOffer(
  extensions: readonly Extension[],
  options: WebSocketCompressionOptions,
): AcceptedOffer | undefined {
  for (const extension of extensions) {
    if (extension.name !== PERMESSAGE_DEFLATE) continue;
    const offer = readParameters(extension);
    const accepted = offer === undefined ? undefined : accept(offer, options);
    if (accepted !== undefined) return accepted;
  }
  return undefined;
}

function accept(offer: Parameters, options: WebSocketCompressionOptions): AcceptedOffer | undefined {
  const asked = offer.serverMaxWindowBits ?? LARGEST_WINDOW_BITS;
  if (asked === true || asked < SMALLEST_OWN_WINDOW_BITS) return undefined;
  const serverMaxWindowBits = Math.min(asked, options.serverMaxWindowBits ?? LARGEST_WINDOW_BITS);
  const serverNoContextTakeover = offer.serverNoContextTakeover || (options.serverNoContextTakeover ?? false);
  const clientNoContextTakeover = offer.clientNoContextTakeover || (options.clientNoContextTakeover ?? false);
  // RFC 7692 7.1.2.2: a client that did not offer its window cannot be told to make it smaller.
  const offered = offer.clientMaxWindowBits;
  const limit = offered === undefined || offered === true ? LARGEST_WINDOW_BITS : offered;
  const wanted = offered === undefined ? LARGEST_WINDOW_BITS : options.clientMaxWindowBits ?? LARGEST_WINDOW_BITS;
  const clientMaxWindowBits = Math.min(limit, wanted);
  let answer = PERMESSAGE_DEFLATE;
  if (serverNoContextTakeover) answer += "; server_no_context_takeover";
  if (clientNoContextTakeover) answer += "; client_no_context_takeover";
  if (offer.serverMaxWindowBits !== undefined || serverMaxWindowBits < LARGEST_WINDOW_BITS) {
    answer += `; server_max_window_bits=${serverMaxWindowBits}`;
  }
  if (offered !== undefined && clientMaxWindowBits < LARGEST_WINDOW_BITS) {
    answer += `; client_max_window_bits=${clientMaxWindowBits}`;
  }
  return {
    answer,
    parameters: { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits },
  };
}

/** The value of `Sec-WebSocket-Extensions` that a client offers. */
export function buildOffer(options: WebSocketCompressionOptions): string {
  let offer = PERMESSAGE_DEFLATE;
  if (options.serverNoContextTakeover) offer += "; server_no_context_takeover";
  if (options.clientNoContextTakeover) offer += "; client_no_context_takeover";
  if (options.serverMaxWindowBits !== undefined) offer += `; server_max_window_bits=${options.serverMaxWindowBits}`;
  offer += "; client_max_window_bits";
  if (options.clientMaxWindowBits !== undefined) offer += `=${options.clientMaxWindowBits}`;
  return offer;
}

/**
 * Reads what a server accepted, as the client (RFC 7692 7.1).
 *
 * @param extensions What the server answered.
 * @param options What the client offered; `undefined` if it offered nothing.
 * @returns What holds from now on, or `undefined` if nothing is compressed.
 * @throws {WebSocketError} if the answer is not one to the offer
 */
export function parseAnswer(
  extensions: readonly Extension[],
  options: WebSocketCompressionOptions | undefined,
): DeflateParameters | undefined {
  const [extension] = extensions;
  if (extension === undefined) return undefined;
  if (options === undefined || extensions.length > 1 || extension.name !== PERMESSAGE_DEFLATE) {
    throw new WebSocketError(`Cannot open WebSocket, extensions that were not offered: ${describe(extensions)}`);
  }
  const answer = readParameters(extension);
  const serverBits = answer?.serverMaxWindowBits ?? LARGEST_WINDOW_BITS;
  const clientBits = answer?.clientMaxWindowBits ?? LARGEST_WINDOW_BITS;
  const isValid = answer !== undefined && serverBits !== true && clientBits !== true &&
    serverBits <= (options.serverMaxWindowBits ?? LARGEST_WINDOW_BITS) &&
    (answer.serverNoContextTakeover || !options.serverNoContextTakeover);
  const ownBits = Math.min(clientBits === true ? 0 : clientBits, options.clientMaxWindowBits ?? LARGEST_WINDOW_BITS);
  if (!isValid || ownBits < SMALLEST_OWN_WINDOW_BITS) {
    throw new WebSocketError(`Cannot open WebSocket, invalid answer to permessage-deflate: ${describe(extensions)}`);
  }
  return {
    serverNoContextTakeover: answer.serverNoContextTakeover,
    clientNoContextTakeover: answer.clientNoContextTakeover || (options.clientNoContextTakeover ?? false),
    serverMaxWindowBits: serverBits,
    clientMaxWindowBits: ownBits,
  };
}

/** The parameters as they were sent; `true` is a window without a size. */
interface Parameters {
  serverNoContextTakeover: boolean;
  clientNoContextTakeover: boolean;
  serverMaxWindowBits: number | true | undefined;
  clientMaxWindowBits: number | true | undefined;
}

/** RFC 7692 7.1: `undefined` if a parameter is unknown, comes twice or has a value that it may not have. */
function readParameters(extension: Extension): Parameters | undefined {
  const result: Parameters = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: undefined,
    clientMaxWindowBits: undefined,
  };
  const seen = new Set<string>();
  for (const [name, value] of extension.parameters) {
    if (seen.has(name)) return undefined;
    seen.add(name);
    if (name === "server_no_context_takeover" || name === "client_no_context_takeover") {
      if (value !== true) return undefined;
      result[name === "server_no_context_takeover" ? "serverNoContextTakeover" : "clientNoContextTakeover"] = true;
    } else if (name === "server_max_window_bits" || name === "client_max_window_bits") {
      // 8 to 15 without leading zeros; only the client's may come without a value
      if (value === true ? name === "server_max_window_bits" : !/^(?:[89]|1[0-5])$/.test(value)) return undefined;
      const bits = value === true ? true : Number(value);
      result[name === "server_max_window_bits" ? "serverMaxWindowBits" : "clientMaxWindowBits"] = bits;
    } else {
      return undefined;
    }
  }
  return result;
}

function describe(extensions: readonly Extension[]): string {
  return JSON.stringify(extensions.map(({ name, parameters }) => [name, ...parameters.map(([key]) => key)].join("; ")));
}
