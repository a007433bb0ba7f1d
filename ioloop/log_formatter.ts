/**
 * Log records as lines of text, in the shape of Tornado:
 *
 * ```text
 * [L yymmdd hh:mm:ss module:line] message
 * [W 250131 09:05:07 server:41] Retrying
 *     the second line of a message, of a stack, …
 * [I 250131 09:05:07 denado.access] 200 GET / (127.0.0.1) 0.61ms
 * [I 250131 09:05:07 denado.access 8c1f9e02-7] 200 GET / (127.0.0.1) 0.61ms
 * ```
 *
 * The letter is the level: Trace, Debug, Info, Warning, Error, Fatal. The id of
 * the request comes last, where there is one (`log_context.ts`). Module and
 * line are those of the caller, where LogTape was told to capture them
 * (`captureSourceLocation`); that costs 20 µs a record, more than the rest of
 * the line, so it is not the default, and the category stands there instead.
 *
 * Who can influence a message must not be able to fake a line or to steer the
 * terminal: continuation lines are indented, control characters escaped.
 *
 * @module
 */

import { sanitizeControlSequences } from "@logtape/logtape";
import type { LogLevel, LogRecord } from "./log_record.ts";
import { strftime } from "./strftime.ts";

/** Settings of a {@linkcode LogFormatter}. */
export interface LogFormatterOptions {
  /**
   * Whether the part between `%(color)s` and `%(end_color)s` has a colour. `"auto"`: if the standard error stream is a
   * terminal and `NO_COLOR` is not set.
   *
   * @default "auto"
   */
  readonly color?: boolean | "auto";
  /** ANSI colours by level, 0 (black) to 7 (white); a level that is left out has none. @default DEFAULT_COLORS */
  readonly colors?: Partial<Record<LogLevel, number>>;
  /**
   * The line, with Python's placeholders: `%(color)s`, `%(end_color)s`, `%(levelname)s`, `%(asctime)s`, `%(message)s`,
   * `%(name)s` (the category), `%(module)s` and `%(lineno)d` (of the caller, or the category and 0 where it is not
   * known), `%(location)s` (both, or the category alone), `%(request)s` (a blank and the id of the request that was being
   * answered, if any), `%(pathname)s`, `%(process)d`. Width and precision work:
   * `%(levelname)-8s`, `%(levelname)1.1s`.
   *
   * @default DEFAULT_FORMAT
   */
  readonly format?: string;
  /** `%(asctime)s`, as {@linkcode strftime} takes it; local time. @default DEFAULT_DATE_FORMAT */
  readonly dateFormat?: string;
}

/** What a placeholder stands for. */
interface LineParts {
  readonly record: LogRecord;
  readonly message: string;
  readonly color: string;
}

/**
 * Formats log records. Tornado: `tornado.log.LogFormatter`.
 *
 * @example A line without colours
 * ```ts
 * import { assertMatch } from "@std/assert";
 * import { LogFormatter } from "@denado/denado/ioloop";
 *
 * const formatter = new LogFormatter({ color: false });
 * const line = formatter.format({
 *   category: ["shop"],
 *   level: "warning",
 *   message: ["Out of ", "tea"],
 *   rawMessage: "Out of {what}",
 *   timestamp: Date.now(),
 *   properties: { what: "tea" },
 * });
 * assertMatch(line, /^\[W \d{6} \d\d:\d\d:\d\d shop\] Out of tea$/);
 * ```
 */
export class LogFormatter {
  /** The shape of a line. */
  static readonly DEFAULT_FORMAT: string =
    "%(color)s[%(levelname)1.1s %(asctime)s %(location)s%(request)s]%(end_color)s %(message)s";
  /** The shape of a date. */
  static readonly DEFAULT_DATE_FORMAT: string = "%y%m%d %H:%M:%S";
  /** Blue, green, yellow, red, magenta. */
  static readonly DEFAULT_COLORS: Readonly<Partial<Record<LogLevel, number>>> = Object.freeze({
    trace: 4,
    debug: 4,
    info: 2,
    warning: 3,
    error: 1,
    fatal: 5,
  });

  readonly #parts: ((line: LineParts) => string)[];
  readonly #colors: Partial<Record<LogLevel, number>>;

  /**
   * Prepares the format.
   *
   * @throws {RangeError} if the format has a placeholder that does not exist
   */
  constructor(options: LogFormatterOptions = {}) {
    const { color = "auto", colors = LogFormatter.DEFAULT_COLORS } = options;
    const colored = color === "auto" ? Deno.stderr.isTerminal() && !Deno.noColor : color;
    this.#colors = colored ? colors : {};
    this.#parts = parseFormat(
      options.format ?? LogFormatter.DEFAULT_FORMAT,
      dateFormatter(options.dateFormat ?? LogFormatter.DEFAULT_DATE_FORMAT),
    );
  }

  /**
   * The record as text without a newline at its end; every line but the first is indented by four spaces.
   *
   * An error in the property `error`, where LogTape keeps it, follows with its stack, unless it is in the message
   * already. Strings stand for themselves, bytes are shown escaped as `b"\xe9"`, anything else as `Deno.inspect` shows
   * it. Never throws: a message that cannot be made into text is replaced by `Bad message (…)`.
   */
  format(record: LogRecord): string {
    const code = this.#colors[record.level];
    const color = code === undefined ? "" : `\x1b[3${code}m`;
    // With colours the reader is a terminal, and may see the colours of the message too.
    const message = sanitizeControlSequences(messageOf(record), { sgr: color === "" ? "escape" : "preserve" });
    const parts: LineParts = { record, message, color };
    let line = "";
    for (const part of this.#parts) line += part(parts);
    line = line.trimEnd();
    // Most messages have one line.
    return /[\r\n]/.test(line) ? line.replace(/\r?\n/g, "\n    ").replaceAll("\r", "\\r") : line;
  }

  /** {@linkcode format} with a newline at the end, as LogTape's sinks want it; needs no `this`. */
  readonly formatLine: (record: LogRecord) => string = (record) => this.format(record) + "\n";
}

function messageOf(record: LogRecord): string {
  try {
    const text = record.message.length === 1
      ? String(record.message[0])
      : record.message.map((part, at) => at % 2 === 0 ? String(part) : valueText(part)).join("");
    const { error } = record.properties;
    if (!(error instanceof Error) || record.message.includes(error)) return text;
    return `${text}\n${Deno.inspect(error, { colors: false })}`;
  } catch (error) {
    return `Bad message (${reasonText(error)}): ${record.category.join(".")} ${record.level}`;
  }
}

function valueText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return bytesText(value);
  return Deno.inspect(value, { colors: false });
}

function bytesText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    if (byte === 0x22 || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`;
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `b"${text}"`;
}

/** What was thrown may be what cannot be shown. */
function reasonText(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "an error without a text";
  }
}

function parseFormat(format: string, formatDate: (timestamp: number) => string): ((line: LineParts) => string)[] {
  const placeholders: Record<string, (line: LineParts) => string> = {
    color: (line) => line.color,
    end_color: (line) => line.color === "" ? "" : "\x1b[0m",
    levelname: (line) => line.record.level.toUpperCase(),
    asctime: (line) => formatDate(line.record.timestamp),
    message: (line) => line.message,
    name: (line) => categoryOf(line.record),
    module: (line) => moduleOf(line.record),
    lineno: (line) => String(line.record.sourceLocation?.line ?? 0),
    location: ({ record }) => moduleOf(record) + (record.sourceLocation ? `:${record.sourceLocation.line}` : ""),
    request: ({ record }) => requestOf(record),
    pathname: (line) => line.record.sourceLocation?.file ?? "",
    process: () => String(Deno.pid),
  };
  const parts: ((line: LineParts) => string)[] = [];
  for (
    const [text, name, width, precision] of format.matchAll(/%\((\w+)\)(-?\d+)?(?:\.(\d+))?[sd]|%%|[^%]+|%/g)
  ) {
    if (name === undefined) {
      const literal = text === "%%" ? "%" : text;
      parts.push(() => literal);
      continue;
    }
    const value = Object.hasOwn(placeholders, name) ? placeholders[name]! : undefined;
    if (value === undefined) {
      const known = Object.keys(placeholders).join(", ");
      throw new RangeError(`Cannot format log records with ${text}: ${format}; known are ${known}`);
    }
    parts.push(width === undefined && precision === undefined ? value : fit(value, width, precision));
  }
  return parts;
}

function fit(
  value: (line: LineParts) => string,
  width = "0",
  precision?: string,
): (line: LineParts) => string {
  const length = Math.abs(Number(width));
  return (line) => {
    const text = value(line).slice(0, precision === undefined ? undefined : Number(precision));
    return width.startsWith("-") ? text.padEnd(length) : text.padStart(length);
  };
}

/** Lines of the same second share their date, unless it shows more than seconds. */
function dateFormatter(format: string): (timestamp: number) => string {
  const write = strftime(format);
  if (format.includes("%f")) return (timestamp) => write(new Date(timestamp));
  let second = NaN;
  let text = "";
  return (timestamp) => {
    const current = Math.floor(timestamp / 1000);
    if (current !== second) {
      second = current;
      text = write(new Date(timestamp));
    }
    return text;
  };
}

/** By the array that all records of a logger share. */
const categoryTexts = new WeakMap<readonly string[], string>();

function categoryOf({ category }: LogRecord): string {
  let text = categoryTexts.get(category);
  if (text === undefined) {
    text = sanitizeControlSequences(category.join("."), { sgr: "escape", newlines: "escape" });
    categoryTexts.set(category, text);
  }
  return text;
}

function requestOf({ properties }: LogRecord): string {
  const { requestId } = properties;
  if (typeof requestId !== "string" || requestId === "") return "";
  return ` ${sanitizeControlSequences(requestId, { sgr: "escape", newlines: "escape" })}`;
}

/** The name of the file without folder and extension, or the category. */
function moduleOf(record: LogRecord): string {
  const file = record.sourceLocation?.file;
  if (file === undefined) return categoryOf(record);
  return file.replace(/[?#].*$/, "").replace(/^.*[/\\]/, "").replace(/\.\w+$/, "");
}
