/**
 * What compiled templates call while they run.
 *
 * @module
 */

import { Finish, HTTPError } from "../errors.ts";
import { xhtmlEscape } from "../xhtml_escape.ts";
import type { RUNTIME_NAMES, SourcePosition } from "./compiler.ts";
import { TemplateError } from "./errors.ts";

/** The value of a name that the namespace does not have. */
export const MISSING: unique symbol = Symbol("missing");

/** The functions of compiled code that are the same for all templates. */
export const RUNTIME: Readonly<Record<Exclude<typeof RUNTIME_NAMES[number], "fail">, unknown>> = {
  M: MISSING,
  escaper,
  flat: flatMap,
  in: contains,
  is: isInstance,
  items: (object: object) => viewOf(object, "items"),
  iter: iterableOf,
  keys: (object: object) => viewOf(object, "keys"),
  missing,
  own: Object.hasOwn,
  text: textOf,
  true: isTrue,
  typeof: typeOf,
  values: (object: object) => viewOf(object, "values"),
};

/** Makes the `fail` of a template: what it throws for an error at the position of that number. */
export function failureOf(positions: readonly SourcePosition[]): (error: unknown, position: number) => unknown {
  return (error, number) => {
    if (error instanceof HTTPError || error instanceof Finish) return error;
    const position = positions[number] ?? { filename: "<unknown>", lineno: 0, via: [] };
    if (!(error instanceof TemplateError)) return new TemplateError({ ...position, cause: error });
    // From a template that this one rendered, by a module perhaps: it knows better where.
    const { filename, lineno, via, cause } = error;
    return new TemplateError({ filename, lineno, via: [...via, position, ...position.via], cause });
  };
}

/** A value as text for the output. `label` says in an error which value it is. */
function textOf(value: unknown, label: string): string {
  switch (typeof value) {
    case "string":
      return value;
    case "undefined":
      throw new TypeError(`${label} is undefined`);
    case "object":
      if (value instanceof Uint8Array) return decoder.decode(value);
      if (value !== null && typeof (value as PromiseLike<unknown>).then === "function") {
        throw new TypeError(`${label} is a promise: put await in front of it`);
      }
  }
  return String(value);
}

/** The fast way for the default escape; another function gets text, and what it returns is taken as it is. */
function escaper(escape: unknown): (value: unknown, label: string) => string {
  if (escape === xhtmlEscape) return escapeValue;
  const custom = escape as (text: string) => unknown;
  return (value, label) => textOf(custom(textOf(value, label)), label);
}

function escapeValue(value: unknown, label: string): string {
  if (typeof value === "string") return xhtmlEscape(value);
  if (typeof value === "number") return String(value);
  return xhtmlEscape(textOf(value, label));
}

/** Whether a value counts as true: as in JavaScript, but not if it is an empty array, `Map`, `Set` or plain object. */
function isTrue(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return Boolean(value);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return (value as unknown[]).length !== 0;
  if (value instanceof Map || value instanceof Set) return value.size !== 0;
  return !isPlain(value) || hasKey(value);
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function hasKey(value: object): boolean {
  for (const key in value) if (Object.hasOwn(value, key)) return true;
  return false;
}

/** Python's `in`: an element, a part of a text, a key. */
function contains(element: unknown, container: unknown): boolean {
  if (typeof container === "string") return container.includes(element as string);
  if (Array.isArray(container)) return container.includes(element);
  if (container instanceof Map || container instanceof Set) return container.has(element);
  if (container instanceof Uint8Array) return container.includes(element as number);
  if (typeof container !== "object" || container === null) {
    throw new TypeError(`Cannot look for something in ${Deno.inspect(container)}`);
  }
  if (!isPlain(container) && Symbol.iterator in container) {
    for (const candidate of container as Iterable<unknown>) if (candidate === element) return true;
    return false;
  }
  return isPlain(container) ? Object.hasOwn(container, element as string) : (element as string) in container;
}

/** What a loop goes through: an iterable, or the keys of a plain object. */
function iterableOf(value: unknown): Iterable<unknown> {
  if (Array.isArray(value)) return value;
  if (value !== null && value !== undefined) {
    if (typeof (value as Iterable<unknown>)[Symbol.iterator] === "function") return value as Iterable<unknown>;
    if (typeof value === "object" && isPlain(value)) return Object.keys(value);
    if (typeof (value as PromiseLike<unknown>).then === "function") {
      throw new TypeError("Cannot loop over a promise: put await in front of it");
    }
  }
  throw new TypeError(`Cannot loop over ${Deno.inspect(value)}`);
}

/** What a function returns for each element, joined. */
function flatMap(value: unknown, call: (element: unknown) => unknown[]): unknown[] {
  return Array.from(iterableOf(value)).flatMap((element) => call(element));
}

/** `items()`, `keys()` or `values()`: a method of that name, or what Python's dictionary would return. */
function viewOf(object: object, view: "items" | "keys" | "values"): unknown {
  const method = (object as Record<string, unknown>)[view];
  if (typeof method === "function") return method.call(object);
  if (object instanceof Map) return object.entries();
  if (typeof object !== "object") throw new TypeError(`Cannot call ${view}() of ${Deno.inspect(object)}`);
  if (view === "items") return Object.entries(object);
  return view === "keys" ? Object.keys(object) : Object.values(object);
}

function isInstance(error: unknown, type: unknown): boolean {
  if (Array.isArray(type)) return type.some((one) => isInstance(error, one));
  if (typeof type === "function") return error instanceof type;
  throw new TypeError(`Cannot catch ${Deno.inspect(type)}: it is no class`);
}

function typeOf(value: unknown): string {
  return value === MISSING ? "undefined" : typeof value;
}

function missing(name: string): never {
  throw new ReferenceError(`${name} is not defined`);
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
