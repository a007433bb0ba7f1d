import { HTTPHeaders, HTTPOutputError } from "@denado/denado/http";
import { StreamClosedError } from "@denado/denado/tcp";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { FetchConnection } from "../../web/fetch_connection.ts";

const CONTEXT = { remoteIp: "127.0.0.1", protocol: "http" };
const OK = { code: 200, reason: "Fine" };
const bytes = (text: string) => new TextEncoder().encode(text);

function connect(method = "GET"): FetchConnection {
  return new FetchConnection({ context: CONTEXT, method });
}

Deno.test("FetchConnection makes a Response of what is written whole", async () => {
  const connection = connect();
  const body = bytes("body");
  connection.respond(OK, new HTTPHeaders({ "Content-Length": "4", "X-A": "b" }), body);
  body.fill(0); // the caller may use its memory again
  const response = await connection.response;
  assertEquals([response.status, response.statusText, response.headers.get("X-A")], [200, "Fine", "b"]);
  assertEquals(await response.text(), "body");
  assertEquals([connection.responseFinished, connection.closed], [true, false]);
});

Deno.test("FetchConnection makes a stream of what is written in parts, and waits for its reader", async () => {
  const connection = connect();
  await connection.writeHeaders(OK, new HTTPHeaders(), "a");
  const response = await connection.response;
  let written = false;
  const large = connection.write(new Uint8Array(200_000)).then(() => written = true);
  await Promise.resolve();
  assertEquals(written, false);
  const reader = response.body!.getReader();
  assertEquals((await reader.read()).value, bytes("a"));
  assertEquals((await reader.read()).value!.length, 200_000);
  await large;
  connection.finish();
  assertEquals((await reader.read()).done, true);
});

for (const code of [204, 205, 304]) {
  Deno.test(`FetchConnection makes a Response without a body for ${code}`, async () => {
    const connection = connect();
    connection.respond({ code, reason: "" }, new HTTPHeaders(), new Uint8Array(0));
    assertEquals((await connection.response).body, null);
  });
}

Deno.test("FetchConnection makes a Response without a body for HEAD, written whole or in parts", async () => {
  const whole = connect("HEAD");
  whole.respond(OK, new HTTPHeaders({ "Content-Length": "4" }), bytes("body"));
  assertEquals((await whole.response).body, null);
  const parts = connect("HEAD");
  await parts.writeHeaders(OK, new HTTPHeaders({ "Content-Length": "4" }), "body");
  parts.finish();
  assertEquals((await parts.response).headers.get("Content-Length"), "4");
});

const LENGTHS: { name: string; write: (connection: FetchConnection) => void; message: string }[] = [
  {
    name: "more, whole",
    write: (c) => c.respond(OK, new HTTPHeaders({ "Content-Length": "1" }), bytes("ab")),
    message: "Tried to write 2 bytes with Content-Length: 1",
  },
  {
    name: "more, in parts",
    write: (c) => {
      c.writeHeaders(OK, new HTTPHeaders({ "Content-Length": "1" }), "a");
      c.write("b");
    },
    message: "Tried to write more data than Content-Length",
  },
  {
    name: "less, in parts",
    write: (c) => {
      c.writeHeaders(OK, new HTTPHeaders({ "Content-Length": "3" }), "a");
      c.finish();
    },
    message: "Tried to write 2 bytes less than Content-Length",
  },
];

for (const { name, write, message } of LENGTHS) {
  Deno.test(`FetchConnection refuses a body that is not of its Content-Length: ${name}`, async () => {
    const connection = connect();
    assertThrows(() => write(connection), HTTPOutputError, message);
    await assertRejects(async () => await (await connection.response).text());
    assertEquals(connection.closed, true);
  });
}

Deno.test("FetchConnection refuses a status that the web does not know", async () => {
  const connection = connect();
  assertThrows(() => connection.respond({ code: 700, reason: "" }, new HTTPHeaders(), new Uint8Array(0)), RangeError);
  await assertRejects(() => connection.response);
});

Deno.test("FetchConnection refuses what comes in the wrong order", () => {
  assertThrows(() => connect().write("a"), Error, "no headers were written");
  assertThrows(() => connect().finish(), Error, "no headers were written");
  const connection = connect();
  connection.respond(OK, new HTTPHeaders(), bytes(""));
  assertThrows(() => connection.write("a"), Error, "the response is finished");
  assertThrows(() => connection.writeHeaders(OK, new HTTPHeaders()), Error, "written already");
  connection.finish(); // again is harmless
});

Deno.test("FetchConnection accepts interim responses, which go nowhere, with statuses that they may have", () => {
  connect().writeInterim(103);
  for (const code of [101, 200, 99, 100.5]) assertThrows(() => connect().writeInterim(code), RangeError, String(code));
});

Deno.test("FetchConnection tells of a client that left, once, and takes nothing more", async () => {
  const connection = connect();
  let told = 0;
  connection.setCloseCallback(() => told++);
  connection.clientLeft();
  connection.clientLeft();
  assertEquals([told, connection.closed, connection.signal.aborted], [1, true, true]);
  await assertRejects(() => connection.response, StreamClosedError);
  await assertRejects(() => connection.writeHeaders(OK, new HTTPHeaders()), StreamClosedError);
  await assertRejects(() => connection.write("a"), StreamClosedError);
  connection.respond(OK, new HTTPHeaders(), bytes("late"));
});

Deno.test("FetchConnection does not take the end of a complete response for a client that left", async () => {
  const connection = connect();
  connection.respond(OK, new HTTPHeaders(), bytes("a"));
  connection.clientLeft();
  assertEquals(connection.signal.aborted, false);
  assertEquals(await (await connection.response).text(), "a");
});

Deno.test("FetchConnection breaks a response off, before its head or in its body", async () => {
  const before = connect();
  before.abort();
  await assertRejects(() => before.response, StreamClosedError);
  const within = connect();
  await within.writeHeaders(OK, new HTTPHeaders(), "a");
  const response = await within.response;
  within.abort();
  await assertRejects(() => response.text(), StreamClosedError);
});

Deno.test("FetchConnection keeps the limits that are set on it", () => {
  const connection = connect();
  assertEquals([connection.maxBodySize, connection.bodyTimeoutMs], [104857600, undefined]);
  connection.setMaxBodySize(5);
  connection.setBodyTimeoutMs(6);
  assertEquals([connection.maxBodySize, connection.bodyTimeoutMs], [5, 6]);
  assertEquals(connection.requestTrailers, undefined);
});
