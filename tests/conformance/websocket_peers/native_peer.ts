// Deno's own WebSocket as a server that echoes, or as a client of an echo: see peers.ts for what both do.

if (Deno.args[0] === "server") {
  Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: ({ port }) => console.log(port) }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => data === "close" ? socket.close(4001, "as you like") : socket.send(data);
    return response;
  });
  await Deno.stdin.read(new Uint8Array(1));
  Deno.exit();
}

const messages = JSON.parse(await new Response(Deno.stdin.readable).text()) as (string | number[])[];
const socket = new WebSocket(Deno.args[1]!);
socket.binaryType = "arraybuffer";
const echoed: boolean[] = [];
await new Promise((resolve) => socket.onopen = resolve);
for (const message of messages) {
  const answer = new Promise<MessageEvent>((resolve) => socket.onmessage = resolve);
  socket.send(typeof message === "string" ? message : new Uint8Array(message));
  const { data } = await answer;
  echoed.push(typeof message === "string" ? data === message : String(new Uint8Array(data)) === String(message));
}
const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
socket.send("close");
const { code, reason } = await closed;
console.log(JSON.stringify({ echoed, last: null, code, reason }));
