/**
 * What a handler reads of the query and of the body: arguments as text or converted, and JSON.
 *
 * Everything here is what a client sent. What is missing, or not what it must be, ends the request with 400 and one
 * line in the log, which names the field, as the error page does.
 *
 * Source: Tornado's `get_argument` family; the types, schemas and JSON are Denado's.
 *
 * @module
 */

import { type Arguments, decodeByteString } from "../../http/mod.ts";
import { cleanArgument } from "../argument_text.ts";
import {
  type ArgumentListOptions,
  type ArgumentOptions,
  type ArgumentType,
  type ArgumentValue,
  convertArgument,
  isBlankArgument,
} from "../argument_types.ts";
import { HTTPError, InvalidArgumentError, MissingArgumentError } from "../errors.ts";
import { parseJsonBody } from "../json_body.ts";
import { quoteForLog } from "../log_text.ts";
import { checkSchema, type SchemaInput, type SchemaOutput, type StandardSchema } from "../standard_schema.ts";
import { StreamHandler } from "./streams.ts";

/** Options of `validateQuery` and `validateForm`. */
export interface ValidateArgumentsOptions<Field extends string = string> {
  /** The fields that are lists, however often they come. @default those that come more than once */
  readonly lists?: readonly Field[] | undefined;
}

/** The names of the fields of a schema. */
export type SchemaField<Schema extends StandardSchema> = Extract<keyof SchemaInput<Schema>, string>;

/** All options that an argument can have; what the caller wrote is one case of it. */
type AnyArgumentOptions = Partial<ArgumentOptions<ArgumentType, unknown>>;

/** Reads the arguments of one request; a part of {@linkcode RequestHandler}. */
export abstract class ArgumentHandler extends StreamHandler {
  /**
   * An argument of the body or, where it has none, of the query; the last one where it comes more than once.
   *
   * @throws {MissingArgumentError} if it did not come and no default is given
   * @throws {InvalidArgumentError} if it is not of its type
   * @throws {HTTPError} with status 400 if it is not UTF-8
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Application, RequestHandler } from "@denado/denado";
   *
   * class Search extends RequestHandler {
   *   override get() {
   *     const words = this.getArgument("q");
   *     const page = this.getArgument("page", { type: "integer", default: 1, min: 1 });
   *     const order = this.getArgument("order", { type: ["new", "old"], default: "new" });
   *     this.write({ words, next: page + 1, order });
   *   }
   * }
   *
   * const server = new Application([["/", Search]]).listen(0, { address: "127.0.0.1" });
   * const response = await fetch(`http://127.0.0.1:${server.port}/?q=a+b&page=2`);
   * assertEquals(await response.json(), { words: "a b", next: 3, order: "new" });
   * server.stop();
   * await server.closeAllConnections();
   * ```
   */
  getArgument<Default extends string | null>(name: string, defaultValue: Default): string | Default;
  /** The argument, converted by its type, with rules and a default. */
  getArgument<const Type extends ArgumentType = "string", const Default = never>(
    name: string,
    options?: ArgumentOptions<Type, Default>,
  ): ArgumentValue<Type> | Default;
  getArgument(name: string, options?: unknown): unknown {
    return this.#getOne(this.request.arguments, name, options);
  }

  /**
   * All values of an argument, those of the query first; empty if there are none.
   *
   * @throws as {@linkcode getArgument}
   */
  getArguments<const Type extends ArgumentType = "string">(
    name: string,
    options?: ArgumentListOptions<Type>,
  ): ArgumentValue<Type>[] {
    return this.#getAll(this.request.arguments, name, options) as ArgumentValue<Type>[];
  }

  /** As {@linkcode getArgument}, of the query only. */
  getQueryArgument<Default extends string | null>(name: string, defaultValue: Default): string | Default;
  /** As {@linkcode getArgument}, of the query only. */
  getQueryArgument<const Type extends ArgumentType = "string", const Default = never>(
    name: string,
    options?: ArgumentOptions<Type, Default>,
  ): ArgumentValue<Type> | Default;
  getQueryArgument(name: string, options?: unknown): unknown {
    return this.#getOne(this.request.queryArguments, name, options);
  }

  /** As {@linkcode getArguments}, of the query only. */
  getQueryArguments<const Type extends ArgumentType = "string">(
    name: string,
    options?: ArgumentListOptions<Type>,
  ): ArgumentValue<Type>[] {
    return this.#getAll(this.request.queryArguments, name, options) as ArgumentValue<Type>[];
  }

  /** As {@linkcode getArgument}, of the body only. */
  getBodyArgument<Default extends string | null>(name: string, defaultValue: Default): string | Default;
  /** As {@linkcode getArgument}, of the body only. */
  getBodyArgument<const Type extends ArgumentType = "string", const Default = never>(
    name: string,
    options?: ArgumentOptions<Type, Default>,
  ): ArgumentValue<Type> | Default;
  getBodyArgument(name: string, options?: unknown): unknown {
    return this.#getOne(this.request.bodyArguments, name, options);
  }

  /** As {@linkcode getArguments}, of the body only. */
  getBodyArguments<const Type extends ArgumentType = "string">(
    name: string,
    options?: ArgumentListOptions<Type>,
  ): ArgumentValue<Type>[] {
    return this.#getAll(this.request.bodyArguments, name, options) as ArgumentValue<Type>[];
  }

  /**
   * Decodes an argument; to be overridden for another charset than UTF-8.
   *
   * @param value The value, percent-decoded, as a byte string: a character for each byte.
   * @param name The name of the argument, where it has one.
   * @throws {HTTPError} with status 400 if it is not UTF-8
   */
  decodeArgument(value: string, name?: string): string {
    const text = decodeByteString(value);
    if (text !== undefined) return text;
    const what = name === undefined ? "the URL" : quoteForLog(name);
    throw new HTTPError(400, { logMessage: `Invalid UTF-8 in ${what}: ${quoteForLog(value.slice(0, 40))}` });
  }

  // --- as a whole ---

  /**
   * The arguments of the query as one object, checked and converted by a schema of any library that follows
   * <https://standardschema.dev>. A field is text, or a list where it comes more than once or is named in `lists`.
   *
   * @throws {InvalidArgumentError} if the schema refuses them
   */
  validateQuery<Schema extends StandardSchema>(
    schema: Schema,
    options?: ValidateArgumentsOptions<SchemaField<Schema>>,
  ): Promise<SchemaOutput<Schema>> {
    return this.#validate(schema, () => this.#toObject(this.request.queryArguments, options?.lists));
  }

  /** As {@linkcode validateQuery}, for the fields of a form in the body. Files are in `request.files`. */
  validateForm<Schema extends StandardSchema>(
    schema: Schema,
    options?: ValidateArgumentsOptions<SchemaField<Schema>>,
  ): Promise<SchemaOutput<Schema>> {
    return this.#validate(schema, () => this.#toObject(this.request.bodyArguments, options?.lists));
  }

  /**
   * A JSON body, checked and converted by a schema.
   *
   * @example With Zod
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Application, RequestHandler } from "@denado/denado";
   * import { z } from "npm:zod@^4.2.0";
   *
   * const ORDER = z.object({ items: z.array(z.object({ id: z.string(), count: z.number().int().min(1) })) });
   *
   * class Orders extends RequestHandler {
   *   override async post() {
   *     const { items } = await this.validateJsonBody(ORDER);
   *     this.write({ ordered: items.length });
   *   }
   * }
   *
   * const server = new Application([["/orders", Orders]]).listen(0, { address: "127.0.0.1" });
   * const response = await fetch(`http://127.0.0.1:${server.port}/orders`, {
   *   method: "POST",
   *   headers: { "Content-Type": "application/json" },
   *   body: JSON.stringify({ items: [{ id: "a", count: 0 }] }),
   * });
   * const { status, errors } = await response.json();
   * assertEquals([status, errors[0].field], [400, "items.0.count"]);
   * server.stop();
   * await server.closeAllConnections();
   * ```
   *
   * @throws {InvalidArgumentError} if the schema refuses it, or it is not JSON
   * @throws {HTTPError} with status 415 if the body is not said to be JSON
   */
  validateJsonBody<Schema extends StandardSchema>(schema: Schema): Promise<SchemaOutput<Schema>> {
    return this.#validate(schema, () => this.getJsonBody());
  }

  /**
   * What the JSON in the body says, parsed anew with each call. Better use {@linkcode validateJsonBody}.
   *
   * @throws {InvalidArgumentError} if it is not JSON in UTF-8, or has a key `__proto__`
   * @throws {HTTPError} with status 415 if the body is not said to be JSON
   */
  getJsonBody(): unknown {
    return parseJsonBody(this.request.headers.get("Content-Type"), this.request.body);
  }

  #getOne(source: Arguments, name: string, options: unknown): unknown {
    const isDefault = typeof options === "string" || options === null;
    const settings: AnyArgumentOptions = isDefault ? { default: options } : options as AnyArgumentOptions ?? {};
    const values = this.#readTexts(source, name, settings);
    if (settings.once && values.length > 1) {
      throw new InvalidArgumentError([{ field: name, message: "must come once only" }]);
    }
    const text = values.at(-1);
    if (text !== undefined) return convertArgument(name, text, { ...settings, type: settings.type ?? "string" });
    if ("default" in settings) return settings.default;
    throw new MissingArgumentError(name);
  }

  #getAll(source: Arguments, name: string, settings: AnyArgumentOptions = {}): unknown[] {
    const convert = (text: string) => convertArgument(name, text, { ...settings, type: settings.type ?? "string" });
    return this.#readTexts(source, name, settings).map(convert);
  }

  /** The values as text, without those that are as good as missing. */
  #readTexts(source: Arguments, name: string, { strip = true, type = "string" }: AnyArgumentOptions): string[] {
    const texts = [];
    for (const value of source.get(name) ?? []) {
      const text = cleanArgument(this.decodeArgument(value, name), strip);
      if (!isBlankArgument(text, type)) texts.push(text);
    }
    return texts;
  }

  async #validate<Schema extends StandardSchema>(schema: Schema, read: () => unknown): Promise<SchemaOutput<Schema>> {
    return await checkSchema(schema, read());
  }

  /** An object that inherits nothing, since a client chooses the names. */
  #toObject(source: Arguments, lists: readonly string[] = []): Record<string, string | string[]> {
    const fields: Record<string, string | string[]> = Object.create(null);
    for (const name of lists) fields[name] = [];
    for (const name of source.keys()) {
      const texts = this.#readTexts(source, name, {});
      fields[name] = texts.length === 1 && !lists.includes(name) ? texts[0]! : texts;
    }
    return fields;
  }
}
