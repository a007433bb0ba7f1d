/**
 * A tunnel through an HTTP proxy: the CONNECT request and its answer, on a stream to the proxy.
 *
 * After it the stream reaches the target as if it were connected to it. It does not know TLS, and sets no time limit:
 * a signal gives up by closing the stream.
 *
 * Sources: RFC 9110 9.3.6 (CONNECT) and 11.7 (proxy authentication).
 *
 * @module
 */

import { type IOStream, StreamClosedError } from "../../tcp/mod.ts";
import { encodeUsernamePassword } from "../basic_auth.ts";
import { HTTPInputError } from "../errors.ts";
import { HTTPHeaders } from "../headers.ts";
import { MessageParser, ParseEvents, type ResponseHead } from "../message_parser.ts";
import { MessageWriter } from "../message_writer.ts";
import { HTTPProxyError, HTTPStreamClosedError } from "./client_errors.ts";
import { authorityOf, type Origin } from "./origin.ts";

/** An HTTP proxy. */
export interface ProxyOptions {
  /** The proxy's host name or address. */
  readonly host: string;
  /** The proxy's port. */
  readonly port: number;
  /** The user name, where the proxy asks for one. */
  readonly username?: string;
  /** The password that belongs to it. @default "" */
  readonly password?: string;
}

/** Settings of {@linkcode openTunnel}. */
export interface TunnelOptions {
  /** The proxy, whose credentials are sent. */
  readonly proxy: ProxyOptions;
  /** Gives up when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** A proxy has no reason to send more of these. */
const MAX_INTERIM_RESPONSES = 16;
/** Nobody wants the body of a refusal, and its head is small. */
const MAX_HEADER_SIZE = 16384;

/**
 * Asks the proxy at the other end of a stream for a connection to the target. The stream is closed if that fails.
 *
 * @param stream An idle stream to the proxy.
 * @param target Where the tunnel leads; whether it is secure is of no interest.
 * @param options The proxy, and a signal.
 * @throws {HTTPProxyError} if the proxy refuses
 * @throws {HTTPStreamClosedError} if the proxy closes the connection
 * @throws {HTTPInputError} if its answer is not HTTP, or something follows it
 * @throws the signal's reason if it is aborted
 */
export async function openTunnel(stream: IOStream, target: Origin, options: TunnelOptions): Promise<void> {
  const { proxy, signal } = options;
  signal?.throwIfAborted();
  const onAbort = () => stream.close(signal!.reason);
  signal?.addEventListener("abort", onAbort);
  try {
    stream.pushLatin1(connectHead(target, proxy));
    const head = await readHead(stream);
    if (head.code < 200 || head.code > 299) throw refusal(target, head);
    // What comes behind the head would be taken for the target's first words.
    if (stream.readBuffer.length > 0) {
      throw new HTTPInputError("Cannot use a tunnel: the proxy sent data behind its head");
    }
  } catch (error) {
    stream.close(error);
    signal?.throwIfAborted();
    if (!(error instanceof StreamClosedError)) throw error;
    throw error.realError ?? new HTTPStreamClosedError("Proxy closed the connection", { cause: error });
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/** The value of `Proxy-Authorization`, where the proxy has a user name. */
export function proxyAuthorization(proxy: ProxyOptions): string | undefined {
  if (proxy.username === undefined) return undefined;
  return `Basic ${encodeUsernamePassword(proxy.username, proxy.password ?? "").toBase64()}`;
}

function connectHead(target: Origin, proxy: ProxyOptions): string {
  const authority = authorityOf(target);
  const headers = new HTTPHeaders({ Host: authority });
  const authorization = proxyAuthorization(proxy);
  if (authorization !== undefined) headers.set("Proxy-Authorization", authorization);
  return new MessageWriter().startRequest({ method: "CONNECT", path: authority }, headers);
}

function refusal(target: Origin, { code, reason }: ResponseHead): HTTPProxyError {
  return new HTTPProxyError(`Proxy refused to connect to ${authorityOf(target)}: ${code} ${reason}`, {
    proxyStatus: code,
  });
}

async function readHead(stream: IOStream): Promise<ResponseHead> {
  const parser = new MessageParser("response", { maxHeaderSize: MAX_HEADER_SIZE });
  const buffer = stream.readBuffer;
  for (let interim = 0;;) {
    parser.expectResponseTo("CONNECT");
    const event = parser.parse(buffer.bytes, buffer.start, buffer.end);
    buffer.consume(parser.consumed);
    if (event === ParseEvents.HEAD) {
      if (parser.head.code >= 200) return parser.head;
      if (++interim > MAX_INTERIM_RESPONSES || parser.head.upgrade) {
        throw new HTTPInputError(`Unexpected answer to CONNECT: ${parser.head.code} ${parser.head.reason}`);
      }
    } else if (event === ParseEvents.NEED_DATA && !await stream.fill()) {
      throw new StreamClosedError(stream.error);
    }
  }
}
