/**
 * The module whose functions the worker pool tests call in workers.
 *
 * Functions that have to be seen from outside while they run count in shared memory.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import { transferred } from "@denado/denado/ioloop";

let calls = 0;

/** Not a function: it is no job. */
export const constant = 42;

export function add(a: number, b: number): number {
  return a + b;
}

export async function addLater(a: number, b: number): Promise<number> {
  await Promise.resolve();
  return a + b;
}

/** How often this worker was asked; tells whether it is a new one. */
export function countCalls(): number {
  return ++calls;
}

export function echo<T>(value: T): T {
  return value;
}

/** Says that it runs, then blocks its thread until it is told to go on. */
export function block(state: SharedArrayBuffer): string {
  const cells = new Int32Array(state);
  Atomics.add(cells, 0, 1);
  Atomics.notify(cells, 0);
  Atomics.wait(cells, 1, 0);
  return "went on";
}

export function spin(): never {
  for (;;);
}

export function byteLength(buffer: ArrayBuffer): number {
  return buffer.byteLength;
}

/** Tells over the port whether the result's buffer is still here after the job has returned. */
export function moved(length: number, port: MessagePort) {
  const bytes = new Uint8Array(length);
  setTimeout(() => {
    port.postMessage(bytes.byteLength);
    port.close();
  });
  return transferred(bytes, [bytes.buffer]);
}

export function uncloneable(): () => void {
  return () => {};
}

class OwnError extends Error {
  override readonly name = "OwnError";
  readonly code = "EOWN";
  readonly detail = { dropped: true };
}

export function throwOwn(): never {
  throw new OwnError("own", { cause: new RangeError("the cause") });
}

export function throwStandard(): never {
  throw new Deno.errors.NotFound("nowhere");
}

export function throwValue(): never {
  // deno-lint-ignore no-throw-literal -- what other people's code does
  throw "a string";
}

export async function rejectLater(): Promise<never> {
  await Promise.resolve();
  throw new TypeError("late");
}

export function closeSelf(): Promise<never> {
  self.close();
  return new Promise(() => {});
}

export function exit(code: number): never {
  Deno.exit(code);
}

export function throwInTimer(): Promise<never> {
  setTimeout(() => {
    throw new SyntaxError("in a timer");
  });
  return new Promise(() => {});
}

export function rejectUnhandled(): Promise<never> {
  Promise.reject(new Error("nobody awaits it"));
  return new Promise(() => {});
}

/** Returns, and breaks its worker afterwards. */
export function breakAfterwards(): string {
  setTimeout(() => {
    throw new Error("after the job");
  });
  return "returned";
}

/** Messages of the module's own must not be taken for results. */
export function postsToo(): string {
  parentPort?.postMessage("noise");
  return "result";
}
