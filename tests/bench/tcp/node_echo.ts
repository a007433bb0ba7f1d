// Benchmark peer: an echo on node:net in Deno. The port is told on standard error.

import { type AddressInfo, createServer } from "node:net";

const server = createServer((socket) => {
  socket.on("data", (data) => socket.write(data));
  socket.on("error", () => socket.destroy());
});
server.listen(0, "127.0.0.1", () => console.error(`port ${(server.address() as AddressInfo).port}`));
