import { assertEquals } from "@std/assert";
import { IOStream } from "@denado/denado/tcp";
import { ExampleProcess } from "../helpers/example_process.ts";

Deno.test("tcp_chat example lets guests hear each other", async () => {
  await using example = new ExampleProcess("tcp_chat.ts", ["--allow-net"], ["0"]);
  const [, port] = await example.says(/Chat on localhost:(\d+)\n/);
  const enter = async (name: string) => {
    const stream = await IOStream.connect({ hostname: "localhost", port: Number(port) });
    await stream.readUntil("? ");
    await stream.write(`${name}\r\n`);
    return stream;
  };
  const hear = async (stream: IOStream) => new TextDecoder().decode(await stream.readUntil("\r\n")).trim();

  await using ada = await enter("ada");
  assertEquals(await hear(ada), "* ada came in");
  await using again = await enter("ada");
  assertEquals(await hear(again), "Letters and digits, please, and a name that nobody has.");
  await again.readUntil("? ");
  await again.write("bob\r\n");
  assertEquals([await hear(ada), await hear(again)], ["* bob came in", "* bob came in"]);
  await ada.write("hi \x1b[2Jbob\r\n");
  assertEquals([await hear(ada), await hear(again)], ["ada: hi [2Jbob", "ada: hi [2Jbob"]);
  again.close();
  assertEquals(await hear(ada), "* bob has left");
});
