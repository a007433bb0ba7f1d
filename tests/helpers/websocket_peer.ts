/**
 * The other end of a WebSocket connection, which sends exactly the frames that a test wants, on any stream.
 *
 * @module
 */

import type { IOStream } from "@denado/denado/tcp";
import { assert, assertEquals } from "@std/assert";
import { concat, frame, type FrameParts, type ReadFrame, readFrame } from "./websocket_frames.ts";

/** A peer that knows frames and no rules. */
export class WebSocketPeer {
  readonly stream: IOStream;
  #received: Uint8Array = new Uint8Array(0);

  constructor(stream: IOStream) {
    this.stream = stream;
  }

  /** Sends frames, or bytes as they are, in one write. */
  send(...parts: (FrameParts | Uint8Array)[]): Promise<void> {
    return this.stream.write(concat(parts.map((part) => part instanceof Uint8Array ? part : frame(part))));
  }

  /** The next frame; `undefined` at the end of the connection. */
  async read(): Promise<ReadFrame | undefined> {
    for (;;) {
      const result = readFrame(this.#received);
      if (result !== undefined) {
        this.#received = this.#received.slice(result.next);
        return result.frame;
      }
      let more;
      try {
        more = await this.stream.readBytes(65536, { partial: true });
      } catch {
        assertEquals(this.#received.length, 0, "The connection ended within a frame");
        return undefined;
      }
      this.#received = concat([this.#received, more]);
    }
  }

  /** The payload of the next frame, as text of Latin-1, behind its opcode. */
  async readText(): Promise<string | undefined> {
    const next = await this.read();
    return next === undefined ? undefined : `${next.opcode}:${String.fromCharCode(...next.payload)}`;
  }

  /** The code and the reason of the next frame, which must be a close frame. */
  async readClose(): Promise<[code: number | undefined, reason: string]> {
    const next = await this.read();
    assert(next?.opcode === 8, `Not a close frame: ${Deno.inspect(next)}`);
    const { payload } = next;
    if (payload.length === 0) return [undefined, ""];
    return [payload[0]! * 256 + payload[1]!, new TextDecoder().decode(payload.subarray(2))];
  }

  /** Answers a close frame and goes. */
  async goodbye(code = 1000): Promise<void> {
    await this.send({ opcode: 8, payload: new Uint8Array([code >> 8, code]) });
  }
}
