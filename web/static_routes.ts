/**
 * The routes that the setting `staticPath` adds to an application.
 *
 * @module
 */

import type { Route } from "./application.ts";
import type { ApplicationSettings } from "./settings.ts";
import { StaticFileHandler, type StaticFileOptions } from "./static_file_handler.ts";

/**
 * The routes to the static files of an application, which go before its own: everything below `staticUrlPrefix`, and
 * `/favicon.ico` and `/robots.txt`, for which clients ask at the top. None without `staticPath`.
 *
 * @throws {TypeError} if the prefix does not begin with a slash
 */
export function staticRoutes(settings: ApplicationSettings): Route[] {
  const { staticPath, staticUrlPrefix = "/static/", staticHandlerClass = StaticFileHandler } = settings;
  if (staticPath === undefined) return [];
  if (!staticUrlPrefix.startsWith("/")) {
    throw new TypeError(
      `Cannot serve static files: staticUrlPrefix must begin with a slash: ${JSON.stringify(staticUrlPrefix)}`,
    );
  }
  const options: StaticFileOptions = { ...settings.staticHandlerArgs, path: staticPath };
  const prefix = staticUrlPrefix.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return [`${prefix}(.*)`, "/(favicon\\.ico)", "/(robots\\.txt)"].map((
    pattern,
  ) => [pattern, staticHandlerClass, options]);
}
