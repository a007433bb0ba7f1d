/**
 * Writes compiled gettext catalogs.
 *
 * @module
 */

/** Options of {@linkcode writeMoFile}. */
export interface MoFileOptions {
  /** @default true */
  readonly littleEndian?: boolean;
  /** Turns text into bytes. @default UTF-8 */
  readonly encode?: (text: string) => Uint8Array;
}

/** The bytes of a `.mo` file with messages and translations, whose plural forms are separated by NUL. */
export function writeMoFile(messages: Readonly<Record<string, string>>, options: MoFileOptions = {}): Uint8Array {
  const { littleEndian = true, encode = (text: string) => new TextEncoder().encode(text) } = options;
  const entries = Object.entries(messages).sort(([a], [b]) => a < b ? -1 : 1);
  const texts = [...entries.map(([original]) => original), ...entries.map(([, translation]) => translation)].map(
    encode,
  );
  const tablesEnd = 28 + texts.length * 8;
  const bytes = new Uint8Array(tablesEnd + texts.reduce((sum, text) => sum + text.length + 1, 0));
  const view = new DataView(bytes.buffer);
  const header = [0x950412de, 0, entries.length, 28, 28 + entries.length * 8, 0, tablesEnd];
  header.forEach((word, index) => view.setUint32(index * 4, word, littleEndian));
  let offset = tablesEnd;
  texts.forEach((text, index) => {
    view.setUint32(28 + index * 8, text.length, littleEndian);
    view.setUint32(32 + index * 8, offset, littleEndian);
    bytes.set(text, offset);
    offset += text.length + 1;
  });
  return bytes;
}
