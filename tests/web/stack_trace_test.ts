import { parseStack, readSource } from "../../web/stack_trace.ts";
import { assert, assertEquals } from "@std/assert";

const LINES: [line: string, frame: [string, string, number, number] | undefined][] = [
  ["    at f (file:///a/b.ts:1:2)", ["f", "file:///a/b.ts", 1, 2]],
  ["    at file:///a/b.ts:10:20", ["", "file:///a/b.ts", 10, 20]],
  ["    at async file:///a/b.ts:10:20", ["", "file:///a/b.ts", 10, 20]],
  ["    at async A.get (file:///a/b.ts:3:4)", ["async A.get", "file:///a/b.ts", 3, 4]],
  ["    at new A (https://jsr.io/@a/b/1.0.0/c.ts:3:4)", ["new A", "https://jsr.io/@a/b/1.0.0/c.ts", 3, 4]],
  ["    at Object.f [as g] (ext:core/01_core.js:5:6)", ["Object.f [as g]", "ext:core/01_core.js", 5, 6]],
  ["    at C:/a.ts:1:2", ["", "C:/a.ts", 1, 2]],
  ["    at JSON.parse (<anonymous>)", undefined],
  ["    at f (native)", undefined],
  ["Error: at f (file:///a/b.ts:1:2)", undefined],
  ["", undefined],
];

for (const [line, frame] of LINES) {
  Deno.test(`parseStack reads ${JSON.stringify(line)}`, () => {
    const frames = parseStack(`Error: x\n${line}\n`);
    assertEquals(
      frames.map((it) => [it.functionName, it.file, it.line, it.column]),
      frame === undefined ? [] : [frame],
    );
  });
}

Deno.test("parseStack finds the calls of a real error, the innermost first", () => {
  function inner(): Error {
    return new Error("a message\n    at fake (file:///x.ts:1:1)");
  }
  const frames = parseStack(inner().stack!);
  assertEquals(frames.slice(0, 2).map((frame) => frame.functionName), ["fake", "inner"]); // the message is part of it
  assertEquals(frames[1]!.file, import.meta.url);
});

Deno.test("parseStack takes a hundred calls at most, and linear time", () => {
  assertEquals(parseStack("    at f (file:///a:1:2)\n".repeat(100_000)).length, 100);
  assertEquals(parseStack("    at " + "(".repeat(100_000) + ":1:2)".repeat(10_000)).length, 0);
});

Deno.test("readSource reads files, and nothing else", async () => {
  assert(readSource(import.meta.url)!.includes("readSource reads files"));
  for (
    const file of [
      "file:///does/not/exist.ts",
      "https://a/b.ts",
      "ext:core/x.js",
      "<anonymous>",
      "file:///",
      "file://[",
      "",
    ]
  ) {
    assertEquals(readSource(file), undefined, file);
  }
  const large = await Deno.makeTempFile();
  await Deno.truncate(large, 2_000_001);
  assertEquals(readSource(`file://${large}`), undefined);
  await Deno.remove(large);
});

Deno.test("readSource reads nothing that the program may not read, and asks nobody", async () => {
  const script = `import { readSource } from "${new URL("../../web/stack_trace.ts", import.meta.url)}";
    console.log(readSource("${import.meta.url}"));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", "--ext=ts", script] }).output();
  assert(new TextDecoder().decode(stdout).includes("readSource reads files"), "eval may read everything");
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, script);
  const { stdout: refused } = await new Deno.Command(Deno.execPath(), { args: ["run", file], stdin: "null" }).output();
  assertEquals(new TextDecoder().decode(refused), "undefined\n");
  await Deno.remove(file);
});
