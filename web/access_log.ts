/**
 * The line that the access log gets for each request.
 *
 * Tornado: `Application.log_request`.
 *
 * @module
 */

import { accessLog } from "../ioloop/mod.ts";
import type { HTTPServerRequest } from "../http/mod.ts";

/** The level for a status: good answers are information, the client's mistakes warnings, ours errors. */
export function accessLevel(status: number): "info" | "warning" | "error" {
  if (status < 400) return "info";
  return status < 500 ? "warning" : "error";
}

/** Logs a finished request: `200 GET / (127.0.0.1) 1.23ms`. */
export function logAccess(status: number, request: HTTPServerRequest): void {
  const level = accessLevel(status);
  if (!accessLog.isEnabledFor(level)) return;
  const summary = `${request.method} ${request.uri} (${request.remoteIp})`;
  accessLog.write(level, `${status} ${summary} ${request.requestTime().toFixed(2)}ms`);
}
