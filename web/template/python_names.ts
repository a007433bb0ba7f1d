/**
 * The built-in functions of Python that templates use most, for JavaScript's values.
 *
 * @module
 */

/** Options of {@linkcode sorted}: Python's named arguments. */
export interface SortedOptions {
  /** What to compare of each element. */
  readonly key?: (element: unknown) => unknown;
  /** Whether the greatest comes first. */
  readonly reverse?: boolean;
}

/** The number of elements of an array, characters of a text, entries of a `Map` or `Set`, keys of another object. */
export function len(value: unknown): number {
  if (typeof value === "string") return Array.from(value).length;
  if (typeof value === "object" && value !== null) {
    const { length, size } = value as { length?: unknown; size?: unknown };
    if (typeof length === "number") return length;
    if (typeof size === "number") return size;
    return Object.keys(value).length;
  }
  throw new TypeError(`Cannot take the length of ${Deno.inspect(value)}`);
}

/** `range(stop)` or `range(start, stop, step)`: whole numbers, without the stop. */
export function range(start: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (![from, to, step].every(Number.isInteger) || step === 0) {
    throw new RangeError(`Cannot make a range of ${from}, ${to}, ${step}: whole numbers and a step are expected`);
  }
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, index) => from + index * step);
}

/** Pairs of a number and an element. */
export function enumerate<Element>(elements: Iterable<Element>, start = 0): [number, Element][] {
  return Array.from(elements, (element, index) => [start + index, element]);
}

/** Arrays of what stands at the same place, as many as the shortest has. */
export function zip(...iterables: Iterable<unknown>[]): unknown[][] {
  const arrays = iterables.map((iterable) => Array.from(iterable));
  const length = arrays.length === 0 ? 0 : Math.min(...arrays.map((array) => array.length));
  return Array.from({ length }, (_, index) => arrays.map((array) => array[index]));
}

/** The elements in the opposite order. */
export function reversed<Element>(elements: Iterable<Element>): Element[] {
  return Array.from(elements).reverse();
}

/** The elements in order, by `<`. */
export function sorted<Element>(elements: Iterable<Element>, options: SortedOptions = {}): Element[] {
  const { key = (element: unknown) => element, reverse = false } = options;
  const keyed = Array.from(elements, (element) => ({ element, key: key(element) as number }));
  const sign = reverse ? -1 : 1;
  keyed.sort((a, b) => a.key < b.key ? -sign : a.key > b.key ? sign : 0);
  return keyed.map(({ element }) => element);
}

/** The sum of numbers. */
export function sum(numbers: Iterable<number>, start = 0): number {
  let total = start;
  for (const number of numbers) total += number;
  return total;
}

/** The smallest of the arguments, or of one iterable. */
export function min(...values: unknown[]): unknown {
  return extreme(values, (a, b) => a < b);
}

/** The greatest of the arguments, or of one iterable. */
export function max(...values: unknown[]): unknown {
  return extreme(values, (a, b) => a > b);
}

function extreme(values: unknown[], isBetter: (a: number, b: number) => boolean): unknown {
  const [first] = values;
  const elements = values.length === 1 && typeof first === "object" ? Array.from(first as Iterable<unknown>) : values;
  if (elements.length === 0) throw new RangeError("Cannot find the smallest or greatest of nothing");
  return elements.reduce((best, element) => isBetter(element as number, best as number) ? element : best);
}
