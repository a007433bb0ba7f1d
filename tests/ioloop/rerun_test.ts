import { assertEquals, assertStringIncludes } from "@std/assert";
import { splitCommandLine } from "@denado/denado/ioloop";
import { ChildScript, COMMON_FLAGS } from "../helpers/child_script.ts";

const commandLines: [what: string, line: string[] | undefined, args: string[], expected: unknown][] = [
  ["a program with flags", ["deno", "run", "-A", "main.ts"], [], { flags: ["run", "-A"], main: "main.ts" }],
  ["a program with arguments", ["deno", "main.ts", "a", "--b"], ["a", "--b"], { flags: [], main: "main.ts" }],
  [
    "an argument that looks like the main module",
    ["deno", "run", "main.ts", "main.ts"],
    ["main.ts"],
    { flags: ["run"], main: "main.ts" },
  ],
  [
    "flags for one process only",
    [
      "deno",
      "run",
      "--inspect",
      "--inspect-brk=:1",
      "--inspect-wait",
      "--watch",
      "--watch=a",
      "--hmr",
      "--lock",
      "m.ts",
    ],
    [],
    { flags: ["run", "--lock"], main: "m.ts" },
  ],
  ["such a flag among the arguments", ["deno", "m.ts", "--watch"], ["--watch"], { flags: [], main: "m.ts" }],
  ["arguments that are not those of the program", ["deno", "run", "main.ts", "a"], ["b"], undefined],
  ["fewer arguments than the program has", ["deno", "a"], ["a"], undefined],
  ["nothing", undefined, [], undefined],
];
for (const [what, line, args, expected] of commandLines) {
  Deno.test(`splitCommandLine handles ${what}`, () => assertEquals(splitCommandLine(line, args), expected));
}

const PRINT_COMMAND = "console.log(JSON.stringify(await rerunCommand()));";
/** `--allow-run=deno` means the executable that is found under this name. */
const PATH_WITH_DENO = `${new URL(".", `file://${Deno.execPath()}`).pathname}:${Deno.env.get("PATH")}`;

const permissions: [what: string, flags: string[]][] = [
  ["all permissions", ["-A"]],
  ["all permissions one by one", [
    "--allow-run",
    "--allow-read",
    "--allow-write",
    "--allow-net",
    "--allow-env",
    "--allow-sys",
    "--allow-ffi",
    "--allow-import",
  ]],
  ["the permission to run anything", ["--allow-run", "--allow-net=localhost:1"]],
  ["the permission to run deno", ["--allow-run=deno", "--allow-env=A,B"]],
];
for (const [what, flags] of permissions) {
  Deno.test({
    name: `rerunCommand gives the flags of a program with ${what}`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      await using script = await ChildScript.write(["rerunCommand"], PRINT_COMMAND);
      const { lines, errors } = await script.start({ flags, args: ["a b", ""], env: { PATH: PATH_WITH_DENO } }).end();
      assertEquals(errors, "");
      const { denoArgs, args } = JSON.parse(lines[0]!);
      assertEquals(denoArgs.slice(4), [...flags, new URL(`file://${script.path}`).href]);
      assertEquals(args, ["a b", ""]);
    },
  });
}

Deno.test("rerunCommand takes flags and arguments that are given", async () => {
  const source = "console.log(JSON.stringify(await rerunCommand({ denoFlags: ['--allow-net'], args: ['x'] })));";
  await using script = await ChildScript.write(["rerunCommand"], source);
  const { lines } = await script.start({ args: ["a"] }).end();
  const { denoArgs, args } = JSON.parse(lines[0]!);
  assertEquals([denoArgs.slice(0, 2), args], [["run", "--allow-net"], ["x"]]);
});

Deno.test("flagsFromPermissions names what is granted without a restriction", async () => {
  await using script = await ChildScript.write(["flagsFromPermissions"], "console.log(...flagsFromPermissions());");
  const flags = ["--allow-read", "--allow-env=A", "--allow-net"];
  assertEquals(await script.start({ flags }).line(), "--no-prompt --allow-read --allow-net");
  assertEquals(await script.start({ flags: ["-A"] }).line(), "--allow-all");
});

Deno.test("rerunCommand says which permission is missing", async () => {
  await using script = await ChildScript.write(["rerunCommand"], PRINT_COMMAND);
  const { code, errors } = await script.start({ flags: ["--allow-run=cat"] }).end();
  assertEquals(code, 1);
  assertStringIncludes(errors, "NotCapable: Cannot start child processes, no permission to run ");
  assertStringIncludes(errors, "run with --allow-run=deno or --allow-run");
});

Deno.test("rerunCommand refuses a program from the standard input", async () => {
  const module = JSON.stringify(import.meta.resolve("@denado/denado/ioloop"));
  const source = `import { rerunCommand } from ${module}; await rerunCommand();`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...COMMON_FLAGS, "-"],
    stdin: "piped",
    stderr: "piped",
  }).spawn();
  await new Response(source).body!.pipeTo(child.stdin);
  const { code, stderr } = await child.output();
  assertEquals(code, 1);
  const message = "Cannot run the program again: it is not in a module of its own but in ";
  assertStringIncludes(new TextDecoder().decode(stderr), message);
});
