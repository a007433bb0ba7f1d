// deno run --allow-net --allow-read=examples/websocket_chat examples/websocket_chat/main.ts [port]
//
// A chat over WebSockets: rooms, who is there, the last messages for those who come later, compression, pings. A client
// that reads too slowly is closed instead of filling the memory.

import { Application, LocalRooms, RequestHandler, type Rooms, WebSocketHandler } from "@denado/denado";

interface Message {
  readonly type: "message" | "came" | "left";
  readonly name: string;
  readonly text?: string;
  readonly time: number;
  readonly people: number;
}

const KEPT = 50;
const MAX_TEXT = 500;

const rooms: Rooms = new LocalRooms({ slowReceivers: "close", maxBufferedBytes: 256 * 1024 });
const history = new Map<string, Message[]>();

class PageHandler extends RequestHandler {
  override async get() {
    this.write(await Deno.readFile(new URL("index.html", import.meta.url)));
  }
}

class ChatHandler extends WebSocketHandler {
  #name = "";
  #room = "";

  override getCompressionOptions() {
    return {};
  }

  override async open(room: string) {
    this.#room = room;
    this.#name = this.getQueryArgument("name", "").slice(0, 20);
    if (this.#name === "") return this.close(4000, "A name, please");
    await rooms.join(room, this);
    this.writeMessage({ type: "history", messages: history.get(room) ?? [] });
    await this.#tell("came");
  }

  override async onMessage(text: string | Uint8Array) {
    if (typeof text !== "string") return this.close(1003, "Text, please");
    if (text.trim() !== "") await this.#tell("message", text.slice(0, MAX_TEXT));
  }

  override async onClose() {
    rooms.leaveAll(this);
    if (this.#name !== "") await this.#tell("left");
  }

  async #tell(type: Message["type"], text?: string) {
    const message: Message = {
      type,
      name: this.#name,
      ...(text === undefined ? {} : { text }),
      time: Date.now(),
      people: rooms.size(this.#room),
    };
    history.set(this.#room, [...history.get(this.#room) ?? [], message].slice(-KEPT));
    if (rooms.size(this.#room) === 0) history.delete(this.#room); // nobody is left to remember
    await rooms.publish(this.#room, { ...message });
  }
}

const app = new Application([["/", PageHandler], ["/chat/([a-z0-9-]{1,30})", ChatHandler]], {
  websocketPingIntervalMs: 30_000,
  websocketMaxMessageSize: 4096,
});
const server = app.listen(Number(Deno.args[0] ?? 8888), { address: "127.0.0.1" });
console.log(`Open http://127.0.0.1:${server.port}/ in two windows`);
await server.shutdownOnSignals({ timeoutMs: 5000 });
