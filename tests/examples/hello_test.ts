import { assertEquals } from "@std/assert";

const EXAMPLE = new URL("../../examples/hello.ts", import.meta.url);
const PORT = 8888;

/** The example is five lines and has its port among them, which another program may use. */
function isTaken(): boolean {
  try {
    Deno.listen({ port: PORT }).close();
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return true;
    throw error;
  }
}

const taken = isTaken();

Deno.test(`hello example says where it listens and answers there${taken ? " (ignored: port 8888 is taken)" : ""}`, {
  ignore: taken,
}, async () => {
  await using child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", EXAMPLE.href],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();

  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("\n")) {
    const { value, done } = await lines.read();
    if (done) break;
    said += value;
  }
  assertEquals(said, `Listening on http://localhost:${PORT}/\n`);

  for (const host of ["127.0.0.1", "localhost"]) {
    const response = await fetch(`http://${host}:${PORT}/`);
    assertEquals([response.status, await response.text()], [200, "Hello, world"]);
  }
  child.kill();
  await lines.cancel();
});
