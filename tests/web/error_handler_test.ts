import { ErrorHandler, HTTPError } from "@denado/denado";
import type { HandlerClass } from "@denado/denado/web";
import { assertEquals } from "@std/assert";
import { expectLog } from "../helpers/expect_log.ts";
import { withServer } from "../helpers/http_server.ts";
import { Application } from "@denado/denado";
import { request } from "../helpers/web_app.ts";

const CASES: { name: string; options?: unknown; status: number; reason: string }[] = [
  { name: "404 without options", status: 404, reason: "Not Found" },
  { name: "the status of its options", options: { statusCode: 410 }, status: 410, reason: "Gone" },
  {
    name: "an error of its options",
    options: { error: new HTTPError(451, { reason: "No" }) },
    status: 451,
    reason: "No",
  },
];

for (const { name, options, status, reason } of CASES) {
  Deno.test(`ErrorHandler answers every method with ${name}`, () =>
    expectLog(
      { level: "warning", category: "denado.access", pattern: String(status), times: 3 },
      () =>
        withServer(new Application([["/", ErrorHandler as HandlerClass, options]]), async (server) => {
          const client = await server.connect();
          for (const method of ["GET", "POST", "DELETE"]) {
            const response = await client.request(request(`${method} /`));
            assertEquals([response.status, response.reason], [status, reason]);
          }
        }),
    ));
}
