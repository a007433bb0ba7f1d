/**
 * An application with one handler, and single requests to it.
 *
 * @module
 */

import { Application, type ApplicationSettings, RequestHandler } from "@denado/denado";
import type { HandlerClass } from "@denado/denado/web";
import { assertEquals } from "@std/assert";
import type { RawResponse } from "./http_client.ts";
import { type TestServer, withServer } from "./http_server.ts";

/** Answers GET with "Hello". */
export class Hello extends RequestHandler {
  override get(): void {
    this.write("Hello");
  }
}

/** Serves one handler at every path but `/again`, with the access log switched off. */
export function serve(
  handler: HandlerClass,
  test: (server: TestServer) => Promise<void>,
  settings: ApplicationSettings = {},
): Promise<void> {
  const app = new Application([["/again", Hello], ["/(.*)", handler]], { logFunction: () => {}, ...settings });
  return withServer(app, test);
}

/** The head of a request without a body; `fields` are lines with their CRLF. */
export function request(line: string, fields = ""): string {
  return `${line} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
}

/** The response of a handler to one request, on a connection that must go on afterwards. */
export async function respond(
  handler: HandlerClass,
  line = "GET /",
  fields = "",
  settings?: ApplicationSettings,
): Promise<RawResponse> {
  let response!: RawResponse;
  await serve(handler, async (server) => {
    const client = await server.connect();
    response = await client.request(request(line, fields));
    assertEquals((await client.request(request("GET /again"))).body, "Hello");
  }, settings);
  return response;
}

/** A request with a body, which is Latin-1 text; `fields` are lines with their CRLF. */
export function requestWithBody(line: string, body: string, fields = ""): string {
  return request(line, `Content-Length: ${body.length}\r\n${fields}`) + body;
}

/** A POST of a form. */
export function formPost(target: string, body: string, fields = ""): string {
  return requestWithBody(`POST ${target}`, body, `Content-Type: application/x-www-form-urlencoded\r\n${fields}`);
}
