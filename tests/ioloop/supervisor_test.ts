import { assertEquals, assertMatch } from "@std/assert";
import { RELOAD_STATUS, SUPERVISOR_VARIABLE } from "../../ioloop/supervisor.ts";
import { ProgramFolder } from "../helpers/child_program.ts";

/** Supervises `child.ts`; a failure is followed by a wait for `child.ts` to change. */
function supervisor(again = "{ afterSuccess: false, afterSignal: false }"): string {
  return `
    import { exitLike, supervise } from "denado:supervisor";
    import { enablePrettyLogging } from "denado:pretty_logging";
    enablePrettyLogging();
    await exitLike(await supervise({
      command: Deno.execPath(),
      args: ["run", "-A", "child.ts"],
      findFiles: () => Promise.resolve([Deno.realPathSync("child.ts")]),
      again: ${again},
      checkTimeMs: 10,
    }));`;
}

const WAITING = /waiting for a change in 1 files/;

Deno.test("supervise ends as the program does when that ends well", async () => {
  await using folder = new ProgramFolder({
    "main.ts": supervisor(),
    "child.ts": `console.log("child", Deno.env.get("${SUPERVISOR_VARIABLE}") === String(Deno.ppid));`,
  });
  const program = folder.run(["-A", "main.ts"]);
  assertEquals((await program.status()).code, 0);
  assertEquals(program.output, "child true\n");
});

Deno.test("supervise runs the program again at once when it asks for that", async () => {
  await using folder = new ProgramFolder({
    "main.ts": supervisor(),
    "child.ts": `
      const run = Number(Deno.readTextFileSync("run"));
      Deno.writeTextFileSync("run", String(run + 1));
      console.log("run", run);
      Deno.exit(run < 3 ? ${RELOAD_STATUS} : 0);`,
    run: "1",
  });
  const program = folder.run(["-A", "main.ts"]);
  assertEquals((await program.status()).code, 0);
  assertEquals(program.lines, ["run 1", "run 2", "run 3"]);
});

Deno.test("supervise waits for a change when the program has failed", async () => {
  await using folder = new ProgramFolder({ "main.ts": supervisor(), "child.ts": "Deno.exit(2)" });
  const program = folder.run(["-A", "main.ts"]);
  assertMatch((await program.line(WAITING)).input, /Script exited with status 2; /);
  folder.write("child.ts", "console.log('mended')");
  assertMatch((await program.line(/starting again/)).input, /child\.ts modified; starting again/);
  assertEquals((await program.status()).code, 0);
  assertEquals(program.lines.at(-1), "mended");
});

Deno.test("supervise waits after each end if it is told to", async () => {
  await using folder = new ProgramFolder({
    "main.ts": supervisor("{ afterSuccess: true, afterSignal: true }"),
    "child.ts": "",
  });
  const program = folder.run(["-A", "main.ts"]);
  assertMatch((await program.line(WAITING)).input, /Script exited normally; /);
  folder.write("child.ts", "Deno.kill(Deno.pid, 'SIGKILL')");
  assertMatch((await program.line(WAITING)).input, /Script was killed by SIGKILL; /);
});

const signals = { ignore: Deno.build.os === "windows" };

Deno.test("supervise ends by the signal that has ended the program", signals, async () => {
  await using folder = new ProgramFolder({ "main.ts": supervisor(), "child.ts": "Deno.kill(Deno.pid, 'SIGKILL')" });
  assertEquals((await folder.run(["-A", "main.ts"]).status()).signal, "SIGKILL");
});

for (const name of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const) {
  Deno.test(`supervise passes ${name} on and ends with the program's own status`, signals, async () => {
    await using folder = new ProgramFolder({
      "main.ts": supervisor("{ afterSuccess: true, afterSignal: true }"),
      "child.ts": `
        Deno.addSignalListener("${name}", () => {
          console.log("cleaning up");
          Deno.exit(5);
        });
        setInterval(() => {}, 1000); // a signal listener does not keep a program alive
        console.log("ready");`,
    });
    const program = folder.run(["-A", "main.ts"]);
    await program.line(/ready/);
    program.signal(name);
    assertEquals((await program.status()).code, 5);
    assertEquals(program.lines, ["ready", "cleaning up"]);
  });

  Deno.test(`supervise ends by ${name} while it waits`, signals, async () => {
    await using folder = new ProgramFolder({ "main.ts": supervisor(), "child.ts": "Deno.exit(2)" });
    const program = folder.run(["-A", "main.ts"]);
    await program.line(WAITING);
    program.signal(name);
    assertEquals((await program.status()).signal, name);
  });
}

Deno.test("supervise passes other signals on and goes on", signals, async () => {
  await using folder = new ProgramFolder({
    "main.ts": supervisor(),
    "child.ts": `
      Deno.addSignalListener("SIGUSR1", () => console.log("usr1"));
      Deno.addSignalListener("SIGUSR2", () => Deno.exit(0));
      setInterval(() => {}, 1000);
      console.log("ready");`,
  });
  const program = folder.run(["-A", "main.ts"]);
  await program.line(/ready/);
  program.signal("SIGUSR1");
  await program.line(/usr1/);
  program.signal("SIGUSR2");
  assertEquals((await program.status()).code, 0);
});

Deno.test("isSupervised is true for the child of a supervisor, and for none of its own children", async () => {
  const child = `import { isSupervised } from "denado:supervisor"; console.log(isSupervised());`;
  await using folder = new ProgramFolder({
    "main.ts": `${child} ${supervisor()}`,
    "child.ts":
      `${child} await new Deno.Command(Deno.execPath(), { args: ["run", "-A", "grandchild.ts"] }).spawn().status;`,
    "grandchild.ts": child,
    // The folder is outside of the repository, whose configuration maps what the modules import.
    "deno.json": Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)).replace(/"links".*\n/, ""),
  });
  const program = folder.run(["-A", "main.ts"]);
  assertEquals((await program.status()).code, 0, program.output);
  assertEquals(program.lines, ["false", "true", "false"]);
});
