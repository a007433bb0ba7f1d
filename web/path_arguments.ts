/**
 * What a route pattern captures, as a type worked out from its text: a handler
 * whose methods take something else does not compile.
 *
 * Groups count as the regular expression counts them. A group that may take no
 * part, because it is optional, inside another one or one of several
 * alternatives, is `string | undefined`.
 *
 * @module
 */

/**
 * The arguments that a pattern gives to the method of a handler: one for each unnamed group, or one object for all named
 * groups. Patterns that are known only when the program runs, and `RegExp` and `URLPattern`, give `any[]`.
 *
 * @example
 * ```ts
 * import { RequestHandler } from "@denado/denado";
 * import type { PathArguments } from "@denado/denado/web";
 *
 * const PATTERN = String.raw`/(?P<year>\d+)/(?P<slug>[a-z-]+)` as "/(?P<year>\\d+)/(?P<slug>[a-z-]+)";
 *
 * class Article extends RequestHandler {
 *   override get({ year, slug }: PathArguments<typeof PATTERN>[0]) {
 *     this.write(`${slug}, written in ${year}`);
 *   }
 * }
 * ```
 */
export type PathArguments<Pattern> = Pattern extends string
  // deno-lint-ignore no-explicit-any -- nothing is known about the groups
  ? string extends Pattern ? any[] : ArgumentsOf<PathGroups<PlainPattern<Pattern>, PathDoubt<PlainPattern<Pattern>>>>
  // deno-lint-ignore no-explicit-any -- nothing is known about the groups
  : any[];

/** A pattern without escaped characters and character classes, in which parentheses mean nothing. */
export type PlainPattern<Pattern extends string> = WithoutClasses<WithoutEscapes<Pattern>>;

/** A pattern without escaped characters. */
export type WithoutEscapes<Pattern extends string> = Pattern extends `${infer Before}\\${infer _Escaped}${infer After}`
  ? `${Before}${WithoutEscapes<After>}`
  : Pattern;

/** A pattern without character classes. */
export type WithoutClasses<Pattern extends string> = Pattern extends `${infer Before}[${infer _Class}]${infer After}`
  ? `${Before}${WithoutClasses<After>}`
  : Pattern;

/** `undefined` where any group may take no part: there are alternatives outside of groups, or groups in groups. */
export type PathDoubt<Pattern extends string> = WithoutGroups<Pattern> extends `${string}|${string}` ? undefined
  : NestingDoubt<Pattern>;

/** A pattern without its groups. */
export type WithoutGroups<Pattern extends string> = Pattern extends `${infer Before}(${infer _Inner})${infer After}`
  ? `${Before}${WithoutGroups<After>}`
  : Pattern;

/** `undefined` if a group holds another one. */
export type NestingDoubt<Pattern extends string> = Pattern extends `${string}(${infer Inner})${infer After}`
  ? Inner extends `${string}(${string}` ? undefined : NestingDoubt<After>
  : never;

/** One `[name, value]` for each capturing group, in order; the name of an unnamed one is `undefined`. */
export type PathGroups<Pattern extends string, Doubt> = Pattern extends `${string}(${infer Rest}`
  ? Rest extends
    `?:${infer After}` | `?=${infer After}` | `?!${infer After}` | `?<=${infer After}` | `?<!${infer After}`
    ? PathGroups<After, Doubt>
  : Rest extends `?P<${infer Name}>${infer After}` | `?<${infer Name}>${infer After}`
    ? [[Name, GroupValue<After> | Doubt], ...PathGroups<After, Doubt>]
  : [[undefined, GroupValue<Rest> | Doubt], ...PathGroups<Rest, Doubt>]
  : [];

/** The value of a group from its text on: it may be missing if the group is followed by `?`, `*` or `{0`. */
export type GroupValue<Rest extends string> = Rest extends `${string})${infer After}`
  ? After extends `?${string}` | `*${string}` | `{0${string}` ? string | undefined : string
  : string;

/** Groups as the arguments of a method. */
export type ArgumentsOf<Found extends readonly (readonly [unknown, unknown])[]> = Found extends
  readonly [readonly [string, unknown], ...readonly unknown[]]
  ? [params: { readonly [Group in Found[number] as Group[0] & string]: Group[1] }]
  : { -readonly [Index in keyof Found]: Found[Index][1] };
