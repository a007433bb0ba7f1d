/**
 * Log output as part of what a test expects.
 *
 * Tornado: `tornado.testing.ExpectLog`.
 *
 * @module
 */

import { type InterceptedMessage, interceptLogs, type Log, type LogLevel } from "../../ioloop/mod.ts";

/** Options of an {@linkcode ExpectLog}. */
export interface ExpectLogOptions {
  /** Whether it is an error if nothing matches. @default true */
  readonly required?: boolean;
  /** The level that a message must have. @default any */
  readonly level?: LogLevel;
}

/**
 * Takes matching messages out of a log until the end of the block, and fails if there was none.
 *
 * All messages of Denado's loggers and of any other `Log` are seen, whatever is configured; others than those that
 * match go where they always go.
 *
 * If the block fails as well, its error is the `suppressed` one of a `SuppressedError`; {@linkcode ExpectLog.during}
 * throws the error of the function alone.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { genLog } from "@denado/denado/ioloop";
 * import { ExpectLog } from "@denado/denado/testing";
 *
 * {
 *   using expected = new ExpectLog(genLog, "Could not open .*", { level: "warning" });
 *   genLog.warning("Could not open the file");
 *   assert(expected.matched);
 * }
 * await ExpectLog.during([genLog, /refused$/], () => genLog.error("Connection refused"));
 * ```
 */
export class ExpectLog implements Disposable {
  /** Whether a message matched. */
  matched = false;
  /** Whether a message that matched came with the stack of an error. */
  loggedStack = false;

  readonly #log: string;
  readonly #pattern: RegExp;
  readonly #options: ExpectLogOptions;
  readonly #stop: () => void;

  /**
   * Begins to look.
   *
   * @param log The logger, or its category joined by dots; those below it count too. Empty for all.
   * @param pattern What a message must match: a regular expression; one that is text must match from the beginning.
   * @throws {SyntaxError} if the text is no regular expression
   */
  constructor(log: Log | string, pattern: RegExp | string, options: ExpectLogOptions = {}) {
    this.#log = typeof log === "string" ? log : log.category.join(".");
    this.#pattern = typeof pattern === "string" ? new RegExp(`^(?:${pattern})`) : pattern;
    this.#options = options;
    this.#stop = interceptLogs((message) => this.#take(message));
  }

  /** Expects messages while a function runs, and returns what that returns. @throws {Error} if nothing matched */
  static async during<T>(
    expected: readonly [log: Log | string, pattern: RegExp | string, options?: ExpectLogOptions],
    fn: (expected: ExpectLog) => T | PromiseLike<T>,
  ): Promise<T> {
    const expectation = new ExpectLog(...expected);
    let result: T;
    try {
      result = await fn(expectation);
    } catch (error) {
      expectation.#stop();
      throw error;
    }
    expectation[Symbol.dispose]();
    return result;
  }

  /** Ends looking. @throws {Error} if nothing matched, unless it was not required */
  [Symbol.dispose](): void {
    this.#stop();
    if (this.matched || this.#options.required === false) return;
    const { level } = this.#options;
    const where = this.#log === "" ? "" : ` in ${this.#log}`;
    throw new Error(
      `Cannot find the expected message${where}${level === undefined ? "" : ` (${level})`}: ${this.#pattern}`,
    );
  }

  #take({ category, level, text }: InterceptedMessage): boolean {
    if (this.#options.level !== undefined && level !== this.#options.level) return false;
    const name = category.join(".");
    if (this.#log !== "" && name !== this.#log && !name.startsWith(`${this.#log}.`)) return false;
    if (text.search(this.#pattern) < 0) return false;
    this.matched = true;
    if (/\n\s+at /.test(text)) this.loggedStack = true;
    return true;
  }
}
