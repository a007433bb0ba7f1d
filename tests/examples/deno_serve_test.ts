import { assertEquals, assertStringIncludes } from "@std/assert";
import { ExampleProcess } from "../helpers/example_process.ts";

Deno.test("deno_serve example answers under deno serve, also for the handler that is mounted in it", async () => {
  await using example = new ExampleProcess("deno_serve.ts", ["--port=0", "--host=127.0.0.1"], [], "serve");
  const [, port] = await example.says(/Listening on http:\/\/127\.0\.0\.1:(\d+)\//);
  const url = `http://127.0.0.1:${port}`;
  assertStringIncludes(await (await fetch(url)).text(), 'Hello from http, <a href="/users/you">');
  assertEquals(await (await fetch(`${url}/users/a%20b`)).json(), { name: "a b", address: "127.0.0.1" });
  const posted = await fetch(`${url}/api/x`, { method: "POST", body: "y" });
  assertEquals(await posted.json(), { method: "POST", path: "/api/x" });
});
