import { assert, assertEquals } from "@std/assert";
import { websocketConnect } from "@denado/denado";
import { ExampleProcess } from "../helpers/example_process.ts";

const FLAGS = ["--allow-net", `--allow-read=${new URL("../../examples/websocket_chat", import.meta.url).pathname}`];

Deno.test("websocket_chat example lets people of a room hear each other, and remembers", async () => {
  await using example = new ExampleProcess("websocket_chat/main.ts", FLAGS, ["0"]);
  const [, url] = await example.says(/Open (http:\S+)\/ in/);
  assert((await (await fetch(`${url}/`)).text()).includes("<title>Chat</title>"));
  const enter = (room: string, name: string) =>
    websocketConnect(`${url!.replace("http", "ws")}/chat/${room}?name=${name}`, { compressionOptions: {} });
  const hear = async (connection: Awaited<ReturnType<typeof enter>>) => {
    const { time: _, ...message } = JSON.parse(await connection.readMessage() as string);
    return message;
  };

  await using ada = await enter("blue", "ada");
  assertEquals(await hear(ada), { type: "history", messages: [] });
  assertEquals(await hear(ada), { type: "came", name: "ada", people: 1 });
  await ada.writeMessage("hi <b>");
  assertEquals(await hear(ada), { type: "message", name: "ada", text: "hi <b>", people: 1 });

  await using eve = await enter("red", "eve");
  assertEquals((await hear(eve)).messages, []);
  const bob = await enter("blue", "bob");
  assertEquals((await hear(bob)).messages.map(({ text }: { text?: string }) => text ?? null), [null, "hi <b>"]);
  assertEquals([await hear(bob), await hear(ada)].map(({ people }) => people), [2, 2]);
  await bob[Symbol.asyncDispose]();
  assertEquals(await hear(ada), { type: "left", name: "bob", people: 1 });

  const nobody = await enter("blue", "");
  assertEquals(await nobody.readMessage(), null);
  assertEquals([nobody.closeCode, nobody.closeReason], [4000, "A name, please"]);
});
