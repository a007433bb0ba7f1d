import { assertEquals, assertMatch } from "@std/assert";
import { ExampleProcess } from "../helpers/example_process.ts";

Deno.test("http_server example answers, streams, and ends in order at SIGTERM", {
  ignore: Deno.build.os === "windows",
}, async () => {
  await using example = new ExampleProcess("http_server.ts", ["--allow-net"], ["0"]);
  const [, url] = await example.says(/(http:\S+)/);
  const response = await fetch(`${url}a?b`, { method: "POST", body: "x" });
  assertMatch(await response.text(), /^POST \/a from (127\.0\.0\.1|::1)\n$/);

  const streamed = await fetch(`${url}count`);
  const lines = streamed.body!.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await lines.read()).value, "1\n");
  example.signal("SIGTERM");
  let text = "";
  for (let part; !(part = await lines.read()).done;) text += part.value;
  assertEquals(text, "2\n3\n4\n5\n"); // what runs is answered
  await example.says(/Done/);
});
