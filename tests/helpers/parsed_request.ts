/**
 * A request as a server gives it to its application, from the bytes of its head.
 *
 * @module
 */

import { type HTTPConnection, HTTPServerRequest, MessageParser, ParseEvents } from "@denado/denado/http";

/** A connection that answers nobody; `context` says who is asking. */
const NOWHERE = { context: { remoteIp: "127.0.0.1", protocol: "http" }, startTimeMs: 0 } as HTTPConnection;

/** The request that a head stands for, given as Latin-1 text with its empty line. */
export function parsedRequest(head: string): HTTPServerRequest {
  const parser = new MessageParser("request");
  const bytes = Uint8Array.from(head, (character) => character.charCodeAt(0));
  if (parser.parse(bytes, 0, bytes.length) !== ParseEvents.HEAD) throw new Error(`Not a whole head: ${head}`);
  return new HTTPServerRequest(parser.head, NOWHERE);
}
