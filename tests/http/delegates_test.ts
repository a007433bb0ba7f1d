/**
 * The interfaces have no code; what they promise is kept by the connection: the order of the calls, and either `finish`
 * or `onConnectionClose` at the end.
 *
 * @module
 */

import { type HTTPConnection, HTTPHeaders, type HTTPServerConnectionDelegate } from "@denado/denado/http";
import { assertEquals } from "@std/assert";
import { withServer } from "../helpers/http_server.ts";
import { settle } from "../helpers/manual_clock.ts";

/** Records what it is told, and answers when the message is complete. */
class Recorder implements HTTPServerConnectionDelegate {
  readonly calls: string[] = [];

  startRequest(_server: unknown, connection: HTTPConnection) {
    this.calls.push("startRequest");
    return {
      headersReceived: async (head: { path: string }) => {
        this.calls.push(`headersReceived ${head.path}`);
        await settle();
        this.calls.push("headers taken");
      },
      dataReceived: async (chunk: Uint8Array) => {
        const text = new TextDecoder().decode(chunk);
        this.calls.push(`dataReceived ${text}`);
        await settle();
        this.calls.push("data taken");
      },
      finish: () => {
        this.calls.push("finish");
        connection.respond({ code: 204, reason: "No Content" }, new HTTPHeaders(), new Uint8Array(0));
      },
      onConnectionClose: () => void this.calls.push("onConnectionClose"),
    };
  }

  onClose(): void {
    this.calls.push("onClose");
  }
}

const TAKEN = ["startRequest", "headersReceived /", "headers taken", "dataReceived ab", "data taken"];
const CASES: { name: string; sent: string; expected: string[] }[] = [
  {
    name: "a whole message",
    sent: "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab",
    expected: [...TAKEN, "finish", "onClose"],
  },
  {
    name: "a message that is cut off",
    sent: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab",
    expected: [...TAKEN, "onConnectionClose", "onClose"],
  },
  {
    name: "a message that becomes malformed",
    sent: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nx",
    expected: [...TAKEN, "onConnectionClose", "onClose"],
  },
  {
    name: "two messages",
    sent: "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.0\r\n\r\n",
    expected: [1, 2].flatMap((at) => ["startRequest", `headersReceived /${at}`, "headers taken", "finish"]).concat(
      "onClose",
    ),
  },
];

for (const { name, sent, expected } of CASES) {
  Deno.test(`HTTPMessageDelegate is called in order for ${name}`, () => {
    const recorder = new Recorder();
    return withServer(recorder, async (server) => {
      const client = await server.connect();
      await client.send(sent);
      if (name.includes("cut off")) await client.closeWrite();
      await client.readToEnd();
      client.close();
      await server.connectionsEnded();
      await settle();
      const close = (calls: string[]) => calls.toSorted((a, b) => Number(a === "onClose") - Number(b === "onClose"));
      assertEquals(close(recorder.calls), expected);
    });
  });
}
