/**
 * `deno task bench:template`: a table rendered by Denado, by Eta and, where Python has it, by Tornado.
 *
 * The same table from the same rows, checked to be the same text. The peers take turns in each round; the best batch of
 * all rounds counts, since other load can only add to it. Denado and Eta make text; Tornado makes bytes, and Denado
 * does as well in a line of its own. Compiling is measured apart. No figure is asserted.
 *
 * @module
 */

import { Template } from "@denado/denado/template";
import { Eta } from "npm:eta@4.6.0";

const ROUNDS = 5;
const ROUND_MS = 300;

interface Row {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly price: number;
  readonly note: string;
}

/** Rows in which every third note has something to escape, or in which all text has. */
function rowsOf(count: number, dirty: boolean): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index,
    name: dirty ? `<b>Name & ${index}</b>` : `Name ${index}`,
    email: `user${index}@example.com`,
    price: index * 1.25 + 0.5,
    note: dirty || index % 3 === 0 ? `it's "so" & <so> ${index}` : `A note of the usual length, number ${index}`,
  }));
}

const DENADO = `<table>{% for row in rows %}
<tr class="{{ 'odd' if row.id % 2 else 'even' }}"><td>{{ row.id }}</td><td>{{ row.name }}</td><td>{{ row.email }}</td>
{% if row.price > 50 %}<td><b>{{ row.price }}</b></td>{% else %}<td>{{ row.price }}</td>{% end %}<td>{{ row.note }}</td></tr>
{% end %}</table>`;
const TORNADO = DENADO.replace(/row\.(\w+)/g, 'row["$1"]');
const ETA = `<table><% it.rows.forEach((row) => { %>
<tr class="<%= row.id % 2 ? 'odd' : 'even' %>"><td><%= row.id %></td><td><%= row.name %></td><td><%= row.email %></td>
<% if (row.price > 50) { %><td><b><%= row.price %></b></td><% } else { %><td><%= row.price %></td><% } %><td><%= row.note %></td></tr>
<% }) %></table>`;

interface Peer {
  readonly name: string;
  readonly render: (rows: readonly Row[]) => string | Uint8Array;
}

const template = new Template(DENADO);
const eta = new Eta({ autoTrim: false, useWith: false });
const etaTemplate = eta.compile(ETA);

const PEERS: Peer[] = [
  { name: "Denado", render: (rows) => template.render({ rows }) },
  { name: "Denado, bytes", render: (rows) => template.generate({ rows }) },
  { name: "Eta", render: (rows) => eta.render(etaTemplate, { rows }) },
];

for (
  const { title, rows } of [
    { title: "100 rows, some notes to escape", rows: rowsOf(100, false) },
    { title: "100 rows, all text to escape", rows: rowsOf(100, true) },
    { title: "10 rows", rows: rowsOf(10, false) },
  ]
) {
  await compare(title, rows);
}

console.log("\ncompiling (µs)");
for (
  const [name, compile] of [
    ["Denado", () => new Template(DENADO)],
    ["Eta", () => eta.compile(ETA)],
  ] as const
) {
  measure(compile);
  console.log(`  ${name.padEnd(16)}${measure(compile).toFixed(1).padStart(10)}`);
}

async function compare(title: string, rows: readonly Row[]): Promise<void> {
  const best = new Map(PEERS.map(({ name }) => [name, Infinity]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const { name, render } of PEERS) {
      best.set(name, Math.min(best.get(name)!, measure(() => render(rows))));
    }
  }
  const expected = template.render({ rows });
  const tornado = await runTornado(rows);
  if (tornado !== undefined) best.set("Tornado, bytes", tornado.us);
  checkSame("Eta", expected, eta.render(etaTemplate, { rows }));
  if (tornado !== undefined) checkSame("Tornado", expected, tornado.output);

  console.log(`\n${title}: ${expected.length} characters`);
  console.log(`  ${"".padEnd(16)}${"µs".padStart(10)}${"Denado is".padStart(16)}`);
  for (const [name, us] of best) {
    const own = best.get(name.endsWith("bytes") ? "Denado, bytes" : "Denado")!;
    console.log(`  ${name.padEnd(16)}${us.toFixed(1).padStart(10)}${`${(us / own).toFixed(2)} ×`.padStart(16)}`);
  }
}

/** Microseconds a call, of the best batch. */
function measure(call: () => unknown): number {
  let best = Infinity;
  const end = performance.now() + ROUND_MS;
  while (performance.now() < end) {
    const began = performance.now();
    for (let i = 0; i < 50; i++) call();
    best = Math.min(best, (performance.now() - began) * 20);
  }
  return best;
}

/** The escapes of a quote have several spellings. */
function checkSame(name: string, expected: string, actual: string): void {
  const text = actual.replaceAll("&#39;", "&#x27;");
  if (text !== expected) {
    throw new Error(`${name} wrote something else:\n${text.slice(0, 500)}\n---\n${expected.slice(0, 500)}`);
  }
}

async function runTornado(rows: readonly Row[]): Promise<{ us: number; output: string } | undefined> {
  const child = new Deno.Command("/usr/bin/python3", {
    args: [new URL("template/tornado_template.py", import.meta.url).pathname],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(
    new TextEncoder().encode(JSON.stringify({ template: TORNADO, rows, seconds: ROUNDS * ROUND_MS / 1000 })),
  );
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (success) return JSON.parse(new TextDecoder().decode(stdout));
  console.error(`Tornado is left out: ${new TextDecoder().decode(stderr).trim().split("\n").at(-1)}`);
  return undefined;
}
