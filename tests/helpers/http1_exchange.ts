/**
 * One exchange of an HTTP/1.1 server, for tests of what a connection does.
 *
 * @module
 */

import { HTTP1Connection, HTTPHeaders, type HTTPServerRequest, type RequestCallback } from "@denado/denado/http";
import { type IOStream, StreamClosedError } from "@denado/denado/tcp";
import { assertInstanceOf } from "@std/assert";

const OK = { code: 200, reason: "OK" };

/** The connection of a request, which is a real one here. */
export function connectionOf(request: HTTPServerRequest): HTTP1Connection {
  assertInstanceOf(request.connection, HTTP1Connection);
  return request.connection;
}

/** Serves one kind of answer, and `/next` for whoever wants to know whether the connection goes on. */
export function serving(respond: (connection: HTTP1Connection, request: HTTPServerRequest) => void | Promise<void>) {
  const callback: RequestCallback = (request) => {
    const connection = connectionOf(request);
    if (request.path !== "/next") return respond(connection, request);
    connection.respond(OK, new HTTPHeaders({ "Content-Length": "4" }), new TextEncoder().encode("next"));
  };
  return callback;
}

/** Sends back in upper case what comes on a stream, until it ends. */
export async function shout(stream: IOStream): Promise<void> {
  try {
    for (;;) await stream.write(new TextDecoder().decode(await stream.readUntil("\n")).toUpperCase());
  } catch (error) {
    assertInstanceOf(error, StreamClosedError);
  } finally {
    stream.close();
  }
}
