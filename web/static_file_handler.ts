/**
 * Files of a folder, as responses.
 *
 * The order of things is Tornado's, and so are the hooks: the path is made absolute and checked, then come the headers,
 * the preconditions, the range and the content. A subclass may replace each step, down to content that is in no file.
 *
 * Only regular files inside of the root are served, wherever links lead. Small files are kept in memory and versions
 * of all of them, until they change (`static/file_cache.ts`); large ones are read piece by piece as the client takes
 * them (`static/file_reader.ts`). What of a file decides the response is read once, from the file that is then sent, so
 * that headers and body belong together also while a file is being replaced.
 *
 * Tornado: `tornado.web.StaticFileHandler`.
 *
 * @module
 */

import { resolve, sep } from "node:path";
import { genLog } from "../ioloop/mod.ts";
import { contentRange, parseRequestRange, resolveRange, unsatisfiedRange } from "../http/mod.ts";
import { negotiateCoding } from "./content_encoding.ts";
import type { ContentCoding } from "./content_encoder.ts";
import { HTTPError } from "./errors.ts";
import { quoteForLog } from "./log_text.ts";
import { localTarget } from "./redirect_target.ts";
import { RequestHandler } from "./request_handler.ts";
import type { ApplicationSettings } from "./settings.ts";
import { versionOf, versionOfAsyncPieces, versionOfPieces } from "./static/content_version.ts";
import { FileCache, type HeldFile } from "./static/file_cache.ts";
import { isInside, isPlainPath } from "./static/file_path.ts";
import { readPieces } from "./static/file_reader.ts";
import { isMissing, isReallyInside, readFilePart, statIfExists } from "./static/file_system.ts";
import { forgetVersions, versionFrom } from "./static/kept_version.ts";
import { guessMediaType } from "./static/media_type.ts";
import { isPreconditionFailed, isRangeApplicable, isUnmodifiedSince } from "./static/preconditions.ts";
import { isVeryPlainPath, plainFilePath, prepareResponse } from "./static/prepared_response.ts";

/** Options of a route to a {@linkcode StaticFileHandler}. */
export interface StaticFileOptions {
  /** The folder whose files are served; a relative path is one from the current directory. */
  readonly path: string;
  /** The file to serve for a folder, such as `index.html`. @default none: a folder is answered with 403 */
  readonly defaultFilename?: string;
  /**
   * Whether `style.css.br`, `.zst` or `.gz` is sent in place of `style.css` to a client that accepts the coding. Which
   * of them is newer does not matter. @default false
   */
  readonly precompressed?: boolean;
}

/** Content of a static resource: all of it, or in pieces. */
export type StaticContent = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** The static side of {@linkcode StaticFileHandler}, whose hooks a subclass may replace. */
export type StaticFileHandlerClass = typeof StaticFileHandler;

const files = new FileCache();
const NO_BODY = new Uint8Array(0);
const DEFAULT_URL_PREFIX = "/static/";
/** Codings of files that were compressed before, the best first, and what their names end in. */
const PRECOMPRESSED: ReadonlyMap<ContentCoding, string> = new Map([["br", ".br"], ["zstd", ".zst"], ["gzip", ".gz"]]);

/**
 * Serves the files of a folder.
 *
 * The setting `staticPath` of an application routes to it; a route of one's own needs a group that captures the path.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, StaticFileHandler } from "@denado/denado";
 *
 * const folder = Deno.makeTempDirSync();
 * Deno.writeTextFileSync(`${folder}/robots.txt`, "User-agent: *\n");
 *
 * const app = new Application([["/files/(.*)", StaticFileHandler, { path: folder }]]);
 * const server = app.listen(0, { address: "127.0.0.1" });
 * const headers = { Range: "bytes=0-9" };
 * const response = await fetch(`http://127.0.0.1:${server.port}/files/robots.txt`, { headers });
 * assertEquals([response.status, await response.text()], [206, "User-agent"]);
 * server.stop();
 * await server.closeAllConnections();
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export class StaticFileHandler extends RequestHandler {
  /** How long a URL with a version may be cached, in seconds: ten years. */
  static readonly CACHE_MAX_AGE: number = 86400 * 365 * 10;

  /** The folder, as the route has it. */
  protected root = "";
  /** The file to serve for a folder. */
  protected defaultFilename: string | undefined;
  /** The path that was asked for, relative to the root; set before the other hooks are called. */
  protected path = "";
  /** Where that is, in full. */
  protected absolutePath = "";
  /** When it was modified, in whole seconds. */
  protected modified: Date | undefined;

  #precompressed = false;
  #coding: ContentCoding | undefined;
  #held: HeldFile | undefined;
  #info: Deno.FileInfo | undefined;
  #sendsContent = false;
  #version: string | undefined;

  /** Takes the options of the route. @throws {TypeError} if they have no path */
  override initialize(options: StaticFileOptions): void {
    if (typeof options?.path !== "string") {
      throw new TypeError(`Cannot serve static files: the route has no path: ${Deno.inspect(options)}`);
    }
    this.root = options.path;
    this.defaultFilename = options.defaultFilename;
    this.#precompressed = options.precompressed ?? false;
  }

  /** Forgets what is kept of files and their versions. */
  static reset(): void {
    files.clear();
    forgetVersions();
  }

  /** Answers with the file, or a part of it. */
  override get(path: string | Readonly<Record<string, string | undefined>> = ""): void | Promise<void> {
    const urlPath = typeof path === "string" ? path : path.path ?? "";
    if (!this.#respondFromMemory(urlPath)) return this.#respond(urlPath);
  }

  /**
   * The short way for the whole of a file that is in memory, where no hook is replaced and nothing special is asked
   * for.
   */
  #respondFromMemory(urlPath: string): boolean {
    const { query, headers } = this.request;
    if (query !== "" || this.#precompressed || !isVeryPlainPath(urlPath) || !isPlainClass(this.#class)) return false;
    const response = files.getCurrent(plainFilePath(this.root, urlPath))?.response;
    if (response === undefined || response.root !== this.root) return false;
    for (const name of CONDITIONAL_FIELDS) if (headers.has(name)) return false;
    return this.finishPrepared(response.contentType, response.bytes, response.bodyStart);
  }

  async #respond(urlPath: string): Promise<void> {
    this.path = this.parseUrlPath(urlPath);
    const absolutePath = this.#class.getAbsolutePath(this.root, this.path);
    const validated = await this.validateAbsolutePath(this.root, absolutePath);
    if (validated === undefined) return;
    this.absolutePath = validated;
    using held = servesFiles(this.#class) ? await holdFile(this.#chooseCoded(validated)) : undefined;
    this.#held = held;
    this.#version = await this.#findVersion();
    this.modified = await this.getModifiedTime();
    this.setHeaders();
    const validators = { etag: this.responseHeaders.get("Etag"), modified: this.modified };
    const { headers } = this.request;
    if (isPreconditionFailed(headers, validators)) throw new HTTPError(412);
    if (this.shouldReturn304()) return this.setStatus(304);
    this.#sendsContent = true;

    const size = await this.getContentSize();
    const field = headers.get("Range");
    const wanted = field === undefined || !isRangeApplicable(headers, validators)
      ? undefined
      : parseRequestRange(field);
    const range = wanted === undefined ? { start: 0, end: size } : resolveRange(wanted, size);
    if (range === undefined) {
      this.setStatus(416);
      this.setHeader("Content-Type", "text/plain");
      return this.setHeader("Content-Range", unsatisfiedRange(size));
    }
    const length = range.end - range.start;
    // Chrome refuses to play audio if it gets 206 for a range that is the whole file.
    const isPart = length !== size;
    if (isPart) {
      this.setStatus(206);
      this.setHeader("Content-Range", contentRange(range, size));
    }
    this.setHeader("Content-Length", length);
    if (this.request.method === "HEAD") return;
    if (held?.known.content !== undefined) {
      if (isPlainClass(this.#class)) prepareResponse(held.known, validated, this.root);
      return this.finish(held.known.content.subarray(range.start, range.end));
    }
    if (held === undefined) {
      const content = isPart
        ? this.#class.getContent(validated, range.start, range.end)
        : this.#class.getContent(validated);
      await this.#send(content instanceof Uint8Array ? [content] : content);
    } else {
      await held.file!.seek(range.start, Deno.SeekMode.Start);
      const pieces = readPieces(held.file!, length);
      try {
        await this.#send(pieces);
      } finally {
        await pieces.return(); // a client that left does not close the file under a read
      }
    }
  }

  // --- hooks: where things are ---

  /**
   * The path relative to the root, from what the route captured. The inverse of {@linkcode makeStaticUrl}.
   *
   * @param urlPath The captured path, percent-decoded.
   */
  parseUrlPath(urlPath: string): string {
    return sep === "/" ? urlPath : urlPath.replaceAll("/", sep);
  }

  /**
   * The absolute form of a path relative to the root. It need not be a path in the file system, if the
   * other hooks understand it. May be outside of the root; {@linkcode validateAbsolutePath} decides.
   */
  static getAbsolutePath(root: string, path: string): string {
    return resolve(root, path);
  }

  /**
   * Checks an absolute path, and returns the one to serve. `undefined` if the request was answered instead, by a
   * redirect for instance.
   *
   * @throws {HTTPError} 403 for what is outside of the root or no regular file, 404 for what does not exist
   */
  validateAbsolutePath(root: string, absolutePath: string): string | undefined | Promise<string | undefined> {
    if (!isPlainPath(this.path)) {
      throw new HTTPError(404, { logMessage: `${quoteForLog(this.path)} cannot be the name of a file` });
    }
    const folder = resolve(root);
    if (!isInside(folder, absolutePath)) throw new HTTPError(403, { logMessage: this.#outside() });
    let path = absolutePath;
    let info = statIfExists(path);
    if (info?.isDirectory && this.defaultFilename !== undefined) {
      const { path: asked } = this.request;
      if (!asked.endsWith("/")) {
        this.redirect(localTarget(`${asked}/`), { permanent: true });
        return undefined;
      }
      path = resolve(path, this.defaultFilename);
      info = statIfExists(path);
    }
    if (info === undefined) throw new HTTPError(404);
    if (!info.isFile) throw new HTTPError(403, { logMessage: `${quoteForLog(this.path)} is not a file` });
    if (!isReallyInside(folder, path)) throw new HTTPError(403, { logMessage: this.#outside() });
    return path;
  }

  // --- hooks: what is there ---

  /**
   * The content of a resource, or a part of it.
   *
   * @param absolutePath What {@linkcode validateAbsolutePath} returned.
   * @param start Index of the first byte. @default 0
   * @param end Index after the last byte. @default the end
   */
  static getContent(absolutePath: string, start?: number, end?: number): StaticContent {
    return readFilePart(absolutePath, start ?? 0, end);
  }

  /**
   * The version of a resource: text that changes with its content. It is kept, for files until they change, otherwise
   * until {@linkcode reset}.
   *
   * @default the SHA-512 of the content, in hexadecimal; for files of more than 256 MB, their size and time
   */
  static getContentVersion(absolutePath: string): string | Promise<string> {
    if (this.getContent === StaticFileHandler.getContent) return files.versionSync(absolutePath);
    const content = this.getContent(absolutePath);
    if (content instanceof Uint8Array) return versionOf(content);
    return Symbol.iterator in content ? versionOfPieces(content) : versionOfAsyncPieces(content);
  }

  /** The size of the whole resource in bytes. */
  getContentSize(): number | Promise<number> {
    return this.#fileInfo().size;
  }

  /** When the resource was last modified, in whole seconds; `undefined` if that is not known. */
  getModifiedTime(): Date | undefined | Promise<Date | undefined> {
    const { mtime } = this.#fileInfo();
    return mtime === null ? undefined : new Date(Math.floor(mtime.getTime() / 1000) * 1000);
  }

  /** The media type of the resource; empty for none. */
  getContentType(): string {
    return guessMediaType(this.absolutePath);
  }

  // --- hooks: headers ---

  /** Sets the headers that are about the resource, whatever part of it is sent. */
  setHeaders(): void {
    this.setHeader("Accept-Ranges", "bytes");
    this.setEtagHeader(NO_BODY);
    if (this.modified !== undefined) this.setHeader("Last-Modified", this.modified);
    const type = this.getContentType();
    if (type !== "") this.setHeader("Content-Type", type);
    if (this.#coding !== undefined) this.setHeader("Content-Encoding", this.#coding);
    if (this.#precompressed) this.setHeader("Vary", "Accept-Encoding");
    const cacheTime = this.getCacheTime(this.path, this.modified, type);
    if (cacheTime > 0) {
      this.setHeader("Expires", new Date(Date.now() + cacheTime * 1000));
      this.setHeader("Cache-Control", `max-age=${cacheTime}`);
    }
    this.setExtraHeaders(this.path);
  }

  /** Sets headers of one's own. */
  setExtraHeaders(_path: string): void {}

  /**
   * How long the response may be cached, in seconds, as `max-age` counts; 0 to leave it to the client.
   *
   * @default ten years for a URL with the argument `v`, else 0
   */
  getCacheTime(_path: string, _modified: Date | undefined, _type: string): number {
    return this.request.query !== "" && this.request.queryArguments.has("v") ? this.#class.CACHE_MAX_AGE : 0;
  }

  /** The entity tag: the version, also where only a part is sent. */
  override computeEtag(_body: Uint8Array): string | undefined {
    return this.#version === undefined ? undefined : `"${this.#version}"`;
  }

  /** Whether the client has this version by `If-None-Match`; `false` once {@linkcode shouldReturn304} has decided to send. */
  override checkEtagHeader(): boolean {
    return !this.#sendsContent && super.checkEtagHeader();
  }

  /** Whether the client has this version: by `If-None-Match`, and only without it by `If-Modified-Since`. */
  shouldReturn304(): boolean {
    const { headers } = this.request;
    if (headers.get("If-None-Match")) return this.checkEtagHeader();
    return isUnmodifiedSince(headers, this.modified);
  }

  // --- URLs ---

  /**
   * The URL of a static file, without a host.
   *
   * @param settings Those of the application.
   * @param path The path of the file relative to the setting `staticPath`; it is percent-encoded.
   * @param includeVersion Whether the version is added, as the argument `v`, so that the response can be cached for
   * ever.
   */
  static makeStaticUrl(settings: ApplicationSettings, path: string, includeVersion = true): string {
    const url = (settings.staticUrlPrefix ?? DEFAULT_URL_PREFIX) + encodePath(path);
    const version = includeVersion ? this.getVersion(settings, path) : undefined;
    return version === undefined ? url : `${url}?v=${encodeURIComponent(version)}`;
  }

  /**
   * The version of a static file, for its URL. `undefined` if there is none: the file is missing, outside of
   * `staticPath`, or its version is not known yet because it takes time.
   */
  static getVersion(settings: ApplicationSettings, path: string): string | undefined {
    const root = settings.staticPath;
    if (root === undefined) throw new TypeError("Cannot make a static URL: the setting staticPath is missing");
    const absolutePath = this.getAbsolutePath(root, path);
    if (servesFiles(this)) {
      const folder = resolve(root);
      const isServed = isPlainPath(path) && isInside(folder, absolutePath) && statIfExists(absolutePath)?.isFile &&
        isReallyInside(folder, absolutePath);
      if (!isServed) {
        genLog.error(`Could not open static file ${quoteForLog(absolutePath)}`);
        return undefined;
      }
    }
    const version = versionBy(this, absolutePath, settings);
    return version instanceof Promise ? undefined : version;
  }

  // --- private ---

  get #class(): StaticFileHandlerClass {
    return this.constructor as StaticFileHandlerClass;
  }

  /** The version for the entity tag. That of a file comes with what is sent, unless a subclass has its own. */
  #findVersion(): string | undefined | Promise<string | undefined> {
    const Class = this.#class;
    if (this.#held !== undefined && Class.getContentVersion === StaticFileHandler.getContentVersion) {
      return this.#held.known.version;
    }
    const version = versionBy(Class, this.absolutePath, this.settings);
    return this.#coding === undefined ? version : this.#codedVersion(version, this.#coding);
  }

  /** A subclass knows of one form only, but each has an entity tag of its own (RFC 9110 8.8.3.3). */
  async #codedVersion(
    version: string | undefined | Promise<string | undefined>,
    coding: string,
  ): Promise<string | undefined> {
    const plain = await version;
    return plain === undefined ? undefined : `${plain}-${coding}`;
  }

  /** The path of a file, or of its compressed form, where there is one that the client prefers. */
  #chooseCoded(path: string): string {
    const accepted = this.#precompressed ? this.request.headers.get("Accept-Encoding") : undefined;
    if (accepted === undefined) return path;
    const folder = resolve(this.root);
    const there = [...PRECOMPRESSED].filter(([, ending]) =>
      statIfExists(path + ending)?.isFile && isReallyInside(folder, path + ending)
    );
    this.#coding = negotiateCoding(accepted, there.map(([coding]) => coding));
    return this.#coding === undefined ? path : path + PRECOMPRESSED.get(this.#coding)!;
  }

  #fileInfo(): Deno.FileInfo {
    return this.#held?.known.info ?? (this.#info ??= Deno.statSync(this.absolutePath));
  }

  #outside(): string {
    return `${quoteForLog(this.path)} is not in root static directory`;
  }

  /** Sends pieces as the client takes them. */
  async #send(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
    for await (const piece of pieces) {
      this.write(piece);
      await this.flush();
    }
  }
}

/** What a request must not have, to be answered the short way. */
const CONDITIONAL_FIELDS = [
  "If-None-Match",
  "If-Modified-Since",
  "Range",
  "If-Match",
  "If-Unmodified-Since",
] as const;

const plainClasses = new WeakMap<StaticFileHandlerClass, boolean>();

/** Whether a class leaves all hooks as they are. */
function isPlainClass(Class: StaticFileHandlerClass): boolean {
  let plain = plainClasses.get(Class);
  if (plain === undefined) {
    const own = Class.prototype as unknown as Record<string, unknown>;
    const base = StaticFileHandler.prototype as unknown as Record<string, unknown>;
    plain = Class.getContent === StaticFileHandler.getContent &&
      Class.getContentVersion === StaticFileHandler.getContentVersion &&
      Class.getAbsolutePath === StaticFileHandler.getAbsolutePath && HOOKS.every((name) => own[name] === base[name]);
    plainClasses.set(Class, plain);
  }
  return plain;
}

const HOOKS = [
  "parseUrlPath",
  "validateAbsolutePath",
  "getContentSize",
  "getModifiedTime",
  "getContentType",
  "setHeaders",
  "setExtraHeaders",
  "getCacheTime",
  "computeEtag",
  "setEtagHeader",
  "checkEtagHeader",
  "shouldReturn304",
  "write",
  "flush",
  "finish",
];

/** Whether content comes from files, and not from a subclass. */
function servesFiles(Class: StaticFileHandlerClass): boolean {
  return Class.getContent === StaticFileHandler.getContent;
}

/** The version that a class gives. What is in files is kept by their cache, which knows when they change. */
function versionBy(
  Class: StaticFileHandlerClass,
  path: string,
  settings: ApplicationSettings,
): string | undefined | Promise<string | undefined> {
  const isOwn = Class.getContentVersion !== StaticFileHandler.getContentVersion || !servesFiles(Class);
  return versionFrom(Class, path, isOwn && settings.staticHashCache !== false);
}

/** A file to serve; what can happen between the check and this is answered as the check would have. */
async function holdFile(path: string): Promise<HeldFile> {
  try {
    return await files.hold(path);
  } catch (error) {
    if (isMissing(error)) throw new HTTPError(404, { cause: error });
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new HTTPError(403, { logMessage: `${quoteForLog(path)} cannot be read`, cause: error });
    }
    throw error;
  }
}

/** The path of a file as the path of a URL. */
function encodePath(path: string): string {
  return encodeURI(path.toWellFormed()).replace(/[?#]/g, encodeURIComponent);
}
