/**
 * A client and a scripted server, for one test, that must leave nothing behind: no warning in the log, no task, no
 * connection.
 *
 * @module
 */

import { SimpleAsyncHTTPClient, type SimpleAsyncHTTPClientOptions } from "@denado/denado/http";
import { IOLoop } from "@denado/denado/ioloop";
import { assertEquals } from "@std/assert";
import { type ExpectedLog, expectLog } from "./expect_log.ts";
import { ManualClock, settle } from "./manual_clock.ts";
import { type Script, ScriptedServer } from "./scripted_server.ts";

/** What a test gets. */
export interface ClientScene {
  readonly client: SimpleAsyncHTTPClient;
  readonly server: ScriptedServer;
  /** The URL of the server, without a slash at its end. */
  readonly url: string;
  /** The clock of the client's loop; time passes only when a test moves it. */
  readonly clock: ManualClock;
}

/** Settings of {@linkcode withClient}. */
export interface ClientSceneOptions extends SimpleAsyncHTTPClientOptions {
  /** What may be logged. */
  readonly logs?: readonly ExpectedLog[];
}

/** Runs `body` with a client of its own, on a loop and a clock of its own, and a server that follows `script`. */
export async function withClient(
  script: Script,
  body: (scene: ClientScene) => Promise<void>,
  { logs = [], ...options }: ClientSceneOptions = {},
): Promise<void> {
  await expectLog(logs, async () => {
    await using server = new ScriptedServer(script);
    const clock = new ManualClock(1000);
    const loop = new IOLoop({ clock, makeCurrent: false });
    const errors: unknown[] = [];
    loop.eventLoop.setExceptionHandler((_loop, context) => errors.push(context));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    loop.addCallback(async () => {
      const client = new SimpleAsyncHTTPClient(options);
      try {
        await body({ client, server, url: server.url, clock });
        assertEquals([client.activeRequests, client.queuedRequests], [0, 0], "requests that were left behind");
        resolve();
      } catch (error) {
        reject(error);
      } finally {
        client.close();
      }
    });
    await promise;
    loop.addCallback(() => {}); // the loop lets go of the host's timer in a turn
    await settle();
    assertEquals(errors, [], "errors that reached the loop");
    assertEquals(clock.armed, 0, "timers that were left behind");
    loop.close();
  });
}

/** Answers each request of a connection with the same text, until the client leaves. */
export function answering(...answers: readonly string[]): Script {
  return async (peer) => {
    for (let at = 0;; at++) {
      await peer.readRequest();
      await peer.send(answers[Math.min(at, answers.length - 1)]!);
    }
  };
}

/** A complete response. */
export function response(body: string, { code = 200, headers = "" }: { code?: number; headers?: string } = {}): string {
  return `HTTP/1.1 ${code} Reason\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`;
}
