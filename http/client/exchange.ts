/**
 * One request on one connection, and its response.
 *
 * The exchange sends head and body, waits for `100 Continue` where it should, takes interim responses away, undoes the
 * content coding and gives the body to a sink, which whoever runs the exchange chooses when the head is there. It knows
 * no redirects, no pool and no time limit for the whole: closing the connection ends it.
 *
 * Tornado: `simple_httpclient._HTTPConnection`.
 *
 * @module
 */

import { appLog, describeError, type TimerHandle } from "../../ioloop/mod.ts";
import { isPeerGone, StreamClosedError } from "../../tcp/mod.ts";
import { DecompressingDelegate } from "../content_coding.ts";
import type { HTTPHeaders } from "../headers.ts";
import type { HTTP1ClientConnection, HTTPResponseDelegate } from "../http1_client_connection.ts";
import type { ResponseHead } from "../message_parser.ts";
import type { BodySink } from "./body_sink.ts";
import { HTTPStreamClosedError } from "./client_errors.ts";
import type { OutgoingBody } from "./outgoing_body.ts";

/** What an {@linkcode Exchange} sends, and what it does with the answer. */
export interface ExchangePlan {
  /** The method. */
  readonly method: string;
  /** The request target. */
  readonly target: string;
  /** All header fields. */
  readonly headers: HTTPHeaders;
  /** The body, if there is one. */
  readonly body: OutgoingBody | undefined;
  /** Whether the body waits for `100 Continue`, and how long at most, in milliseconds; 0 for no limit. */
  readonly expectTimeoutMs: number | undefined;
  /** Whether a content coding is undone. */
  readonly decompress: boolean;
  /** Called with the final head; says where the body goes. */
  readonly onHead: (head: ResponseHead) => BodySink;
}

/** Runs a plan on a connection. */
export class Exchange implements HTTPResponseDelegate {
  /** The trailer fields, if there were some. */
  trailers: HTTPHeaders | undefined;
  readonly #connection: HTTP1ClientConnection;
  readonly #plan: ExchangePlan;
  #sink: BodySink | undefined;
  #decompressor: DecompressingDelegate<ResponseHead> | undefined;
  /** Lets the body go, or tells that it is not wanted. */
  #continue: ((go: boolean) => void) | undefined;
  #expectTimer: TimerHandle | undefined;

  /** An exchange that has not begun. */
  constructor(connection: HTTP1ClientConnection, plan: ExchangePlan) {
    this.#connection = connection;
    this.#plan = plan;
  }

  /**
   * Sends the request and reads the response; resolves when the sink has all of it.
   *
   * @throws {TypeError} if the request cannot be written; nothing was sent then
   * @throws {HTTPInputError} if the response is not HTTP, or breaks a limit
   * @throws {HTTPStreamClosedError} if the connection ends too early, or the host's error where there is one
   * @throws what the body, the sink or `onHead` throws
   */
  async run(): Promise<void> {
    const { method, target, headers, body, expectTimeoutMs } = this.#plan;
    const connection = this.#connection;
    connection.startRequest({ method, path: target }, headers);
    if (body === undefined) connection.finish();
    else if (body.isWhole && expectTimeoutMs === undefined) body.sendWhole(connection);
    else void this.#sendBody(body);
    try {
      await connection.readResponse(this);
    } catch (error) {
      const failure = explain(error);
      this.#sink?.fail(failure);
      throw failure;
    } finally {
      this.#expectTimer?.cancel();
      this.#continue?.(false);
    }
  }

  // --- the body of the request ---

  async #sendBody(body: OutgoingBody): Promise<void> {
    const connection = this.#connection;
    try {
      if (this.#plan.expectTimeoutMs !== undefined && !await this.#waitForContinue(this.#plan.expectTimeoutMs)) return;
      await body.send(connection);
    } catch (error) {
      // The response fails with it, or was there before.
      if (error instanceof StreamClosedError || error === connection.stream.error) return;
      if (connection.stream.closed || connection.responseFinished) {
        appLog.error(`Uncaught exception in a request body whose response is over\n${describeError(error)}`);
      } else connection.close(error);
    }
  }

  #waitForContinue(timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#continue = resolve;
    if (timeoutMs > 0) this.#expectTimer = this.#connection.stream.ioLoop.callLater(timeoutMs, () => resolve(true));
    return promise;
  }

  // --- the response ---

  /** 100 Continue lets the body go. */
  interimReceived(head: ResponseHead): void {
    if (head.code === 100) this.#continue?.(true);
  }

  /** A final answer: a body that has not begun by now is not wanted. */
  headersReceived(head: ResponseHead, headers: HTTPHeaders): void | Promise<void> {
    this.#continue?.(false);
    const { decompress } = this.#plan;
    if (decompress && headers.has("Content-Encoding")) {
      this.#decompressor = new DecompressingDelegate<ResponseHead>({
        headersReceived: (head) => void (this.#sink = this.#plan.onHead(head)),
        dataReceived: (chunk) => this.#sink!.take(chunk),
        finish: ignore,
        onConnectionClose: ignore,
      }, this.#connection);
      return this.#decompressor.headersReceived(head, headers);
    }
    this.#sink = this.#plan.onHead(head);
  }

  /** A part of the body, decompressed on its way. */
  dataReceived(chunk: Uint8Array): void | Promise<void> {
    return this.#decompressor === undefined ? this.#sink!.take(chunk) : this.#decompressor.dataReceived(chunk);
  }

  /** The trailer fields. */
  trailersReceived(trailers: HTTPHeaders): void {
    this.trailers = trailers;
  }

  /** The end of the body. */
  finish(): void | Promise<void> {
    return this.#decompressor?.finish();
  }

  /** The connection was closed; `run` fails with the reason. */
  onConnectionClose(): void {
    this.#decompressor?.close();
  }
}

function ignore(): void {}

/** What a program should see instead of the error of a stream. */
function explain(error: unknown): unknown {
  if (!(error instanceof StreamClosedError)) return error;
  return error.realError ?? new HTTPStreamClosedError("Connection closed", { cause: error });
}

/** Whether an exchange failed because its connection was closed. */
export function isConnectionFailure(error: unknown): boolean {
  return error instanceof HTTPStreamClosedError || isPeerGone(error);
}
