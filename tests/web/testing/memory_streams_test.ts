import { StreamClosedError } from "@denado/denado/tcp";
import { memoryHosts, memoryStreams } from "@denado/denado/testing";
import { assertEquals, assertRejects } from "@std/assert";

const decoder = new TextDecoder();

Deno.test("memoryStreams hands over what is written, in both directions, until one end is closed", async () => {
  const [client, server] = memoryStreams();
  await client.write("ping\n");
  assertEquals(decoder.decode(await server.readUntil("\n")), "ping\n");
  await server.write("pong\nrest");
  assertEquals(decoder.decode(await client.readUntil("\n")), "pong\n");
  server.close();
  assertEquals(decoder.decode(await client.readUntilClose()), "rest");
  client.close();
});

Deno.test("memoryStreams makes the writer wait for the reader", async () => {
  const [client, server] = memoryStreams({ capacity: 1000 });
  let written = false;
  const writing = client.write(new Uint8Array(100_000)).then(() => written = true);
  assertEquals((await server.readBytes(50_000)).length, 50_000);
  assertEquals(written, false);
  assertEquals((await server.readBytes(50_000)).length, 50_000);
  await writing;
  client.close();
  await assertRejects(() => server.readBytes(1), StreamClosedError);
});

Deno.test("memoryHosts breaks a connection for both ends on reset", async () => {
  const [one, other] = memoryHosts();
  const reading = one.read(new Uint8Array(10));
  other.reset();
  await assertRejects(() => reading, Deno.errors.ConnectionReset);
  await assertRejects(() => other.write(new Uint8Array(10)), Deno.errors.ConnectionReset);
  const [third, fourth] = memoryHosts();
  await third.closeWrite();
  assertEquals(await fourth.read(new Uint8Array(10)), null);
  assertEquals([third.unread, third.closed], [0, false]);
});
