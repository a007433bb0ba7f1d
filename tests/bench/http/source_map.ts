/**
 * Lines of compiled code as lines of its TypeScript source (source map version 3, ECMA-426).
 *
 * Deno compiles TypeScript to JavaScript with other line numbers and embeds the map; profiles speak of the compiled
 * lines. A line is as exact as a profile is, so columns matter only to find the start of a function.
 *
 * @module
 */

interface Segment {
  column: number;
  sourceLine: number;
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The map of one script with a single source. */
export class SourceMap {
  readonly #lines: Segment[][];
  readonly #source: string[];

  private constructor(lines: Segment[][], source: string[]) {
    this.#lines = lines;
    this.#source = source;
  }

  /** Decodes a `data:application/json;base64,…` address. */
  static fromDataUrl(url: string): SourceMap {
    const bytes = Uint8Array.from(atob(url.slice(url.indexOf(",") + 1)), (character) => character.charCodeAt(0));
    const map = JSON.parse(new TextDecoder().decode(bytes)) as {
      mappings: string;
      sourcesContent?: (string | null)[];
    };
    return new SourceMap(decodeMappings(map.mappings), (map.sourcesContent?.[0] ?? "").split("\n"));
  }

  /** The source line (from 0) of a compiled line (from 0) and, where it is known, column. */
  sourceLine(line: number, column = 0): number | undefined {
    const segments = this.#lines[line];
    return (segments?.findLast((segment) => segment.column <= column) ??
      segments?.[0])?.sourceLine;
  }

  /** The text of a source line (from 0). */
  text(sourceLine: number): string {
    return (this.#source[sourceLine] ?? "").trim();
  }
}

function decodeMappings(mappings: string): Segment[][] {
  let sourceLine = 0;
  return mappings.split(";").map((line) => {
    let column = 0;
    const segments: Segment[] = [];
    for (const text of line.split(",")) {
      const [columnDelta, , lineDelta] = decodeNumbers(text);
      column += columnDelta ?? 0;
      // A segment of one number stands for code that the compiler added.
      if (lineDelta === undefined) continue;
      sourceLine += lineDelta;
      segments.push({ column, sourceLine });
    }
    return segments;
  });
}

/** Base64 digits of five bits each, the lowest first; the sixth bit says that another follows, and the sign comes last. */
function decodeNumbers(text: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of text) {
    const digit = BASE64.indexOf(character);
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
    value = shift = 0;
  }
  return numbers;
}
