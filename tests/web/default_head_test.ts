import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { defaultHead } from "../../web/default_head.ts";

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

Deno.test("defaultHead has the status line and Server, Content-Type and Date", () => {
  const head = text(defaultHead("Mine/1", "text/plain", performance.now()));
  const match = /^HTTP\/1\.1 200 OK\r\nServer: Mine\/1\r\nContent-Type: text\/plain\r\nDate: (.+ GMT)\r\n$/.exec(head);
  assert(match !== null, head);
  assert(Math.abs(Date.parse(match[1]!) - Date.now()) < 5000);
});

Deno.test("defaultHead gives the same bytes within a second, and new ones afterwards", () => {
  const now = performance.now() + 1e9;
  const first = defaultHead("s", "t", now);
  assertStrictEquals(defaultHead("s", "t", now), first);
  assertNotStrictEquals(defaultHead("s", "t", now + 1001), first);
});

Deno.test("defaultHead keeps heads of several types and servers apart", () => {
  const now = performance.now() + 2e9;
  for (let round = 0; round < 3; round++) {
    for (let at = 0; at < 40; at++) {
      const head = text(defaultHead(`server${at % 3}`, `type/${at}`, now));
      assert(head.includes(`Server: server${at % 3}\r\nContent-Type: type/${at}\r\n`), head);
    }
  }
});

Deno.test("defaultHead keeps heads with Vary apart from those without", () => {
  const now = performance.now() + 3e9;
  for (let round = 0; round < 2; round++) {
    for (const vary of [undefined, "Accept-Encoding", "Origin", undefined]) {
      const head = text(defaultHead("s", "t", now, vary));
      assertEquals(/\r\nVary: (.*)\r\n$/.exec(head)?.[1], vary);
    }
  }
});

Deno.test("defaultHead leaves values that are not ASCII to the header map, and refuses those that cannot be sent", () => {
  assertEquals(defaultHead("s", "text/plain; x=ä", performance.now()), undefined);
  assertThrows(() => defaultHead("a\r\nb", "t", performance.now()), Error);
});
