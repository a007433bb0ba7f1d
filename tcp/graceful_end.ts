/**
 * The wish that a stream ends soon, from the server to whatever speaks on the stream.
 *
 * A server that closes in order waits for its streams. Most protocols come to an end by themselves; one that does not,
 * such as WebSocket, has to be told. The wish stays with the stream, so that it also reaches who comes to it later.
 *
 * @module
 */

import type { BaseIOStream } from "./base_iostream.ts";

const wished = new WeakSet<BaseIOStream>();
const callbacks = new WeakMap<BaseIOStream, () => void>();

/** Asks for the end of a stream: calls who listens now, and whoever listens later. Idempotent. */
export function requestEnd(stream: BaseIOStream): void {
  if (wished.has(stream)) return;
  wished.add(stream);
  const callback = callbacks.get(stream);
  callbacks.delete(stream);
  callback?.();
}

/**
 * Calls `callback` once when the end of a stream is asked for, at once if it was before.
 *
 * @example A server that is being closed says goodbye
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { IOStream, onEndRequested, TCPServer } from "@denado/denado/tcp";
 *
 * class Chat extends TCPServer {
 *   override async handleStream(stream: IOStream) {
 *     onEndRequested(stream, () => stream.write("bye\n").then(() => stream.close()));
 *     await stream.write("hi\n");
 *   }
 * }
 *
 * const server = new Chat();
 * server.listen(0, { address: "127.0.0.1" });
 * const client = await IOStream.connect({ hostname: "127.0.0.1", port: server.port! });
 * await client.readUntil("hi\n");
 * const closed = server.close();
 * assertEquals(new TextDecoder().decode(await client.readUntilClose()), "bye\n");
 * await closed;
 * ```
 */
export function onEndRequested(stream: BaseIOStream, callback: () => void): void {
  if (wished.has(stream)) callback();
  else callbacks.set(stream, callback);
}
