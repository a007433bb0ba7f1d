import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CalledProcessError, IOLoop, Subprocess, type SubprocessOptions, TimeoutError } from "@denado/denado/ioloop";

function run(source: string, options: SubprocessOptions = {}): Subprocess {
  return new Subprocess([Deno.execPath(), "eval", source], { stdin: "null", ...options });
}

/** A child that runs until it is told to end, and says when it is there. */
async function runForever(options: SubprocessOptions = {}): Promise<Subprocess> {
  const child = run("console.log(1); setInterval(() => {}, 1e6)", { stdout: Subprocess.STREAM, ...options });
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  return child;
}

Deno.test("Subprocess has streams for what is STREAM", async () => {
  const source = "await Deno.stdin.readable.pipeTo(Deno.stdout.writable, { preventClose: true }); console.error('end')";
  const [stdin, stdout, stderr] = [Subprocess.STREAM, Subprocess.STREAM, Subprocess.STREAM];
  const child = run(source, { stdin, stdout, stderr });
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("over and back"));
  await writer.close();
  const output = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  assertEquals(output, ["over and back", "end\n"]);
  assertEquals(await child.waitForExit(), 0);
});

Deno.test("Subprocess without STREAM has no streams", async () => {
  const child = run("");
  for (const name of ["stdin", "stdout", "stderr"] as const) assertThrows(() => child[name], TypeError);
  await child.waitForExit();
});

Deno.test("Subprocess starts the program in cwd with env", async () => {
  const cwd = await Deno.realPath(await Deno.makeTempDir());
  const source = "console.log(Deno.cwd(), Deno.env.get('COLOUR'))";
  const child = run(source, { cwd, env: { COLOUR: "green" }, stdout: Subprocess.STREAM });
  assertEquals(await new Response(child.stdout).text(), `${cwd} green\n`);
  await child.waitForExit();
  await Deno.remove(cwd);
});

Deno.test("Subprocess knows the pid of the child, and the return code once it has ended", async () => {
  const child = run("console.log(Deno.pid); Deno.exit(3)", { stdout: Subprocess.STREAM });
  assertEquals(child.returncode, undefined);
  assertEquals(await new Response(child.stdout).text(), `${child.pid}\n`);
  assertEquals(await child.waitForExit({ raiseError: false }), 3);
  assertEquals(child.returncode, 3);
});

Deno.test("Subprocess passes the return code to the exit callback in a turn of the loop", async () => {
  const loop = new IOLoop({ makeCurrent: false });
  const seen = await loop.run(() =>
    new Promise<unknown[]>((resolve) => {
      run("Deno.exit(2)").setExitCallback((returncode) => resolve([returncode, IOLoop.current() === loop]));
    })
  );
  assertEquals(seen, [2, true]);
  loop.close();
});

Deno.test("Subprocess calls an exit callback that is set after the exit", async () => {
  const child = run("");
  await child.waitForExit();
  assertEquals(await new Promise((resolve) => child.setExitCallback(resolve)), 0);
});

Deno.test("Subprocess calls the exit callback that was set last, once", async () => {
  const child = run("");
  const calls: string[] = [];
  child.setExitCallback(() => calls.push("first"));
  child.setExitCallback(() => calls.push("second"));
  await child.waitForExit();
  await new Promise((resolve) => child.setExitCallback(resolve));
  assertEquals(calls, ["second"]);
});

const signals: [signal: Deno.Signal, returncode: number, message: string][] = [
  ["SIGTERM", -15, "died of signal SIGTERM"],
  ["SIGKILL", -9, "died of signal SIGKILL"],
];
for (const [signal, returncode, message] of signals) {
  Deno.test(`Subprocess killed by ${signal} has the return code ${returncode}`, async () => {
    const child = await runForever();
    child.kill(signal);
    const error = await assertRejects(() => child.waitForExit(), CalledProcessError, message);
    assertEquals([error.returncode, child.returncode], [returncode, returncode]);
  });
}

Deno.test("Subprocess kill sends SIGTERM, and nothing after the end", async () => {
  const child = await runForever();
  child.kill();
  assertEquals(await child.waitForExit({ raiseError: false }), -15);
  child.kill();
});

Deno.test("Subprocess is ended by its signal", async () => {
  const controller = new AbortController();
  const child = await runForever({ signal: controller.signal });
  controller.abort();
  assertEquals(await child.waitForExit({ raiseError: false }), -15);
});

Deno.test("Subprocess waitForExit fails with the code and the command", async () => {
  const child = run("Deno.exit(1)");
  const error = await assertRejects(() => child.waitForExit(), CalledProcessError, "returned 1");
  assertEquals([error.returncode, error.command], [1, child.command]);
  assert(error.message.startsWith(`Command ${JSON.stringify(child.command)}`), error.message);
});

Deno.test("Subprocess waitForExit without raiseError returns the code", async () => {
  assertEquals(await run("Deno.exit(1)").waitForExit({ raiseError: false }), 1);
});

Deno.test("Subprocess waitForExit can be called several times", async () => {
  const child = run("");
  assertEquals(await Promise.all([child.waitForExit(), child.waitForExit({ timeoutMs: 60_000 })]), [0, 0]);
  assertEquals(await child.waitForExit(), 0);
});

Deno.test("Subprocess waitForExit gives up after timeoutMs and leaves the child alone", async () => {
  await using child = await runForever();
  await assertRejects(() => child.waitForExit({ timeoutMs: 1 }), TimeoutError, `${child.pid} did not end within 1 ms`);
  assertEquals(child.returncode, undefined);
});

Deno.test("Subprocess waitForExit gives up when it is aborted and leaves the child alone", async () => {
  await using child = await runForever();
  const controller = new AbortController();
  const waiting = child.waitForExit({ signal: controller.signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  await assertRejects(() => child.waitForExit({ signal: controller.signal }), Error, "enough");
  assertEquals(child.returncode, undefined);
});

Deno.test("Subprocess that is disposed of is killed", async () => {
  const child = await runForever();
  await child[Symbol.asyncDispose]();
  assertEquals(child.returncode, -9);
  await child[Symbol.asyncDispose]();
});

Deno.test("Subprocess fails when there is no such program, or none is named", () => {
  assertThrows(() => new Subprocess(["/no/such/program"]), Deno.errors.NotFound);
  assertThrows(() => new Subprocess([]), TypeError, "the command is empty");
});

Deno.test("Subprocess initialize and uninitialize can be called any number of times", () => {
  Subprocess.initialize();
  Subprocess.initialize();
  Subprocess.uninitialize();
  Subprocess.uninitialize();
});
