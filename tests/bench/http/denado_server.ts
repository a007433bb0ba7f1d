/**
 * Benchmark peer: Denado, with everything a default `RequestHandler` does (all default headers, ETag, access log that
 * nobody reads). Arguments: the port, and the program.
 *
 * @module
 */
import { Application, type HandlerClass, IOLoop, RequestHandler, streamRequestBody } from "@denado/denado";
import { BACKLOG, DOWNLOAD_CHUNKS, LARGE_TEXT, PIECE, type ServedProgram } from "./programs.ts";

class Hello extends RequestHandler {
  override get(): void {
    this.write("Hello, world");
  }
}

class Json extends RequestHandler {
  override get(): void {
    this.write({ message: "Hello, world" });
  }
}

class Large extends RequestHandler {
  override get(): void {
    this.setHeader("Content-Type", "text/plain");
    this.write(LARGE_TEXT);
  }
}

class Echo extends RequestHandler {
  override post(): void {
    this.setHeader("Content-Type", "text/plain");
    this.write(this.request.body);
  }
}

class Form extends RequestHandler {
  override post(): void {
    this.write(`Hello, ${this.getBodyArgument("name")}`);
  }
}

class Cookie extends RequestHandler {
  override get(): void {
    this.write(`Hello, ${this.getCookie("session")}`);
  }
}

@streamRequestBody
class Upload extends RequestHandler {
  #size = 0;

  override prepare(): void {
    this.request.connection.setMaxBodySize(2 ** 31);
  }

  override dataReceived(chunk: Uint8Array): void {
    this.#size += chunk.length;
  }

  override post(): void {
    this.write(String(this.#size));
  }
}

class Download extends RequestHandler {
  override async get(): Promise<void> {
    this.setHeader("Content-Type", "application/octet-stream");
    this.setHeader("Content-Length", String(DOWNLOAD_CHUNKS * PIECE.length));
    for (let count = 0; count < DOWNLOAD_CHUNKS; count++) {
      this.write(PIECE);
      await this.flush();
    }
  }
}

const HANDLERS: Record<ServedProgram, HandlerClass> = {
  hello: Hello,
  json: Json,
  large: Large,
  echo: Echo,
  form: Form,
  cookie: Cookie,
  upload: Upload,
  download: Download,
};

const app = new Application([["/", HANDLERS[Deno.args[1] as ServedProgram]]]);
app.listen(Number(Deno.args[0]), { address: "127.0.0.1", backlog: BACKLOG });
await IOLoop.current().start();
