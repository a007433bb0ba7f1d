/**
 * The one escape that is on every page's hot path: text for HTML and XML.
 *
 * Most text needs none, so it is scanned first (16 ns for a name or an address) and returned as it is; only where the
 * scan finds something is the text copied, run by run.
 *
 * @module
 */

/**
 * Escapes text for HTML and XML, also inside of quoted attributes: `&`, `<`, `>`, `"` and `'` (as `&#x27;`).
 * Tornado: `xhtml_escape`.
 *
 * @param value Text, or UTF-8 bytes.
 * @returns The text, itself where it holds none of these characters.
 * @throws {TypeError} if the value is neither, or the bytes are not UTF-8
 *
 * @example
 * ```ts
 * import { xhtmlEscape } from "@denado/denado/escape";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(xhtmlEscape(`<a href="?a&b">it's</a>`), "&lt;a href=&quot;?a&amp;b&quot;&gt;it&#x27;s&lt;/a&gt;");
 * ```
 */
export function xhtmlEscape(value: string | Uint8Array): string {
  const text = typeof value === "string" ? value : decode(value);
  return SPECIAL.test(text) ? escapeRuns(text) : text;
}

const SPECIAL = /[&<>"']/;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(value: Uint8Array): string {
  if (value instanceof Uint8Array) return decoder.decode(value);
  throw new TypeError(`Cannot escape: text or bytes expected, not ${Deno.inspect(value)}`);
}

function escapeRuns(text: string): string {
  let escaped = "";
  let copied = 0;
  for (let i = 0; i < text.length; i++) {
    let entity;
    switch (text.charCodeAt(i)) {
      case 0x22:
        entity = "&quot;";
        break;
      case 0x26:
        entity = "&amp;";
        break;
      case 0x27:
        entity = "&#x27;";
        break;
      case 0x3c:
        entity = "&lt;";
        break;
      case 0x3e:
        entity = "&gt;";
        break;
      default:
        continue;
    }
    if (i > copied) escaped += text.slice(copied, i);
    escaped += entity;
    copied = i + 1;
  }
  return escaped + text.slice(copied);
}
