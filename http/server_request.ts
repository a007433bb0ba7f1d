/**
 * A request as a server sees it.
 *
 * Only what nearly every handler needs is there at once; query, arguments,
 * cookies and the rest are worked out when they are first asked for.
 *
 * Tornado: `tornado.httputil.HTTPServerRequest`.
 *
 * @module
 */

import { parseBodyArguments } from "./body_arguments.ts";
import { findCookie, isCookieName, parseCookie } from "./cookie.ts";
import { DetachedConnection } from "./detached_connection.ts";
import type { HTTPConnection, ServerConnection } from "./delegates.ts";
import { HTTPInputError } from "./errors.ts";
import { parseQueryArguments } from "./form_data.ts";
import type { HTTPHeaders } from "./headers.ts";
import type { RequestHead } from "./message_parser.ts";
import type { FormFields, HTTPFile } from "./multipart.ts";

/** Values by name, in order; each value is a byte string (see `form_data.ts`). */
export type Arguments = ReadonlyMap<string, readonly string[]>;

const NO_BODY = new Uint8Array(0);
const NO_COOKIES: ReadonlyMap<string, string> = new Map();
const NO_FORM: FormFields = { arguments: new Map(), files: new Map() };

/** One HTTP request. */
export class HTTPServerRequest {
  /** The request method, such as `GET`. */
  readonly method: string;
  /** The request target as it was sent: path and query. */
  readonly uri: string;
  /** The path, not decoded. */
  readonly path: string;
  /** The query without its `?`, not decoded; empty if there is none. */
  readonly query: string;
  /** `HTTP/1.0` or `HTTP/1.1`. */
  readonly version: string;
  /** The header fields. */
  readonly headers: HTTPHeaders;
  /** The body; empty where it is streamed. */
  body: Uint8Array;
  /** Where the response is written. */
  readonly connection: HTTPConnection;
  /** The connection that the request came on; `undefined` where there is none. */
  readonly serverConnection: ServerConnection | undefined;
  /** The host that was asked for, with its port if it was given. */
  readonly host: string;
  /** When the request began, in milliseconds of `performance.now()`. */
  readonly startTimeMs: number;

  #queryArguments: Arguments | undefined;
  #form: FormFields | undefined;
  #arguments: Arguments | undefined;
  #cookies: ReadonlyMap<string, string> | undefined;

  /** A request from its head on, and where its response is written; the body is set later. */
  constructor(head: RequestHead, connection: HTTPConnection, serverConnection?: ServerConnection) {
    this.method = head.method;
    this.uri = head.path;
    const target = head.path.charCodeAt(0) === 0x2f /* / */ ? head.path : withoutOrigin(head.path);
    const mark = target.indexOf("?");
    this.path = mark < 0 ? target : target.slice(0, mark);
    this.query = mark < 0 ? "" : target.slice(mark + 1);
    this.version = head.version;
    this.headers = head.headers;
    this.body = NO_BODY;
    this.connection = connection;
    this.serverConnection = serverConnection;
    this.host = head.host ?? "127.0.0.1";
    this.startTimeMs = connection.startTimeMs;
  }

  /**
   * Lets go of what has answered the request, after its connection was detached; what the request says stays. For protocols
   * that follow HTTP on long-lived connections.
   */
  leaveConnection(): void {
    const own = this as { connection: HTTPConnection; serverConnection: ServerConnection | undefined };
    own.connection = new DetachedConnection(this.connection);
    own.serverConnection = undefined;
  }

  /** The peer's address. */
  get remoteIp(): string {
    return this.connection.context.remoteIp;
  }

  /** `http` or `https`. */
  get protocol(): string {
    return this.connection.context.protocol;
  }

  /** The trailer fields behind a chunked body; `undefined` if there are none, or the body has not been read. */
  get trailers(): HTTPHeaders | undefined {
    return this.connection.requestTrailers;
  }

  /** Aborted when the client leaves before the response is finished; for work that nobody would read the result of. */
  get signal(): AbortSignal {
    return this.connection.signal;
  }

  /** The host in lower case and without a port. */
  get hostName(): string {
    return this.host.replace(/:\d*$/, "").toLowerCase();
  }

  /** The arguments of the query. @throws {HTTPInputError} if there are too many */
  get queryArguments(): Arguments {
    return this.#queryArguments ??= this.#parse(queryOf);
  }

  /** The arguments of a form in the body. @throws {HTTPInputError} if it is not what its type says, or has too many */
  get bodyArguments(): Arguments {
    return (this.#form ??= this.#parse(formOf)).arguments;
  }

  /** The files of a form in the body, by name. @throws {HTTPInputError} as `bodyArguments` does */
  get files(): ReadonlyMap<string, readonly HTTPFile[]> {
    return (this.#form ??= this.#parse(formOf)).files;
  }

  /** The arguments of the query and of the body, in this order. */
  get arguments(): Arguments {
    return this.#arguments ??= this.#mergeArguments();
  }

  /**
   * Whether an error says that this request is malformed: one of its getters has thrown it. Any other `HTTPInputError`
   * is about somebody else, such as a server that the program has asked.
   */
  isInputError(error: unknown): error is HTTPInputError {
    return error instanceof HTTPInputError && faultyRequests.get(error) === this;
  }

  /**
   * The cookies that the client sent; where a name comes twice, the last value. Names that a server may not set are left
   * out, an empty one among them; `parseCookie` finds those too.
   */
  get cookies(): ReadonlyMap<string, string> {
    return this.#cookies ??= parseCookies(this.headers);
  }

  /** As `cookies.get(name)`, without looking at the others. */
  getCookie(name: string): string | undefined {
    if (this.#cookies !== undefined) return this.#cookies.get(name);
    const header = cookieText(this.headers);
    return header === undefined || !isCookieName(name) ? undefined : findCookie(header, name);
  }

  /** The request as one URL. */
  fullUrl(): string {
    const target = this.uri.startsWith("/") ? this.uri : withoutOrigin(this.uri);
    return `${this.protocol}://${this.host}${target === "*" ? "" : target}`;
  }

  /** How long the request has taken until now, in milliseconds. */
  requestTime(): number {
    return performance.now() - this.startTimeMs;
  }

  /**
   * The client's certificate: none, because Deno does not ask for one. Behind a proxy that does, it is in a header.
   * Tornado: `get_ssl_certificate`.
   */
  getSslCertificate(): undefined {
    return undefined;
  }

  /**
   * The same request as a web `Request`, for code that is written for one. `headers.toHeaders()` gives the headers alone.
   *
   * @param options A signal for the request, {@linkcode HTTPServerRequest.signal} for instance.
   * @returns A new object, with the body if there is one; where it is streamed it has none.
   * @throws {TypeError} if the web has no such request: `TRACE` or `CONNECT`, a body with `GET` or `HEAD`, or no host
   */
  toRequest(options: { readonly signal?: AbortSignal } = {}): Request {
    return new Request(this.fullUrl(), {
      ...options,
      method: this.method,
      headers: this.headers.toHeaders(),
      // The cast: nothing here makes bodies of shared memory, which a Request would refuse.
      body: this.body.length === 0 ? null : this.body as Uint8Array<ArrayBuffer>,
    });
  }

  /** A short description for logs; without headers, which may hold secrets. */
  toString(): string {
    return `HTTPServerRequest(${this.method} ${this.uri} ${this.version}, from ${this.remoteIp})`;
  }

  #parse<T>(parse: (request: HTTPServerRequest) => T): T {
    try {
      return parse(this);
    } catch (error) {
      if (error instanceof HTTPInputError) faultyRequests.set(error, this);
      throw error;
    }
  }

  #mergeArguments(): Arguments {
    if (this.bodyArguments.size === 0) return this.queryArguments;
    const merged = new Map<string, readonly string[]>(this.queryArguments);
    for (const [name, values] of this.bodyArguments) merged.set(name, [...merged.get(name) ?? [], ...values]);
    return merged;
  }
}

/** Which request an error is about. */
const faultyRequests = new WeakMap<HTTPInputError, HTTPServerRequest>();

function queryOf(request: HTTPServerRequest): Arguments {
  return parseQueryArguments(request.query);
}

function formOf({ headers, body }: HTTPServerRequest): FormFields {
  const type = headers.get("Content-Type");
  return type === undefined || body.length === 0 ? NO_FORM : parseBodyArguments(type, body, { headers });
}

/** A client sends one field, but a gateway from HTTP/2 may leave several (RFC 9113 8.2.3). */
function cookieText(headers: HTTPHeaders): string | undefined {
  const fields = headers.getList("Cookie");
  return fields.length > 1 ? fields.join("; ") : fields[0];
}

function parseCookies(headers: HTTPHeaders): ReadonlyMap<string, string> {
  const header = cookieText(headers);
  if (header === undefined) return NO_COOKIES;
  const cookies = parseCookie(header);
  for (const name of cookies.keys()) if (!isCookieName(name)) cookies.delete(name);
  return cookies;
}

/** An absolute-form target, which a server must accept (RFC 9112 3.2.2), as origin-form; `*` and a host stay. */
function withoutOrigin(target: string): string {
  const scheme = target.indexOf("://");
  if (scheme < 0) return target;
  const at = target.slice(scheme + 3).search(/[/?]/);
  if (at < 0) return "/";
  const rest = target.slice(scheme + 3 + at);
  return rest.startsWith("/") ? rest : `/${rest}`;
}
