/**
 * The other end of a WebSocket connection, which sends exactly the frames that a test wants, on any stream.
 *
 * @module
 */

import { IOStream } from "@denado/denado/tcp";
import { assert, assertEquals } from "@std/assert";
import { concat, frame, type FrameParts, type ReadFrame, readFrame } from "./websocket_frames.ts";

/** The example of RFC 6455 1.3. */
export const HANDSHAKE_KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** The lines of a handshake, which may be replaced or left out. */
export interface HandshakeOptions {
  /** The path. @default "/" */
  readonly path?: string;
  /** Fields by name; `null` leaves one out. */
  readonly fields?: Readonly<Record<string, string | null>>;
  readonly method?: string;
  readonly version?: string;
}

/** A handshake as text. */
export function handshake(options: HandshakeOptions = {}): string {
  const fields: Record<string, string | null> = {
    "Host": "a.example",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": HANDSHAKE_KEY,
    "Sec-WebSocket-Version": "13",
    ...options.fields,
  };
  const lines = Object.entries(fields).filter(([, value]) => value !== null).map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  return `${options.method ?? "GET"} ${options.path ?? "/"} ${options.version ?? "HTTP/1.1"}\r\n${lines.join("")}\r\n`;
}

/** A peer that knows frames and no rules. */
export class WebSocketPeer {
  readonly stream: IOStream;
  #received: Uint8Array = new Uint8Array(0);

  constructor(stream: IOStream) {
    this.stream = stream;
  }

  /** Connects to a server and shakes hands; `head` is what it answered. */
  static async connect(port: number, options: HandshakeOptions = {}): Promise<{ peer: WebSocketPeer; head: string }> {
    const stream = await IOStream.connect({ hostname: "127.0.0.1", port });
    await stream.write(handshake(options));
    const head = new TextDecoder().decode(await stream.readUntil("\r\n\r\n"));
    return { peer: new WebSocketPeer(stream), head };
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
