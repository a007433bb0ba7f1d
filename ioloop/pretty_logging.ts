/**
 * Logging for those who do not want to configure LogTape themselves: Tornado's
 * lines on the standard error stream or in a rotating file.
 *
 * LogTape has one configuration for the whole process. What happens to it:
 *
 * - While nobody has configured LogTape, this module does, and may do it again:
 *   each category has one set of outputs, and enabling it once more replaces
 *   that set instead of doubling every line.
 * - A configuration of the application stays as it is: its sinks go on, its
 *   levels decide, and the new sinks are put beside its own. LogTape has no
 *   function for that (a new configuration would dispose of the application's
 *   sinks), so the sink is added to the logger itself, which LogTape's own code
 *   reckons with; should a later version keep sinks elsewhere, there is an error.
 * - `reset()` of LogTape removes all of it, and disposing of what
 *   {@linkcode enablePrettyLogging} returns removes that part.
 *
 * @module
 */

import {
  type Config,
  configureSync,
  getConfig,
  getLogger,
  isLogLevel,
  type Logger,
  type LoggerConfig,
  resetSync,
  type Sink,
  withFilter,
} from "@logtape/logtape";
import { LogFile } from "./log_file.ts";
import { logContext } from "./log_context.ts";
import { LogFormatter } from "./log_formatter.ts";
import type { LogLevel, LogRecord } from "./log_record.ts";
import { type LogRotation, SizeRotation, TimeRotation } from "./log_rotation.ts";

/** Where log lines go, under the names of the command line's options. The global `options` fit. */
export interface LoggingSettings {
  /** The least level that is shown: trace, debug, info, warning, error, fatal; "none" or `null` changes nothing. @default "info" */
  readonly logging?: string | null;
  /** Whether lines go to the standard error stream; `null`: unless there is a file or another output. @default null */
  readonly logToStderr?: boolean | null;
  /** The path of the log file; older files get a suffix. `null`: no file. @default null */
  readonly logFilePrefix?: string | null;
  /** Size of the file in bytes. @default 100_000_000 */
  readonly logFileMaxSize?: number;
  /** Number of older files to keep. @default 10 */
  readonly logFileNumBackups?: number;
  /** "size" or "time". @default "size" */
  readonly logRotateMode?: string;
  /** As in {@linkcode TimeRotationOptions.when}. @default "midnight" */
  readonly logRotateWhen?: string;
  /** Number of units of `logRotateWhen`. @default 1 */
  readonly logRotateInterval?: number;
}

/** What the command line does not decide. */
export interface PrettyLoggingOptions {
  /** The LogTape category whose records are written. @default [], which is all */
  readonly category?: readonly string[];
  /** Whether lines say where they were logged, which costs 20 µs each. @default at the levels trace and debug */
  readonly captureSourceLocation?: boolean;
  /** The shape of the lines. @default a LogFormatter with its defaults, without colours in files */
  readonly formatter?: LogFormatter;
}

/** Logging as {@linkcode enablePrettyLogging} has set it up. */
export interface PrettyLogging extends Disposable {
  /** The least level that is shown; `undefined` if logging was left alone. */
  readonly level: LogLevel | undefined;
  /** Takes the outputs away and closes the file. Idempotent. */
  [Symbol.dispose](): void;
}

/**
 * Writes log lines to the standard error stream and to a file. Tornado: `tornado.log.enable_pretty_logging`.
 *
 * Called again for the same category, it replaces what the first call did. Where the application has configured LogTape
 * itself, its levels stand, and the standard error stream is used only if asked for.
 *
 * @throws {RangeError} if the level, the mode or the unit of rotation does not exist
 * @throws {Deno.errors.NotCapable} without permission to write the file
 * @throws {Error} if the file cannot be opened
 *
 * @example Logging to a file for a while
 * ```ts
 * import { assertMatch } from "@std/assert";
 * import { appLog, enablePrettyLogging } from "@denado/denado/ioloop";
 *
 * const folder = Deno.makeTempDirSync();
 * {
 *   using _logging = enablePrettyLogging({ logFilePrefix: `${folder}/log` });
 *   appLog.info("hello");
 * }
 * assertMatch(Deno.readTextFileSync(`${folder}/log`), /^\[I [^\]]+\] hello\n$/);
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export function enablePrettyLogging(settings: LoggingSettings = {}, options: PrettyLoggingOptions = {}): PrettyLogging {
  const level = parseLevel(settings.logging);
  if (level === undefined) return { level, [Symbol.dispose]: () => {} };
  const { category = [] } = options;
  const file = openFile(settings);
  forgetIfReset();
  const key = JSON.stringify(category);
  const previous = outputs.get(key);
  if (previous !== undefined) remove(key, previous);
  const sinks: Sink[] = [];
  if (file !== undefined) sinks.push(fileSink(file, options.formatter ?? new LogFormatter({ color: false })));
  if (settings.logToStderr ?? (file === undefined && !hasOutput(category))) {
    sinks.push(stderrSink(options.formatter ?? new LogFormatter()));
  }
  const captureSourceLocation = options.captureSourceLocation ?? (level === "trace" || level === "debug");
  const output: Output = { category, level, sinks, file, captureSourceLocation, guest: undefined };
  add(key, output);
  return { level, [Symbol.dispose]: () => remove(key, output) };
}

/** The sinks of one category. */
interface Output {
  readonly category: readonly string[];
  readonly level: LogLevel;
  readonly sinks: readonly Sink[];
  readonly file: LogFile | undefined;
  readonly captureSourceLocation: boolean;
  /** In the application's configuration: the logger, held because LogTape holds it weakly, and what was added to it. */
  guest: { readonly logger: Logger; readonly sinks: readonly Sink[] } | undefined;
}

/** By category, as JSON. */
const outputs = new Map<string, Output>();
/** The configuration that is made of the outputs that are not guests. */
let ownConfig: Config<string, string> | undefined;

const META: [string, string] = ["logtape", "meta"];
const metaLogger = getLogger(META);

function add(key: string, output: Output): void {
  outputs.set(key, output);
  try {
    if (isConfiguredByOthers()) {
      const logger = loggerOf(output.category);
      const sinks = output.sinks.map((sink) => withFilter(sink, output.level));
      sinksOf(logger).push(...sinks);
      output.guest = { logger, sinks };
    } else configure();
  } catch (error) {
    outputs.delete(key);
    output.file?.close();
    throw error;
  }
}

function remove(key: string, output: Output): void {
  forgetIfReset();
  // Another call may have taken its place.
  if (outputs.get(key) === output) {
    outputs.delete(key);
    const { guest } = output;
    if (guest === undefined) configure();
    else {
      const sinks = sinksOf(guest.logger);
      sinks.splice(0, sinks.length, ...sinks.filter((sink) => !guest.sinks.includes(sink)));
    }
  }
  output.file?.close();
}

/** If LogTape was reset or configured by somebody else since, its loggers have none of these sinks any more. */
function forgetIfReset(): void {
  if (ownConfig === undefined || getConfig() === ownConfig) return;
  ownConfig = undefined;
  for (const [key, output] of outputs) {
    if (output.guest !== undefined) continue;
    outputs.delete(key);
    output.file?.close();
  }
}

/** By the application, possibly through another copy of LogTape, which shares no more than the loggers. */
function isConfiguredByOthers(): boolean {
  const config = getConfig();
  return config === null ? metaLogger.isEnabledFor("fatal") : config !== ownConfig;
}

/** Configures LogTape with all outputs, or resets it if there are none. */
function configure(): void {
  const sinks: Record<string, Sink> = {};
  const loggers: LoggerConfig<string, string>[] = [];
  for (const [key, output] of outputs) {
    if (output.guest !== undefined) continue;
    const ids = output.sinks.map((_, at) => `denado ${key} ${at}`);
    output.sinks.forEach((sink, at) => sinks[ids[at]!] = sink);
    loggers.push({
      category: [...output.category],
      lowestLevel: output.level,
      sinks: ids,
      captureSourceLocation: output.captureSourceLocation,
      // As with Python's loggers, outputs above this one get its records whatever level they have for their own.
      ...(output.category.length > 0 && { parentSinks: "forward" as const }),
    });
  }
  if (loggers.length === 0) {
    if (ownConfig !== undefined) resetSync();
    ownConfig = undefined;
    return;
  }
  if (!outputs.has(JSON.stringify(META))) {
    // LogTape reports a sink that fails here, which must not be that sink, and greets at the level info.
    sinks["denado meta"] = stderrSink(new LogFormatter());
    loggers.push({ category: META, lowestLevel: "warning", parentSinks: "override", sinks: ["denado meta"] });
  }
  const config: Config<string, string> = {
    sinks,
    loggers,
    contextLocalStorage: logContext,
    reset: ownConfig !== undefined,
  };
  configureSync(config);
  ownConfig = config;
}

function hasOutput(category: readonly string[]): boolean {
  return loggerOf(category).isEnabledFor("fatal");
}

function loggerOf(category: readonly string[]): Logger {
  return getLogger(category as [string, ...string[]]);
}

/** LogTape looks at this array for every record, but does not say so in its types. */
function sinksOf(logger: Logger): Sink[] {
  const { sinks } = logger as { sinks?: unknown };
  if (Array.isArray(sinks)) return sinks;
  throw new Error(
    "Cannot add to the application's configuration of LogTape, this version keeps its sinks elsewhere: " +
      "use LogFormatter and LogFile in sinks of that configuration",
  );
}

function parseLevel(logging: string | null = "info"): LogLevel | undefined {
  const name = logging?.toLowerCase() ?? "none";
  if (name === "none") return undefined;
  const level = PYTHON_LEVELS[name] ?? name;
  if (isLogLevel(level)) return level;
  throw new RangeError(
    `Cannot log at the level ${JSON.stringify(logging)}: use trace, debug, info, warning, error, fatal or none`,
  );
}

const PYTHON_LEVELS: Record<string, LogLevel> = { warn: "warning", critical: "fatal" };

function openFile(settings: LoggingSettings): LogFile | undefined {
  if (!settings.logFilePrefix) return undefined;
  return new LogFile(settings.logFilePrefix, { rotation: makeRotation(settings) });
}

function makeRotation(settings: LoggingSettings): LogRotation {
  const { logRotateMode = "size", logFileMaxSize = 100_000_000, logFileNumBackups: backups = 10 } = settings;
  const { logRotateWhen: when = "midnight", logRotateInterval: interval = 1 } = settings;
  if (logRotateMode === "size") return new SizeRotation({ maxBytes: logFileMaxSize, backups });
  if (logRotateMode === "time") return new TimeRotation({ when, interval, backups });
  throw new RangeError(`Cannot rotate log files by ${JSON.stringify(logRotateMode)}: use "size" or "time"`);
}

function fileSink(file: LogFile, formatter: LogFormatter): Sink {
  // LogTape disposes of its sinks whenever it is configured anew; the file opens again by itself.
  return Object.assign((record: LogRecord) => file.write(formatter.formatLine(record)), {
    [Symbol.dispose]: () => file.close(),
  });
}

function stderrSink(formatter: LogFormatter): Sink {
  return (record) => {
    const bytes = encoder.encode(formatter.formatLine(record));
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  };
}

const encoder = new TextEncoder();
