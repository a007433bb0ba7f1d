/**
 * What a process knows about itself: how many processors there are and which of
 * several sibling processes it is.
 *
 * @module
 */

import { genLog } from "./log.ts";

/** The environment variable in which `forkProcesses` tells a child its number. */
export const TASK_ID_VARIABLE = "DENADO_TASK_ID";

/** The number is kept where all copies of this module find it, since the variable can be read only once. */
const TASK_ID = Symbol.for("denado.taskId");
const shared = globalThis as { [TASK_ID]?: number | null };

/** The number of processors; 1, with an error in the log, where it is not known. Tornado: `cpu_count`. */
export function cpuCount(): number {
  const count = navigator.hardwareConcurrency;
  if (Number.isInteger(count) && count > 0) return count;
  genLog.error("Could not detect number of processors; assuming 1");
  return 1;
}

/**
 * The number of this process among those that `forkProcesses` started, counted from 0; `undefined` in the parent and in
 * any other process. Tornado: `task_id`.
 *
 * The first call takes the number out of the environment, so that a program which this one starts does not believe that
 * it is the child.
 */
export function taskId(): number | undefined {
  if (shared[TASK_ID] === undefined) shared[TASK_ID] = takeTaskId();
  return shared[TASK_ID] ?? undefined;
}

function takeTaskId(): number | null {
  // A child is always given access to the variable: without it this is no child, and there is nothing to ask the user.
  const permission = Deno.permissions.querySync({ name: "env", variable: TASK_ID_VARIABLE });
  if (permission.state !== "granted") return null;
  const text = Deno.env.get(TASK_ID_VARIABLE);
  if (text === undefined || !/^\d+$/.test(text)) return null;
  Deno.env.delete(TASK_ID_VARIABLE);
  return Number(text);
}
