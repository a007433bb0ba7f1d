import { ExampleProcess } from "../helpers/example_process.ts";

Deno.test("tls_echo example talks to itself over TLS", async () => {
  const flags = ["--allow-net", "--allow-run=openssl", "--allow-read", "--allow-write"];
  await using example = new ExampleProcess("tls_echo.ts", flags, ["0"]);
  await example.says(/TLS echo on localhost:\d+\nThe client got: hello over TLS\n/);
});
