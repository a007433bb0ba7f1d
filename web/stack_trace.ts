/**
 * The stack of an error, taken apart, and the source that it leads to.
 *
 * @module
 */

/** One call in a stack. */
export interface StackFrame {
  /** The function, with `new` or `async` in front, as V8 says it; empty at the top of a module. */
  readonly functionName: string;
  /** The file as a URL, or whatever stands for one. */
  readonly file: string;
  /** The line, from 1. */
  readonly line: number;
  /** The column, from 1. */
  readonly column: number;
}

/** No stack is longer, unless somebody raised V8's limit. */
const MAX_FRAMES = 100;
/** Reading and colouring a larger file would take longer than anybody looks at it. */
const MAX_SOURCE_BYTES = 2_000_000;

/** The calls in the stack of an error, the innermost first. */
export function parseStack(stack: string): StackFrame[] {
  const frames: StackFrame[] = [];
  for (const line of stack.split("\n")) {
    const match = /^ {4}at (?:(.*) \()?([^()]+):(\d+):(\d+)\)?$/.exec(line);
    if (match === null) continue;
    const [, functionName = "", place, lineNumber, column] = match;
    const file = place!.replace(/^async /, "");
    frames.push({ functionName, file, line: Number(lineNumber), column: Number(column) });
    if (frames.length === MAX_FRAMES) break;
  }
  return frames;
}

/**
 * The text of a source file that a frame names; `undefined` if it cannot be had without asking somebody: it is no file,
 * not there, too large, or the program may not read it.
 */
export function readSource(file: string): string | undefined {
  if (!file.startsWith("file:")) return undefined;
  try {
    const path = new URL(file);
    if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return undefined;
    return Deno.statSync(path).size > MAX_SOURCE_BYTES ? undefined : Deno.readTextFileSync(path);
  } catch {
    return undefined; // a page about an error does without
  }
}
