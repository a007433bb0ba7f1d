// The load: connections that send a message, read it back, and send the next.
// Arguments: port, connections, bytes of a message, warm-up and measured time in milliseconds.
// With a time of 0 the connections send one message and stay open until standard input ends.
// Writes one JSON line: the number of messages in the measured time.

const [port, connections, size, warmUpMs, measuredMs] = Deno.args.map(Number) as [
  number,
  number,
  number,
  number,
  number,
];
const conns: Deno.Conn[] = [];
for (let count = 0; count < connections; count++) conns.push(await Deno.connect({ hostname: "127.0.0.1", port }));

const message = new Uint8Array(size).fill(120);
let messages = 0;
let over = false;

async function roundTrip(conn: Deno.Conn, buffer: Uint8Array): Promise<void> {
  const writing = writeAll(conn);
  for (let received = 0; received < size;) {
    const count = await conn.read(buffer);
    if (count === null) throw new Error("The server closed a connection");
    received += count;
  }
  await writing;
  messages++;
}

async function writeAll(conn: Deno.Conn): Promise<void> {
  for (let sent = 0; sent < size;) sent += await conn.write(sent === 0 ? message : message.subarray(sent));
}

async function drive(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(65536);
  while (!over) await roundTrip(conn, buffer);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const say = (value: unknown) => Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(value) + "\n"));

if (measuredMs === 0) {
  const buffer = new Uint8Array(65536);
  for (const conn of conns) await roundTrip(conn, buffer);
  say({ messages });
  await Deno.stdin.read(new Uint8Array(1));
} else {
  const drivers = conns.map(drive);
  await pause(warmUpMs);
  say({ begin: true });
  const before = messages;
  const started = performance.now();
  await pause(measuredMs);
  say({ messages: messages - before, ms: performance.now() - started });
  over = true;
  await Promise.all(drivers);
}
for (const conn of conns) conn.close();
