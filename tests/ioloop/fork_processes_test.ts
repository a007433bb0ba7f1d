import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ChildScript, COMMON_FLAGS, type RunningScript } from "../helpers/child_script.ts";

const IMPORTS = ["forkProcesses", "taskId"];

/** Elsewhere the flags of the parent, among them the path of the configuration, are not known. */
const ignore = Deno.build.os !== "linux";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, fn, ignore });
}

/** A program of which each child says its number and its process id, and then runs until it is told to end. */
function endless(count: number, options = "{}"): Promise<ChildScript> {
  return ChildScript.write(
    IMPORTS,
    `const id = await forkProcesses(${count}, ${options});
    setInterval(() => {}, 1e6);
    console.log(id, Deno.pid);`,
  );
}

/** The process ids of `count` children, by number, when all of them run. */
async function pids(parent: RunningScript, count: number): Promise<number[]> {
  const lines = await parent.lines(count);
  assertEquals(lines.map((line) => line.split(" ")[0]), Array.from({ length: count }, (_, id) => String(id)));
  return lines.map((line) => Number(line.split(" ")[1]));
}

function isRunning(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

test("forkProcesses returns its number in each child, and the parent exits with 0 after them", async () => {
  await using script = await ChildScript.write(
    IMPORTS,
    "const id = await forkProcesses(3); console.log(id, taskId(), Deno.pid !== Deno.ppid);",
  );
  const { code, lines, errors } = await script.start().end();
  assertEquals([code, lines.sort(), errors], [0, ["0 0 true", "1 1 true", "2 2 true"], ""]);
});

test("forkProcesses returns at once in a child, however often it is called", async () => {
  await using script = await ChildScript.write(
    IMPORTS,
    "console.log(await forkProcesses(2), await forkProcesses(5));",
  );
  assertEquals((await script.start().end()).lines.sort(), ["0 0", "1 1"]);
});

for (const count of ["", "0", "-1"]) {
  test(`forkProcesses(${count}) starts a process for each processor`, async () => {
    await using script = await ChildScript.write(IMPORTS, `console.log(await forkProcesses(${count}));`);
    const { lines } = await script.start().end();
    assertEquals(lines.sort(), Array.from({ length: navigator.hardwareConcurrency }, (_, id) => String(id)).sort());
  });
}

test("forkProcesses gives the children the arguments and leaves them without input", async () => {
  await using script = await ChildScript.write(
    IMPORTS,
    `await forkProcesses(1);
    console.log(JSON.stringify(Deno.args), await Deno.stdin.read(new Uint8Array(1)));`,
  );
  const { lines } = await script.start({ args: ["a b", "", "--c"] }).end();
  assertEquals(lines, ['["a b","","--c"] null']);
});

test("forkProcesses finds the main module also from another working directory", async () => {
  await using script = await ChildScript.write(IMPORTS, `Deno.chdir("/"); console.log(await forkProcesses(1));`);
  assertEquals((await script.start().end()).lines, ["0"]);
});

// --- restarts ---

test("forkProcesses starts a child that exits with another status than 0 again, under its number", async () => {
  await using script = await ChildScript.write(
    IMPORTS,
    `const id = await forkProcesses(2);
    console.log(id);
    try {
      Deno.mkdirSync("crashed " + id);
    } catch {
      Deno.exit(0);
    }
    Deno.exit(3 + id);`,
  );
  const { code, lines, errors } = await script.start().end();
  assertEquals([code, lines.sort()], [0, ["0", "0", "1", "1"]]);
  const warnings = errors.trimEnd().split("\n").sort();
  assertMatch(warnings[0]!, /^child 0 \(pid \d+\) exited with status 3, restarting$/);
  assertMatch(warnings[1]!, /^child 1 \(pid \d+\) exited with status 4, restarting$/);
  assertEquals(warnings.length, 2);
});

test("forkProcesses starts a child that was killed again, and only that one", async () => {
  await using script = await endless(2);
  const parent = script.start();
  const [first, second] = await pids(parent, 2);
  Deno.kill(second!, "SIGKILL");
  const [id, pid] = (await parent.line()).split(" ");
  assertEquals(id, "1");
  assert(Number(pid) !== second && isRunning(first!));
  parent.kill("SIGTERM");
  const { lines, errors } = await parent.end();
  assertEquals(lines, []);
  assertEquals(errors, `child 1 (pid ${second}) killed by signal SIGKILL, restarting\n`);
});

test("forkProcesses gives up after maxRestarts, and ends the other children", async () => {
  await using script = await ChildScript.write(
    IMPORTS,
    `const id = await forkProcesses(2, { maxRestarts: 2 });
    if (id === 0) setInterval(() => {}, 1e6);
    console.log(id, Deno.pid);
    if (id === 1) {
      while (!(await Deno.readTextFile("go").catch(() => ""))) await new Promise((go) => setTimeout(go));
      Deno.exit(7);
    }`,
  );
  const parent = script.start();
  const [other] = await pids(parent, 2);
  await Deno.writeTextFile(script.path.replace("main.ts", "go"), "go");
  const { code, lines, errors } = await parent.end();
  assertEquals([code, lines.length], [1, 2]);
  assertStringIncludes(errors, "Error: Too many child restarts, giving up: more than 2");
  assertEquals(errors.match(/exited with status 7, restarting/g)?.length, 2);
  assert(!isRunning(other!));
});

// --- ending ---

for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130]] as const) {
  test(`forkProcesses passes ${signal} on and exits with ${code} when it ended the children`, async () => {
    await using script = await endless(2);
    const parent = script.start();
    const children = await pids(parent, 2);
    parent.kill(signal);
    assertEquals((await parent.end()).code, code);
    assertEquals(children.map(isRunning), [false, false]);
  });
}

test("forkProcesses waits for children that end in their own time, and exits with 0 when they do", async () => {
  await using script = await ChildScript.write(
    IMPORTS,
    `const id = await forkProcesses(2);
    Deno.addSignalListener("SIGTERM", async () => {
      console.log("ending", id);
      await new Promise((resolve) => setTimeout(resolve));
      console.log("ended", id);
      Deno.exit(0);
    });
    setInterval(() => {}, 1e6);
    console.log(id, Deno.pid);`,
  );
  const parent = script.start();
  await pids(parent, 2);
  parent.kill("SIGTERM");
  const { code, lines } = await parent.end();
  assertEquals([code, lines.sort()], [0, ["ended 0", "ended 1", "ending 0", "ending 1"]]);
});

test("forkProcesses does not count restarts against a clean end", async () => {
  await using script = await ChildScript.write(
    IMPORTS,
    `const id = await forkProcesses(1);
    Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
    setInterval(() => {}, 1e6);
    console.log(id, Deno.pid);`,
  );
  const parent = script.start();
  const [pid] = await pids(parent, 1);
  Deno.kill(pid!, "SIGKILL");
  await pids(parent, 1);
  parent.kill("SIGTERM");
  assertEquals((await parent.end()).code, 0);
});

test("forkProcesses kills children that do not end within stopTimeoutMs", async () => {
  await using script = await ChildScript.write(
    IMPORTS,
    `const id = await forkProcesses(1, { stopTimeoutMs: 1 });
    Deno.addSignalListener("SIGTERM", () => {});
    setInterval(() => {}, 1e6);
    console.log(id, Deno.pid);`,
  );
  const parent = script.start();
  const [pid] = await pids(parent, 1);
  parent.kill("SIGTERM");
  const { code, errors } = await parent.end();
  assertEquals([code, isRunning(pid!)], [143, false]);
  assertEquals(errors, "1 children did not end within 1 ms, killing them\n");
});

test("forkProcesses ends the children and fails with the reason when its signal is aborted", async () => {
  await using script = await ChildScript.write(
    IMPORTS,
    `const controller = new AbortController();
    const abort = () => controller.abort("enough");
    Deno.addSignalListener("SIGUSR1", abort);
    const id = await forkProcesses(2, { signal: controller.signal }).catch((reason) => reason);
    Deno.removeSignalListener("SIGUSR1", abort);
    console.log(id, taskId() === undefined ? "parent" : Deno.pid);
    if (id !== "enough") setInterval(() => {}, 1e6);`,
  );
  const parent = script.start();
  const children = await pids(parent, 2);
  parent.kill("SIGUSR1");
  const { code, lines } = await parent.end();
  assertEquals([code, lines, children.map(isRunning)], [0, ["enough parent"], [false, false]]);
});

test("forkProcesses starts nothing when its signal is aborted already", async () => {
  await using script = await ChildScript.write(
    IMPORTS,
    `console.log(await forkProcesses(2, { signal: AbortSignal.abort("no") }).catch((reason) => reason));`,
  );
  assertEquals((await script.start().end()).lines, ["no"]);
});

// --- permissions ---

const PATH = `${new URL(".", `file://${Deno.execPath()}`).pathname}:${Deno.env.get("PATH")}`;
const STATES = `
  const state = (descriptor) => Deno.permissions.querySync(descriptor).state;
  console.log(state({ name: "net", host: "localhost:1" }), state({ name: "net" }), state({ name: "read" }));
`;

test("forkProcesses gives the children the permissions of the parent", async () => {
  await using script = await ChildScript.write(IMPORTS, `await forkProcesses(1);${STATES}`);
  const flags = ["--allow-run=deno", "--allow-net=localhost:1"];
  const { lines, errors } = await script.start({ flags, env: { PATH } }).end();
  assertEquals([lines, errors], [["granted prompt prompt"], ""]);
});

test("forkProcesses gives the children the flags that it is told to", async () => {
  const source = `await forkProcesses(1, { denoFlags: Deno.args, maxRestarts: 0 });${STATES}`;
  await using script = await ChildScript.write(IMPORTS, source);
  const { lines, errors } = await script.start({ args: [...COMMON_FLAGS, "--allow-read"] }).end();
  assertEquals([lines, errors], [["prompt prompt granted"], ""]);
});

const refused: [what: string, flags: string[], message: string][] = [
  ["without --allow-run", [], "Cannot start child processes, no permission to run "],
  ["with --deny-env", ["-A", "--deny-env"], "do not run with --deny-env or --ignore-env"],
  ["with --ignore-env", ["-A", "--ignore-env"], "do not run with --deny-env or --ignore-env"],
  ["with the number denied", ["-A", "--deny-env=A,DENADO_TASK_ID"], "the children could not read DENADO_TASK_ID"],
];
for (const [what, flags, message] of refused) {
  test(`forkProcesses fails ${what}`, async () => {
    await using script = await ChildScript.write(IMPORTS, "console.log(await forkProcesses(1));");
    const { code, lines, errors } = await script.start({ flags }).end();
    assertEquals([code, lines], [1, []]);
    assertStringIncludes(errors, `NotCapable: `);
    assertStringIncludes(errors, message);
  });
}

test("forkProcesses works with another variable denied", async () => {
  await using script = await ChildScript.write(IMPORTS, "console.log(await forkProcesses(1));");
  assertEquals((await script.start({ flags: ["-A", "--deny-env=OTHER"] }).end()).lines, ["0"]);
});

test("forkProcesses works for a program given to deno eval", async () => {
  const module = JSON.stringify(import.meta.resolve("@denado/denado/ioloop"));
  const source = `import { forkProcesses } from ${module}; console.log(await forkProcesses(1), ...Deno.args);`;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", source, "a"],
    stderr: "inherit",
  }).output();
  assertEquals([code, new TextDecoder().decode(stdout)], [0, "0 a\n"]);
});
