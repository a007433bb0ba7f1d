// Benchmark peer: ws, the common WebSocket package of Node, on Node or Deno. The first argument is where the package is;
// with the second argument `compress` messages from 64 bytes on are compressed. The port is told on standard error.

import { createServer } from "node:http";
import process from "node:process";

const [, , location, mode] = process.argv;
const { WebSocketServer } = await import(location);
const perMessageDeflate = mode === "compress" ? { threshold: 64 } : false;

const sockets = new WebSocketServer({ noServer: true, perMessageDeflate, maxPayload: 10 * 1024 * 1024 });
const everybody = new Set();
const server = createServer();
server.on("upgrade", (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (ws) => {
    if (request.url === "/echo") {
      ws.on("message", (data, isBinary) => ws.send(data, { binary: isBinary }));
    } else {
      everybody.add(ws);
      ws.on("close", () => everybody.delete(ws));
      ws.on("message", (data, isBinary) => {
        for (const one of everybody) one.send(data, { binary: isBinary });
      });
    }
  });
});
server.listen(0, "127.0.0.1", () => process.stderr.write(`port ${server.address().port}\n`));
