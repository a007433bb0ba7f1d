/**
 * Replaces the running program by another one in the same process, as `exec`
 * does it: same process id, same terminal, and nothing left of the old program,
 * because the system closes its sockets and ends its threads.
 *
 * Deno has no function for that. With `--allow-ffi`, as with `-A`, the C library
 * is called; where that is not possible, the caller needs another way.
 *
 * @module
 */

/** The C library of each system that can do this. */
const C_LIBRARIES: Partial<Record<typeof Deno.build.os, string>> = {
  linux: "libc.so.6",
  darwin: "libSystem.B.dylib",
};

/** Whether the system and the permissions allow {@linkcode replaceProcess}. */
export function canReplaceProcess(): boolean {
  return Deno.build.os in C_LIBRARIES && Deno.permissions.querySync({ name: "ffi" }).state === "granted";
}

/**
 * Goes on as another program. The `unload` event is dispatched first, as before an exit.
 *
 * @throws {Error} if the C library is not found, or does not find the program; only then does it return
 */
export function replaceProcess(command: string, args: readonly string[]): never {
  const path = C_LIBRARIES[Deno.build.os];
  if (path === undefined) throw new Error(`Cannot replace the process: not possible on ${Deno.build.os}`);
  const library = Deno.dlopen(path, { execvp: { parameters: ["buffer", "buffer"], result: "i32" } } as const);
  try {
    // Both must stay referenced until the call: the list holds bare addresses.
    const strings = [command, ...args].map(cString);
    const list = new BigUint64Array([...strings.map(addressOf), 0n]);
    globalThis.dispatchEvent(new Event("unload"));
    library.symbols.execvp(strings[0]!, list);
    throw new Error(`Cannot replace the process: ${command} cannot be run`);
  } finally {
    library.close();
  }
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  if (text.includes("\0")) throw new TypeError(`Cannot hand over an argument with a NUL: ${JSON.stringify(text)}`);
  return new TextEncoder().encode(`${text}\0`);
}

function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
}
