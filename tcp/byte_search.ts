/**
 * Finding bytes in bytes.
 *
 * @module
 */

/** Where to search; the needle must lie wholly inside. */
export interface SearchRange {
  /** The first index to look at. */
  readonly from: number;
  /** The index after the last one to look at. */
  readonly to: number;
}

/** The index of the first occurrence of `needle` in `bytes[from..to)`, or -1. */
export function indexOfBytes(bytes: Uint8Array, needle: Uint8Array, range: SearchRange): number {
  const first = needle[0]!;
  const last = range.to - needle.length;
  for (let at = range.from; at <= last;) {
    at = bytes.indexOf(first, at);
    if (at < 0 || at > last) return -1;
    let matched = 1;
    while (matched < needle.length && bytes[at + matched] === needle[matched]) matched++;
    if (matched === needle.length) return at;
    at++;
  }
  return -1;
}
