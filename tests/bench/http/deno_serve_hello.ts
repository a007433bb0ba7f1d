/**
 * Benchmark peer: the bare native server, without a router. The port is the first argument.
 *
 * @module
 */
Deno.serve(
  { port: Number(Deno.args[0]), hostname: "127.0.0.1", onListen: () => {} },
  () => new Response("Hello, world"),
);
