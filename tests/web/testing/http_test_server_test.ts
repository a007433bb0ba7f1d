import { Application, RequestHandler } from "@denado/denado";
import { HTTPTestServer } from "@denado/denado/testing";
import { assertEquals, assertRejects } from "@std/assert";

class Path extends RequestHandler {
  override get(): void {
    this.write(this.request.uri);
  }
}

Deno.test("HTTPTestServer serves an application or a function until its block ends", async () => {
  let url: string;
  {
    await using server = new HTTPTestServer(new Application([["/.*", Path]], { logFunction: () => {} }));
    url = server.url("/a?b");
    assertEquals(url, `http://127.0.0.1:${server.port}/a?b`);
    assertEquals(await (await server.fetch("/a?b")).text(), "/a?b");
    assertEquals(await (await server.fetch(url)).text(), "/a?b");
    await assertRejects(() => server.fetch("/", { method: "POST", raiseError: true }), Error, "HTTP 405");
  }
  await assertRejects(() => fetch(url), TypeError);

  await using bare = new HTTPTestServer(({ connection }) => connection.abort());
  assertEquals(bare.protocol, "http");
  await assertRejects(() => bare.fetch("/"), TypeError);
});

Deno.test("HTTPTestServer closes connections that clients keep open", async () => {
  const server = new HTTPTestServer(new Application([["/.*", Path]], { logFunction: () => {} }));
  const client = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await client.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  await client.read(new Uint8Array(1000));
  await server.stop();
  await server.stop();
  assertEquals(await client.read(new Uint8Array(1000)), null);
  client.close();
});
