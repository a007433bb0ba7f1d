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
 * @module
 */

import { getConfig, getLogger, type LogLevel } from "@logtape/logtape";

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
    return this.#logger.isEnabledFor(level) ||
      (isSevere(level) && getConfig() === null);
  }

  /** For somebody who looks into Denado itself. */
  debug(text: string, properties?: Record<string, unknown>): void {
    this.#write("debug", text, properties);
  }

  /** What happens in normal operation. */
  info(text: string, properties?: Record<string, unknown>): void {
    this.#write("info", text, properties);
  }

  /** What should be looked at. */
  warning(text: string, properties?: Record<string, unknown>): void {
    this.#write("warning", text, properties);
  }

  /** What went wrong. */
  error(text: string, properties?: Record<string, unknown>): void {
    this.#write("error", text, properties);
  }

  /** Writes at a level that is known only when the program runs. */
  write(
    level: LogLevel,
    text: string,
    properties?: Record<string, unknown>,
  ): void {
    this.#write(level, text, properties);
  }

  #write(
    level: LogLevel,
    text: string,
    properties?: Record<string, unknown>,
  ): void {
    if (getConfig() === null) {
      if (isSevere(level)) console.error(text);
      return;
    }
    if (!this.#logger.isEnabledFor(level)) return;
    const template = text.replaceAll("{", "{{").replaceAll("}", "}}");
    if (level === "warning") this.#logger.warn(template, properties ?? {});
    else this.#logger[level](template, properties ?? {});
  }
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

function isSevere(level: LogLevel): boolean {
  return level === "warning" || level === "error" || level === "fatal";
}
