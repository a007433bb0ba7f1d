/**
 * Clients of all kinds, good ones and bad ones, that go on until they are told to stop.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { RawClient } from "../../helpers/http_client.ts";
import { Random } from "../../helpers/random.ts";
import { mutate } from "../../conformance/fuzz/mutation.ts";

/** Where the servers are. */
export interface Servers {
  /** Plain, TLS, and the one for what is special. */
  readonly ports: readonly [number, number, number];
  /** The certificate of the authority of the one with TLS. */
  readonly ca: string;
}

/** What the clients of a kind have done. */
export interface Tally {
  done: number;
  /** The first few errors. */
  readonly failures: string[];
}

type Round = (servers: Servers, random: Random) => Promise<number>;

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const GZIP = Buffer.from(gzipSync("a=b&c=d")).toString("latin1");

/** One round of a kind of client: connects, does something, leaves, and tells how many requests that were. */
const ROUNDS: Readonly<Record<string, { readonly clients: number; readonly round: Round }>> = {
  "keep-alive": {
    clients: 8,
    round: async ({ ports }) => {
      using client = await RawClient.connect(ports[0]);
      for (let count = 0; count < 100; count++) assertEquals((await client.request(get("/"))).body, "Hello, world");
      return 100;
    },
  },
  "one request each": {
    clients: 4,
    round: async ({ ports }) => {
      using client = await RawClient.connect(ports[0]);
      assertEquals((await client.request(get("/late"))).body, '{"late":true}');
      return 1;
    },
  },
  "pipelining": {
    clients: 2,
    round: async ({ ports }) => {
      using client = await RawClient.connect(ports[0]);
      await client.send(get("/").repeat(50));
      for (let count = 0; count < 50; count++) assertEquals((await client.read()).status, 200);
      return 50;
    },
  },
  "bodies": {
    clients: 4,
    round: async ({ ports }, random) => {
      using client = await RawClient.connect(ports[0]);
      for (let count = 0; count < 5; count++) {
        const size = random.pick([0, 10, 1000, 50_000, 500_000]);
        const body = `Content-Length: ${size}\r\n\r\n${"x".repeat(size)}`;
        assertEquals((await client.request(`POST / HTTP/1.1\r\nHost: a\r\n${body}`)).body, String(size));
      }
      return 5;
    },
  },
  "errors": {
    clients: 1,
    round: async ({ ports }) => {
      using client = await RawClient.connect(ports[0]);
      assertEquals((await client.request(get("/broken"))).status, 500);
      assertEquals((await client.request(get("/nowhere"))).status, 404);
      assertEquals((await client.request("nonsense\r\n\r\n")).status, 400);
      return 3;
    },
  },
  "TLS": {
    clients: 2,
    round: async ({ ports, ca }) => {
      using conn = await Deno.connectTls({ hostname: "localhost", port: ports[1], caCerts: [ca] });
      const last = get("/").replace("Host", "Connection: close\r\nHost");
      await conn.write(new TextEncoder().encode(get("/") + last));
      const text = await new Response(conn.readable).text();
      assertEquals(text.match(/Hello, world/g)?.length, 2);
      return 2;
    },
  },
  "downloads": {
    clients: 1,
    round: async ({ ports }) => {
      using client = await RawClient.connect(ports[2]);
      await client.send(get("/stream"));
      let size = 0;
      for (let tail = ""; !tail.endsWith("0\r\nPieces: 50\r\n\r\n");) {
        const text = await client.readBytes(1);
        size += text.length;
        tail = (tail + text).slice(-100);
      }
      assert(size > 5_000_000);
      return 1;
    },
  },
  "forms in gzip": {
    clients: 1,
    round: async ({ ports }) => {
      using client = await RawClient.connect(ports[2]);
      const fields = `Content-Type: application/x-www-form-urlencoded\r\nContent-Encoding: gzip\r\n`;
      const head = `POST /form HTTP/1.1\r\nHost: a\r\n${fields}Content-Length: ${GZIP.length}\r\n\r\n`;
      assertEquals((await client.request(head + GZIP)).body, "2 0 7");
      return 1;
    },
  },
  "upgrades": {
    clients: 2,
    round: async ({ ports }) => {
      using client = await RawClient.connect(ports[2]);
      await client.send(get("/upgrade").replace("Host", "Upgrade: echo\r\nConnection: Upgrade\r\nHost"));
      assertEquals((await client.read()).status, 101);
      for (let count = 0; count < 10; count++) {
        await client.send("line\n");
        assertEquals(await client.readBytes(5), "line\n");
      }
      return 1;
    },
  },
  "leaving in the middle": {
    clients: 2,
    round: async ({ ports }, random) => {
      using client = await RawClient.connect(ports[2]);
      const sent = random.pick([
        get("/never"),
        get("/stream"),
        "GET / HT",
        "POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na",
      ]);
      await client.send(sent);
      await new Promise((resolve) => setTimeout(resolve, random.below(20)));
      return 0;
    },
  },
  "slow ones": {
    clients: 8,
    round: async ({ ports }, random) => {
      using client = await RawClient.connect(ports[random.pick([0, 2] as const)]);
      await client.send(
        random.pick(["GET / HTTP/1.1\r\nHost:", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"]),
      );
      assertEquals((await client.read()).status, 408);
      return 0;
    },
  },
  "mutated ones": {
    clients: 2,
    round: async ({ ports }, random) => {
      using client = await RawClient.connect(ports[2]);
      try {
        await client.send(mutate(random));
        await client.closeWrite();
      } catch {
        // what is refused need not be taken
      }
      await client.readToEnd();
      return 0;
    },
  },
};

/** Starts the clients. They stop soon after `signal` is aborted; the tallies are complete when the promise resolves. */
export function startLoad(
  servers: Servers,
  signal: AbortSignal,
): { tallies: Map<string, Tally>; ended: Promise<unknown> } {
  const tallies = new Map<string, Tally>();
  const clients: Promise<void>[] = [];
  for (const [kind, { clients: count, round }] of Object.entries(ROUNDS)) {
    const tally: Tally = { done: 0, failures: [] };
    tallies.set(kind, tally);
    for (let number = 0; number < count; number++) {
      clients.push(run(round, { servers, signal, tally, random: new Random(clients.length + 1) }));
    }
  }
  return { tallies, ended: Promise.all(clients) };
}

interface Client {
  readonly servers: Servers;
  readonly signal: AbortSignal;
  readonly tally: Tally;
  readonly random: Random;
}

async function run(round: Round, { servers, signal, tally, random }: Client): Promise<void> {
  while (!signal.aborted) {
    try {
      tally.done += await round(servers, random);
    } catch (error) {
      if (tally.failures.length < 5) tally.failures.push(String(error));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
