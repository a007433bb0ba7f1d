// From the text of an entry to HTML: paragraphs, headings, lists, quotes and code, a small part of Markdown.
// All text is escaped first; nothing that an author writes is HTML.

import { linkify, xhtmlEscape } from "@denado/denado/escape";

export function toHtml(text: string): string {
  const blocks: string[] = [];
  // Code comes first, since blank lines in it are no ends of paragraphs.
  for (const [index, part] of text.replaceAll("\r\n", "\n").split(/^```.*$/m).entries()) {
    if (index % 2 === 1) blocks.push(`<pre><code>${xhtmlEscape(part.replace(/^\n|\n$/g, ""))}</code></pre>`);
    else for (const block of part.split(/\n\s*\n/)) if (block.trim() !== "") blocks.push(blockToHtml(block.trim()));
  }
  return blocks.join("\n");
}

/** The first paragraph as plain text, for lists of entries. */
export function summaryOf(text: string): string {
  const first = text.split(/\r?\n\s*\r?\n/).find((block) => !/^(#|```|[-*>] )/.test(block.trim())) ?? "";
  const plain = first.replace(/[*`]/g, "").replace(/\s+/g, " ").trim();
  return plain.length > 240 ? `${plain.slice(0, 240).replace(/\s+\S*$/, "")}…` : plain;
}

function blockToHtml(block: string): string {
  const lines = block.split("\n");
  const heading = /^(#{1,3}) +(.+)$/.exec(block);
  if (heading !== null) {
    const level = heading[1]!.length + 1; // the title of the entry is the heading of level 1
    return `<h${level}>${inline(heading[2]!)}</h${level}>`;
  }
  if (lines.every((line) => /^[-*] /.test(line))) {
    return `<ul>${lines.map((line) => `<li>${inline(line.slice(2))}</li>`).join("")}</ul>`;
  }
  if (lines.every((line) => /^> ?/.test(line))) {
    return `<blockquote><p>${inline(lines.map((line) => line.replace(/^> ?/, "")).join("\n"))}</p></blockquote>`;
  }
  return `<p>${inline(block)}</p>`;
}

/** Links, emphasis and code within a line. What is between backquotes stays as it is. */
function inline(text: string): string {
  return text.split("`").map((part, index) => {
    if (index % 2 === 1) return `<code>${xhtmlEscape(part)}</code>`;
    return linkify(part, { requireProtocol: true, extraParams: 'rel="nofollow"' })
      .replace(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>")
      .replace(/\*([^*\s][^*]*)\*/g, "<em>$1</em>");
  }).join("");
}
