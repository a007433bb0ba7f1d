/**
 * A stream that is taken over for another protocol.
 *
 * @module
 */

import { HTTPHeaders } from "@denado/denado/http";
import type { HTTP1Connection, HTTPConnection } from "@denado/denado/http";
import type { IOStream } from "@denado/denado/tcp";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { serving, shout } from "../helpers/http1_exchange.ts";
import { header } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";
import { settle } from "../helpers/manual_clock.ts";

const OK = { code: 200, reason: "OK" };
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

const UPGRADE = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: raw\r\nConnection: Upgrade\r\n\r\n";
const SWITCHING = { code: 101, reason: "Switching Protocols" };

/** Answers 101 and switches, in the order that is asked for. */
const SWITCHES: Record<string, (connection: HTTP1Connection) => IOStream | Promise<IOStream>> = {
  "after a response of one piece": (connection) => {
    connection.respond(SWITCHING, new HTTPHeaders({ Upgrade: "raw", Connection: "Upgrade" }), new Uint8Array(0));
    return connection.detach();
  },
  "after a finished response": (connection) => {
    connection.writeHeaders(SWITCHING, new HTTPHeaders({ Upgrade: "raw", Connection: "Upgrade" }));
    connection.finish();
    return connection.detach();
  },
  "before the response is finished": (connection) => {
    connection.writeHeaders(SWITCHING, new HTTPHeaders({ Upgrade: "raw", Connection: "Upgrade" }));
    const stream = connection.detach();
    connection.finish(); // nothing is left to finish
    return stream;
  },
  "some time after the request": async (connection) => {
    await settle();
    connection.writeHeaders(SWITCHING, new HTTPHeaders({ Upgrade: "raw", Connection: "Upgrade" }));
    connection.finish();
    return connection.detach();
  },
};

for (const [name, change] of Object.entries(SWITCHES)) {
  for (const noKeepAlive of [false, true]) {
    Deno.test(`HTTP1Connection hands over the stream ${name}${noKeepAlive ? ", with noKeepAlive" : ""}`, () => {
      const closed = Promise.withResolvers<void>();
      return withServer(
        serving((connection) => {
          const stream = change(connection);
          const go = (stream: IOStream) => {
            stream.setCloseCallback(closed.resolve);
            assert(connection.detached);
            assert(connection.detach() === stream);
            shout(stream);
          };
          if (stream instanceof Promise) stream.then(go);
          else go(stream);
        }),
        async (server) => {
          const client = await server.connect();
          await client.send(`${UPGRADE}with the request\n`);
          const response = await client.read();
          assertEquals(response.status, 101);
          assertEquals([header(response, "Upgrade"), header(response, "Connection")], ["raw", "Upgrade"]);
          assertEquals(await client.readBytes(17), "WITH THE REQUEST\n");
          await client.send("la");
          await client.send("ter\n");
          assertEquals(await client.readBytes(6), "LATER\n");
          assertEquals(server.server.connectionCount, 0);
          assertEquals(server.server.openStreams.size, 1);
          await client.closeWrite();
          await client.expectEnd();
          await closed.promise; // the callback of the new owner
        },
        { noKeepAlive },
      );
    });
  }
}

Deno.test("HTTP1Connection hands over the stream of a CONNECT, whose answer has no body", () =>
  withServer(
    serving((connection) => {
      connection.respond(OK, new HTTPHeaders({ "Content-Length": "0" }), new Uint8Array(0));
      shout(connection.detach());
    }),
    async (server) => {
      const client = await server.connect();
      await client.send("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\nhello\n");
      assertEquals(await client.readBytes(25), "HTTP/1.1 200 OK\r\n\r\nHELLO\n");
    },
  ));

Deno.test("HTTP1Connection hands over the stream before the body, in headersReceived", () => {
  const closed = Promise.withResolvers<void>();
  return withServer({
    startRequest: (_server, connection) => ({
      headersReceived: () => {
        const stream = connection.detach();
        stream.setCloseCallback(closed.resolve);
        shout(stream);
      },
      dataReceived: unexpected,
      finish: unexpected,
      onConnectionClose: unexpected,
    }),
  }, async (server) => {
    for (const body of ["Content-Length: 6\r\n", "Transfer-Encoding: chunked\r\n", ""]) {
      const client = await server.connect();
      await client.send(`POST / HTTP/1.1\r\nHost: a\r\n${body}\r\nhello\n`);
      assertEquals(await client.readBytes(6), "HELLO\n");
      client.close();
    }
    await closed.promise;
  });
});

function unexpected(): never {
  throw new Error("not expected to be called");
}

Deno.test("HTTP1Connection does not hand over the stream while a body comes, or when the connection has gone on", () => {
  const tried = Promise.withResolvers<unknown>();
  let earlier: HTTPConnection | undefined;
  return withServer({
    startRequest: (_server, connection) => ({
      headersReceived: () => {},
      dataReceived: () =>
        void assertThrows(() => connection.detach(), Error, "the body of the request is being received"),
      finish: () => {
        if (earlier !== undefined) tried.resolve(assertThrows(() => earlier!.detach(), Error, "has gone on"));
        earlier = connection;
        connection.respond(OK, new HTTPHeaders({ "Content-Length": "0" }), new Uint8Array(0));
      },
      onConnectionClose: () => {},
    }),
  }, async (server) => {
    const client = await server.connect();
    const response = await client.request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    assertEquals(response.status, 200);
    assertEquals((await client.request(GET)).status, 200);
    await tried.promise;
  });
});

Deno.test("HTTP1Connection refuses to write when its stream is somebody else's", () =>
  withServer(
    serving((connection) => {
      const stream = connection.detach();
      const headers = new HTTPHeaders({ "Content-Length": "0" });
      for (
        const write of [
          () => connection.writeHeaders(OK, headers),
          () => connection.write("a"),
          () => connection.respond(OK, headers, new Uint8Array(0)),
          () => connection.respondPrepared(new Uint8Array(1), "\r\n", 2),
          () => connection.writeInterim(103),
        ]
      ) assertThrows(write, Error, "the stream was detached");
      stream.write("done").then(() => stream.close());
    }),
    async (server) => {
      const client = await server.connect();
      await client.send(GET);
      assertEquals(await client.readToEnd(), { text: "done", end: "end" });
    },
  ));

Deno.test("HTTP1Connection closes after 101 if nobody takes the stream", () =>
  withServer(
    serving((connection) => {
      connection.respond(SWITCHING, new HTTPHeaders({ Upgrade: "raw", Connection: "Upgrade" }), new Uint8Array(0));
    }),
    async (server) => {
      const client = await server.connect();
      await client.send(UPGRADE + GET);
      assertEquals((await client.read()).status, 101);
      assert((await client.readToEnd()).text === "");
    },
  ));

Deno.test("HTTP1Connection hands over the stream with what has arrived", () => {
  const closed = Promise.withResolvers<void>();
  return withServer(
    serving((connection) => {
      const stream = connection.detach();
      assert(connection.detached);
      (async () => {
        await stream.write("raw\n");
        assertEquals(new TextDecoder().decode(await stream.readUntil("\n")), "after\n");
        stream.close();
        closed.resolve();
      })();
    }),
    async (server) => {
      const client = await server.connect();
      await client.send(GET + "after\n");
      assertEquals(await client.readToEnd(), { text: "raw\n", end: "end" });
      await closed.promise;
      assertEquals(server.server.connectionCount, 0);
    },
  );
});
