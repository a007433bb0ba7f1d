/**
 * Benchmark peer: the bare native server, without a router. Arguments: the port, and the program.
 *
 * @module
 */
import { downloadStream, LARGE_TEXT, type ServedProgram, sizeOf } from "./programs.ts";

const PROGRAMS: Record<ServedProgram, (request: Request) => Response | Promise<Response>> = {
  hello: () => new Response("Hello, world"),
  json: () => Response.json({ message: "Hello, world" }),
  large: () => new Response(LARGE_TEXT),
  echo: async (request) => new Response(await request.arrayBuffer()),
  form: async (request) => new Response(`Hello, ${(await request.formData()).get("name")}`),
  cookie: (request) => {
    const session = /(?:^|; )session=([^;]*)/.exec(request.headers.get("Cookie") ?? "")?.[1];
    return new Response(`Hello, ${session}`);
  },
  upload: async (request) => new Response(String(await sizeOf(request.body))),
  download: () => new Response(downloadStream()),
};

Deno.serve(
  { port: Number(Deno.args[0]), hostname: "127.0.0.1", onListen: () => {} },
  PROGRAMS[Deno.args[1] as ServedProgram],
);
