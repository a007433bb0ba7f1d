// deno run --allow-net --allow-read --allow-write examples/file_upload/main.ts [port] [folder]
//
// Files that are uploaded are written to a folder piece by piece as they arrive, however large they are: the handler
// has each piece before the next is read, so that the client sends no faster than the disk writes.

import { Application, HTTPError, RequestHandler, StaticFileHandler, streamRequestBody } from "@denado/denado";
import { createHash } from "node:crypto";

const MAX_FILE_SIZE = 4 * 1024 ** 3;
const UPLOAD_TIMEOUT_MS = 3_600_000;

const folder = Deno.args[1] ?? await Deno.makeTempDir({ prefix: "uploads_" });
await Deno.mkdir(folder, { recursive: true });

@streamRequestBody
class UploadHandler extends RequestHandler {
  #file: Deno.FsFile | undefined;
  #name = "";
  #size = 0;
  readonly #hash = createHash("sha256");

  /** Called when the head has arrived. */
  override async prepare() {
    const { connection } = this.request;
    connection.setMaxBodySize(MAX_FILE_SIZE);
    connection.setBodyTimeoutMs(UPLOAD_TIMEOUT_MS);
    if (this.request.method !== "PUT") throw new HTTPError(405);
    // The name that is shown to others is what is left of the client's; two files never get the same one.
    const asked = (this.pathArgs[0] ?? "").replace(/[^\w.-]+/g, "_").replace(/^\.+/, "").slice(-80);
    this.#name = `${crypto.randomUUID().slice(0, 8)}-${asked || "file"}`;
    this.#file = await Deno.open(`${folder}/${this.#name}.part`, { write: true, createNew: true });
  }

  /** Called with each piece; the next one waits for the promise. */
  override async dataReceived(piece: Uint8Array) {
    this.#hash.update(piece);
    this.#size += piece.length;
    for (let rest = piece; rest.length > 0;) rest = rest.subarray(await this.#file!.write(rest));
  }

  override async put() {
    this.#close();
    await Deno.rename(`${folder}/${this.#name}.part`, `${folder}/${this.#name}`);
    this.setStatus(201);
    this.setHeader("Location", `/files/${this.#name}`);
    this.write({ name: this.#name, size: this.#size, sha256: this.#hash.digest("hex") });
  }

  /** Called at the end, also of an upload that was broken off. */
  override async onFinish() {
    if (this.#close()) await Deno.remove(`${folder}/${this.#name}.part`);
  }

  override async onConnectionClose() {
    await this.onFinish();
  }

  #close(): boolean {
    const file = this.#file;
    this.#file = undefined;
    file?.close();
    return file !== undefined;
  }
}

/** What others uploaded is saved, not shown: a page among it could act in the name of whoever looks at it. */
class DownloadHandler extends StaticFileHandler {
  override setExtraHeaders() {
    this.setHeader("Content-Disposition", "attachment");
    this.setHeader("X-Content-Type-Options", "nosniff");
  }
}

class PageHandler extends RequestHandler {
  override async get() {
    this.xsrfToken; // sets the cookie, which the page sends back as a header
    this.write(await Deno.readFile(new URL("index.html", import.meta.url)));
  }
}

const app = new Application([
  ["/", PageHandler],
  ["/upload/(.+)", UploadHandler],
  ["/files/([^/]+)", DownloadHandler, { path: folder }],
], { xsrfCookies: true });

const server = app.listen(Number(Deno.args[0] ?? 8888));
console.log(`Open http://localhost:${server.port}/, files go to ${folder}`);
