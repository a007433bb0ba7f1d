/**
 * What runs inside a worker of a pool: it imports the pool's module and answers
 * one message for each job.
 *
 * The text of {@linkcode workerMain} and of `encodeError` is the source of the
 * worker, in a `data:` URL. There is then no file to find, whether Denado comes
 * from JSR, from a folder or out of a compiled program, and reading its own code
 * needs no permission. The price: neither function may refer to anything outside
 * of itself except the other.
 *
 * Everything that goes wrong here is a message to the pool. An error outside of
 * a job is reported as a crash, whereupon the pool ends the worker.
 *
 * @module
 */

import { encodeError, type RemoteError } from "./remote_error.ts";

/** The first element of each message; a module may post messages of its own, which the pool ignores. */
export const MESSAGE_TAG = "denado:worker_pool";

/** What the worker is told when it is made. */
export interface WorkerSetup {
  /** The absolute URL of the module with the jobs. */
  readonly moduleUrl: string;
  /** {@linkcode MESSAGE_TAG}. */
  readonly tag: string;
}

/** One job: the name of an exported function and its arguments. */
export interface JobMessage {
  /** The export. */
  readonly name: string;
  /** Its arguments. */
  readonly args: readonly unknown[];
}

/** What the worker says: the module is imported, a job has returned or thrown, or the worker is broken. */
export type WorkerReply =
  | readonly [tag: string, kind: "ready"]
  | readonly [tag: string, kind: "result", value: unknown]
  | readonly [tag: string, kind: "error", error: RemoteError]
  | readonly [tag: string, kind: "crash", error: RemoteError];

/** The end of the worker's message channel: `parentPort` of `node:worker_threads`. */
export interface WorkerPort {
  /** Sends a message to the pool. */
  postMessage(message: WorkerReply, transfer?: readonly Transferable[]): void;
  /** Listens to the pool. */
  on(event: "message", listener: (job: JobMessage) => void): unknown;
}

/** Runs in the worker. */
export function workerMain(port: WorkerPort, setup: WorkerSetup): void {
  const { tag, moduleUrl } = setup;
  // Workers of node:worker_threads hide `self`; a module written for a web worker expects it.
  (globalThis as { self?: unknown }).self ??= globalThis;
  const crash = (error: unknown) => port.postMessage([tag, "crash", encodeError(error)]);
  addEventListener("error", (event) => {
    event.preventDefault();
    crash(event.error ?? event.message);
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    crash(event.reason);
  });
  const loading: Promise<Record<string, unknown>> = import(moduleUrl);
  loading.then(() => port.postMessage([tag, "ready"]), crash);

  const run = async ({ name, args }: JobMessage): Promise<void> => {
    const job = (await loading)[name];
    if (typeof job !== "function") {
      throw new TypeError(`Cannot run ${name}: the module exports no function of that name: ${moduleUrl}`);
    }
    const result = await job(...args);
    const moved = result !== null && typeof result === "object" && Symbol.for("denado.transferred") in result;
    try {
      if (moved) port.postMessage([tag, "result", result.value], result.transfer);
      else port.postMessage([tag, "result", result]);
    } catch (cause) {
      throw new TypeError(`Cannot send the result of ${name} to the pool: ${cause}`, { cause });
    }
  };
  port.on("message", (job) => {
    run(job).catch((error) => port.postMessage([tag, "error", encodeError(error)]));
  });
}

/** The source of a worker. */
export function workerSource(): string {
  return `import { parentPort, workerData } from "node:worker_threads";
${encodeError}
(${workerMain})(parentPort, workerData);`;
}
