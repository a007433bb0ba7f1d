/**
 * One option: its definition, its value, and how either may be set.
 *
 * Text, as a command line has it, is parsed; anything else must be of the
 * option's type already.
 *
 * @module
 */

import {
  type OptionType,
  type OptionTypeSource,
  type OptionValue,
  resolveOptionType,
  STRING_TYPE,
} from "./option_types.ts";

/** A command line, a configuration file or the program has given an option that does not exist, or a wrong value. */
export class OptionError extends Error {
  /** Always `"OptionError"`. */
  override readonly name = "OptionError";
  /** Always `"EOPTION"`. */
  readonly code = "EOPTION";
}

/** The definition of an option, next to its name. */
export interface OptionDefinition<
  T extends OptionTypeSource | undefined = OptionTypeSource | undefined,
  D = unknown,
  M extends boolean = boolean,
> {
  /** The value while nothing else is given. @default undefined, or an empty list with `multiple` */
  readonly default?: D;
  /** The type of the value. @default that of `default`, else "string" */
  readonly type?: T;
  /** What the option is for, as `--help` says it. */
  readonly help?: string;
  /** What stands for the value in the help: `--port=METAVAR`. */
  readonly metavar?: string;
  /** Whether the value is a list. In text it is separated by commas, and `3:5` stands for the integers 3, 4 and 5. @default false */
  readonly multiple?: M;
  /** The group in which the help shows it. @default the file that defines it */
  readonly group?: string;
  /** Called with the new value whenever it is set. */
  callback?(value: OptionValue<T, D, M>): void;
}

/**
 * The name under which an option is looked up: in lower case, words separated by dashes. `log-file`, `log_file` and
 * `logFile` are the same option.
 */
export function normalizeOptionName(name: string): string {
  return name
    .replaceAll("_", "-")
    .replace(/([a-z\d])([A-Z])/g, "$1-$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .toLowerCase();
}

/** An option with its current value. {@linkcode OptionParser} holds these. */
export class Option {
  /** As it was defined. */
  readonly name: string;
  /** What a value must be. */
  readonly type: OptionType<unknown>;
  /** Whether the value is a list of that type. */
  readonly multiple: boolean;
  /** What the help says; may be empty. */
  readonly help: string;
  /** What stands for the value in the help; may be empty. */
  readonly metavar: string;
  /** The heading in the help. */
  readonly group: string;
  /** The value while none is set. */
  readonly default: unknown;
  readonly #callback: ((value: never) => void) | undefined;
  #value: unknown;
  #isSet = false;

  /**
   * An option without a value of its own.
   *
   * @throws {TypeError} if the type does not exist, or the default is not of that type
   */
  constructor(name: string, definition: OptionDefinition, file: string) {
    this.name = name;
    this.multiple = definition.multiple ?? false;
    this.default = definition.default ?? (this.multiple ? [] : definition.default);
    const example = this.multiple && Array.isArray(this.default) ? this.default[0] : this.default;
    this.type = resolveOptionType(definition.type, example);
    this.help = definition.help ?? "";
    this.metavar = definition.metavar ?? "";
    this.group = definition.group ?? file;
    this.#callback = definition.callback?.bind(definition);
    if (!this.#accepts(this.default)) {
      throw new TypeError(
        `Cannot define option ${name} with the default ${Deno.inspect(this.default)}: it takes ${this.#typeName}`,
      );
    }
  }

  /** The value that was set last, or the default. */
  get value(): unknown {
    return this.#isSet ? this.#value : this.default;
  }

  /** Whether a value was set. */
  get isSet(): boolean {
    return this.#isSet;
  }

  /**
   * Sets the value from text.
   *
   * @throws {OptionError} if the text does not make a value; the option is unchanged then
   */
  parse(text: string): void {
    let value: unknown;
    try {
      value = this.multiple ? text.split(",").flatMap((part) => this.#parseElement(part)) : this.type.parse(text);
    } catch (cause) {
      const reason = cause instanceof Error && cause.message !== "" ? cause.message : `it is not ${this.type.name}`;
      throw new OptionError(`Cannot set option ${this.name} to ${JSON.stringify(text)}: ${reason}`, { cause });
    }
    this.#assign(value);
  }

  /**
   * Sets the value; `null` and `undefined` are always possible.
   *
   * @throws {OptionError} if the value is of another type; the option is unchanged then
   */
  set(value: unknown): void {
    if (!this.#accepts(value)) {
      throw new OptionError(`Cannot set option ${this.name} to ${Deno.inspect(value)}: it takes ${this.#typeName}`);
    }
    this.#assign(value);
  }

  /**
   * Sets the value from a configuration file: text is parsed, also in a list, unless text is what the option holds.
   *
   * @throws {OptionError} if the value is of another type
   */
  configure(value: unknown): void {
    const needsParsing = (element: unknown): element is string =>
      typeof element === "string" && this.type !== STRING_TYPE;
    if (typeof value === "string" && (this.multiple || needsParsing(value))) return this.parse(value);
    if (!this.multiple || !Array.isArray(value)) return this.set(value);
    this.set(value.map((element) => needsParsing(element) ? this.#parseOne(element) : element));
  }

  get #typeName(): string {
    return this.multiple ? `a list, each ${this.type.name}` : this.type.name;
  }

  #assign(value: unknown): void {
    this.#value = value;
    this.#isSet = true;
    this.#callback?.(value as never);
  }

  #accepts(value: unknown): boolean {
    const fits = (element: unknown): boolean => element === undefined || element === null || this.type.accepts(element);
    if (!this.multiple) return fits(value);
    return Array.isArray(value) && value.every(fits);
  }

  #parseElement(text: string): unknown[] {
    const colon = this.type.range === undefined ? -1 : text.indexOf(":");
    if (colon === -1) return [this.type.parse(text)];
    return this.type.range!(this.type.parse(text.slice(0, colon)), this.type.parse(text.slice(colon + 1)));
  }

  #parseOne(text: string): unknown {
    try {
      return this.type.parse(text);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new OptionError(`Cannot set option ${this.name} to a list with ${JSON.stringify(text)}: ${reason}`, {
        cause,
      });
    }
  }
}
