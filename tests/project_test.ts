/**
 * The project files agree with each other: the same entry points, the same checks and the same version of Deno wherever
 * they are written down.
 *
 * @module
 */

import { assert, assertEquals, assertFalse } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

interface Config {
  readonly exports: Record<string, string>;
  readonly tasks: Record<string, { readonly command: string }>;
  readonly imports: Record<string, string>;
  readonly links: readonly string[];
}

async function read(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT));
}

async function readConfig(): Promise<Config> {
  return JSON.parse(await read("deno.json"));
}

Deno.test("doc:lint task names every entry point of the package", async () => {
  const { exports, tasks } = await readConfig();
  const linted = tasks["doc:lint"]!.command.split(" ").filter((word) => word.endsWith(".ts"));
  assertEquals(linted.sort(), Object.values(exports).map((path) => path.replace("./", "")).sort());
});

Deno.test("each folder of the package is an entry point under its own name", async () => {
  const { exports } = await readConfig();
  for (const layer of ["ioloop", "tcp", "http", "web"]) assertEquals(exports[`./${layer}`], `./${layer}/mod.ts`);
});

Deno.test(".ci/run makes every check of the ok task", async () => {
  const { tasks } = await readConfig();
  const script = await read(".ci/run");
  const missing = tasks["ok"]!.command.split(" && ").filter((check) => !script.includes(check));
  // there it is the dry run itself, which also refuses a tree that the tests have changed
  assertEquals(missing, ["deno task publish:check"]);
  assert(/^step "publish" deno publish/m.test(script));
});

Deno.test("pages and scripts ask for one version of Deno", async () => {
  const paths = [".ci/run", ".github/workflows/ci.yml"];
  for await (const entry of Deno.readDir(ROOT)) {
    if (entry.name.endsWith(".md")) paths.push(entry.name);
  }
  const versions = new Set<string>();
  for (const path of paths) {
    for (const match of (await read(path)).matchAll(/deno(?:@|: \[")(\d+\.\d+\.\d+)/g)) versions.add(match[1]!);
  }
  assertEquals([...versions], ["2.9.6"]);
});

Deno.test("each jsr import has an adapter of a version that satisfies it", async () => {
  const { imports, links } = await readConfig();
  const adapters = await Promise.all(links.map(async (path) => JSON.parse(await read(`${path}/deno.json`))));
  const wanted = Object.entries(imports).filter(([, target]) => target.startsWith("jsr:"));
  assertEquals(
    adapters.map(({ name, version }) => [name, `jsr:${name}@^${version}`]),
    wanted,
  );
});

Deno.test("deno.json has no permissions for tests, with which deno test asks for a flag", async () => {
  const config = await readConfig();
  assertFalse("permissions" in config);
});
