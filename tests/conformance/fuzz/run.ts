/**
 * Sends mutated requests to a server, each of them whole and in pieces.
 *
 * @module
 */

import type { HTTPServerOptions } from "@denado/denado/http";
import { assertEquals } from "@std/assert";
import { Random } from "../../helpers/random.ts";
import { cut, mutate } from "./mutation.ts";
import { FuzzTarget } from "./target.ts";

/** Settings under which other code runs. */
export const SETTINGS: readonly HTTPServerOptions[] = [
  {},
  { decompressRequest: true, xheaders: true, trustedDownstream: ["10.0.0.0/8"], chunkSize: 16 },
  { maxHeaderSize: 200, maxHeaderCount: 5, maxBodySize: 50, maxRequestsPerConnection: 2 },
  { noKeepAlive: true, maxBufferSize: 1000 },
];

/** Around the limits for bodies, heads and lingering, and nothing. */
const PAUSES_MS = [0, 1, 500, 2000, 2001, 20_000, 60_000, 61_000];

/** What was seen, so that one can tell whether the mutations reach anything. */
export interface FuzzReport {
  /** Connections with a mutated request. */
  readonly connections: number;
  /** How often each status was answered; "none" where the connection was closed without a word. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** Sends `count` mutated requests, made from `seed`; an error names the bytes that caused it. */
export async function fuzz(
  { seed, count, onProgress = () => {} }: {
    readonly seed: number;
    readonly count: number;
    readonly onProgress?: (done: number) => void;
  },
): Promise<FuzzReport> {
  const random = new Random(seed);
  const targets = SETTINGS.map((settings) => new FuzzTarget(settings));
  const statuses: Record<string, number> = {};
  const pause = () => random.pick(PAUSES_MS);
  let count408 = 0;
  for (let done = 0; done < count; done++) {
    const text = mutate(random);
    const pieces = cut(text, random);
    const at = random.below(targets.length);
    try {
      const whole = await targets[at]!.send([text]);
      // Most mutated requests are told apart in the first piece; the cut is looked at for some of them.
      if (done % 4 === 0) assertEquals(await targets[at]!.send(pieces), whole, `cut: ${JSON.stringify(pieces)}`);
      // With pauses the limits for slow clients are met, wherever the client is at that time.
      if (done % 16 === 2) count408 += (await targets[at]!.send(pieces, pause)).statuses.includes(408) ? 1 : 0;
      if (done % 16 === 3) await targets[at]!.leave(pieces, "close");
      if (done % 16 === 4) await targets[at]!.leave(pieces, "reset");
      if (done % 16 === 5) await targets[at]!.leave(pieces, "stall");
      for (const status of whole.statuses.length === 0 ? ["none"] : whole.statuses) {
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    } catch (error) {
      throw new Error(`Settings ${at}, seed ${seed}, request ${done}: ${JSON.stringify(text)}`, { cause: error });
    }
    onProgress(done + 1);
  }
  for (const target of targets) await target.close();
  if (count408 > 0) statuses["408"] = count408;
  return { connections: count, statuses };
}
