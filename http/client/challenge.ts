/**
 * The challenges with which a server asks for credentials, in `WWW-Authenticate` and `Proxy-Authenticate`.
 *
 * One field may hold several challenges, each with several parameters, and commas divide both, so it takes a look ahead to
 * tell them apart. The scan never goes back. What follows something malformed is left out: a client does best to know fewer
 * challenges.
 *
 * Source: RFC 9110 11.3 and 11.6.1.
 *
 * @module
 */

/** One challenge. */
export interface Challenge {
  /** The scheme in lower case, `basic` or `digest` for instance. */
  readonly scheme: string;
  /** The parameters by name in lower case; a repeated one has its first value. */
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * Reads challenges.
 *
 * @param fields The values of all field lines.
 * @returns The challenges in order.
 */
export function parseChallenges(fields: readonly string[]): Challenge[] {
  return fields.flatMap(parseField);
}

/** A token with what follows it: blanks, then perhaps "=" with a value. */
const TOKEN = /[ \t,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)/y;
/** `token68`, which takes the place of parameters; it must reach to the end of the list element. */
const TOKEN68 = /[ \t]+[A-Za-z0-9._~+/-]+=*[ \t]*(?=,|$)/y;
const VALUE = /[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~0-9A-Za-z-]+))[ \t]*(?=,|$)/y;

function parseField(field: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(field);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  for (let token = match(TOKEN); token !== null; token = match(TOKEN)) {
    const name = token[1]!.toLowerCase();
    const value = match(VALUE);
    if (value === null) {
      challenges.push({ scheme: name, parameters: new Map() });
      match(TOKEN68);
      continue;
    }
    const { parameters } = challenges.at(-1) ?? { parameters: undefined };
    if (parameters === undefined) return [];
    if (!parameters.has(name)) parameters.set(name, value[1]?.replace(/\\(.)/g, "$1") ?? value[2]!);
  }
  return challenges;
}
