// Node's ws as a server that echoes, or as a client of an echo: see peers.ts for what both do.

import { WebSocket, WebSocketServer } from "npm:ws@8.23.0";
import { Buffer } from "node:buffer";

const perMessageDeflate = { threshold: 0 };

if (Deno.args[0] === "server") {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate });
  server.on("listening", () => console.log(server.address().port));
  server.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => {
      if (!isBinary && data.toString() === "close") socket.close(4001, "as you like");
      else socket.send(data, { binary: isBinary });
    });
  });
  await Deno.stdin.read(new Uint8Array(1));
  Deno.exit();
}

const messages = JSON.parse(await new Response(Deno.stdin.readable).text());
const socket = new WebSocket(Deno.args[1], { perMessageDeflate });
const echoed = [];
const next = () => new Promise((resolve) => socket.once("message", (data) => resolve(data)));
await new Promise((resolve) => socket.once("open", resolve));
for (const message of messages) {
  const data = Buffer.from(message);
  const answer = next();
  socket.send(data, { binary: typeof message !== "string" });
  echoed.push(data.equals(await answer));
}
const closed = new Promise((resolve) => socket.once("close", (code, reason) => resolve([code, reason])));
socket.send("close");
const [code, reason] = await closed;
console.log(JSON.stringify({ echoed, last: null, code, reason: reason.toString() }));
