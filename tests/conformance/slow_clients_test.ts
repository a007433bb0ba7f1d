/**
 * A server under slowhttptest: heads, bodies and reads that never come to an end.
 *
 * The limits are lowered so that the attack meets them. Meanwhile others are answered, at the end the server has got rid
 * of every attacking connection, and memory is what it was.
 *
 * @module
 */

import { HTTPHeaders, HTTPServer, type HTTPServerOptions } from "@denado/denado/http";
import { assert, assertEquals } from "@std/assert";
import { needs } from "../helpers/command.ts";
import { header, RawClient } from "../helpers/http_client.ts";

/** Of each kind. */
const CONNECTIONS = 150;
const LIMIT_MS = 1000;
/** What the process may grow by, for connections that are all gone: 450 of them take a few. */
const ALLOWED_GROWTH_MB = 64;
const BIG = new Uint8Array(10_000_000);
const LIMITS: HTTPServerOptions = { headerTimeoutMs: LIMIT_MS, bodyTimeoutMs: LIMIT_MS, writeTimeoutMs: LIMIT_MS };

const ATTACKS: readonly (readonly string[])[] = [
  ["-H", "-i", "1"], // heads
  ["-B", "-i", "1", "-s", "100000", "-x", "10", "-t", "POST"], // bodies
  ["-X", "-w", "512", "-y", "1024", "-n", "1", "-z", "32"], // reads
];

/** What this module has, heap and buffers; the process may run other tests beside it. */
function memoryMb(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

async function attack(port: number, flags: readonly string[]): Promise<void> {
  const args = ["-c", CONNECTIONS, "-r", CONNECTIONS, "-l", "3", "-p", "2", "-u", `http://127.0.0.1:${port}/big`];
  const command = new Deno.Command("slowhttptest", {
    args: [...flags, ...args.map(String)],
    stdout: "null",
    stderr: "null",
  });
  await using child = command.spawn();
  await child.status;
}

Deno.test(
  "HTTPServer outlasts slow heads, slow bodies and slow reads, and answers others meanwhile",
  needs("slowhttptest"),
  async () => {
    let most = 0;
    const server = new HTTPServer(({ connection, path }) => {
      most = Math.max(most, server.connectionCount);
      const body = path === "/big" ? BIG : new Uint8Array(2);
      connection.respond({ code: 200, reason: "OK" }, new HTTPHeaders({ "Content-Length": String(body.length) }), body);
    }, LIMITS);
    server.listen(0, { address: "127.0.0.1" });
    const before = memoryMb();
    let over = false;
    const attacks = Promise.all(ATTACKS.map((flags) => attack(server.port!, flags))).finally(() => over = true);
    for (let answers = 0; !over || answers === 0; answers++) {
      using client = await RawClient.connect(server.port!);
      const response = await client.request("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      assertEquals([response.status, header(response, "Content-Length")], [200, "2"]);
      await new Promise((resolve) => setTimeout(resolve, 20)); // the attackers need the processor too
    }
    await attacks;
    while (server.connectionCount > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    assert(most > CONNECTIONS, `the attacks had only ${most} connections at a time`);
    const growthMb = memoryMb() - before;
    assert(growthMb < ALLOWED_GROWTH_MB, `grew by ${growthMb.toFixed(0)} MB`);
    await server.close();
  },
);
