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
import type { OutputTransformClass } from "./output_transform.ts";
import type { InitializeOptions, RequestHandler } from "./request_handler.ts";
import type { StaticFileHandlerClass, StaticFileOptions } from "./static_file_handler.ts";
import type { SetCookieOptions } from "./set_cookie.ts";
import type { CookieSecret } from "./signed_value.ts";
import type { BaseLoader, WhitespaceMode } from "./template/mod.ts";
import type { UIMethods, UIModules } from "./ui_registry.ts";
import type { XsrfCookieVersion } from "./xsrf.ts";
import type { RequestIdOptions } from "./request_id.ts";

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
  /** Transforms of every response, in place of that of `compressResponse`; see `addTransform`. @default none */
  readonly transforms?: readonly OutputTransformClass[];
  /**
   * What signed cookies are signed with: a long random text, or several by their version, of which `keyVersion` signs
   * and all are accepted. Keep it out of the source.
   */
  readonly cookieSecret?: CookieSecret;
  /** Which of several secrets signs. */
  readonly keyVersion?: number;
  /** Replaces the access log: called when a request is finished. */
  readonly logFunction?: (handler: RequestHandler) => void;
  /** Where `authenticated` sends those who are not signed in. */
  readonly loginUrl?: string;
  /** Whether error pages show the stack of the error. For development only. @default false */
  readonly serveTraceback?: boolean;
  /** Whether each request has an id, which the client is told and every line has that is logged for it. @default false */
  readonly requestId?: boolean | RequestIdOptions;
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
  /** Whether requests that change something must show that they come from a page of ours. @default false */
  readonly xsrfCookies?: boolean;
  /** Options of the cookie that holds the token. @default none; in 30 days for users who are signed in */
  readonly xsrfCookieKwargs?: SetCookieOptions;
  /**
   * The name of the cookie; one that begins with `__Host-` cannot be set by other hosts of the domain, and needs
   * `secure` in `xsrfCookieKwargs`. The name of the form field stays `_xsrf`. @default "_xsrf"
   */
  readonly xsrfCookieName?: string;
  /** The format of new tokens; 1 has no mask. Both are accepted. @default 2 */
  readonly xsrfCookieVersion?: XsrfCookieVersion;
  /** The directory of the templates. */
  readonly templatePath?: string;
  /** Loads the templates, in place of a `Loader` for `templatePath`. */
  readonly templateLoader?: BaseLoader;
  /** What becomes of white space in templates. @default "single" for `.html` and `.js`, "all" for other names */
  readonly templateWhitespace?: WhitespaceMode;
  /** The name of the function that escapes what templates write; `null` for none. @default "xhtml_escape" */
  readonly autoescape?: string | null;
  /** UI modules by name, or several such objects, of which later ones win: `import * as uiModules`. @default none */
  readonly uiModules?: UIModules | readonly UIModules[];
  /** Functions for templates by name, which get the handler first; or several such objects. @default none */
  readonly uiMethods?: UIMethods | readonly UIMethods[];
  /** The most bytes of a message on a WebSocket, also decompressed; more closes with 1009. @default 10485760 (10 MiB) */
  readonly websocketMaxMessageSize?: number;
  /** From one ping on a WebSocket to the next, in milliseconds; 0 for no pings. @default 0 */
  readonly websocketPingIntervalMs?: number;
  /**
   * How long a WebSocket client may be silent after a ping, in milliseconds, at most the interval; 0 for no limit. @default
   * `websocketPingIntervalMs`
   */
  readonly websocketPingTimeoutMs?: number;
}
