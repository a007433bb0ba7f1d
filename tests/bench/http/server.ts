/**
 * A peer as a running server: started on its core, answering, and checked to answer what it should.
 *
 * @module
 */
import { Child } from "./child.ts";
import type { ReadyPeer } from "./peers.ts";
import { requestText, type Workload } from "./workloads.ts";
import { freePort } from "../../helpers/ports.ts";

/** How and where a server is started. */
export interface ServerOptions {
  /** What it serves. */
  program: string;
  core: number;
  /** Limit of open files. */
  openFiles: number;
  /** Flags for Deno, where the peer runs on it. @default [] */
  denoFlags?: readonly string[];
}

/** How long a server may take until it accepts connections. */
const START_TIMEOUT_MS = 20_000;

/** How long a server may take for the answers that are checked. */
const ANSWER_TIMEOUT_MS = 5_000;

/** A server that accepts connections; `await using` stops it. */
export interface Server extends AsyncDisposable {
  readonly peer: ReadyPeer;
  readonly process: Child;
  readonly port: number;
}

/**
 * Starts a peer on a free port, and resolves when it accepts connections.
 *
 * @throws {Error} if it ends or does not listen in time; the message holds what it wrote to its standard error
 */
export async function startServer(peer: ReadyPeer, options: ServerOptions): Promise<Server> {
  const port = freePort();
  const process = new Child({
    command: peer.command(port, options.program, options.denoFlags),
    core: options.core,
    openFiles: options.openFiles,
  });
  try {
    await waitUntilListening(peer, process, port);
  } catch (error) {
    await process.stop();
    throw error;
  }
  return { peer, process, port, [Symbol.asyncDispose]: () => process.stop() };
}

/**
 * Sends the workload's request as often as it is pipelined, and makes sure that each is answered with 200 and the
 * expected body, so that no figure is that of an error page.
 *
 * @throws {Error} showing the answer otherwise
 */
export async function checkAnswers(server: Server, workload: Workload): Promise<void> {
  const count = workload.pipelineDepth;
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    conn.close();
  }, ANSWER_TIMEOUT_MS);
  let answer = "";
  try {
    const writer = conn.writable.getWriter();
    await writer.write(new TextEncoder().encode(requestText(workload, `127.0.0.1:${server.port}`, count)));
    answer = await new Response(conn.readable).text();
  } catch (error) {
    if (!timedOut) throw error;
    throw new Error(`${server.peer.title} did not answer a request with "Connection: close" in time`);
  } finally {
    clearTimeout(timer);
  }
  const statuses = occurrences(answer, "HTTP/1.1 200 ");
  const bodies = occurrences(answer, workload.expectedBody);
  if (statuses !== count || bodies !== count) {
    throw new Error(
      `${server.peer.title} does not answer workload "${workload.name}" as expected: ${count} requests, ` +
        `${statuses} times 200, ${bodies} times the body; it sent:\n${answer.slice(0, 1_000)}`,
    );
  }
}

async function waitUntilListening(peer: ReadyPeer, process: Child, port: number): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (true) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    }
    if (process.hasEnded) {
      throw new Error(`${peer.title} ended before it listened: ${process.errorText}`);
    }
    if (performance.now() > deadline) {
      throw new Error(`${peer.title} did not listen on port ${port} in ${START_TIMEOUT_MS} ms: ${process.errorText}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}
