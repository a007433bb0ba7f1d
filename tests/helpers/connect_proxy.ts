/**
 * A proxy that opens every tunnel, to a port of this machine, whatever host was asked for.
 *
 * @module
 */

import type { Script } from "./scripted_server.ts";

/** The script of a proxy whose tunnels all lead to `port`. */
export function tunnelling(port: number): Script {
  return async (peer) => {
    await peer.readHead();
    const target = await Deno.connect({ hostname: "127.0.0.1", port });
    await peer.send("HTTP/1.1 200 OK\r\n\r\n");
    await join(peer.conn, target);
    target.close();
  };
}

/** Copies in both directions until both have ended; when one side breaks, the other is told that it ends. */
async function join(one: Deno.Conn, other: Deno.Conn): Promise<void> {
  await Promise.all([copy(one, other), copy(other, one)]);
}

async function copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const bytes = new Uint8Array(16384);
  try {
    for (let count; (count = await from.read(bytes)) !== null;) {
      for (let at = 0; at < count;) at += await to.write(bytes.subarray(at, count));
    }
  } catch {
    // One side has left.
  }
  try {
    await to.closeWrite();
  } catch {
    // So has the other one.
  }
}
