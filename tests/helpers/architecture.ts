/**
 * Finds what breaks the rules of the source tree: which layer may import which, how a file is named, how long it may
 * be, and that a test mirrors it. It is given the files and never reads the disk, so that it can be tried on trees that
 * do not exist.
 *
 * Imports are read from the syntax tree that `deno lint` offers to plugins, and never by pattern: doc examples, strings
 * and comments are full of text that looks like an import. `Deno.lint.runPlugin` works under `deno test` only.
 *
 * @module
 */

/** A TypeScript file; the path is relative to the root and uses `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface ArchitectureOptions {
  /** Folder names from the bottom up: each may import those before it. */
  readonly layers: readonly string[];
  /** Bare specifiers that published code may import, besides `node:`. Their subpaths are allowed with them. */
  readonly packages: readonly string[];
  /** Paths of the test files that exist. */
  readonly tests: readonly string[];
  /** @default 600 */
  readonly maxLines?: number;
}

/** Names that say nothing about what is inside. */
const EMPTY_NAMES = ["utils.ts", "util.ts", "types.ts", "helpers.ts", "common.ts", "misc.ts"];

/**
 * Checks published sources against the rules, and returns one sentence for each place where they are broken, in the
 * order of the files.
 */
export function findViolations(sources: readonly SourceFile[], options: ArchitectureOptions): string[] {
  const { layers, packages, tests, maxLines = 600 } = options;
  const paths = new Set(sources.map((source) => source.path));
  const testPaths = new Set(tests);
  const violations: string[] = [];

  for (const source of sources) {
    const { path, text } = source;
    const name = path.slice(path.lastIndexOf("/") + 1);
    const syntax = readSyntax(source);

    for (const specifier of syntax.imports) {
      const problem = specifier.startsWith(".")
        ? checkLocalImport(path, resolvePath(path, specifier), { layers, paths })
        : checkPackageImport(specifier, packages);
      if (problem !== undefined) violations.push(`${path} imports ${JSON.stringify(specifier)}: ${problem}`);
    }

    if (EMPTY_NAMES.includes(name)) {
      violations.push(`${path} has a name that does not say what is inside`);
    }
    if (!/^[a-z0-9]+(_[a-z0-9]+)*\.ts$/.test(name)) {
      violations.push(`${path} is not named in snake_case`);
    }
    if (!/^\/\*\*(?:(?!\*\/)[^])*@module\b/.test(text)) {
      violations.push(`${path} does not open with a module header: /** … @module */`);
    }
    const lines = text.replace(/\n$/, "").split("\n").length;
    if (lines > maxLines) violations.push(`${path} has ${lines} lines: split it, ${maxLines} is the most`);

    if (name !== "mod.ts" && syntax.hasCode) {
      const test = `tests/${path.replace(/\.ts$/, "_test.ts")}`;
      if (!testPaths.has(test)) violations.push(`${path} has no test: ${test} is missing`);
    }
  }
  return violations;
}

/** What {@linkcode readSyntax} finds in a file. */
export interface ModuleSyntax {
  /** Specifiers of static, dynamic, type-only and worker imports and of re-exports, in the order of the text. */
  readonly imports: string[];
  /** Whether anything runs: false where there are only types, which those who implement them test. */
  readonly hasCode: boolean;
}

/** Reads the imports of a module. A dynamic import of a computed name is not among them. */
export function readSyntax(source: SourceFile): ModuleSyntax {
  const imports: string[] = [];
  let hasCode = false;

  const visitor: Deno.lint.LintVisitor = {
    Program(node) {
      hasCode = node.body.some(isCode);
    },
    ImportDeclaration(node) {
      imports.push(node.source.value);
    },
    ExportAllDeclaration(node) {
      imports.push(node.source.value);
    },
    ExportNamedDeclaration(node) {
      if (node.source !== null) imports.push(node.source.value);
    },
    ImportExpression(node) {
      if (node.source.type === "Literal" && typeof node.source.value === "string") imports.push(node.source.value);
    },
    TSImportType(node) {
      if (node.argument.type === "TSLiteralType" && node.argument.literal.type === "Literal") {
        imports.push(String(node.argument.literal.value));
      }
    },
    // new Worker(new URL("./main.ts", import.meta.url)) loads a module too
    NewExpression(node) {
      const [target, base] = node.arguments;
      if (node.callee.type !== "Identifier" || node.callee.name !== "URL") return;
      if (target?.type !== "Literal" || base?.type !== "MemberExpression") return;
      if (base.object.type === "MetaProperty" && String(target.value).endsWith(".ts")) {
        imports.push(String(target.value));
      }
    },
  };
  const plugin: Deno.lint.Plugin = { name: "architecture", rules: { read: { create: () => visitor } } };
  Deno.lint.runPlugin(plugin, source.path, source.text);
  return { imports, hasCode };
}

function isCode(statement: Deno.lint.Statement): boolean {
  switch (statement.type) {
    case "ImportDeclaration":
    case "ExportAllDeclaration":
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return false;
    case "ExportNamedDeclaration":
      return statement.declaration !== null && isCode(statement.declaration as Deno.lint.Statement);
    default:
      return true;
  }
}

interface LocalImportContext {
  readonly layers: readonly string[];
  readonly paths: ReadonlySet<string>;
}

function checkLocalImport(from: string, to: string, { layers, paths }: LocalImportContext): string | undefined {
  const fromLayer = layerOf(from);
  const toLayer = layerOf(to);
  if (!layers.includes(toLayer)) return `${to} is outside the layers ${layers.join(", ")}`;
  if (!paths.has(to)) return `${to} does not exist`;

  const entry = `${toLayer}/mod.ts`;
  if (fromLayer === toLayer) {
    return to === entry ? "inside a layer, import the file itself" : undefined;
  }
  // the root mod.ts has no layer and stands above all of them
  if (fromLayer !== "" && layers.indexOf(toLayer) > layers.indexOf(fromLayer)) {
    return `${fromLayer} must not know ${toLayer}, which is above it`;
  }
  return to === entry ? undefined : `enter ${toLayer} by ${entry}`;
}

function checkPackageImport(specifier: string, packages: readonly string[]): string | undefined {
  if (specifier.startsWith("node:")) return undefined;
  if (packages.some((name) => specifier === name || specifier.startsWith(`${name}/`))) return undefined;
  return `published code may import node: and ${packages.join(", ")}`;
}

/** The first folder of a path, or "" for a file at the root. */
function layerOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : "";
}

function resolvePath(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}
