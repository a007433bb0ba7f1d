/**
 * Five minutes of mixed load on a server: `deno task soak [seconds]`.
 *
 * Good clients of all kinds must be answered throughout, and bad ones must leave nothing behind: memory and descriptors
 * are flat, and when the load has gone, every connection has. Prints a sample now and then and the figures at the end;
 * fails if they are not flat.
 *
 * @module
 */

import { TextLineStream } from "./soak/text_line_stream.ts";
import { type Servers, startLoad } from "./soak/load.ts";
import { judge, type Sample } from "./soak/samples.ts";

const seconds = Number(Deno.args[0] ?? 300);
if (!(seconds >= 60)) {
  console.error("usage: deno task soak [seconds, at least 60]");
  Deno.exit(2);
}
if (Deno.build.os !== "linux") {
  console.error("Cannot count descriptors on this system: /proc is needed");
  Deno.exit(2);
}

const child = new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", "--v8-flags=--expose-gc", new URL("soak/server.ts", import.meta.url).href],
  stdin: "piped",
  stdout: "piped",
  stderr: "inherit",
}).spawn();
const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream()).getReader();

async function nextLine<T>(): Promise<T> {
  const { value, done } = await lines.read();
  if (done) throw new Error("The server has ended");
  return JSON.parse(value) as T;
}

const print = (sample: Sample) =>
  console.log(
    `${String(sample.seconds).padStart(4)} s  heap ${sample.heapMb.toFixed(1).padStart(6)} MB  ` +
      `memory ${
        sample.rssMb.toFixed(1).padStart(6)
      } MB  ${sample.connections} connections  ${sample.descriptors} descriptors`,
  );

const servers = await nextLine<Servers>();
const before = await nextLine<Sample>();
print(before);
const stop = new AbortController();
const { tallies, ended } = startLoad(servers, stop.signal);
const samples: Sample[] = [];
while (samples.length < seconds) {
  const sample = await nextLine<Sample>();
  samples.push(sample);
  if (samples.length % Math.max(5, Math.floor(seconds / 100) * 10) === 0) print(sample);
}
stop.abort();
await ended;
let after = await nextLine<Sample>();
// Connections that clients left in the middle are noticed within the limits of the server.
for (let waited = 0; waited < 10 && (after.connections > 0 || !after.collected); waited++) {
  after = await nextLine<Sample>();
}
print(after);
await child.stdin.close();
await lines.cancel();
await child.status;

console.log(`\n${seconds} seconds`);
const { lines: figures, complaints } = judge(before, samples, after);
for (const figure of figures) console.log(figure);
const failures: string[] = [];
for (const [kind, tally] of tallies) {
  if (tally.done > 0) console.log(`${`${kind}:`.padEnd(24)}${tally.done} requests`);
  for (const failure of tally.failures) failures.push(`${kind}: ${failure}`);
}
for (const complaint of [...complaints, ...failures]) console.error(`FAILED: ${complaint}`);
if (complaints.length + failures.length > 0) Deno.exit(1);
