/**
 * A set of options: defined by the modules that use them, given on the command
 * line or in a file, read as properties.
 *
 * `options.logFile`, `options.log_file` and `options["log-file"]` are the same
 * option; introspection shows the name as it was defined. A name that is no
 * option is an error, both in reading and in writing, so that no misspelled
 * setting goes unnoticed. For that the parser is a proxy of itself. A name that
 * is also a method (`items`) is reached by {@linkcode OptionParser.get} only.
 *
 * The options are parsed from left to right, callbacks run at once. A callback
 * that reads a configuration file therefore overrides what stood before it, and
 * is overridden by what follows.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { callerOutside } from "./caller.ts";
import { genLog } from "./log.ts";
import { normalizeOptionName, Option, type OptionDefinition, OptionError } from "./option.ts";
import { readConfigFile } from "./option_file.ts";
import { helpText } from "./option_help.ts";
import { BOOLEAN_TYPE, type OptionTypeSource, type OptionValue } from "./option_types.ts";

/** What a program is to an {@linkcode OptionParser}. */
export interface OptionParserOptions {
  /** The name in the usage line. @default the file name of the main module */
  readonly programName?: string;
  /** Takes the help text. @default it goes to the standard error stream */
  readonly print?: (text: string) => void;
  /** Called after `--help` was printed. @default Deno.exit */
  readonly exit?: (code: number) => void;
}

/** Settings of the parse methods. */
export interface ParseOptions {
  /** Whether this is the last source, and the parse callbacks run. @default true */
  readonly final?: boolean;
}

/** Definitions by name, for {@linkcode OptionParser.defineAll}. */
export type OptionSchema = Record<string, OptionDefinition>;

/** The values of options that are defined by a schema. */
export type OptionValues<S extends OptionSchema> = {
  -readonly [Name in keyof S]: OptionValue<
    S[Name] extends { readonly type: infer T } ? T : undefined,
    S[Name] extends { readonly default: infer D } ? D : undefined,
    S[Name] extends { readonly multiple: infer M } ? M : false
  >;
};

/** An option as properties of the parser: under the name that was given, and in camelCase. */
export type OptionProperty<Name extends string, Value> = { [Key in Name | CamelCase<Name>]: Value };

/** `log-file` and `log_file` as `logFile`. */
export type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}` ? CamelCase<`${Head}_${Tail}`>
  : Name extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** Names that the language itself looks for; answering with an error would make the parser useless in `await`, say. */
const LANGUAGE_NAMES = new Set(["then", "toJSON"]);

/**
 * Gives {@linkcode OptionParser} its options as properties, by making it a proxy. This has to happen in the constructor
 * of a base class: only so the private fields of the subclass end up on the proxy, where its methods look for them.
 */
export abstract class OptionProperties {
  /** Returns a proxy of the new object. */
  constructor() {
    const isOption = (name: string | symbol): name is string =>
      typeof name === "string" && !(name in Object.getPrototypeOf(this)) && !LANGUAGE_NAMES.has(name);
    const proxy: this = new Proxy(this, {
      get: (target, name, receiver) => isOption(name) ? proxy.get(name) : Reflect.get(target, name, receiver),
      set: (_target, name, value) => {
        if (!isOption(name)) {
          throw new OptionError(`Cannot assign to ${String(name)}: it is a method; set reaches an option of that name`);
        }
        proxy.set(name, value);
        return true;
      },
      has: (target, name) => typeof name === "string" ? proxy.has(name) : Reflect.has(target, name),
    });
    return proxy;
  }

  /** The value of an option. */
  abstract get(name: string): unknown;
  /** Sets an option. */
  abstract set(name: string, value: unknown): void;
  /** Whether an option is defined. */
  abstract has(name: string): boolean;
}

/**
 * Options with their values. Tornado: `tornado.options.OptionParser`.
 *
 * An option `help` is always defined.
 *
 * @example Typed properties by chained definitions
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { OptionParser } from "@denado/denado/ioloop";
 *
 * const options = new OptionParser()
 *   .define("port", { default: 8888, help: "port to listen on" })
 *   .define("idle-timeout", { type: "duration", default: 60_000 })
 *   .define("peer", { multiple: true });
 *
 * const rest = options.parseCommandLine(["--port=443", "--idle-timeout=1m 30s", "--peer=a,b", "serve"]);
 *
 * const port: number = options.port;
 * assertEquals(port, 443);
 * assertEquals(options.idleTimeout, 90_000);
 * assertEquals(options.peer, ["a", "b"]);
 * assertEquals(rest, ["serve"]);
 * ```
 */
export class OptionParser extends OptionProperties {
  /** By normalized name, in the order of definition. */
  readonly #options = new Map<string, Option>();
  readonly #parseCallbacks: (() => void)[] = [];
  readonly #programName: string | undefined;
  readonly #print: (text: string) => void;
  readonly #exit: (code: number) => void;

  /** A parser that knows `help` only. */
  constructor(options: OptionParserOptions = {}) {
    super();
    this.#programName = options.programName;
    this.#print = options.print ?? printToStderr;
    this.#exit = options.exit ?? Deno.exit;
    this.define("help", {
      type: "boolean",
      help: "show this help information",
      group: "",
      callback: (wanted) => {
        if (!wanted) return;
        this.printHelp();
        this.#exit(0);
      },
    });
  }

  /**
   * Defines an option, and returns the parser, typed to have it as a property.
   *
   * @throws {OptionError} if it is defined already, also with other dashes, underscores or capitals
   * @throws {TypeError} if the type does not exist, or the default is not of that type
   */
  define<
    const Name extends string,
    T extends OptionTypeSource | undefined = undefined,
    D = undefined,
    M extends boolean = false,
  >(name: Name, definition: OptionDefinition<T, D, M> = {}): this & OptionProperty<Name, OptionValue<T, D, M>> {
    this.#define(name, definition as OptionDefinition);
    return this as this & OptionProperty<Name, OptionValue<T, D, M>>;
  }

  /**
   * Defines several options, and returns their values as an object of just these properties, which reads and writes
   * the options.
   *
   * @throws {OptionError} if one is defined already
   * @throws {TypeError} if a type does not exist, or a default is not of its type
   */
  defineAll<const S extends OptionSchema>(schema: S): OptionValues<S> {
    const values = {};
    for (const [name, definition] of Object.entries(schema)) {
      this.#define(name, definition);
      Object.defineProperty(values, name, {
        enumerable: true,
        get: () => this.get(name),
        set: (value) => this.set(name, value),
      });
    }
    return Object.preventExtensions(values) as OptionValues<S>;
  }

  /**
   * Parses options of the form `--name=value`; `--name` alone is for booleans. One dash does as well as two. Ends at
   * the first argument that does not begin with a dash, and after `--`.
   *
   * @param args the arguments, without the name of the program @default Deno.args
   * @returns the arguments that follow the options
   * @throws {OptionError} if an option does not exist, after printing the help; or has no value, or a wrong one. Those
   * before it are set then
   */
  parseCommandLine(args: readonly string[] = Deno.args, options: ParseOptions = {}): string[] {
    const end = args.findIndex((arg) => arg === "--" || !arg.startsWith("-"));
    for (const arg of end === -1 ? args : args.slice(0, end)) this.#parseArgument(arg);
    if (options.final ?? true) this.runParseCallbacks();
    if (end === -1) return [];
    return args.slice(args[end] === "--" ? end + 1 : end);
  }

  /**
   * Sets options from a file: the properties of an object in JSON, or the exports of a module (`.ts`, `.js`), which is
   * run. Text is parsed as on the command line; other values must be of the option's type.
   *
   * Exports that are no options are ignored; such properties of a JSON file are named in a warning.
   *
   * @throws {Deno.errors.NotCapable} without permission to read the file
   * @throws {OptionError} if the file cannot be read or has a mistake, or a value is wrong
   */
  parseConfigFile(file: string | URL, options: ParseOptions = {}): void {
    const { path, isData, values } = readConfigFile(file);
    const unknown = this.#setAll(values).filter((name) => !/^[$_]/.test(name));
    if (isData && unknown.length > 0) {
      genLog.warning(`Ignoring what is no option in the configuration file ${path}: ${unknown.join(", ")}`);
    }
    if (options.final ?? true) this.runParseCallbacks();
  }

  /**
   * Sets options from an object, such as an imported module, by the rules of {@linkcode parseConfigFile}. Properties
   * that are no options are ignored.
   *
   * @throws {OptionError} if a value is wrong
   */
  parseConfigValues(values: object, options: ParseOptions = {}): void {
    this.#setAll(values);
    if (options.final ?? true) this.runParseCallbacks();
  }

  /** The value of an option. @throws {OptionError} if it is not defined */
  get(name: string): unknown {
    return this.#find(name).value;
  }

  /**
   * Sets an option to a value, which must be of its type: text is not parsed. `null` is always possible.
   *
   * @throws {OptionError} if it is not defined, or the value is of another type
   */
  set(name: string, value: unknown): void {
    this.#find(name).set(value);
  }

  /** Whether an option is defined. */
  has(name: string): boolean {
    return this.#options.has(normalizeOptionName(name));
  }

  /** The names of the options, as they were defined. */
  *[Symbol.iterator](): IterableIterator<string> {
    for (const option of this.#options.values()) yield option.name;
  }

  /** The names and values of all options. */
  items(): [name: string, value: unknown][] {
    return [...this.#options.values()].map((option) => [option.name, option.value]);
  }

  /** The values of all options by name. */
  asDict(): Record<string, unknown> {
    return Object.fromEntries(this.items());
  }

  /** The groups that options are in; the one of `help` is empty. */
  groups(): Set<string> {
    return new Set([...this.#options.values()].map((option) => option.group));
  }

  /** The values of a group's options by name; empty if there is no such group. An empty name stands for all options. */
  groupDict(group: string): Record<string, unknown> {
    const members = [...this.#options.values()].filter((option) => group === "" || option.group === group);
    return Object.fromEntries(members.map((option) => [option.name, option.value]));
  }

  /** Prints all options, by default to the standard error stream. */
  printHelp(print: (text: string) => void = this.#print): void {
    const main = Deno.mainModule.replace(/[?#].*$/, "");
    print(helpText(this.#programName ?? main.slice(main.lastIndexOf("/") + 1), this.#options.values()));
  }

  /** Adds a function that is called at the end of each final parse. */
  addParseCallback(callback: () => void): void {
    this.#parseCallbacks.push(callback);
  }

  /** Calls what {@linkcode addParseCallback} has added, in that order. */
  runParseCallbacks(): void {
    for (const callback of [...this.#parseCallbacks]) callback();
  }

  /**
   * Sets an option for a while: disposing of the result sets it back. Patches nest. Tornado has `mockable()` for this.
   *
   * @throws {OptionError} if it is not defined, or the value is of another type
   */
  patch(name: string, value: unknown): Disposable {
    const before = this.get(name);
    this.set(name, value);
    return { [Symbol.dispose]: () => this.set(name, before) };
  }

  #define(name: string, definition: OptionDefinition): void {
    const key = normalizeOptionName(name);
    const file = definition.group === undefined ? definingFile() : "";
    const earlier = this.#options.get(key);
    if (earlier !== undefined) {
      throw new OptionError(`Option ${JSON.stringify(key)} is already defined: in ${earlier.group || "its parser"}`);
    }
    this.#options.set(key, new Option(name, definition, file));
  }

  #find(name: string): Option {
    const option = this.#options.get(normalizeOptionName(name));
    if (option === undefined) throw new OptionError(`Unrecognized option: ${JSON.stringify(name)}`);
    return option;
  }

  #parseArgument(arg: string): void {
    const [, name, value] = /^-+([^=]*)(?:=([^]*))?$/.exec(arg)!;
    const option = this.#options.get(normalizeOptionName(name!));
    if (option === undefined) {
      this.printHelp();
      throw new OptionError(`Unrecognized command line option: ${JSON.stringify(name)}`);
    }
    if (value === undefined && option.type !== BOOLEAN_TYPE) {
      throw new OptionError(`Option ${JSON.stringify(name)} requires a value: --${name}=${option.metavar || "VALUE"}`);
    }
    option.parse(value ?? "true");
  }

  /** Returns the names that are no options. */
  #setAll(values: object): string[] {
    const unknown: string[] = [];
    for (const [name, value] of Object.entries(values)) {
      const option = this.#options.get(normalizeOptionName(name));
      if (option === undefined) unknown.push(name);
      else option.configure(value);
    }
    return unknown;
  }
}

/** The module that called, past those that make up this feature. */
function definingFile(): string {
  const site = callerOutside(new URL("./option", import.meta.url).href);
  if (site === undefined) return "";
  const path = site.file.replace(/[?#].*$/, "");
  return path.startsWith("file:") ? fileURLToPath(path) : path;
}

function printToStderr(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
}
