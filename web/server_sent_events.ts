/**
 * Server-sent events: the text that an `EventSource` in a browser reads, and the loop that sends it.
 *
 * Source: HTML Standard 9.2.6.
 *
 * @module
 */

import { IOLoop, type TimerHandle } from "../ioloop/mod.ts";
import { type ChunkSource, drainSource } from "./response_stream.ts";

/** One event. A field that is left out is not sent. */
export interface ServerSentEvent {
  /** What happened: text, or anything else as JSON. */
  readonly data?: unknown;
  /** The type, for `addEventListener`. @default "message", for the client */
  readonly event?: string;
  /** The id, which the client repeats as `Last-Event-ID` when it connects again; empty to forget it. */
  readonly id?: string;
  /** How long the client waits before it connects again, in milliseconds. */
  readonly retryMs?: number;
  /** A remark that clients ignore. */
  readonly comment?: string;
}

/** How events are sent. */
export interface EventStreamOptions {
  /**
   * After how long without an event a comment is sent, in milliseconds, so that proxies do not take the connection for
   * dead, and a client that has left is noticed; 0 for none. @default 15000
   */
  readonly keepAliveMs?: number;
  /** How long the client waits before it connects again, in milliseconds. @default the client's own default */
  readonly retryMs?: number;
}

/** Where events go. */
export interface EventSink {
  /** Sends text; the next event waits for its promise. */
  send(text: string): Promise<void>;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
  /** Whether the client has left; a write may notice that first. */
  hasLeft(): boolean;
  /** How they are sent. */
  readonly options: EventStreamOptions;
}

const DEFAULT_KEEP_ALIVE_MS = 15_000;
const KEEP_ALIVE_COMMENT = ":\n\n";

/** Sends the events of a source until it ends or the client leaves. */
export async function sendEvents(source: ChunkSource<ServerSentEvent | string>, sink: EventSink): Promise<void> {
  const { signal, options: { keepAliveMs = DEFAULT_KEEP_ALIVE_MS, retryMs } } = sink;
  if (!(keepAliveMs >= 0)) {
    throw new RangeError(`Cannot send events: keepAliveMs must be a number from 0 on: ${keepAliveMs}`);
  }
  const loop = IOLoop.current();
  let timer: TimerHandle | undefined;
  const keepAlive = (): void => {
    timer = loop.callLater(keepAliveMs, keepAlive);
    sink.send(KEEP_ALIVE_COMMENT).catch(() => {}); // a client that left is told by the signal
  };
  const onWaiting = (waiting: boolean): void => {
    if (timer !== undefined) loop.removeTimeout(timer);
    timer = waiting && keepAliveMs > 0 ? loop.callLater(keepAliveMs, keepAlive) : undefined;
  };
  // The head must not wait for the first event, or the client would.
  const started = sink.send(retryMs === undefined ? "" : formatEvent({ retryMs }));
  try {
    await started;
    await drainSource(source, { deliver: (event) => sink.send(formatEvent(event)), onWaiting, signal });
  } catch (error) {
    if (!signal.aborted && !sink.hasLeft()) throw error; // a client that leaves is how most event streams end
  }
}

/**
 * An event as text; a text alone is one with that as its data.
 *
 * @throws {TypeError} if type or id hold a line end, the id NUL, or the data cannot be made into JSON
 * @throws {RangeError} if `retryMs` is not a whole number from 0 on
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatEvent } from "@denado/denado/web";
 *
 * assertEquals(formatEvent("hello"), "data: hello\n\n");
 * assertEquals(formatEvent({ event: "add", data: { a: 1 }, id: "7" }), 'event: add\nid: 7\ndata: {"a":1}\n\n');
 * ```
 */
export function formatEvent(event: ServerSentEvent | string): string {
  if (typeof event === "string") return `${lines("data", event)}\n`;
  const { data, event: type, id, retryMs, comment } = event;
  let text = comment === undefined ? "" : lines("", comment);
  if (retryMs !== undefined) {
    if (!Number.isSafeInteger(retryMs) || retryMs < 0) {
      throw new RangeError(`Cannot send an event: retryMs must be a whole number from 0 on: ${retryMs}`);
    }
    text += `retry: ${retryMs}\n`;
  }
  if (type !== undefined) text += `event: ${oneLine("event", type)}\n`;
  if (id !== undefined) text += `id: ${oneLine("id", id)}\n`;
  if (data !== undefined) text += lines("data", typeof data === "string" ? data : toJson(data));
  return `${text}\n`;
}

/** A field for each line of a text; a line may end in CR, LF or both. */
function lines(name: string, text: string): string {
  return text.split(/\r\n|\r|\n/).map((line) => `${name}: ${line}\n`).join("");
}

/** A client ignores an id with NUL. */
function oneLine(name: string, value: string): string {
  if (/[\r\n\0]/.test(value)) {
    throw new TypeError(`Cannot send an event: ${name} has a line end: ${Deno.inspect(value)}`);
  }
  return value;
}

function toJson(data: unknown): string {
  const json = JSON.stringify(data) as string | undefined;
  if (json === undefined) throw new TypeError(`Cannot send an event: its data is no JSON: ${Deno.inspect(data)}`);
  return json;
}
