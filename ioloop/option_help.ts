/**
 * The text that `--help` prints: options by group, with names, defaults and
 * descriptions in two columns of together 79 characters, as Tornado has it.
 *
 * @module
 */

import { normalizeOptionName, type Option } from "./option.ts";

const NAME_WIDTH = 30;
const DESCRIPTION_WIDTH = 79 - 35;

/** The usage line, and each option once; groups and options in the order of the alphabet. */
export function helpText(programName: string, options: Iterable<Option>): string {
  const lines = [`Usage: ${programName} [OPTIONS]`, "", "Options:", ""];
  const groups = Map.groupBy(options, (option) => option.group);
  for (const group of [...groups.keys()].sort()) {
    if (group !== "") lines.push("", `${group} options:`, "");
    const members = groups.get(group)!.sort((a, b) => a.name < b.name ? -1 : 1);
    for (const option of members) lines.push(...describe(option));
  }
  return lines.join("\n") + "\n\n";
}

function describe(option: Option): string[] {
  const name = normalizeOptionName(option.name) + (option.metavar === "" ? "" : `=${option.metavar}`);
  const shownDefault = defaultText(option.default);
  const description = shownDefault === "" ? option.help : `${option.help} (default ${shownDefault})`;
  const texts = wrap(description, DESCRIPTION_WIDTH);
  if (name.length > NAME_WIDTH || texts.length === 0) texts.unshift("");
  return texts.map((text, at) => {
    const left = at === 0 ? `  --${name.padEnd(NAME_WIDTH)}` : " ".repeat(NAME_WIDTH + 4);
    return `${left} ${text}`.trimEnd();
  });
}

function defaultText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map(defaultText).join(",");
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? Deno.inspect(value) : String(value);
}

/** Fills lines with words; a word that is too long for a line is cut. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (let word of text.split(/\s+/).filter((word) => word !== "")) {
    if (line !== "" && line.length + 1 + word.length <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line !== "") lines.push(line);
    for (; word.length > width; word = word.slice(width)) lines.push(word.slice(0, width));
    line = word;
  }
  if (line !== "") lines.push(line);
  return lines;
}
