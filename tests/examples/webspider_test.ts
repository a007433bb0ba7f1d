import { assert, assertEquals, assertMatch } from "@std/assert";

const EXAMPLE = new URL("../../examples/webspider.ts", import.meta.url);

async function runSpider(...args: string[]): Promise<{ code: number; lines: string[] }> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", EXAMPLE.href, ...args],
    stderr: "inherit",
  }).output();
  return { code, lines: new TextDecoder().decode(stdout).trim().split("\n") };
}

Deno.test("webspider example crawls the site that it serves itself", async () => {
  const { code, lines } = await runSpider();
  assertEquals(code, 0);
  const fetched = lines.filter((line) => line.startsWith("Fetched ")).map((line) => new URL(line.slice(8)).pathname);
  const expected = ["/", ...Array.from({ length: 29 }, (_, at) => `/page/${at + 1}`)];
  assertEquals(fetched.toSorted(), expected.toSorted());
  assertEquals(lines.filter((line) => line.startsWith("Failed ")).length, 1);
  assertMatch(lines.at(-1)!, /^Done in [\d.]+ seconds: 30 URLs fetched, 1 dead$/);
});

Deno.test("webspider example stays beneath the URL that it is given", async () => {
  const requested: string[] = [];
  await using site = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    requested.push(pathname);
    const links = ["one", "./one#again", "/docs/two", "/outside", "/docs", "mailto:a@example.com", "http://"];
    return new Response(links.map((href) => `<a class=x href="${href}">`).join(""));
  });
  const { code, lines } = await runSpider(`http://127.0.0.1:${site.addr.port}/docs/`);
  assertEquals(code, 0);
  assertEquals(requested.toSorted(), ["/docs/", "/docs/one", "/docs/two"]);
  assert(lines.at(-1)!.endsWith("3 URLs fetched, 0 dead"));
});
