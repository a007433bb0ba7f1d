/**
 * Benchmark peer: Denado's five-line program, with everything a default `RequestHandler` does (all default headers,
 * ETag, access log that nobody reads). The port is the first argument.
 *
 * @module
 */
import { Application, IOLoop, RequestHandler } from "@denado/denado";

class MainHandler extends RequestHandler {
  override get(): void {
    this.write("Hello, world");
  }
}

const app = new Application([["/", MainHandler]]);
app.listen(Number(Deno.args[0]), { address: "127.0.0.1" });
await IOLoop.current().start();
