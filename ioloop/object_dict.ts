/**
 * Objects that do not know "undefined": reading a property which is not there is an error.
 *
 * @module
 */

/** Makes an {@linkcode ObjectDict}. */
export interface ObjectDictConstructor {
  /** A dictionary with a copy of the given entries. */
  new <T extends object = Record<string, unknown>>(entries?: T): T;
  /** What dictionaries inherit from. */
  readonly prototype: object;
}

/** Names which others ask for to see what an object is: `await`, `JSON.stringify`. */
const PROBED = new Set(["then", "toJSON"]);

/**
 * A dictionary whose entries are properties, as all objects are, and which throws where others give `undefined`: for
 * configuration, where a misspelt name should be found at once. Tornado: `ObjectDict`.
 *
 * `"name" in dict`, `Object.keys`, `delete` and destructuring work as usual. `then` and `toJSON` may be asked for, since
 * the language does so.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { ObjectDict } from "@denado/denado/ioloop";
 *
 * const settings: Record<string, unknown> = new ObjectDict({ port: 8888 });
 * assertEquals(settings.port, 8888);
 * assertThrows(() => settings.prot, ReferenceError);
 * ```
 */
export const ObjectDict: ObjectDictConstructor = class ObjectDict {
  constructor(entries: object = {}) {
    return new Proxy(Object.assign(this, entries), { get: getOrThrow });
  }
} as ObjectDictConstructor; // A class cannot say that its instances have the properties of a type parameter.

function getOrThrow(target: object, name: string | symbol, receiver: unknown): unknown {
  if (typeof name === "string" && !(name in target) && !PROBED.has(name)) {
    const known = Object.keys(target).join(", ") || "none";
    throw new ReferenceError(`Cannot read the entry ${name}: the dictionary has only ${known}`);
  }
  return Reflect.get(target, name, receiver);
}
