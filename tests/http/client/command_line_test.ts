import { main } from "@denado/denado/httpclient";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { answering, response } from "../../helpers/client_scene.ts";
import { ScriptedServer } from "../../helpers/scripted_server.ts";
import { certificates } from "../../helpers/tls_certificates.ts";

async function run(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const status = await main(args, {
    write: (bytes) => {
      out += new TextDecoder("latin1").decode(bytes);
      return Promise.resolve();
    },
    complain: (text) => err += `${text}\n`,
  });
  return { status, out, err };
}

Deno.test("main prints the bodies of URLs, byte by byte the same", async () => {
  await using server = new ScriptedServer(answering(response("\u00ff one\n"), response("two")));
  assertEquals(await run(server.url, server.url), { status: 0, out: "\u00ff one\ntwo", err: "" });
});

Deno.test("main prints headers, or no bodies", async () => {
  await using server = new ScriptedServer(answering(response("body", { headers: "A: b\r\n" })));
  const headers = "HTTP 200 Reason\nContent-Length: 4\nA: b\n\n";
  assertEquals((await run("--print-headers", server.url)).out, `${headers}body`);
  assertEquals((await run("--print_headers", "--print_body=false", server.url)).out, headers);
});

Deno.test("main prints a bad response too, and says so by its status", async () => {
  await using server = new ScriptedServer(answering(response("what is wrong", { code: 404 }), response("fine")));
  assertEquals(await run(server.url, server.url), { status: 1, out: "what is wrongfine", err: "" });
});

Deno.test("main goes on after a URL that cannot be fetched", async () => {
  await using server = new ScriptedServer(answering(response("fine")));
  const { status, out, err } = await run("http://127.0.0.1:1/", "nonsense", server.url);
  assertEquals([status, out], [1, "fine"]);
  assertStringIncludes(err, "Cannot fetch http://127.0.0.1:1/: ");
  assertStringIncludes(err, "Cannot fetch nonsense: Invalid URL");
});

Deno.test("main follows redirects unless it is told not to", async () => {
  await using server = new ScriptedServer(
    answering(response("", { code: 302, headers: "Location: /b\r\n" }), response("there")),
  );
  assertEquals((await run(server.url)).out, "there");
  assertEquals((await run("--follow-redirects=false", server.url)).status, 1);
});

Deno.test("main goes through a proxy, and trusts anybody if it is told to", async () => {
  await using proxy = new ScriptedServer(answering(response("by proxy")));
  assertEquals(
    (await run("--proxy-host=127.0.0.1", `--proxy-port=${proxy.port}`, "http://a.example/")).out,
    "by proxy",
  );
  await using secure = new ScriptedServer(answering(response("secure")), { tls: certificates().other });
  const url = `https://127.0.0.1:${secure.port}/`;
  assertEquals((await run("--validate-cert=false", url)).out, "secure");
});

Deno.test("main refuses options that it does not know", async () => {
  const { status, err } = await run("--nonsense");
  assertEquals(status, 2);
  assertStringIncludes(err, "nonsense");
});

Deno.test("the module runs as a program", async () => {
  await using server = new ScriptedServer(answering(response("", { code: 500 })));
  const module = new URL("../../../http/client/mod.ts", import.meta.url).href;
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-net", module, server.url],
    stderr: "inherit",
  }).output();
  assertEquals(code, 1);
});
