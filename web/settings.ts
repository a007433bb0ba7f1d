/**
 * The settings of an application, as a type: a wrong name or value does not compile.
 *
 * A program that keeps settings of its own there declares them with their types:
 *
 * ```ts ignore
 * declare module "@denado/denado/web" {
 *   interface ApplicationSettings {
 *     readonly database?: Database;
 *   }
 * }
 * ```
 *
 * @module
 */

import type { CompressionOptions } from "./content_encoding.ts";
import type { HandlerClass } from "./handler_class.ts";
import type { InitializeOptions, RequestHandler } from "./request_handler.ts";
import type { StaticFileHandlerClass, StaticFileOptions } from "./static_file_handler.ts";

/** Settings of an {@linkcode Application}; handlers see them as `this.settings`. */
export interface ApplicationSettings {
  /**
   * For development only. Turns `autoreload` and `serveTraceback` on, `compiledTemplateCache` and `staticHashCache` off,
   * each unless it is set. @default false
   */
  readonly debug?: boolean;
  /** Whether the program starts again when one of its source files changes; see `autoreload`. @default false */
  readonly autoreload?: boolean;
  /** Whether templates are read and compiled once; else for each request. @default true */
  readonly compiledTemplateCache?: boolean;
  /** Whether versions of static files are kept while the files do not change; else worked out for each URL. @default true */
  readonly staticHashCache?: boolean;
  /** Whether, or how, responses are compressed where the client accepts that. @default false */
  readonly compressResponse?: boolean | CompressionOptions;
  /** Replaces the access log: called when a request is finished. */
  readonly logFunction?: (handler: RequestHandler) => void;
  /** Whether error pages show the stack of the error. For development only. @default false */
  readonly serveTraceback?: boolean;
  /** The value of the `Server` header. @default "DenadoServer/" and the version */
  readonly serverName?: string;
  /**
   * The host whose routes, added with `addHandlers`, are used for requests to any other host that do not come through
   * a proxy. Not for applications that may be vulnerable to DNS rebinding. @default none
   */
  readonly defaultHost?: string;
  /** Answers where no route matches. @default `ErrorHandler`, with 404 */
  readonly defaultHandlerClass?: HandlerClass;
  /** What the `initialize` of `defaultHandlerClass` is given. */
  readonly defaultHandlerArgs?: InitializeOptions;
  /** Options for the routes of `staticPath`. @default none */
  readonly staticHandlerArgs?: Omit<StaticFileOptions, "path">;
  /** The class of handlers for `staticPath`, which also makes the URLs of `staticUrl`. @default StaticFileHandler */
  readonly staticHandlerClass?: StaticFileHandlerClass;
  /** The folder of the static files: served below `staticUrlPrefix`, and `favicon.ico` and `robots.txt` at the top. */
  readonly staticPath?: string;
  /** The beginning of the paths of static files. @default "/static/" */
  readonly staticUrlPrefix?: string;
}
