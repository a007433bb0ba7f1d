/**
 * One message from many chunks: each becomes a fragment (RFC 6455 5.4). Free of I/O.
 *
 * @module
 */

import type { WriteMessageOptions } from "./message.ts";

/** The chunks of a message, all of them text or all of them bytes. A `ReadableStream` is one. */
export type MessageSource = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** Sends one fragment; the next chunk is asked for when the promise is kept. */
export type SendFragment = (
  part: string | Uint8Array,
  options: { readonly final: boolean; readonly binary: boolean },
) => Promise<void>;

/**
 * Sends a message in fragments, and an empty last one behind them, because nobody knows which chunk is the last.
 *
 * Half of a surrogate pair at the end of a chunk of text waits for the next chunk.
 *
 * @throws {TypeError} if a chunk is neither text nor bytes, or of another kind than the first one
 */
export async function sendInFragments(
  source: MessageSource,
  options: WriteMessageOptions,
  send: SendFragment,
): Promise<void> {
  let isText: boolean | undefined;
  let binary = options.binary ?? false;
  let half = "";
  for await (const chunk of source) {
    if (typeof chunk !== "string" && !(chunk instanceof Uint8Array)) {
      throw new TypeError(`Cannot send a message, a chunk is neither text nor bytes: ${Deno.inspect(chunk)}`);
    }
    if (isText === undefined) {
      isText = typeof chunk === "string";
      binary = options.binary ?? !isText;
    } else if ((typeof chunk === "string") !== isText) {
      throw new TypeError("Cannot send a message of text and bytes: all chunks must be of one kind");
    }
    if (typeof chunk !== "string") {
      await send(chunk, { final: false, binary });
      continue;
    }
    const text = half + chunk;
    half = endsWithHalf(text) ? text.slice(-1) : "";
    await send(half === "" ? text : text.slice(0, -1), { final: false, binary });
  }
  await send(half, { final: true, binary });
}

function endsWithHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}
