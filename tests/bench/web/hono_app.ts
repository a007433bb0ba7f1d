/**
 * Benchmark peer: Hono on the runtime's own server, with its own middleware, and templates by Eta. Arguments: the port,
 * the program, and the folder of static files.
 *
 * @module
 */
import { Eta } from "npm:eta@4.6.0";
import { Hono } from "npm:hono@4.13.19";
import { compress } from "npm:hono@4.13.19/compress";
import { serveStatic } from "npm:hono@4.13.19/deno";
import { ETA_TABLE, isLiteral, records, routeCount, routePrefix, tableRows } from "./routes.ts";

const [port, program, folder] = Deno.args as [string, string, string];
const eta = new Eta();
const table = eta.compile(ETA_TABLE);

const app = new Hono();
if (program === "gzip") app.use(compress({ encoding: "gzip" }));
for (let index = 0; index < routeCount(program); index++) {
  const prefix = routePrefix(index);
  if (isLiteral(index)) app.get(prefix, (context) => context.text(`Route ${index}`));
  else app.get(`${prefix}/:id`, (context) => context.text(`Route ${index} ${context.req.param("id")}`));
}
app.get("/json", (context) => context.json({ message: "Hello, world", at: context.req.path }));
app.get("/table", (context) => context.html(eta.render(table, { rows: tableRows() })));
app.post("/form", async (context) => context.text(`Hello, ${(await context.req.parseBody())["name"]}`));
app.get("/records", (context) => context.json(records()));
// Hono takes a root relative to the current directory.
Deno.chdir(folder);
app.get("/static/*", serveStatic({ root: "./", rewriteRequestPath: (path) => path.slice("/static".length) }));

Deno.serve({ port: Number(port), hostname: "127.0.0.1", onListen: () => {} }, app.fetch);
