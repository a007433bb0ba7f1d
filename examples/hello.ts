// deno run --allow-net examples/hello.ts
import { Application, IOLoop, RequestHandler } from "@denado/denado";

class MainHandler extends RequestHandler {
  override get() {
    this.write("Hello, world");
  }
}

const app = new Application([["/", MainHandler]]);
app.listen(8888);
console.log("Listening on http://localhost:8888/");
await IOLoop.current().start();
