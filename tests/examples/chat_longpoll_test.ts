import { assert, assertEquals } from "@std/assert";
import { ExampleProcess } from "../helpers/example_process.ts";

const FLAGS = ["--allow-net", `--allow-read=${new URL("../../examples/chat_longpoll", import.meta.url).pathname}`];

Deno.test("chat_longpoll example hands messages to those who wait, and keeps them for those who come later", async () => {
  await using example = new ExampleProcess("chat_longpoll/main.ts", FLAGS, ["0"]);
  const [, url] = await example.says(/Open (http:\S+)\/ in/);
  const page = await fetch(`${url}/`);
  assert((await page.text()).includes("<title>Chat</title>"));
  const cookie = page.headers.get("Set-Cookie")!.split(";")[0]!;
  const token = cookie.slice(cookie.indexOf("=") + 1).replaceAll('"', "");
  const say = (name: string, text: string, headers: Record<string, string> = { "X-Xsrftoken": token }) =>
    fetch(`${url}/messages`, {
      method: "POST",
      headers: { Cookie: cookie, ...headers },
      body: new URLSearchParams({ name, text }),
    });
  const updates = async (since: number) => (await (await fetch(`${url}/updates?since=${since}`)).json()).messages;

  const waiting = updates(0);
  assertEquals(await (await say("ada", "hi <b>")).json(), { id: 1 });
  assertEquals(await waiting, [{ id: 1, name: "ada", text: "hi <b>" }]);
  await (await say("bob", "hello")).body?.cancel();
  assertEquals((await updates(0)).length, 2);
  assertEquals(await updates(1), [{ id: 2, name: "bob", text: "hello" }]);

  const refusals: [Response, number][] = [
    [await say("eve", "x", {}), 403],
    [await say("", "x"), 400],
    [await fetch(`${url}/updates?since=x`), 400],
  ];
  for (const [response, status] of refusals) {
    assertEquals(response.status, status);
    await response.body?.cancel();
  }
});
