/**
 * A page that does what pages do, in a real browser: it uploads a file and watches that, receives events and connects
 * again, reads what was compressed, and shows what went wrong.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { Application, RequestHandler, streamRequestBody } from "@denado/denado";
import type { CompressionOptions } from "@denado/denado/web";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { BROWSER, type Page, withBrowser } from "../helpers/browser.ts";
import { type ExpectedLog, expectLog } from "../helpers/expect_log.ts";
import { withServer } from "../helpers/http_server.ts";

const LINES = "a line that is long enough to be worth compressing\n".repeat(200);
/** More than what buffers on the way hold, so that there is progress to be seen. */
const UPLOAD_BYTES = 20_000_000;

class Home extends RequestHandler {
  override get(): void {
    this.write(`<!DOCTYPE html><title>Page</title><p>${LINES}</p>
<form id="form">${this.xsrfFormHtml()}<input type="file" name="file"><input name="note"></form>
<script>
const token = document.querySelector("[name=_xsrf]").value;
const progress = [];
function upload(size) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/upload");
    request.setRequestHeader("X-Xsrftoken", token);
    request.upload.onprogress = ({ loaded, total }) => progress.push([loaded, total]);
    request.onload = () => resolve(request.responseText);
    request.onerror = reject;
    request.send(new Blob([new Uint8Array(size)]));
  });
}
async function submit() {
  const response = await fetch("/form", { method: "POST", body: new FormData(document.querySelector("form")) });
  return await response.text();
}
function listen(count) {
  return new Promise((resolve) => {
    const events = [];
    const source = new EventSource("/events");
    source.addEventListener("tick", ({ data, lastEventId }) => {
      events.push([JSON.parse(data), lastEventId]);
      if (events.length === count) { source.close(); resolve(events); }
    });
  });
}
</script>`);
  }
}

@streamRequestBody
class Upload extends RequestHandler {
  #size = 0;
  override dataReceived(chunk: Uint8Array): void {
    this.#size += chunk.length;
  }
  override post(): void {
    this.write({ size: this.#size });
  }
}

class Form extends RequestHandler {
  override post(): void {
    const [file] = this.request.files.get("file")!;
    const content = new TextDecoder().decode(file!.body);
    this.write({ note: this.getBodyArgument("note"), name: file!.filename, type: file!.contentType, content });
  }
}

/** Three events on each connection; the browser comes back for the rest. */
class Events extends RequestHandler {
  override async get(): Promise<void> {
    const first = Number(this.request.headers.get("Last-Event-ID") ?? 0) + 1;
    await this.writeEvents(
      [0, 1, 2].map((step) => ({ event: "tick", id: String(first + step), data: { count: first + step } })),
      { retryMs: 1 },
    );
  }
}

class Broken extends RequestHandler {
  override get(): void {
    const settings = { colour: "<b>red</b>" };
    throw new Error(`Cannot paint it ${settings.colour}`, { cause: new RangeError("no such colour") });
  }
}

const ROUTES = [["/", Home], ["/upload", Upload], ["/form", Form], ["/events", Events], ["/broken", Broken]] as const;

function application(compressResponse: boolean | CompressionOptions): Application {
  return new Application(ROUTES, { xsrfCookies: true, compressResponse, serveTraceback: true, logFunction: () => {} });
}

const ERROR: ExpectedLog = { level: "error", pattern: "Cannot paint it", times: 1 };

Deno.test("A page works in a browser", BROWSER, (t) =>
  expectLog(ERROR, () =>
    withBrowser(async (page) => {
      for (const coding of ["gzip", "br", "zstd"] as const) {
        await t.step(`is read when it was compressed with ${coding}`, () =>
          withServer(application({ codings: [coding] }), async (server) => {
            const response = await page.goto(`http://127.0.0.1:${server.port}/`);
            assertEquals(response?.headers()["content-encoding"], coding);
            assertEquals(await page.textContent("p"), LINES);
            await page.goto("about:blank");
            await server.server.closeAllConnections();
          }));
      }

      await withServer(application(true), async (server) => {
        const origin = `http://127.0.0.1:${server.port}`;
        await page.goto(origin);

        await t.step("uploads a large file in parts, and sees how far it is", async () => {
          assertEquals(await page.evaluate(`upload(${UPLOAD_BYTES})`), `{"size":${UPLOAD_BYTES}}`);
          const progress = await page.evaluate<[number, number][]>("progress");
          assert(progress.length >= 1);
          assertEquals(progress.at(-1), [UPLOAD_BYTES, UPLOAD_BYTES]);
        });

        await t.step("sends a form with a file and its token", async () => {
          const name = 'a "quoted" ä.txt';
          const buffer = Buffer.from("content of ä file");
          await page.setInputFiles("input[type=file]", { name, mimeType: "text/plain", buffer });
          await page.fill("[name=note]", "line 1 € ");
          assertEquals(JSON.parse(await page.evaluate<string>("submit()")), {
            note: "line 1 €",
            name: "a %22quoted%22 ä.txt", // as a browser writes it (HTML Standard 4.10.21.8); nobody can undo that
            type: "text/plain",
            content: "content of ä file",
          });
        });

        await t.step("receives events, and goes on where it was when it connects again", async () => {
          const events = await page.evaluate<[{ count: number }, string][]>("listen(7)");
          const expected = [1, 2, 3, 4, 5, 6, 7].map((count) => [{ count }, String(count)]);
          assertEquals(events, expected as typeof events);
        });

        await t.step("shows an error with its line, its cause and the request, and runs nothing of it", async () => {
          const response = await page.goto(`${origin}/broken?a=<script>document.title='run'</script>`);
          assertEquals([response?.status(), await page.title()], [500, "Error at /broken"]);
          const text = await page.innerText("body");
          assertMatch(text, /Cannot paint it <b>red<\/b>/);
          assertMatch(text, /RangeError\s+no such colour/);
          assertMatch(await page.innerText(".line.here >> nth=0"), /throw new Error\(`Cannot paint it/);
          assertEquals(await page.locator("script, b:text-is('red')").count(), 0);
          await takePicture(page, "traceback");
        });
        await page.goto("about:blank");
        await server.server.closeAllConnections(); // those that the browser keeps
      });
    })));

/** Saves what is to be looked at, where the environment names a folder for it. */
async function takePicture(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("DENADO_SCREENSHOTS");
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
