/**
 * Reads compiled gettext catalogs: `.mo` files.
 *
 * Every offset and length is checked against the file. The hash table is not needed.
 *
 * Source: the GNU gettext manual, 10.3.
 *
 * @module
 */

import { charsetOf, GettextCatalog } from "./gettext_catalog.ts";

const MAGIC = 0x950412de;

/**
 * Parses a `.mo` file, of either byte order.
 *
 * @param bytes The file.
 * @throws {SyntaxError} if it is none
 * @throws {RangeError} if its charset is not known
 */
export function parseMoFile(bytes: Uint8Array): GettextCatalog {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = bytes.length >= 4 && view.getUint32(0, true) === MAGIC;
  if (bytes.length < 28 || (!littleEndian && view.getUint32(0) !== MAGIC)) {
    throw new SyntaxError("Cannot parse .mo file: it does not begin as one");
  }
  const word = (offset: number) => {
    if (offset + 4 > bytes.length) throw new SyntaxError("Cannot parse .mo file: its tables are cut off");
    return view.getUint32(offset, littleEndian);
  };
  const major = word(4) >>> 16;
  if (major > 1) throw new SyntaxError(`Cannot parse .mo file: version ${major} is not known`);
  const count = word(8);
  const [originals, translations] = [word(12), word(16)];
  if (Math.max(originals, translations) + count * 8 > bytes.length) {
    throw new SyntaxError("Cannot parse .mo file: its tables are cut off");
  }
  const textAt = (table: number, index: number) => {
    const [length, offset] = [word(table + index * 8), word(table + index * 8 + 4)];
    if (offset + length > bytes.length) throw new SyntaxError("Cannot parse .mo file: a text is cut off");
    return bytes.subarray(offset, offset + length);
  };

  let decoder = new TextDecoder();
  const messages = new Map<string, readonly string[]>();
  for (let index = 0; index < count; index++) {
    // The empty message comes first, and its translation is the header.
    const original = textAt(originals, index);
    if (original.length === 0) decoder = new TextDecoder(charsetOf(decoder.decode(textAt(translations, index))));
    // Behind the singular there may be the plural, which is not part of the key.
    const key = decoder.decode(original).split("\0", 1)[0]!;
    messages.set(key, decoder.decode(textAt(translations, index)).split("\0"));
  }
  return new GettextCatalog(messages);
}
