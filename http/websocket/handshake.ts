/**
 * The opening handshake (RFC 6455 4): what a client sends, what a server makes of it, and what the client makes of
 * the answer. Header fields in, header fields out; nothing here sends anything.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { HTTPHeaders } from "../headers.ts";
import { WebSocketError } from "./errors.ts";
import { type Extension, listHasToken, parseExtensions, parseSubprotocols } from "./extension_list.ts";

/** The versions of the protocol that a server takes; 7 and 8 were drafts with the same framing. */
export const SUPPORTED_VERSIONS: readonly string[] = ["7", "8", "13"];

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** 16 bytes in base64: the last character carries four bits. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** What a client asks for in its handshake. */
export interface HandshakeRequest {
  /** The value of `Sec-WebSocket-Key`. */
  readonly key: string;
  /** The subprotocols that it proposes, the one that it prefers first. */
  readonly subprotocols: readonly string[];
  /** The extensions that it offers, the one that it prefers first. */
  readonly extensions: readonly Extension[];
}

/** Why a request is no handshake, as the response that says so. */
export interface HandshakeRefusal {
  /** 400, or 426 for a version of the protocol that is not known. */
  readonly status: 400 | 426;
  /** For people. */
  readonly message: string;
}

/**
 * The value of `Sec-WebSocket-Accept` for a key (RFC 6455 4.2.2). Tornado: `WebSocketProtocol13.compute_accept_value`.
 *
 * @example The one in the RFC
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { computeAcceptValue } from "@denado/denado/websocket";
 *
 * assertEquals(computeAcceptValue("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
 * ```
 */
export function computeAcceptValue(key: string): string {
  return createHash("sha1").update(key + GUID).digest("base64");
}

/** A fresh `Sec-WebSocket-Key`. */
export function newHandshakeKey(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64");
}

/**
 * Whether a request asks for a WebSocket at all; the message says what is missing. Tornado answers both with 400.
 *
 * @returns What is wrong, or `undefined`.
 */
export function checkUpgrade(headers: HTTPHeaders): HandshakeRefusal | undefined {
  if (headers.get("Upgrade")?.toLowerCase() !== "websocket") {
    return { status: 400, message: 'Can "Upgrade" only to "WebSocket".' };
  }
  if (!listHasToken(headers.get("Connection") ?? "", "upgrade")) {
    return { status: 400, message: '"Connection" must be "Upgrade".' };
  }
  return undefined;
}

/**
 * Reads a client's handshake, of which {@linkcode checkUpgrade} has seen that it is one.
 *
 * Extensions that break the grammar are no reason to refuse everything in Tornado; here they are, as for other fields.
 */
export function parseHandshake(headers: HTTPHeaders): HandshakeRequest | HandshakeRefusal {
  const version = headers.get("Sec-WebSocket-Version");
  if (version === undefined || !SUPPORTED_VERSIONS.includes(version)) {
    return { status: 426, message: "Upgrade Required" };
  }
  const key = headers.get("Sec-WebSocket-Key");
  if (key === undefined) return { status: 400, message: "Missing/Invalid WebSocket headers" };
  if (!KEY.test(key)) return { status: 400, message: "Sec-WebSocket-Key must be 16 bytes in base64" };
  const subprotocols = parseSubprotocols(headers.get("Sec-WebSocket-Protocol") ?? "");
  if (subprotocols === undefined) return { status: 400, message: "Invalid Sec-WebSocket-Protocol" };
  const extensions = parseExtensions(headers.get("Sec-WebSocket-Extensions") ?? "");
  if (extensions === undefined) return { status: 400, message: "Invalid Sec-WebSocket-Extensions" };
  return { key, subprotocols, extensions };
}

/** Whether {@linkcode parseHandshake} found something wrong. */
export function isRefusal(result: HandshakeRequest | HandshakeRefusal): result is HandshakeRefusal {
  return "status" in result;
}

/** What a server has accepted. */
export interface HandshakeAnswer {
  /** The subprotocol that it chose; `undefined` for none. */
  readonly subprotocol: string | undefined;
  /** The extensions that it accepted. */
  readonly extensions: readonly Extension[];
}

/**
 * Reads the head of a 101 response as the client that sent `key` must (RFC 6455 4.1).
 *
 * @param headers The fields of the response.
 * @param request The key that was sent and the subprotocols that were proposed.
 * @throws {WebSocketError} if it does not accept this handshake
 */
export function parseHandshakeAnswer(
  headers: HTTPHeaders,
  request: { readonly key: string; readonly subprotocols: readonly string[] },
): HandshakeAnswer {
  if (headers.get("Upgrade")?.toLowerCase() !== "websocket") {
    throw refused("Upgrade is not websocket", headers, "Upgrade");
  }
  if (!listHasToken(headers.get("Connection") ?? "", "upgrade")) {
    throw refused("Connection is not Upgrade", headers, "Connection");
  }
  if (headers.get("Sec-WebSocket-Accept") !== computeAcceptValue(request.key)) {
    throw refused("the key was not answered", headers, "Sec-WebSocket-Accept");
  }
  const subprotocol = headers.get("Sec-WebSocket-Protocol");
  if (subprotocol !== undefined && !request.subprotocols.includes(subprotocol)) {
    throw refused("a subprotocol that was not proposed", headers, "Sec-WebSocket-Protocol");
  }
  const extensions = parseExtensions(headers.get("Sec-WebSocket-Extensions") ?? "");
  if (extensions === undefined) throw refused("invalid extensions", headers, "Sec-WebSocket-Extensions");
  return { subprotocol, extensions };
}

function refused(reason: string, headers: HTTPHeaders, field: string): WebSocketError {
  return new WebSocketError(
    `Cannot open WebSocket, ${reason}: ${field}: ${JSON.stringify(headers.get(field) ?? null)}`,
  );
}
