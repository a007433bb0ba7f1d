/**
 * IOStream: a stream over a socket.
 *
 * What every stream can do is in `base_iostream.ts`; here is what only a socket
 * has: addresses and `TCP_NODELAY`.
 *
 * @module
 */

import { genLog } from "../ioloop/mod.ts";
import { BaseIOStream, type IOStreamOptions } from "./base_iostream.ts";
import { Socket } from "./socket.ts";
import type { ByteChannel } from "../ioloop/mod.ts";

/**
 * A stream of bytes in both directions. Tornado: `tornado.iostream.IOStream`.
 *
 * @example A line there and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { IOStream, Socket } from "@denado/denado/tcp";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const accepted = listener.accept();
 * const client = new IOStream(new Socket(await Deno.connect({ port: listener.addr.port })));
 * const server = new IOStream(new Socket(await accepted));
 *
 * await client.write("ping\n");
 * const line = await server.readUntil("\n");
 * assertEquals(new TextDecoder().decode(line), "ping\n");
 * client.close();
 * server.close();
 * ```
 */
export class IOStream extends BaseIOStream {
  /** A stream over a channel, which it owns from now on, usually a {@linkcode Socket}. */
  constructor(channel: ByteChannel, options: IOStreamOptions = {}) {
    super(channel, options);
  }

  /** The socket under the stream; `undefined` when it stands on something else, a pipe for instance. */
  get socket(): Socket | undefined {
    return this.channel instanceof Socket ? this.channel : undefined;
  }

  /** Sends small writes at once; for TCP, nothing elsewhere. Errors of a dying socket are of no interest. */
  setNodelay(enabled: boolean): void {
    if (this.closed || this.socket === undefined) return;
    try {
      this.socket.setNodelay(enabled);
    } catch (error) {
      genLog.debug(`Could not set TCP_NODELAY: ${String(error)}`);
    }
  }
}
