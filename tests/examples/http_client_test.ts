import { assertEquals, assertMatch } from "@std/assert";

const EXAMPLE = new URL("../../examples/http_client.ts", import.meta.url);

async function run(...args: string[]): Promise<string[]> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", EXAMPLE.href, ...args],
    env: { NO_COLOR: "1" },
    stderr: "null", // the log of the requests
  }).output();
  assertEquals(code, 0);
  return new TextDecoder().decode(stdout).trim().split("\n");
}

Deno.test("http_client example talks to a server of its own", async () => {
  assertEquals(await run(), [
    'JSON: { hello: "Denado" }',
    "Upload: You sent 8890 bytes",
    "On the same connection: true",
    "Streamed to a callback: 3890 bytes",
    "Streamed as a web stream: 1000 lines",
    "With patience: answered at request 3",
    "An error: HTTP 404: Not Found",
    'As the platform has it: 200 { hello: "web" }',
  ]);
});

Deno.test("http_client example fetches the URLs that it is given", async () => {
  await using site = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => new Response("hello"));
  const url = `http://127.0.0.1:${site.addr.port}/`;
  const lines = await run(`${url}a`, `${url}b`, "http://127.0.0.1:1/");
  assertEquals(lines.length, 3);
  for (const name of ["a", "b"]) {
    assertMatch(lines.find((line) => line.startsWith(`${url}${name}:`))!, /: 200, 5 bytes, \d+ ms$/);
  }
  assertMatch(lines.find((line) => line.startsWith("http://127.0.0.1:1/"))!, /refused/i);
});
