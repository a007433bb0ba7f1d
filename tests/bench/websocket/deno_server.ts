/**
 * Benchmark peer: the runtime's own WebSocket, `Deno.upgradeWebSocket`, which has no compression. The port is told on
 * standard error.
 *
 * @module
 */

const everybody = new Set<WebSocket>();

Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: ({ port }) => console.error(`port ${port}`) }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.binaryType = "arraybuffer";
  if (new URL(request.url).pathname === "/echo") {
    socket.onmessage = ({ data }) => socket.send(data);
  } else {
    socket.onopen = () => everybody.add(socket);
    socket.onclose = () => everybody.delete(socket);
    socket.onmessage = ({ data }) => {
      for (const one of everybody) one.send(data);
    };
  }
  return response;
});
