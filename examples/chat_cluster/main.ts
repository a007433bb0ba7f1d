// One process of the cluster; examples/chat_cluster/start.ts starts several.
// deno run -A examples/chat_cluster/main.ts <Unix socket to listen on> <Unix socket of Redis>
//
// A chat whose rooms are shared by all processes, over Redis. Who is connected to which process makes no difference.

import { Application, bindUnixSocket, HTTPServer, RequestHandler, WebSocketHandler } from "@denado/denado";
import { RedisRooms } from "@denado/denado/rooms_redis";

const [socketPath, redisPath] = Deno.args as [string, string];
const rooms = new RedisRooms({ redis: { path: redisPath }, slowReceivers: "close" });

class PageHandler extends RequestHandler {
  override async get() {
    this.write(await Deno.readFile(new URL("../websocket_chat/index.html", import.meta.url)));
  }
}

class ChatHandler extends WebSocketHandler {
  #name = "";
  #room = "";

  override async open(room: string) {
    this.#room = room;
    this.#name = this.getQueryArgument("name", "guest").slice(0, 20);
    await rooms.join(room, this);
    await this.writeMessage({ type: "history", messages: [], process: Deno.pid });
    await this.#tell("came");
  }

  override async onMessage(text: string | Uint8Array) {
    await this.#tell("message", String(text));
  }

  override async onClose() {
    rooms.leaveAll(this);
    await this.#tell("left");
  }

  async #tell(type: "message" | "came" | "left", text?: string) {
    await rooms.publish(this.#room, { type, name: this.#name, text, time: Date.now() });
  }
}

const app = new Application([["/", PageHandler], ["/chat/([a-z0-9-]{1,30})", ChatHandler]], {
  websocketPingIntervalMs: 20_000,
  websocketMaxMessageSize: 4096,
});
const server = new HTTPServer(app, { xheaders: true }); // nginx says who the client is
server.addSocket(bindUnixSocket(socketPath));
console.log("ready");
await server.shutdownOnSignals({ timeoutMs: 5000 }); // tells the clients 1001
await rooms.close();
