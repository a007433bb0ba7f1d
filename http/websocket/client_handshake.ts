/**
 * The client's side of the opening handshake on a stream: the request, and the wait for its answer.
 *
 * @module
 */

import { type IOStream, StreamClosedError } from "../../tcp/mod.ts";
import { encodeUsernamePassword } from "../basic_auth.ts";
import { HTTPClientError } from "../client/client_errors.ts";
import { credentialsOf } from "../client/outgoing_head.ts";
import { HTTPHeaders } from "../headers.ts";
import { MessageParser, ParseEvents, type ResponseHead } from "../message_parser.ts";
import { MessageWriter } from "../message_writer.ts";
import { WebSocketError } from "./errors.ts";
import { newHandshakeKey, parseHandshakeAnswer } from "./handshake.ts";
import {
  buildOffer,
  type DeflateParameters,
  parseAnswer,
  type WebSocketCompressionOptions,
} from "./permessage_deflate.ts";

/** What a client asks for. */
export interface ClientHandshake {
  /** Where to: path, query and credentials are of interest here. */
  readonly url: URL;
  /** More header fields. */
  readonly headers: HTTPHeaders;
  /** Subprotocols, the one that is preferred first. */
  readonly subprotocols: readonly string[];
  /** What is offered; `undefined` for no compression. */
  readonly compression: WebSocketCompressionOptions | undefined;
}

/** What the server has agreed to. */
export interface ClientHandshakeResult {
  /** The fields of its answer. */
  readonly headers: HTTPHeaders;
  /** The subprotocol that it chose; `undefined` for none. */
  readonly subprotocol: string | undefined;
  /** The compression; `undefined` for none. */
  readonly deflate: DeflateParameters | undefined;
}

/** A server has no reason to send more of these. */
const MAX_INTERIM_RESPONSES = 16;

/**
 * Shakes hands. What has arrived behind the answer stays in the stream's buffer.
 *
 * @throws {HTTPClientError} if the answer is an error or a redirect
 * @throws {WebSocketError} if it is another success, does not accept this handshake, or the connection is closed
 * @throws {HTTPInputError} if it is not HTTP
 */
export async function shakeHands(stream: IOStream, handshake: ClientHandshake): Promise<ClientHandshakeResult> {
  const { subprotocols, compression } = handshake;
  const key = newHandshakeKey();
  stream.pushLatin1(requestHead(handshake, key));
  const head = await readHead(stream);
  if (head.code < 200 && head.code !== 101 || head.code > 299) {
    throw new HTTPClientError(head.code, { reason: head.reason });
  }
  if (head.code !== 101) {
    throw new WebSocketError(`Cannot open WebSocket: the server answered ${head.code} ${head.reason}`);
  }
  const { subprotocol, extensions } = parseHandshakeAnswer(head.headers, { key, subprotocols });
  return { headers: head.headers, subprotocol, deflate: parseAnswer(extensions, compression) };
}

function requestHead({ url, headers: given, subprotocols, compression }: ClientHandshake, key: string): string {
  const headers = new HTTPHeaders();
  headers.set("Host", given.get("Host") ?? url.host);
  for (let at = 0; at < given.fieldCount; at++) {
    if (given.nameAt(at).toLowerCase() !== "host") headers.add(given.nameAt(at), given.valueAt(at));
  }
  headers.set("Upgrade", "websocket");
  headers.set("Connection", "Upgrade");
  headers.set("Sec-WebSocket-Key", key);
  headers.set("Sec-WebSocket-Version", "13");
  if (subprotocols.length > 0) headers.set("Sec-WebSocket-Protocol", subprotocols.join(","));
  if (compression !== undefined) headers.set("Sec-WebSocket-Extensions", buildOffer(compression));
  const credentials = credentialsOf({ url, authenticates: false }, {});
  if (credentials !== undefined) {
    const { username, password } = credentials;
    headers.set("Authorization", `Basic ${encodeUsernamePassword(username, password).toBase64()}`);
  }
  return new MessageWriter().startRequest({ method: "GET", path: url.pathname + url.search }, headers);
}

/** The head of the final response. */
async function readHead(stream: IOStream): Promise<ResponseHead> {
  const parser = new MessageParser("response");
  const buffer = stream.readBuffer;
  for (let interim = 0;;) {
    parser.expectResponseTo("GET");
    const event = parser.parse(buffer.bytes, buffer.start, buffer.end);
    buffer.consume(parser.consumed);
    if (event === ParseEvents.HEAD) {
      if (parser.head.code >= 200 || parser.head.code === 101) return parser.head;
      if (++interim > MAX_INTERIM_RESPONSES) {
        throw new WebSocketError("Cannot open WebSocket: too many interim responses");
      }
    } else if (event === ParseEvents.NEED_DATA && !await stream.fill()) {
      throw new StreamClosedError(stream.error);
    }
  }
}
