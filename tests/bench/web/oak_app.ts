/**
 * Benchmark peer: Oak, in the build that is on npm, which runs on `node:http` and has no static files. Templates by
 * Eta. Arguments: the port, and the program.
 *
 * @module
 */
import { Application, Router } from "npm:@oakserver/oak@14.1.0";
import { Eta } from "npm:eta@4.6.0";
import { ETA_TABLE, isLiteral, routeCount, routePrefix, tableRows } from "./routes.ts";

const [port, program] = Deno.args as [string, string];
const eta = new Eta();
const table = eta.compile(ETA_TABLE);

const router = new Router();
for (let index = 0; index < routeCount(program); index++) {
  const prefix = routePrefix(index);
  if (isLiteral(index)) {
    router.get(prefix, (context) => {
      context.response.body = `Route ${index}`;
    });
  } else {
    router.get(`${prefix}/:id`, (context) => {
      context.response.body = `Route ${index} ${(context.params as { id: string }).id}`;
    });
  }
}
router.get("/json", (context) => {
  context.response.body = { message: "Hello, world", at: context.request.url.pathname };
});
router.get("/table", (context) => {
  context.response.type = "html";
  context.response.body = eta.render(table, { rows: tableRows() });
});
router.post("/form", async (context) => {
  context.response.body = `Hello, ${(await context.request.body.form()).get("name")}`;
});

const app = new Application();
app.use(router.routes());
await app.listen({ port: Number(port), hostname: "127.0.0.1" });
