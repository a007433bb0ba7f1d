/**
 * The loggers of Denado, on LogTape.
 *
 * Three categories, as Tornado has them: `denado.access` for requests,
 * `denado.application` for errors in an application's code, `denado.general`
 * for everything else that Denado has to say. LogTape keeps silent until the
 * application configures it. An error must not vanish meanwhile, so as long as
 * nothing is configured, warnings and errors go to the standard error stream,
 * as Python's logging does it.
 *
 * A process may hold several copies of LogTape, one from npm and one from JSR.
 * They share their loggers but not `getConfig`, so what counts as configured is
 * read from the loggers.
 *
 * @module
 */

import { type Config, getConfig, getLogger } from "@logtape/logtape";
import { callerOf } from "./caller.ts";
import { logContext } from "./log_context.ts";
import type { LogLevel } from "./log_record.ts";

/**
 * A logger for text that is complete already: braces in it stand for themselves.
 *
 * @example A logger of one's own beside Denado's
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Log } from "@denado/denado/ioloop";
 *
 * const log = new Log(["my-service"]);
 * log.debug("Not shown unless LogTape is configured to show it");
 * assertEquals(log.category, ["my-service"]);
 * ```
 */
export class Log {
  /** The LogTape category. */
  readonly category: readonly string[];
  readonly #logger;

  /** A logger for a LogTape category. */
  constructor(category: readonly string[]) {
    this.category = category;
    this.#logger = getLogger(category as [string, ...string[]]);
  }

  /** Whether a message of this level would go anywhere; spares the building of a text that nobody reads. */
  isEnabledFor(level: LogLevel): boolean {
    return this.#logger.isEnabledFor(level) || interceptors.length > 0 || (isSevere(level) && !isConfigured());
  }

  /** For somebody who looks into Denado itself. */
  debug(text: string, properties?: Record<string, unknown>): void {
    this.#write("debug", text, properties, this.debug);
  }

  /** What happens in normal operation. */
  info(text: string, properties?: Record<string, unknown>): void {
    this.#write("info", text, properties, this.info);
  }

  /** What should be looked at. */
  warning(text: string, properties?: Record<string, unknown>): void {
    this.#write("warning", text, properties, this.warning);
  }

  /** What went wrong. */
  error(text: string, properties?: Record<string, unknown>): void {
    this.#write("error", text, properties, this.error);
  }

  /** Writes at a level that is known only when the program runs. */
  write(level: LogLevel, text: string, properties?: Record<string, unknown>): void {
    this.#write(level, text, properties, this.write);
  }

  #write(
    level: LogLevel,
    text: string,
    properties: Record<string, unknown> = {},
    // deno-lint-ignore ban-types -- only its identity counts: the frame below it is the caller's
    method: Function,
  ): void {
    if (interceptors.length > 0) {
      const message = { category: this.category, level, text, properties };
      if (interceptors.some((interceptor) => interceptor(message))) return;
    }
    if (!this.#logger.isEnabledFor(level)) {
      if (isSevere(level) && !isConfigured()) console.error(withRequestId(text));
      return;
    }
    const context = logContext.getStore();
    if (context !== undefined) properties = { ...context, ...properties };
    if (capturesLocation(this.category)) {
      // By its own methods LogTape would find this file, whoever called.
      const sourceLocation = callerOf(method);
      const record = { level, message: [text], rawMessage: text, timestamp: Date.now(), properties };
      this.#logger.emit(sourceLocation === undefined ? record : { ...record, sourceLocation });
      return;
    }
    const template = text.replaceAll("{", "{{").replaceAll("}", "}}");
    if (level === "warning") this.#logger.warn(template, properties);
    else this.#logger[level](template, properties);
  }
}

function withRequestId(text: string): string {
  const requestId = logContext.getStore()?.requestId;
  return requestId === undefined ? text : `[${requestId}] ${text}`;
}

/** A message before it is written, for {@linkcode interceptLogs}. */
export interface InterceptedMessage {
  /** The category of the logger. */
  readonly category: readonly string[];
  /** How severe it is. */
  readonly level: LogLevel;
  /** The text, complete. */
  readonly text: string;
  /** What was logged with it. */
  readonly properties: Record<string, unknown>;
}

/** Sees a message before it is written; true takes it away. */
export type LogInterceptor = (message: InterceptedMessage) => boolean;

let interceptors: readonly LogInterceptor[] = [];

/**
 * Shows each message that goes through a {@linkcode Log} to a function, whatever its level and the configuration, until
 * the function that is returned is called. For tests. Of several the last one is asked first.
 */
export function interceptLogs(interceptor: LogInterceptor): () => void {
  const entry: LogInterceptor = (message) => interceptor(message);
  interceptors = [entry, ...interceptors];
  return () => {
    interceptors = interceptors.filter((other) => other !== entry);
  };
}

/** One line for each request that was answered. */
export const accessLog: Log = new Log(["denado", "access"]);
/** Errors in the application's code: handlers, callbacks, templates. */
export const appLog: Log = new Log(["denado", "application"]);
/** Everything else: malformed requests, slow callbacks, sockets that failed. */
export const genLog: Log = new Log(["denado", "general"]);

/** An error with its stack and its causes, as text for a log. */
export function describeError(error: unknown): string {
  if (error instanceof Error) return Deno.inspect(error, { colors: false });
  return `Thrown value: ${Deno.inspect(error, { colors: false })}`;
}

/** LogTape's logger for its own troubles: whoever configures LogTape, by whichever copy, gives it an output. */
const metaLogger = getLogger(["logtape", "meta"]);

function isConfigured(): boolean {
  return getConfig() !== null || metaLogger.isEnabledFor("fatal");
}

function isSevere(level: LogLevel): boolean {
  return level === "warning" || level === "error" || level === "fatal";
}

let knownConfig: Config<string, string> | null = null;
/** The categories of the known configuration that say whether to capture, the longest first. */
let captureRules: { readonly category: readonly string[]; readonly capture: boolean }[] = [];

/** Whether the configuration asks for source locations in this category; the nearest ancestor that says so decides. */
function capturesLocation(category: readonly string[]): boolean {
  const config = getConfig();
  if (config !== knownConfig) {
    knownConfig = config;
    captureRules = (config?.loggers ?? [])
      .map((logger) => ({ category: [logger.category].flat(), capture: logger.captureSourceLocation }))
      .filter((rule): rule is { category: string[]; capture: boolean } => rule.capture !== undefined)
      .sort((a, b) => b.category.length - a.category.length);
  }
  const rule = captureRules.find((rule) => rule.category.every((name, at) => category[at] === name));
  return rule?.capture ?? false;
}
