/**
 * The client of the memory probe, a process of its own: opens keep-alive connections, sends one request on each, reads
 * the response, and keeps them open until its standard input ends.
 *
 * Arguments: port, connections. It prints one line of JSON when all are open, `{"open":n}`, and one at the end,
 * `{"closedByServer":n}`.
 *
 * @module
 */
import { requestText, WORKLOADS } from "./workloads.ts";

/** So few at once that the backlog of no listener overflows (Tornado's is 128). */
const OPENED_AT_ONCE = 64;

const port = Number(Deno.args[0]);
const connections = Number(Deno.args[1]);
const workload = WORKLOADS[0]!;
const request = new TextEncoder().encode(
  requestText(workload, `127.0.0.1:${port}`, 1).replace("Connection: close\r\n", ""),
);
let opened = 0;
let closedByServer = 0;

await Promise.all(Array.from({ length: OPENED_AT_ONCE }, async () => {
  while (opened < connections) {
    opened++;
    watchForClose(await openIdleConnection());
  }
}));
console.log(JSON.stringify({ open: opened }));
for await (const _ of Deno.stdin.readable) {
  // Nothing is said here; the end of the input is the signal.
}
console.log(JSON.stringify({ closedByServer }));
Deno.exit(0);

async function openIdleConnection(): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(request);
  const buffer = new Uint8Array(1_024);
  let answer = "";
  // The expected body ends the response, however it is framed.
  while (!answer.endsWith(workload.expectedBody)) {
    const count = await conn.read(buffer);
    if (count === null) {
      throw new Error(`The server closed a keep-alive connection after: ${answer}`);
    }
    answer += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return conn;
}

/** A read that stays pending while the connection is idle, and so notices when it is closed. */
function watchForClose(conn: Deno.TcpConn): void {
  const noticed = () => void closedByServer++;
  conn.read(new Uint8Array(1)).then(noticed, noticed);
}
