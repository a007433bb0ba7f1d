import { assertEquals, assertStringIncludes } from "@std/assert";
import { ProgramFolder } from "../helpers/child_program.ts";

const ignore = Deno.build.os === "windows";

Deno.test("replaceProcess goes on as another program in the same process", { ignore }, async () => {
  await using folder = new ProgramFolder({
    "main.ts": `
      import { canReplaceProcess, replaceProcess } from "denado:replace_process";
      console.log(canReplaceProcess(), Deno.pid);
      Deno.env.set("MARK", "é");
      addEventListener("unload", () => console.log("unload"));
      replaceProcess(Deno.execPath(), ["run", "-A", "other.ts", "a b", "", "ü"]);`,
    "other.ts": `console.log(Deno.pid, JSON.stringify(Deno.args), Deno.env.get("MARK")); Deno.exit(3);`,
  });
  const program = folder.run(["-A", "main.ts"]);
  assertEquals((await program.status()).code, 3, program.output);
  assertEquals(program.lines, [`true ${program.pid}`, "unload", `${program.pid} ["a b","","ü"] é`]);
});

Deno.test("replaceProcess throws if there is no such program, or an argument has a NUL", { ignore }, async () => {
  await using folder = new ProgramFolder({
    "main.ts": `
      import { replaceProcess } from "denado:replace_process";
      for (const args of [[], ["a\\0b"]]) {
        try {
          replaceProcess("/no/such/program", args);
        } catch (error) {
          console.log(String(error));
        }
      }`,
  });
  const program = folder.run(["-A", "main.ts"]);
  assertEquals((await program.status()).code, 0);
  assertEquals(program.lines[0], "Error: Cannot replace the process: /no/such/program cannot be run");
  assertStringIncludes(program.lines[1]!, "TypeError: Cannot hand over an argument with a NUL");
});

Deno.test("canReplaceProcess is false without --allow-ffi", async () => {
  await using folder = new ProgramFolder({
    "main.ts": `import { canReplaceProcess } from "denado:replace_process"; console.log(canReplaceProcess());`,
  });
  const program = folder.run(["main.ts"]);
  await program.status();
  assertEquals(program.lines, ["false"]);
});
