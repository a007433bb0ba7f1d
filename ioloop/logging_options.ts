/**
 * The options of a command line that decide about logging.
 *
 * @module
 */

import type { OptionParser } from "./option_parser.ts";
import { enablePrettyLogging } from "./pretty_logging.ts";

/** The values of the options that {@linkcode defineLoggingOptions} defines; {@linkcode LoggingSettings} explains them. */
export interface LoggingOptionValues {
  /** `--logging` */
  logging: string | null;
  /** `--log-to-stderr` */
  logToStderr: boolean | null;
  /** `--log-file-prefix` */
  logFilePrefix: string | null;
  /** `--log-file-max-size` */
  logFileMaxSize: number;
  /** `--log-file-num-backups` */
  logFileNumBackups: number;
  /** `--log-rotate-mode` */
  logRotateMode: string;
  /** `--log-rotate-when` */
  logRotateWhen: string;
  /** `--log-rotate-interval` */
  logRotateInterval: number;
}

/**
 * Defines `--logging`, `--log-to-stderr`, `--log-file-prefix`, `--log-file-max-size`, `--log-file-num-backups`,
 * `--log-rotate-mode`, `--log-rotate-when` and `--log-rotate-interval`, and lets each final parse call
 * {@linkcode enablePrettyLogging}. The global `options` have them. Tornado: `tornado.log.define_logging_options`.
 *
 * @returns the same parser, typed to have these options
 * @throws {OptionError} if one of them is defined already
 */
export function defineLoggingOptions<P extends OptionParser>(options: P): P & LoggingOptionValues {
  const group = "logging";
  const values = options.defineAll({
    logging: {
      group,
      default: "info",
      type: "string",
      help: "Show messages of this level and above. If 'none', the logging configuration is not touched.",
      metavar: "debug|info|warning|error|none",
    },
    "log-to-stderr": {
      group,
      type: "boolean",
      default: null,
      help: "Send log output to stderr (colored if possible). By default use stderr if --log-file-prefix is not set " +
        "and no other logging is configured.",
    },
    "log-file-prefix": {
      group,
      type: "string",
      default: null,
      metavar: "PATH",
      help: "Path of the log file, and of the older ones without their suffixes. Several processes must not share it.",
    },
    "log-file-max-size": { group, type: "integer", default: 100_000_000, help: "Size of log files in bytes" },
    "log-file-num-backups": { group, type: "integer", default: 10, help: "Number of older log files to keep" },
    "log-rotate-mode": { group, default: "size", metavar: "size|time", help: "What limits a log file" },
    "log-rotate-when": {
      group,
      default: "midnight",
      metavar: "S|M|H|D|midnight|W0-W6",
      help: "The unit of time after which a log file is put aside; W0 is the end of Monday",
    },
    "log-rotate-interval": { group, type: "integer", default: 1, help: "The number of these units" },
  });
  options.addParseCallback(() => {
    enablePrettyLogging({
      logging: values.logging,
      logToStderr: values["log-to-stderr"],
      logFilePrefix: values["log-file-prefix"],
      logFileMaxSize: values["log-file-max-size"],
      logFileNumBackups: values["log-file-num-backups"],
      logRotateMode: values["log-rotate-mode"],
      logRotateWhen: values["log-rotate-when"],
      logRotateInterval: values["log-rotate-interval"],
    });
  });
  return options as P & LoggingOptionValues;
}
