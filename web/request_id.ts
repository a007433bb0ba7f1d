/**
 * An id for each request, which the client is told and every line has that is logged on its behalf: the setting
 * `requestId`. Without it nothing of this is paid for.
 *
 * @module
 */

import { appLog, describeError } from "../ioloop/mod.ts";
import type { HTTPServerRequest } from "../http/mod.ts";

/** How requests get their ids. */
export interface RequestIdOptions {
  /** The header field that carries the id. @default "X-Request-ID" */
  readonly header?: string;
  /**
   * Whether an id that the client, or a proxy in front, has sent is taken over; one of 1 to 128 letters, digits and
   * `._:+/=@-`. @default false
   */
  readonly trustIncoming?: boolean;
  /**
   * Makes the id of a request; one that is no such text, or an error, is logged and replaced. @default eight random digits
   * of the process, and a number
   */
  readonly generate?: (request: HTTPServerRequest) => string;
}

const DEFAULT_HEADER = "X-Request-ID";
const ACCEPTABLE = /^[\w.:+/=@-]{1,128}$/;

const processId = crypto.randomUUID().slice(0, 8);
let count = 0;

/** The header field of the ids; `undefined` if the setting is off. */
export function requestIdHeader(setting: boolean | RequestIdOptions | undefined): string | undefined {
  if (!setting) return undefined;
  return (setting === true ? undefined : setting.header) ?? DEFAULT_HEADER;
}

/** The id of a request. */
export function makeRequestId(setting: true | RequestIdOptions, request: HTTPServerRequest): string {
  const options: RequestIdOptions = setting === true ? {} : setting;
  if (options.trustIncoming) {
    const incoming = request.headers.get(options.header ?? DEFAULT_HEADER);
    if (incoming !== undefined && ACCEPTABLE.test(incoming)) return incoming;
  }
  return generatedId(options, request) ?? `${processId}-${(++count).toString(36)}`;
}

function generatedId({ generate }: RequestIdOptions, request: HTTPServerRequest): string | undefined {
  if (generate === undefined) return undefined;
  try {
    const id: unknown = generate(request);
    if (typeof id === "string" && ACCEPTABLE.test(id)) return id;
    appLog.error(`Cannot use ${Deno.inspect(id)} as the id of a request: it is no text of 1 to 128 letters and digits`);
  } catch (error) {
    appLog.error(`Cannot make the id of a request\n${describeError(error)}`);
  }
  return undefined;
}
