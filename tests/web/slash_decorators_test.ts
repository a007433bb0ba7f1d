import { addslash, Application, removeslash, RequestHandler } from "@denado/denado";
import { assertEquals } from "@std/assert";
import { expectLog } from "../helpers/expect_log.ts";
import { header } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";
import { request } from "../helpers/web_app.ts";

class AddSlash extends RequestHandler {
  @addslash
  override get(): void {
    this.write("ok");
  }
  @addslash
  override async post(): Promise<void> {
    await Promise.resolve();
    this.write("ok");
  }
}

class RemoveSlash extends RequestHandler {
  @removeslash
  override get(name: string): void {
    this.write(name);
  }
  override post = removeslash(function (this: RequestHandler, name: string): void {
    this.write(name);
  });
}

interface SlashCase {
  readonly line: string;
  readonly status: number;
  readonly location?: string;
}

const CASES: SlashCase[] = [
  { line: "GET /add", status: 301, location: "/add/" },
  { line: "HEAD /add", status: 301, location: "/add/" },
  { line: "GET /add?foo=bar", status: 301, location: "/add/?foo=bar" },
  { line: "GET /add?", status: 301, location: "/add/" },
  { line: "GET /%C3%A4", status: 301, location: "/%C3%A4/" },
  { line: "GET /add/", status: 200 },
  { line: "GET /", status: 200 },
  { line: "POST /add", status: 404 },
  { line: "POST /add/", status: 200 },
  { line: "GET //evil.example", status: 403 },
  { line: "GET /\\evil.example", status: 403 },
  { line: "GET http://a/add?b=c", status: 301, location: "/add/?b=c" },
  { line: "GET /remove/x/", status: 301, location: "/remove/x" },
  { line: "GET /remove/x///?foo=bar", status: 301, location: "/remove/x?foo=bar" },
  { line: "GET /remove/x", status: 200 },
  { line: "GET /remove/", status: 301, location: "/remove" },
  { line: "POST /remove/x/", status: 404 },
  { line: "POST /remove/x", status: 200 },
];

Deno.test("addslash and removeslash lead to the one path of a page, on the same host", () =>
  expectLog({ level: "warning", pattern: "it may be another host", times: 2 }, async () => {
    const routes = [["/remove/?(.*)", RemoveSlash], [".*", AddSlash]] as const;
    await withServer(new Application(routes, { logFunction: () => {} }), async (server) => {
      const client = await server.connect();
      for (const { line, status, location } of CASES) {
        const response = await client.request(request(line));
        assertEquals([response.status, header(response, "Location")], [status, location], line);
      }
    });
  }));

Deno.test("removeslash leaves the root as it is", () =>
  withServer(new Application([["(.*)", RemoveSlash]], { logFunction: () => {} }), async (server) => {
    const client = await server.connect();
    for (const line of ["GET /", "GET ///"]) assertEquals((await client.request(request(line))).status, 200);
  }));
