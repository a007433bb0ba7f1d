/**
 * Brings the files of a template together: what it extends, what it includes, and which block is used for each name.
 *
 * @module
 */

import { ParseError } from "./errors.ts";
import type { BlockNode, TemplateFile, TemplateNode } from "./nodes.ts";

/** Finds the file of another template, by its name as seen from the template `parent`. */
export type FileLoader = (name: string, parent: string) => TemplateFile;

/** A block and the file that it comes from, whose settings it keeps. */
export interface LinkedBlock {
  readonly node: BlockNode;
  readonly file: TemplateFile;
}

/** A template with all that belongs to it. */
export interface LinkedTemplate {
  /** The file that nothing extends any further: its body is what runs. */
  readonly root: TemplateFile;
  /** The block to use for each name: the one of the youngest file that has it. */
  readonly blocks: ReadonlyMap<string, LinkedBlock>;
  /** Finds an included file. */
  readonly include: (file: TemplateFile, name: string, line: number) => TemplateFile;
}

/**
 * Resolves parents, includes and blocks.
 *
 * @throws {ParseError} if a file cannot be found, or cannot be used that way
 */
export function linkTemplate(file: TemplateFile, load: FileLoader | undefined): LinkedTemplate {
  const linker = new Linker(load);
  const generations = linker.generations(file);
  for (const generation of generations.toReversed()) linker.collectBlocks(generation, generation.body);
  return {
    root: generations.at(-1)!,
    blocks: linker.blocks,
    include: (from, name, line) => linker.include(from, name, line),
  };
}

class Linker {
  readonly blocks = new Map<string, LinkedBlock>();
  readonly #load: FileLoader | undefined;

  constructor(load: FileLoader | undefined) {
    this.#load = load;
  }

  /** The file, its parent, and so on. */
  generations(file: TemplateFile): TemplateFile[] {
    const parents = file.body.filter((node) => node.kind === "extends");
    const [parent, second] = parents;
    if (parent === undefined) return [file];
    if (second !== undefined) throw errorAt(file, second.line, "extends stands twice");
    return [file, ...this.generations(this.#find("extend", file, parent.name, parent.line))];
  }

  include(from: TemplateFile, name: string, line: number): TemplateFile {
    const included = this.#find("include", from, name, line);
    if (included.body.some((node) => node.kind === "extends")) {
      throw errorAt(from, line, `Cannot include ${JSON.stringify(name)}: it extends another template`);
    }
    return included;
  }

  collectBlocks(file: TemplateFile, nodes: readonly TemplateNode[]): void {
    for (const node of nodes) {
      if (node.kind === "include") {
        const included = this.include(file, node.name, node.line);
        this.collectBlocks(included, included.body);
      } else {
        if (node.kind === "block") this.blocks.set(node.name, { node, file });
        for (const children of childrenOf(node)) this.collectBlocks(file, children);
      }
    }
  }

  #find(action: string, from: TemplateFile, name: string, line: number): TemplateFile {
    const what = `Cannot ${action} ${JSON.stringify(name)}`;
    if (this.#load === undefined) throw errorAt(from, line, `${what}: the template has no loader`);
    try {
      return this.#load(name, from.name);
    } catch (error) {
      if (error instanceof ParseError) throw error;
      throw errorAt(from, line, `${what}: ${(error as Error).message}`, error);
    }
  }
}

function errorAt(file: TemplateFile, lineno: number, reason: string, cause?: unknown): ParseError {
  return new ParseError(reason, { filename: file.name, lineno, cause });
}

/** The lists of nodes inside of a node. */
function childrenOf(node: TemplateNode): (readonly TemplateNode[])[] {
  switch (node.kind) {
    case "if":
      return [...node.branches.map(({ body }) => body), node.otherwise ?? []];
    case "for":
    case "while":
      return [node.body, node.otherwise ?? []];
    case "try":
      return [node.body, ...node.handlers.map(({ body }) => body), node.otherwise ?? [], node.finalizer ?? []];
    case "apply":
    case "block":
      return [node.body];
    default:
      return [];
  }
}
