/**
 * Benchmark peer: Express on Deno, with its own middleware, and templates by Eta. Arguments: the port, the program, and
 * the folder of static files.
 *
 * @module
 */
// @ts-types="npm:@types/compression@1.8.1"
import compression from "npm:compression@1.8.1";
import { Eta } from "npm:eta@4.6.0";
// @ts-types="npm:@types/express@5.0.6"
import express from "npm:express@5.2.1";
import { ETA_TABLE, isLiteral, records, routeCount, routePrefix, tableRows } from "./routes.ts";

const [port, program, folder] = Deno.args as [string, string, string];
const eta = new Eta();
const table = eta.compile(ETA_TABLE);

const app = express();
if (program === "gzip") app.use(compression());
for (let index = 0; index < routeCount(program); index++) {
  const prefix = routePrefix(index);
  if (isLiteral(index)) app.get(prefix, (_request, response) => void response.send(`Route ${index}`));
  else app.get(`${prefix}/:id`, (request, response) => void response.send(`Route ${index} ${request.params["id"]}`));
}
app.get("/json", (request, response) => void response.json({ message: "Hello, world", at: request.path }));
app.get("/table", (_request, response) => void response.send(eta.render(table, { rows: tableRows() })));
app.post("/form", express.urlencoded(), (request, response) => void response.send(`Hello, ${request.body.name}`));
app.get("/records", (_request, response) => void response.json(records()));
app.use("/static", express.static(folder));
app.listen(Number(port), "127.0.0.1");
