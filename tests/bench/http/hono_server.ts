/**
 * Benchmark peer: Hono, the common web framework on Deno, on the native server. Arguments: the port, and the program.
 *
 * The package is named here and nowhere else, so that it is not in the published module's graph.
 *
 * @module
 */
import { type Context, Hono } from "npm:hono@4.13.19";
import { getCookie } from "npm:hono@4.13.19/cookie";
import { downloadStream, LARGE_TEXT, type ServedProgram, sizeOf } from "./programs.ts";

const PROGRAMS: Record<ServedProgram, (context: Context) => Response | Promise<Response>> = {
  hello: (context) => context.text("Hello, world"),
  json: (context) => context.json({ message: "Hello, world" }),
  large: (context) => context.text(LARGE_TEXT),
  echo: async (context) => context.body(await context.req.arrayBuffer()),
  form: async (context) => context.text(`Hello, ${(await context.req.parseBody())["name"]}`),
  cookie: (context) => context.text(`Hello, ${getCookie(context, "session")}`),
  upload: async (context) => context.text(String(await sizeOf(context.req.raw.body))),
  download: (context) => context.body(downloadStream()),
};

const app = new Hono();
app.all("/", PROGRAMS[Deno.args[1] as ServedProgram]);
Deno.serve({
  port: Number(Deno.args[0]),
  hostname: "127.0.0.1",
  onListen: () => {},
}, app.fetch);
