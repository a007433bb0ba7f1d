import { assertEquals } from "@std/assert";
import { IOStream } from "@denado/denado/tcp";
import { ExampleProcess } from "../helpers/example_process.ts";

Deno.test("tcp_echo example sends lines back", async () => {
  await using example = new ExampleProcess("tcp_echo.ts", ["--allow-net"], ["0"]);
  const [, port] = await example.says(/Echo on localhost:(\d+)\n/);
  await using stream = await IOStream.connect({ hostname: "localhost", port: Number(port) });
  for (const line of ["one\n", "two\n"]) {
    await stream.write(line);
    assertEquals(new TextDecoder().decode(await stream.readUntil("\n")), line);
  }
});
