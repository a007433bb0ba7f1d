/**
 * Classes of handlers, told from other classes and from functions.
 *
 * @module
 */

import type { HTTPServerRequest } from "../http/mod.ts";
import type { Application } from "./application.ts";
import { RequestHandler } from "./request_handler.ts";

/** A subclass of {@linkcode RequestHandler}. */
export type HandlerClass<Handler extends RequestHandler = RequestHandler> = new (
  application: Application,
  request: HTTPServerRequest,
) => Handler;

/** Whether something is a subclass of {@linkcode RequestHandler}. */
export function isHandlerClass(value: unknown): value is HandlerClass {
  return typeof value === "function" && value.prototype instanceof RequestHandler;
}

/** Whether something is a class, which cannot be called, and not another function. */
export function isClass(value: unknown): boolean {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}
