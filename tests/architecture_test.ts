/**
 * The rules of the source tree hold: imports point down, a layer is entered by its `mod.ts`, each source has its test.
 * The made-up trees below show that a violation of each rule would be found.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { findViolations, readSyntax, type SourceFile } from "./helpers/architecture.ts";

const LAYERS = ["ioloop", "tcp", "http", "web"];
const ROOT = new URL("../", import.meta.url);

Deno.test("source tree keeps the rules of the architecture", async () => {
  const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT))) as { imports: Record<string, string> };
  const packages = Object.entries(config.imports)
    .filter(([, target]) => target.startsWith("npm:"))
    .map(([name]) => name);

  const sources: SourceFile[] = [{ path: "mod.ts", text: await Deno.readTextFile(new URL("mod.ts", ROOT)) }];
  const tests: string[] = [];
  for (const layer of LAYERS) {
    for await (const path of walk(layer)) {
      sources.push({ path, text: await Deno.readTextFile(new URL(path, ROOT)) });
    }
    for await (const path of walk(`tests/${layer}`)) tests.push(path);
  }

  assertEquals(findViolations(sources, { layers: LAYERS, packages, tests }), []);
});

interface RuleCase {
  readonly name: string;
  /** Text by path; the module header is put in front. */
  readonly files: Record<string, string>;
  readonly expected: string[];
}

const RULES: RuleCase[] = [
  {
    name: "accepts imports that point down and enter by mod.ts",
    files: {
      "mod.ts": `export * from "./web/mod.ts"; export * from "./ioloop/mod.ts";`,
      "ioloop/mod.ts": `export * from "./event.ts";`,
      "ioloop/event.ts":
        `import { getLogger } from "@logtape/logtape"; import { hash } from "node:crypto"; getLogger; hash;`,
      "web/mod.ts": `import "../ioloop/mod.ts"; import "./auth/login.ts";`,
      "web/auth/login.ts": `import "../../ioloop/mod.ts"; import "@logtape/logtape/sub";`,
    },
    expected: [],
  },
  {
    name: "finds an import that points up",
    files: { "ioloop/mod.ts": `import "../web/mod.ts";`, "web/mod.ts": "" },
    expected: [`ioloop/mod.ts imports "../web/mod.ts": ioloop must not know web, which is above it`],
  },
  {
    name: "finds a type-only import that points up",
    files: { "tcp/mod.ts": `import type { A } from "../http/mod.ts"; export type B = A;`, "http/mod.ts": "" },
    expected: [`tcp/mod.ts imports "../http/mod.ts": tcp must not know http, which is above it`],
  },
  {
    name: "finds a late import that points up inside a function",
    files: {
      "tcp/mod.ts": `export async function late(): Promise<unknown> { return await import("../http/mod.ts"); }`,
      "http/mod.ts": "",
    },
    expected: [`tcp/mod.ts imports "../http/mod.ts": tcp must not know http, which is above it`],
  },
  {
    name: "finds a layer entered past its mod.ts",
    files: { "tcp/mod.ts": `import "../ioloop/event.ts";`, "ioloop/event.ts": "" },
    expected: [`tcp/mod.ts imports "../ioloop/event.ts": enter ioloop by ioloop/mod.ts`],
  },
  {
    name: "finds the root entry past a mod.ts",
    files: { "mod.ts": `export * from "./tcp/socket.ts";`, "tcp/socket.ts": "" },
    expected: [`mod.ts imports "./tcp/socket.ts": enter tcp by tcp/mod.ts`],
  },
  {
    name: "finds a layer that imports its own mod.ts",
    files: { "tcp/socket.ts": `import "./mod.ts";`, "tcp/mod.ts": "" },
    expected: [`tcp/socket.ts imports "./mod.ts": inside a layer, import the file itself`],
  },
  {
    name: "finds an import from outside the layers",
    files: { "tcp/mod.ts": `import "../tests/helpers/manual_clock.ts"; import "../mod.ts";`, "mod.ts": "" },
    expected: [
      `tcp/mod.ts imports "../tests/helpers/manual_clock.ts": tests/helpers/manual_clock.ts is outside the layers ioloop, tcp, http, web`,
      `tcp/mod.ts imports "../mod.ts": mod.ts is outside the layers ioloop, tcp, http, web`,
    ],
  },
  {
    name: "finds an import of a file that is not there",
    files: { "tcp/mod.ts": `import "./gone.ts";` },
    expected: [`tcp/mod.ts imports "./gone.ts": tcp/gone.ts does not exist`],
  },
  ...["@std/assert", "@denado/denado/ioloop", "npm:hono@4", "jsr:@std/async", "https://example.com/a.ts", "fs"].map(
    (specifier): RuleCase => ({
      name: `finds the package ${specifier} in published code`,
      files: { "tcp/mod.ts": `import ${JSON.stringify(specifier)};` },
      expected: [`tcp/mod.ts imports "${specifier}": published code may import node: and @logtape/logtape`],
    }),
  ),
  {
    name: "finds a file without a test, at any depth",
    files: { "web/auth/token.ts": `export const token = 1;` },
    expected: ["web/auth/token.ts has no test: tests/web/auth/token_test.ts is missing"],
  },
  {
    name: "asks no test of a file with types only",
    files: {
      "web/shape.ts": `import type { A } from "./a.ts"; export interface B extends A {} export type C = B;`,
      "web/a.ts": "",
    },
    expected: [],
  },
  {
    name: "finds a file that is too long",
    files: { "web/mod.ts": "\n".repeat(601) },
    expected: ["web/mod.ts has 601 lines: split it, 600 is the most"],
  },
  {
    name: "finds names that say nothing or are not in snake_case",
    files: { "web/utils.ts": "", "web/auth/types.ts": "", "web/requestHandler.ts": "" },
    expected: [
      "web/utils.ts has a name that does not say what is inside",
      "web/auth/types.ts has a name that does not say what is inside",
      "web/requestHandler.ts is not named in snake_case",
    ],
  },
];

for (const { name, files, expected } of RULES) {
  Deno.test(`findViolations ${name}`, () => {
    const sources = Object.entries(files).map(([path, text]) => ({ path, text: `/** About it. @module */ ${text}` }));
    const tests = ["tests/ioloop/event_test.ts", "tests/web/auth/login_test.ts", "tests/tcp/socket_test.ts"];
    assertEquals(findViolations(sources, { layers: LAYERS, packages: ["@logtape/logtape"], tests }), expected);
  });
}

Deno.test("findViolations finds a file without a module header", () => {
  const sources = [
    { path: "web/mod.ts", text: "// About it.\nexport {};\n" },
    { path: "web/one.ts", text: "/** About a constant. */\nexport type A = 1;\n/** @module */\n" },
  ];
  assertEquals(findViolations(sources, { layers: LAYERS, packages: [], tests: [] }), [
    "web/mod.ts does not open with a module header: /** … @module */",
    "web/one.ts does not open with a module header: /** … @module */",
  ]);
});

Deno.test("readSyntax reads every form of import and nothing that only looks like one", () => {
  const text = `
    /** import "./comment.ts"; */
    import a from "./default.ts";
    import type { B } from "./type.ts";
    import "./effect.ts";
    export * from "./all.ts";
    export { c } from "./named.ts";
    export type D = import("./import_type.ts").D;
    const text = 'import "./string.ts"';
    await import("./dynamic.ts");
    await import(text);
    new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    new URL("./page.html", import.meta.url);
  `;
  assertEquals(readSyntax({ path: "web/a.ts", text }).imports, [
    "./default.ts",
    "./type.ts",
    "./effect.ts",
    "./all.ts",
    "./named.ts",
    "./import_type.ts",
    "./dynamic.ts",
    "./worker.ts",
  ]);
});

async function* walk(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(`${folder}/`, ROOT))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* walk(path);
    else if (path.endsWith(".ts")) yield path;
  }
}
