/**
 * The options of the program: one set, to which each module adds its own, and
 * which the main module reads from the command line and from files.
 *
 * The parse functions turn logging on, at the level info, unless `--logging`
 * says otherwise: see {@linkcode defineLoggingOptions}. What needs a set of its
 * own, such as a subcommand, creates an {@linkcode OptionParser}.
 *
 * @module
 */

import { defineLoggingOptions, type LoggingOptionValues } from "./logging_options.ts";
import type { OptionDefinition } from "./option.ts";
import {
  OptionParser,
  type OptionProperty,
  type OptionSchema,
  type OptionValues,
  type ParseOptions,
} from "./option_parser.ts";
import type { OptionTypeSource, OptionValue } from "./option_types.ts";

/**
 * The global options. TypeScript knows those for logging; for others use what {@linkcode define} or
 * {@linkcode defineOptions} returns, or treat the value as `unknown`. Tornado: `tornado.options.options`.
 */
export const options: OptionParser & LoggingOptionValues & { [name: string]: unknown } = defineLoggingOptions(
  new OptionParser(),
) as OptionParser & LoggingOptionValues & { [name: string]: unknown };

/**
 * Defines a global option, and returns {@linkcode options}, typed to have it as a property.
 *
 * @throws {OptionError} if it is defined already
 * @throws {TypeError} if the type does not exist, or the default is not of that type
 *
 * @example Tornado's way, in the module that uses the option
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { define, parseCommandLine } from "@denado/denado/ioloop";
 *
 * const options = define("mysql-host", { default: "127.0.0.1:3306", help: "main user database" });
 *
 * parseCommandLine(["--mysql-host=db:3306", "--logging=none"]);
 * const host: string = options.mysqlHost;
 * assertEquals(host, "db:3306");
 * ```
 */
export function define<
  const Name extends string,
  T extends OptionTypeSource | undefined = undefined,
  D = undefined,
  M extends boolean = false,
>(
  name: Name,
  definition: OptionDefinition<T, D, M> = {},
): typeof options & OptionProperty<Name, OptionValue<T, D, M>> {
  return options.define(name, definition);
}

/**
 * Defines several global options, and returns their values as a typed object, which reads and writes them.
 *
 * @throws {OptionError} if one is defined already
 * @throws {TypeError} if a type does not exist, or a default is not of its type
 *
 * @example A typed object of just these options
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defineOptions, parseCommandLine } from "@denado/denado/ioloop";
 *
 * const settings = defineOptions({
 *   port: { type: "integer", default: 8888 },
 *   peers: { type: "string", multiple: true },
 * });
 *
 * parseCommandLine(["--port=443", "--peers=a,b", "--logging=none"]);
 * const port: number = settings.port;
 * const peers: string[] = settings.peers;
 * assertEquals([port, peers], [443, ["a", "b"]]);
 * ```
 */
export function defineOptions<const S extends OptionSchema>(schema: S): OptionValues<S> {
  return options.defineAll(schema);
}

/**
 * Parses the command line into the global options; see {@linkcode OptionParser.parseCommandLine}.
 *
 * @returns the arguments that follow the options
 * @throws {OptionError} if an option does not exist or has a wrong value
 */
export function parseCommandLine(args: readonly string[] = Deno.args, parseOptions: ParseOptions = {}): string[] {
  return options.parseCommandLine(args, parseOptions);
}

/**
 * Reads a file into the global options; see {@linkcode OptionParser.parseConfigFile}.
 *
 * @throws {Deno.errors.NotCapable} without permission to read the file
 * @throws {OptionError} if the file has a mistake, or a value is wrong
 */
export function parseConfigFile(file: string | URL, parseOptions: ParseOptions = {}): void {
  options.parseConfigFile(file, parseOptions);
}

/** Prints the global options, by default to the standard error stream. */
export function printHelp(print?: (text: string) => void): void {
  options.printHelp(print);
}

/** Adds a function that is called at the end of each final parse of the global options. */
export function addParseCallback(callback: () => void): void {
  options.addParseCallback(callback);
}
