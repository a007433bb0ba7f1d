/**
 * Benchmark peer: the runtime's own server, by hand: its pages, `Deno.readFile`, and a stream for what is large. It
 * compresses by itself where it is told to. No router; it takes no part in the routing. Arguments: the port,
 * the program, and the folder of static files.
 *
 * @module
 */
import { Eta } from "npm:eta@4.6.0";
import { ETA_TABLE, isLiteral, records, routeCount, routePrefix, tableRows } from "./routes.ts";

const [port, program, folder] = Deno.args as [string, string, string];
const eta = new Eta();
const table = eta.compile(ETA_TABLE);
const SMALL = 1_000_000;

/** URLPattern is what the platform has for routes: a list of them, as `route` of @std/http does it. */
const patterns = Array.from({ length: routeCount(program) }, (_, index) => ({
  pattern: new URLPattern({ pathname: routePrefix(index) + (isLiteral(index) ? "" : "/:id") }),
  answer: (id: string | undefined) => new Response(id === undefined ? `Route ${index}` : `Route ${index} ${id}`),
}));

const automaticCompression = program === "gzip";
Deno.serve({ port: Number(port), hostname: "127.0.0.1", onListen: () => {}, automaticCompression }, async (request) => {
  const { pathname } = new URL(request.url);
  for (const { pattern, answer } of patterns) {
    const match = pattern.exec(request.url);
    if (match !== null) return answer(match.pathname.groups.id);
  }
  if (pathname === "/json") return Response.json({ message: "Hello, world", at: pathname });
  if (pathname === "/table") {
    const headers = { "Content-Type": "text/html; charset=UTF-8" };
    return new Response(eta.render(table, { rows: tableRows() }), { headers });
  }
  if (pathname === "/form") return new Response(`Hello, ${(await request.formData()).get("name")}`);
  if (pathname === "/records") return Response.json(records());
  return await serveFile(`${folder}/${pathname.slice("/static/".length)}`);
});

async function serveFile(path: string): Promise<Response> {
  const { size } = await Deno.stat(path);
  const headers = { "Content-Type": "text/plain", "Content-Length": String(size) };
  if (size < SMALL) return new Response(await Deno.readFile(path), { headers });
  return new Response((await Deno.open(path)).readable, { headers });
}
