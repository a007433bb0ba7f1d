/**
 * Parsers for many connections.
 *
 * Between messages a parser has no state. A connection therefore takes one when
 * something arrives, and gives it back as soon as it is idle, which is usually
 * before anybody else has a turn. An idle connection has none, which is a
 * kilobyte less, and what thousands of connections use in turn stays warm in the
 * processor's cache.
 *
 * @module
 */

import { MessageParser, type MessageParserOptions } from "./message_parser.ts";

/** So many parsers are kept that no connection needs. */
const MAX_FREE = 64;

const pools = new WeakMap<MessageParserOptions, ParserPool>();

/** Parsers of requests with the same limits. */
export class ParserPool {
  readonly #options: MessageParserOptions;
  readonly #free: MessageParser[] = [];

  private constructor(options: MessageParserOptions) {
    this.#options = options;
  }

  /** The pool for limits: the same object has the same pool. */
  static for(options: MessageParserOptions): ParserPool {
    let pool = pools.get(options);
    if (pool === undefined) pools.set(options, pool = new ParserPool(options));
    return pool;
  }

  /** A parser that is idle: the one that was given back last, or a new one. */
  take(): MessageParser {
    return this.#free.pop() ?? new MessageParser("request", this.#options);
  }

  /** Gives a parser back, which must be idle. */
  give(parser: MessageParser): void {
    if (this.#free.length < MAX_FREE) this.#free.push(parser);
  }
}
