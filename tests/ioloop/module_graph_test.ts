import { assertEquals, assertRejects } from "@std/assert";
import { localModules } from "../../ioloop/module_graph.ts";
import { ProgramFolder } from "../helpers/child_program.ts";

const command = Deno.execPath();

/** The names of the files in the folder that the program is made of. */
async function namesOf(folder: ProgramFolder, main: string, denoArgs: readonly string[] = []): Promise<string[]> {
  const paths = await localModules(main, { command, denoArgs });
  return paths.map((path) => path.replace(`${folder.path}/`, "")).sort();
}

const FILES = {
  "main.ts": `import "./a.ts"; import type { T } from "./t.ts"; export * from "./b.js"; await import("./late.ts");
              const name = "./unknown.ts"; await import(name); // import "./comment.ts"`,
  "a.ts": `import "./sub.ts"; import "node:fs"; import data from "./data.json" with { type: "json" };`,
  "b.js": "export const b = 1;",
  "late.ts": "",
  "t.ts": "export type T = 1;",
  "sub.ts": "",
  "data.json": "{}",
  "unknown.ts": "",
  "comment.ts": "",
};

Deno.test("localModules finds what a program imports", async () => {
  await using folder = new ProgramFolder(FILES);
  const expected = ["a.ts", "b.js", "data.json", "late.ts", "main.ts", "sub.ts", "t.ts"];
  assertEquals(await namesOf(folder, `${folder.path}/main.ts`), expected);
  assertEquals(await namesOf(folder, `file://${folder.path}/main.ts?version=1`), expected);
});

Deno.test("localModules finds files with mistakes and files that are missing", async () => {
  await using folder = new ProgramFolder({
    "main.ts": `import "./wrong.ts"; import "./missing.ts";`,
    "wrong.ts": "const = 1;",
  });
  assertEquals(await namesOf(folder, `${folder.path}/main.ts`), ["main.ts", "missing.ts", "wrong.ts"]);
  assertEquals(await namesOf(folder, `${folder.path}/wrong.ts`), ["wrong.ts"]);
  assertEquals(await namesOf(folder, `${folder.path}/none.ts`), ["none.ts"]);
});

Deno.test("localModules knows the import map of the main module", async () => {
  await using folder = new ProgramFolder({
    "main.ts": `import "#part";`,
    "part.ts": "",
    "other.ts": "",
    "deno.json": `{ "imports": { "#part": "./part.ts" } }`,
    "other.json": `{ "imports": { "#part": "./other.ts" } }`,
  });
  const main = `${folder.path}/main.ts`;
  assertEquals(await namesOf(folder, main), ["main.ts", "part.ts"]);
  assertEquals(await namesOf(folder, main, ["run", "-A", "-c", `${folder.path}/other.json`]), ["main.ts", "other.ts"]);
  assertEquals(await namesOf(folder, main, ["--config", `${folder.path}/other.json`]), ["main.ts", "other.ts"]);
  assertEquals(await namesOf(folder, main, [`--import-map=${folder.path}/other.json`]), ["main.ts", "other.ts"]);
  assertEquals(await namesOf(folder, main, ["--no-config"]), ["main.ts"]);
});

Deno.test("localModules throws when Deno does not answer", async () => {
  await using folder = new ProgramFolder({ "main.ts": "", "deno.json": "{" });
  await assertRejects(
    () => localModules(`${folder.path}/main.ts`, { command }),
    Error,
    `Cannot find the modules of ${folder.path}/main.ts: `,
  );
});
