/**
 * The routes of the routing bench, and the data of its pages, which all peers have in common.
 *
 * @module
 */

/** Every second route is a literal path, the others have a parameter at their end. */
export function isLiteral(index: number): boolean {
  return index % 2 === 0;
}

/** The beginning of a route: paths as they are in applications, some levels deep. */
export function routePrefix(index: number): string {
  return `/section${index % 25}/topic${index}/${isLiteral(index) ? "overview" : "items"}`;
}

/** A path for each route, in an order that has nothing to do with that of the routes; the first one is of route 0. */
export function routePaths(count: number): string[] {
  const step = 7; // has no divisor in common with the counts that are measured
  return Array.from({ length: count }, (_, at) => {
    const index = at * step % count;
    return isLiteral(index) ? routePrefix(index) : `${routePrefix(index)}/${1000 + index}`;
  });
}

/** A row of the table. */
export interface Row {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly price: number;
  readonly note: string;
}

/** The rows of the table; every third note has something to escape. */
export function tableRows(): Row[] {
  return Array.from({ length: 100 }, (_, index) => ({
    id: index,
    name: `Name ${index}`,
    email: `user${index}@example.com`,
    price: index * 1.25 + 0.5,
    note: index % 3 === 0 ? `it's "so" & <so> ${index}` : `A note of the usual length, number ${index}`,
  }));
}

/** About 20 KB as JSON. */
export function records(): { readonly records: readonly Row[] } {
  const rows = tableRows();
  return { records: [...rows, ...rows].slice(0, 160) };
}

/** The table as a template of Eta, which peers without templates of their own use. */
export const ETA_TABLE = `<!doctype html><title>Table</title><table>
<% it.rows.forEach((row) => { %><tr class="<%= row.id % 2 ? "odd" : "even" %>"><td><%= row.id %></td><td><%= row.name %></td>
<td><%= row.email %></td><td><%= row.price %></td><td><%= row.note %></td></tr>
<% }) %></table>`;

/** The same in the language of Tornado and Denado. */
export const TORNADO_TABLE = `<!doctype html><title>Table</title><table>
{% for row in rows %}<tr class="{{ 'odd' if row.id % 2 else 'even' }}"><td>{{ row.id }}</td><td>{{ row.name }}</td>
<td>{{ row.email }}</td><td>{{ row.price }}</td><td>{{ row.note }}</td></tr>
{% end %}</table>`;

/** The number of routes of a program such as `routes-100`, 0 for others. */
export function routeCount(program: string): number {
  return Number(/^routes-(\d+)$/.exec(program)?.[1] ?? 0);
}
