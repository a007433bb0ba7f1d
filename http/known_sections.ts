/**
 * Field sections that were scanned before.
 *
 * Browsers and programs send the same header fields with request after request,
 * and what comes with cookies is kilobytes. Comparing takes a fraction of
 * scanning, so long sections are kept, a few for the whole process, once one has
 * come twice. What is found for a section depends on its bytes alone, and all of
 * them are compared.
 *
 * @module
 */

import { FramingFacts } from "./body_framing.ts";
import type { FieldSectionScanner } from "./field_section.ts";
import { latin1Text } from "./latin1_text.ts";

/** What scanning a section has found. */
export interface KnownSection {
  /** The section as text, with the empty line at its end. */
  readonly text: string;
  /** What the scanner found, relative to the section. */
  readonly offsets: readonly number[];
  /** What it says about framing, relative to the section. */
  readonly facts: FramingFacts;
}

/** Shorter sections are scanned as fast as they are looked up. */
const MIN_LENGTH = 512;
/** Longer ones are rare, and would take much memory. */
const MAX_LENGTH = 16_384;
const MAX_SECTIONS = 16;

/** The sections of the process, the one that was added first at `oldest`. */
const sections: KnownSection[] = [];
let oldest = 0;
/** Fingerprints of sections that came lately, each at a place of its own; what has none comes for the first time. */
const seen = new Int32Array(256);

/** Finds sections, the one that it found last first. */
export class SectionMemory {
  #last: KnownSection | undefined;

  /**
   * The section at the beginning of a window, if it is known.
   *
   * @param bytes The array that holds the window.
   * @param from Index of the first byte of the section.
   * @param limit Index after the last byte of the window.
   */
  find(bytes: Uint8Array, from: number, limit: number): KnownSection | undefined {
    if (sections.length === 0 || limit - from < MIN_LENGTH) return undefined;
    const last = this.#last;
    if (last !== undefined && isAt(last, bytes, from, limit)) return last;
    for (const section of sections) {
      if (section !== last && isAt(section, bytes, from, limit)) return this.#last = section;
    }
    return undefined;
  }

  /**
   * Takes notice of a section that was scanned, and keeps it if it came before.
   *
   * @param bytes The array that holds it.
   * @param from Index of its first byte.
   * @param to Index after its last one.
   * @param found What was found, relative to `base`.
   */
  note(
    bytes: Uint8Array,
    from: number,
    to: number,
    found: { readonly fields: FieldSectionScanner; readonly facts: FramingFacts; readonly base: number },
  ): void {
    const length = to - from;
    if (length < MIN_LENGTH || length > MAX_LENGTH) return;
    const fingerprint = fingerprintOf(bytes, from, to);
    const place = fingerprint & (seen.length - 1);
    if (seen[place] !== fingerprint) {
      seen[place] = fingerprint;
      return;
    }
    const shift = found.base - from;
    const facts = new FramingFacts();
    facts.copy(found.facts, shift);
    const offsets = found.fields.offsets.slice(0, found.fields.count * 4).map((offset) => offset + shift);
    this.#last = { text: latin1Text(bytes, from, to), offsets, facts };
    sections[oldest] = this.#last;
    oldest = (oldest + 1) % MAX_SECTIONS;
  }
}

/** Most sections that are not the one differ in length, and so in their end or in one of a few places. */
function isAt({ text }: KnownSection, bytes: Uint8Array, from: number, limit: number): boolean {
  const { length } = text;
  if (length > limit - from) return false;
  for (let at = length - 5; at > 0; at -= length >> 2) {
    if (bytes[from + at] !== text.charCodeAt(at)) return false;
  }
  return latin1Text(bytes, from, from + length) === text;
}

function fingerprintOf(bytes: Uint8Array, from: number, to: number): number {
  let fingerprint = to - from;
  const step = (to - from) >> 4;
  for (let at = from; at < to; at += step) fingerprint = (fingerprint * 31 + bytes[at]!) | 0;
  return fingerprint;
}
