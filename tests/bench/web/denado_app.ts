/**
 * Benchmark peer: Denado. Arguments: the port, the program, and the folder of static files.
 *
 * @module
 */
import { Application, type HandlerClass, IOLoop, RequestHandler } from "@denado/denado";
import { Template } from "@denado/denado/template";
import { isLiteral, records, routeCount, routePrefix, tableRows, TORNADO_TABLE } from "./routes.ts";

const [port, program, folder] = Deno.args as [string, string, string];
const template = new Template(TORNADO_TABLE);

class Json extends RequestHandler {
  override get(): void {
    this.write({ message: "Hello, world", at: this.request.path });
  }
}

class Table extends RequestHandler {
  override get(): void {
    this.write(template.render({ rows: tableRows() }));
  }
}

class Form extends RequestHandler {
  override post(): void {
    this.write(`Hello, ${this.getBodyArgument("name")}`);
  }
}

class Records extends RequestHandler {
  override get(): void {
    this.write(records());
  }
}

class Literal extends RequestHandler {
  #index = 0;

  override initialize(options: { index: number }): void {
    this.#index = options.index;
  }

  override get(): void {
    this.write(`Route ${this.#index}`);
  }
}

class Item extends RequestHandler {
  #index = 0;

  override initialize(options: { index: number }): void {
    this.#index = options.index;
  }

  override get(id: string): void {
    this.write(`Route ${this.#index} ${id}`);
  }
}

function route(index: number): [string, HandlerClass, { index: number }] {
  const prefix = routePrefix(index);
  return isLiteral(index) ? [prefix, Literal, { index }] : [`${prefix}/([^/]+)`, Item, { index }];
}

const app = new Application([
  ...Array.from({ length: routeCount(program) }, (_, index) => route(index)),
  ["/json", Json],
  ["/table", Table],
  ["/form", Form],
  ["/records", Records],
], {
  staticPath: folder,
  compressResponse: program === "gzip",
});
app.listen(Number(port), { address: "127.0.0.1" });
await IOLoop.current().start();
