import { assertEquals, assertInstanceOf, assertStringIncludes, assertThrows } from "@std/assert";
import { OptionError } from "@denado/denado/ioloop";
import { readConfigFile } from "../../ioloop/option_file.ts";

function inTempDir(fn: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    fn(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const FILES: { readonly name: string; readonly text: string; readonly expected: Record<string, unknown> }[] = [
  { name: "c.json", text: '{ "port": 443, "user": "李康" }', expected: { port: 443, user: "李康" } },
  {
    name: "c.ts",
    text: `const port: number = 443; export { port }; export const user = "李康";`,
    expected: { port: 443, user: "李康" },
  },
  {
    name: "c.mjs",
    text: `export default { port: 80, user: "李康" }; export const port = 443;`,
    expected: { port: 443, user: "李康" },
  },
  { name: "c.js", text: `export const port = 443;`, expected: { port: 443 } },
  { name: "c.cjs", text: `module.exports = { port: 443 };`, expected: { port: 443 } },
];

for (const { name, text, expected } of FILES) {
  Deno.test(`readConfigFile reads ${name}`, () =>
    inTempDir((folder) => {
      const path = `${folder}/${name}`;
      Deno.writeTextFileSync(path, text);
      assertEquals(readConfigFile(path), { path, isData: name === "c.json", values: expected });
    }));
}

Deno.test("readConfigFile lets a module import others and know where it is", () =>
  inTempDir((folder) => {
    Deno.writeTextFileSync(`${folder}/base.ts`, "export const port = 443;");
    Deno.writeTextFileSync(
      `${folder}/c.ts`,
      `import { port } from "./base.ts"; export default { port: port + 1, myPath: import.meta.filename };`,
    );
    const { values } = readConfigFile(new URL(`file://${folder}/c.ts`));
    assertEquals([values.port, values.myPath], [444, `${folder}/c.ts`]);
  }));

const MISTAKES: { readonly name: string; readonly text: string; readonly reason: string }[] = [
  { name: "c.json", text: "{", reason: "Expected property name" },
  { name: "c.json", text: "[1]", reason: "it is not an object with values by name" },
  { name: "c.ts", text: "export const = 1;", reason: "Unexpected token" },
  { name: "c.ts", text: `throw new Error("no config today");`, reason: "no config today" },
  { name: "c.ts", text: "export const a = await 1;", reason: "hand it to parseConfigValues" },
  { name: "c.ini", text: "", reason: "use .json, or a module .ts or .js" },
  { name: "config", text: "", reason: "use .json, or a module .ts or .js" },
];

for (const { name, text, reason } of MISTAKES) {
  Deno.test(`readConfigFile refuses ${name} with ${JSON.stringify(text)}`, () =>
    inTempDir((folder) => {
      Deno.writeTextFileSync(`${folder}/${name}`, text);
      const error = assertThrows(() => readConfigFile(`${folder}/${name}`), OptionError);
      assertStringIncludes(error.message, `Cannot read the configuration file ${folder}/${name}: `);
      assertStringIncludes(error.message, reason);
    }));
}

Deno.test("readConfigFile names a file that is not there", () =>
  inTempDir((folder) => {
    const error = assertThrows(() => readConfigFile(`${folder}/none.json`), OptionError, `${folder}/none.json`);
    assertInstanceOf(error.cause, Deno.errors.NotFound);
  }));

Deno.test({
  name: "readConfigFile says which permission it lacks",
  permissions: { read: false },
  fn() {
    for (const path of ["/somewhere/config.json", "/somewhere/config.ts"]) {
      assertThrows(
        () => readConfigFile(path),
        Deno.errors.NotCapable,
        `Cannot read the configuration file ${path}, no permission: run with --allow-read=${path}`,
      );
    }
  },
});
