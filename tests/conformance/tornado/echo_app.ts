/**
 * The application of `echo_app.py`, for Denado: what it answers must be the same.
 *
 * @module
 */

import {
  type Arguments,
  HTTPHeaders,
  HTTPServer,
  type HTTPServerOptions,
  type HTTPServerRequest,
} from "@denado/denado/http";
import { reasonPhrase } from "@denado/denado/http";
import { Buffer } from "node:buffer";

function describe(request: HTTPServerRequest): unknown {
  const fields: Record<string, string[]> = {};
  for (const [name, value] of request.headers.getAll()) (fields[name.toLowerCase()] ??= []).push(value);
  return {
    method: request.method,
    uri: request.uri,
    path: request.path,
    query: request.query,
    version: request.version,
    host: request.host,
    hostName: request.hostName,
    remoteIp: request.remoteIp,
    protocol: request.protocol,
    url: request.fullUrl(),
    headers: Object.entries(fields).sort(([a], [b]) => a < b ? -1 : 1),
    body: latin1(request.body),
    queryArguments: values(() => request.queryArguments),
    bodyArguments: values(() => request.bodyArguments),
    files: Object.fromEntries(
      [...request.files].map(([name, files]) => [
        name,
        files.map((file) => [file.filename, file.contentType, latin1(file.body)]),
      ]),
    ),
    cookies: Object.fromEntries(request.cookies),
  };
}

function values(get: () => Arguments): unknown {
  return Object.fromEntries(get());
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

interface Answer {
  readonly code: number;
  readonly fields: readonly [string, string][];
  readonly chunks: readonly string[];
}

const ANSWERS: Readonly<Record<string, Answer>> = {
  "/length": { code: 200, fields: [["Content-Length", "6"]], chunks: ["one", "two"] },
  "/chunks": { code: 200, fields: [["X-A", "b"], ["X-A", "c"]], chunks: ["one", "two"] },
  "/empty": { code: 200, fields: [], chunks: [] },
  "/204": { code: 204, fields: [["X-A", "b"]], chunks: [] },
  "/304": { code: 304, fields: [["Etag", '"a"']], chunks: [] },
  "/close": { code: 200, fields: [["Connection", "close"], ["Content-Length", "2"]], chunks: ["ok"] },
  "/418": { code: 418, fields: [["Content-Length", "6"]], chunks: ["teapot"] },
};

function app(request: HTTPServerRequest): void {
  const { connection, path } = request;
  const { code, fields, chunks } = ANSWERS[path] ?? echo(request);
  const headers = new HTTPHeaders();
  for (const [name, value] of fields) headers.add(name, value);
  connection.writeHeaders({ code, reason: reasonPhrase(code) }, headers);
  if (request.method !== "HEAD") { for (const chunk of chunks) connection.write(chunk); }
  connection.finish();
}

function echo(request: HTTPServerRequest): Answer {
  const text = JSON.stringify(describe(request)); // the characters are escaped to bytes by UTF-8
  const length = new TextEncoder().encode(text).length;
  return { code: 200, fields: [["Content-Length", String(length)]], chunks: [text] };
}

/** A listening server with the application. */
export function serveEcho(options: HTTPServerOptions): HTTPServer {
  const server = new HTTPServer(app, options);
  server.listen(0, { address: "127.0.0.1" });
  return server;
}
