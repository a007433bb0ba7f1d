/**
 * Streams over the pipes of a child process.
 *
 * @module
 */

import { PipeChannel, type PipeStreams } from "../ioloop/mod.ts";
import { BaseIOStream } from "./base_iostream.ts";
import type { IOStreamOptions } from "./stream_options.ts";

/**
 * A stream over a pipe, which has one direction, or over two. Tornado: `tornado.iostream.PipeIOStream`.
 *
 * @example What a child says
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PipeIOStream } from "@denado/denado/tcp";
 *
 * const child = new Deno.Command(Deno.execPath(), { args: ["--version"], stdout: "piped" }).spawn();
 * const stream = new PipeIOStream({ readable: child.stdout });
 * const line = await stream.readUntil(" ");
 * assertEquals(new TextDecoder().decode(line), "deno ");
 * stream.close();
 * await child.status;
 * ```
 */
export class PipeIOStream extends BaseIOStream {
  /** A stream over a channel or over web streams, which it owns from now on. @throws {TypeError} if a stream is locked */
  constructor(pipe: PipeChannel | PipeStreams, options: IOStreamOptions = {}) {
    super(pipe instanceof PipeChannel ? pipe : new PipeChannel(pipe), options);
  }
}
