/**
 * Query strings that are built: `urlConcat` and `qsToQsl`. `form_data.ts` reads them.
 *
 * The URL is cut as text, at its first `#` and its first `?` before that, and never resolved, so that a relative URL
 * stays one and a path is not touched. Pure functions, linear time.
 *
 * Sources: RFC 3986 3, the URL standard 5.1 (urlencoded parsing). Tornado: `httputil.url_concat`, `httputil.qs_to_qsl`.
 *
 * @module
 */

/** Arguments to add to a query: an object, or pairs where a name comes more than once. `null` for none. */
export type QueryArguments =
  | Readonly<Record<string, string | number>>
  | Iterable<readonly [name: string, value: string | number]>
  | null
  | undefined;

/**
 * Adds arguments to the query of a URL, whether it has one or not.
 *
 * The query that is there is encoded anew: a name without a value gets its `=`, and empty pieces go. The fragment
 * stays. Escapes are those of a form: a space is `+`.
 *
 * @param url Any URL, also a relative one.
 * @param args The arguments, in order. With `null` or `undefined` the URL is returned as it is.
 * @returns The URL.
 * @throws {TypeError} When the arguments are neither an object nor pairs.
 *
 * @example Add to what is there
 * ```ts
 * import { urlConcat } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(urlConcat("http://a.example/foo", { c: "d e" }), "http://a.example/foo?c=d+e");
 * assertEquals(urlConcat("/foo?a=b#top", [["c", "d"], ["c", "d2"]]), "/foo?a=b&c=d&c=d2#top");
 * ```
 */
export function urlConcat(url: string, args: QueryArguments): string {
  if (args === null || args === undefined) return url;
  const added = toPairs(args);
  const hash = url.indexOf("#");
  const target = hash < 0 ? url : url.slice(0, hash);
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  const pieces: string[] = [];
  // Behind an "&", because URLSearchParams would drop a "?" at the beginning.
  for (const [name, value] of new URLSearchParams(mark < 0 ? "" : `&${target.slice(mark + 1)}`)) {
    pieces.push(encodePair(name, value));
  }
  for (const [name, value] of added) pieces.push(encodePair(name, String(value)));
  const query = pieces.length === 0 ? "" : `?${pieces.join("&")}`;
  const fragment = hash < 0 || hash === url.length - 1 ? "" : url.slice(hash);
  return path + query + fragment;
}

/**
 * The single pairs of values that were grouped by name, as {@linkcode parseQueryArguments} groups them.
 *
 * @param qs Values by name.
 * @returns An iterator of `[name, value]`, name by name.
 *
 * @example Every value with its name
 * ```ts
 * import { parseQueryArguments, qsToQsl } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * const pairs = [...qsToQsl(parseQueryArguments("a=1&b=2&a=3"))];
 * assertEquals(pairs, [["a", "1"], ["a", "3"], ["b", "2"]]);
 * ```
 */
export function* qsToQsl<Value>(
  qs: Iterable<readonly [name: string, values: readonly Value[]]>,
): IterableIterator<[name: string, value: Value]> {
  for (const [name, values] of qs) {
    for (const value of values) yield [name, value];
  }
}

function toPairs(args: NonNullable<QueryArguments>): Iterable<readonly [string, string | number]> {
  if (typeof args !== "object") {
    throw new TypeError(
      `Cannot add arguments to a URL: pass an object or pairs of name and value, not ${Deno.inspect(args)}`,
    );
  }
  return Symbol.iterator in args
    ? args as Iterable<readonly [string, string | number]>
    : Object.entries(args as Record<string, string | number>);
}

function encodePair(name: string, value: string): string {
  return `${encodeFormComponent(name)}=${encodeFormComponent(value)}`;
}

/** As Python's `quote_plus`: letters, digits and `_.-~` stand for themselves. */
function encodeFormComponent(text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed());
  if (!/%20|[!'()*]/.test(encoded)) return encoded;
  return encoded.replace(
    /%20|[!'()*]/g,
    (match) => match === "%20" ? "+" : `%${match.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
