/**
 * Where a call came from, read from a stack trace.
 *
 * A trace costs about 20 µs, most of it in Deno's source maps: for what happens
 * rarely, or when somebody asked for it.
 *
 * @module
 */

/** A place in the source code. */
export interface CallSite {
  /** The module, as a URL. */
  readonly file: string;
  /** The line, counted from 1. */
  readonly line: number;
  /** The column, counted from 1. */
  readonly column: number;
}

/** Where a function was called that is running now; `undefined` if the stack does not tell. */
// deno-lint-ignore ban-types -- as captureStackTrace has it
export function callerOf(running: Function): CallSite | undefined {
  const holder: { stack?: string } = {};
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 1;
  Error.captureStackTrace(holder, running);
  const { stack } = holder;
  Error.stackTraceLimit = stackTraceLimit;
  return callSites(stack)[0];
}

/** The innermost place on the stack that is in none of the modules whose URL begins with `prefix`. */
export function callerOutside(prefix: string): CallSite | undefined {
  return callSites(new Error().stack).find((site) => site.file !== import.meta.url && !site.file.startsWith(prefix));
}

function callSites(stack = ""): CallSite[] {
  // "    at name (file:///main.ts:1:2)", "    at async file:///main.ts:1:2"
  return [...stack.matchAll(/^ {4}at (?:.*\(|async )?([a-z][\w+.-]*:\S+?):(\d+):(\d+)\)?$/gim)]
    .map(([, file, line, column]) => ({ file: file!, line: Number(line), column: Number(column) }));
}
