/**
 * Benchmark peer: Hono, the common web framework on Deno, on the native server. The port is the first argument.
 *
 * The package is named here and nowhere else, so that it is not in the published module's graph.
 *
 * @module
 */
import { Hono } from "npm:hono@4.13.19";

const app = new Hono();
app.get("/", (context) => context.text("Hello, world"));
Deno.serve({
  port: Number(Deno.args[0]),
  hostname: "127.0.0.1",
  onListen: () => {},
}, app.fetch);
