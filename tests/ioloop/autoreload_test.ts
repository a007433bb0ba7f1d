import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ProgramFolder } from "../helpers/child_program.ts";

const WRAPPER = new URL("../../ioloop/autoreload.ts", import.meta.url).href;

/** Without --allow-ffi, the process cannot be replaced and becomes the supervisor itself. */
const MODES: readonly { readonly name: string; readonly flags: string[] }[] = [
  { name: "with all permissions", flags: ["-A"] },
  { name: "without --allow-ffi", flags: ["--allow-read", "--allow-run", "--allow-env", "--allow-net=127.0.0.1"] },
];

/** Reloads in the first process and exits in the second one. */
const RUN_TWICE = `
  import * as autoreload from "denado:autoreload";
  if (Deno.env.has("DENADO_AUTORELOAD")) Deno.exit(0);
  await autoreload.reload();
`;

/** Shows on the standard error stream what autoreload does; prints `ready` when a change would be noticed. */
const START = `
  import * as autoreload from "denado:autoreload";
  import { enablePrettyLogging } from "denado:pretty_logging";
  enablePrettyLogging({ logging: "debug" }, { captureSourceLocation: false });
  autoreload.start(20);
  const keepAlive = setInterval(() => {}, 1000);
`;

const READY = /autoreload watches \d+ files/;

for (const { name, flags } of MODES) {
  Deno.test(`reload runs the program again with the same arguments and flags ${name}`, async () => {
    await using folder = new ProgramFolder({
      "main.ts": `console.log(import.meta.main, import.meta.filename, JSON.stringify(Deno.args));
        console.log(Deno.permissions.querySync({ name: "net", host: "127.0.0.1" }).state);
        console.log(Deno.permissions.querySync({ name: "write" }).state);
        ${RUN_TWICE}`,
    });
    const program = folder.run([...flags, "main.ts", "arg1", "--arg2", "-m", "", "arg 3"]);
    assertEquals((await program.status()).code, 0, program.output);
    const write = flags.includes("-A") ? "granted" : "prompt";
    const once = `true ${folder.path}/main.ts ["arg1","--arg2","-m","","arg 3"]\ngranted\n${write}\n`;
    assertEquals(program.output, once + once);
  });
}

Deno.test("reload keeps the process id with all permissions", { ignore: Deno.build.os === "windows" }, async () => {
  await using folder = new ProgramFolder({ "main.ts": `console.log(Deno.pid, Deno.ppid);${RUN_TWICE}` });
  const program = folder.run(["-A", "main.ts"]);
  assertEquals((await program.status()).code, 0);
  assertEquals(program.lines[0], `${program.pid} ${Deno.pid}`);
  assertMatch(program.lines[1]!, new RegExp(` ${program.pid}$`));
});

Deno.test("reload lets go of every port with all permissions", { ignore: Deno.build.os === "windows" }, async () => {
  await using folder = new ProgramFolder({
    "main.ts": `
      const port = Number(Deno.env.get("PORT") ?? 0);
      const listener = Deno.listen({ hostname: "127.0.0.1", port });
      Deno.env.set("PORT", String(listener.addr.port));
      console.log("port", listener.addr.port);
      new Worker("data:text/javascript,setInterval(() => {}, 1)", { type: "module" });
      ${RUN_TWICE}`,
  });
  const program = folder.run(["-A", "main.ts"]);
  assertEquals((await program.status()).code, 0, program.output);
  assertEquals(program.lines[0], program.lines[1]);
});

Deno.test("reload lets go of the ports of its IOLoop without --allow-ffi", async () => {
  await using folder = new ProgramFolder({
    "main.ts": `
      import { IOLoop } from "denado:ioloop";
      const port = Number(Deno.env.get("PORT") ?? 0);
      const listener = Deno.listen({ hostname: "127.0.0.1", port });
      Deno.env.set("PORT", String(listener.addr.port));
      console.log("port", listener.addr.port);
      const resource = { fileno: 1, ready: () => 0, watch() {}, close: () => listener.close() };
      IOLoop.current().addHandler(resource, () => {}, IOLoop.NONE);
      ${RUN_TWICE}`,
  });
  const program = folder.run([...MODES[1]!.flags, "main.ts"]);
  assertEquals((await program.status()).code, 0, program.output);
  assertEquals(program.lines[0], program.lines[1]);
});

Deno.test("reload runs the hooks in order, waits for them and logs their errors", async () => {
  await using folder = new ProgramFolder({
    "main.ts": `
      import * as autoreload from "denado:autoreload";
      if (Deno.env.has("DENADO_AUTORELOAD")) Deno.exit(0);
      autoreload.addReloadHook(async () => {
        await new Promise((resolve) => setTimeout(resolve));
        console.log("first");
      });
      autoreload.addReloadHook(() => {
        throw new Error("not today");
      });
      autoreload.addReloadHook(() => console.log("third"));
      globalThis.addEventListener("unload", () => console.log("unload"));
      await Promise.all([autoreload.reload(), autoreload.reload()]);`,
  });
  const program = folder.run(["-A", "main.ts"]);
  assertEquals((await program.status()).code, 0);
  const printed = program.lines.filter((line) => !line.startsWith(" "));
  assertEquals(printed.filter((line) => line.length < 10), ["first", "third", "unload"]);
  assertStringIncludes(program.output, "Exception in reload hook\nError: not today\n");
});

for (const { name, flags } of MODES) {
  Deno.test(`start runs the program again after each change of an imported file ${name}`, async () => {
    await using folder = new ProgramFolder({
      "main.ts": `import { text } from "./part.ts"; import "./bystander.ts"; console.log(text); ${START}`,
      "part.ts": `export const text = "version 1";`,
      "bystander.ts": "",
    });
    const program = folder.run([...flags, "main.ts"]);
    await program.line(/version 1/);
    for (const version of [2, 3]) {
      await program.line(READY);
      folder.write("part.ts", `export const text = "version ${version}";`);
      assertStringIncludes(
        (await program.line(/modified/)).input,
        `${folder.path}/part.ts modified; restarting server`,
      );
      await program.line(new RegExp(`version ${version}`));
    }
  });
}

Deno.test("start runs the program again after a mistake is mended", async () => {
  await using folder = new ProgramFolder({
    "main.ts": `import { text } from "./part.ts"; console.log(text); ${START}`,
    "part.ts": `export const text = "good";`,
  });
  const program = folder.run(["-A", "main.ts"]);
  await program.line(READY);
  for (const mistake of ["export const text = ;", `throw new Error("at import")`, `import "./none.ts";`]) {
    folder.write("part.ts", mistake);
    await program.line(/Script exited with status 1; waiting for a change in \d+ files/);
    folder.write("part.ts", `export const text = "mended";`);
    await program.line(/part\.ts modified; starting again/);
    await program.line(/mended/);
    await program.line(READY);
  }
});

Deno.test("start watches files that were added, also when they do not exist yet", async () => {
  await using folder = new ProgramFolder({
    "main.ts": `
      import * as early from "denado:autoreload";
      early.watch("template.html");
      ${START}
      autoreload.watch(new URL("missing.html", import.meta.url));`,
    "template.html": "",
  });
  const program = folder.run(["-A", "main.ts"]);
  await program.line(READY);
  folder.write("missing.html", "there");
  await program.line(/missing\.html modified/);
  await program.line(READY);
  Deno.removeSync(`${folder.path}/missing.html`);
  folder.write("template.html", "new");
  await program.line(/template\.html modified/);
});

Deno.test("start is one start for a loop, and warns on a second loop", async () => {
  await using folder = new ProgramFolder({
    "main.ts": `
      import * as autoreload from "denado:autoreload";
      import { IOLoop } from "denado:ioloop";
      autoreload.start();
      autoreload.start();
      console.log("once");
      await new IOLoop({ makeCurrent: false }).run(() => autoreload.start());`,
  });
  const program = folder.run(["-A", "main.ts"]);
  assertEquals((await program.status()).code, 0);
  assertEquals(program.lines, ["once", "autoreload started more than once in the same process"]);
});

Deno.test("start does not keep the program alive, nor does it do anything in a child of forkProcesses", async () => {
  await using folder = new ProgramFolder({
    "main.ts": START.replace("setInterval(() => {}, 1000)", "0"),
  });
  const alone = folder.run(["-A", "main.ts"]);
  assertEquals((await alone.status()).code, 0);
  const child = folder.run(["-A", "main.ts"], { env: { DENADO_TASK_ID: "0" } });
  assertEquals((await child.status()).code, 0);
  assertEquals(child.lines, []);
});

Deno.test("start warns about permissions that it lacks, and goes on", async () => {
  await using folder = new ProgramFolder({
    "main.ts": `import * as autoreload from "denado:autoreload"; autoreload.start(); console.log("on");`,
  });
  const program = folder.run(["--allow-read", "--allow-env", "main.ts"]);
  assertEquals((await program.status()).code, 0);
  assertEquals(program.lines.toSorted(), [
    "autoreload is off: it lacks permissions, run with --allow-read --allow-run --allow-env",
    "on",
  ]);
});

Deno.test("wait runs a script again after each change", async () => {
  await using folder = new ProgramFolder();
  const script = (text: string): string => `
    import * as autoreload from "denado:autoreload";
    import { enablePrettyLogging } from "denado:pretty_logging";
    enablePrettyLogging({ logging: "debug" });
    console.log("${text}");
    await autoreload.wait(20);`;
  folder.write("main.ts", script("one"));
  const program = folder.run(["-A", "main.ts"]);
  for (const text of ["one", "two", "three"]) {
    folder.write("main.ts", script(text));
    await program.line(new RegExp(text));
    await program.line(READY);
  }
});

Deno.test("wait throws without the permissions it needs", async () => {
  await using folder = new ProgramFolder({
    "main.ts": `import * as autoreload from "denado:autoreload"; await autoreload.wait();`,
  });
  const program = folder.run(["main.ts"]);
  assertEquals((await program.status()).code, 1);
  assertStringIncludes(program.output, "Cannot wait for a change: it lacks permissions, run with --allow-read");
});

// --- the command line ---

Deno.test("command line gives the script its arguments, and runs it again when it asks for that", async () => {
  await using folder = new ProgramFolder({
    "main.ts": `
      import * as autoreload from "denado:autoreload";
      console.log(import.meta.main, JSON.stringify(Deno.args));
      const runs = Number(Deno.readTextFileSync("runs"));
      Deno.writeTextFileSync("runs", String(runs + 1));
      if (runs === 0) await autoreload.reload();`,
    runs: "0",
  });
  const program = folder.run(["-A", WRAPPER, "--until-success", "main.ts", "arg1", "--arg2", "-m", "--until-success"]);
  assertEquals((await program.status()).code, 0, program.output);
  const line = 'true ["arg1","--arg2","-m","--until-success"]';
  assertEquals(program.lines, [line, line]);
});

Deno.test("command line catches mistakes at the first start, and waits after each end of the script", async () => {
  await using folder = new ProgramFolder({ "main.ts": `import "./part.ts"`, "part.ts": "const = 1;" });
  const program = folder.run(["-A", WRAPPER, "main.ts"]);
  await program.line(/Script exited with status 1; waiting for a change in 2 files/);
  folder.write("part.ts", "console.log('fine')");
  await program.line(/fine/);
  await program.line(/Script exited normally; waiting for a change in 2 files/);
  folder.write("part.ts", "console.log('better'); Deno.exit(3)");
  await program.line(/better/);
  await program.line(/Script exited with status 3/);
  program.signal("SIGTERM");
  assertEquals((await program.status()).signal, "SIGTERM");
});

Deno.test("command line with --until-success ends when the script exits with 0", async () => {
  await using folder = new ProgramFolder({ "main.ts": "Deno.exit(3)" });
  const program = folder.run(["-A", WRAPPER, "--until-success", "main.ts"]);
  await program.line(/Script exited with status 3/);
  folder.write("main.ts", "Deno.exit(0)");
  assertEquals((await program.status()).code, 0);
});

Deno.test("command line takes the script as a URL", async () => {
  await using folder = new ProgramFolder({ "main.ts": "console.log('here')" });
  const program = folder.run(["-A", WRAPPER, "--until-success", `file://${folder.path}/main.ts`]);
  assertEquals((await program.status()).code, 0);
  assertEquals(program.lines, ["here"]);
});

for (
  const [args, message] of [[[], "Cannot run without a script"], [
    ["--nope"],
    "Unrecognized command line option",
  ]] as const
) {
  Deno.test(`command line [${args.join(" ")}] exits with 1`, async () => {
    await using folder = new ProgramFolder();
    const program = folder.run(["-A", WRAPPER, ...args]);
    assertEquals((await program.status()).code, 1);
    assertStringIncludes(program.output, message);
    assertStringIncludes(program.output, "Usage: deno run -A jsr:@denado/denado/autoreload [OPTIONS]");
  });
}

Deno.test("autoreload can be imported without effects", async () => {
  const { autoreload } = await import("@denado/denado/ioloop");
  assertEquals(Object.keys(autoreload).sort(), ["addReloadHook", "main", "reload", "start", "wait", "watch"]);
});
