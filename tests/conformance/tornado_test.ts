/**
 * The same application in Tornado and in Denado: the same raw bytes in, the same responses out.
 *
 * Where Denado answers otherwise on purpose, the script says what it answers and why. Tornado is not asked then: its
 * answer depends on its version, and 6.2 never comes back from a chunk of size -3.
 *
 * @module
 */

import type { HTTPServerOptions } from "@denado/denado/http";
import { assert, assertEquals } from "@std/assert";
import { PYTHON, PythonServer } from "../helpers/python_tornado.ts";
import { Random } from "../helpers/random.ts";
import { mutate } from "./fuzz/mutation.ts";
import { serveEcho } from "./tornado/echo_app.ts";
import { type Script, SCRIPTS, SERVERS } from "./tornado/scripts.ts";
import { record, type Transcript } from "./tornado/transcript.ts";

const NEXT = "GET /next HTTP/1.1\r\nHost: next\r\nConnection: close\r\n\r\n";
/** As many connections at a time, so that neither server is what is waited for. */
const AT_A_TIME = 16;

function send(script: Script, port: number): Promise<Transcript> {
  const { send, then = "next", methods = [] } = script;
  const pieces = typeof send === "string" ? [send] : [...send];
  if (then === "next") pieces.push(pieces.pop()! + NEXT);
  return record(port, pieces, { methods, halfClose: then === "half-close" });
}

interface Outcome {
  /** `undefined` where it does not matter. */
  readonly tornado: Transcript | undefined;
  readonly denado: Transcript;
}

/** Sends every script to both. */
async function runAll(scripts: readonly Script[]): Promise<Map<Script, Outcome>> {
  const names = Object.keys(SERVERS);
  const options = Object.values(SERVERS);
  await using python = await PythonServer.start<number[]>(
    new URL("tornado/echo_app.py", import.meta.url),
    options.map(({ tornado }) => tornado),
  );
  await using servers = new AsyncDisposableStack();
  const ours = options.map(({ denado }) => servers.use(serveEcho(denado as HTTPServerOptions)));
  const outcomes = new Map<Script, Outcome>();
  const waiting = [...scripts];
  await Promise.all(Array.from({ length: AT_A_TIME }, async () => {
    for (let script; (script = waiting.pop()) !== undefined;) {
      const at = names.indexOf(script.server ?? "plain");
      const [tornado, denado] = await Promise.all([
        script.differs === undefined ? send(script, python.ready[at]!) : undefined,
        send(script, ours[at]!.port!),
      ]);
      outcomes.set(script, { tornado, denado });
    }
  }));
  return outcomes;
}

Deno.test("HTTPServer answers raw requests as Tornado does, apart from what is listed", PYTHON, async (t) => {
  const all = Object.values(SCRIPTS).flat();
  assert(all.length >= 150, `${all.length} scripts`);
  assertEquals(new Set(all.map(({ name }) => name)).size, all.length, "a name twice");
  const outcomes = await runAll(all);
  for (const [topic, scripts] of Object.entries(SCRIPTS)) {
    await t.step(`${topic} (${scripts.length} scripts)`, () => {
      for (const script of scripts) check(script, outcomes.get(script)!);
    });
  }
});

// --- mutated requests ---

/** What never comes back from Tornado 6.2 (negative sizes), or is blank for it (6.2 strips what Python does). */
// deno-lint-ignore no-control-regex -- those are what it is about
const NOT_FOR_TORNADO = /\n\s*-|[\x1c-\x1f\x85\xa0]/;
/** Whose answers say nothing, or not where they end. */
const NOT_COMPARABLE = /HEAD|CONNECT/i;
const MUTATED = 600;

/** The requests that were served, as the application saw them. */
function seen({ responses }: Transcript): Record<string, unknown>[] {
  return responses.filter(({ status, body }) => status === 200 && typeof body === "object")
    .map(({ body }) => body as Record<string, unknown>);
}

// A disagreement about what a request is, or where it ends, is how requests are smuggled.
Deno.test("HTTPServer sees the same in mutated requests as Tornado, where both serve them", PYTHON, async () => {
  const random = new Random(1);
  const texts = Array.from({ length: MUTATED }, () => mutate(random))
    .filter((text) => !NOT_FOR_TORNADO.test(text) && !NOT_COMPARABLE.test(text));
  const scripts = texts.map((send): Script => ({ name: send, send, then: "half-close" }));
  let compared = 0;
  for (const [{ name }, { tornado, denado }] of await runAll(scripts)) {
    const [theirs, ours] = [seen(tornado!), seen(denado)];
    for (const [number, request] of ours.slice(0, theirs.length).entries()) {
      compared++;
      for (const part of ["method", "uri", "version", "headers", "body"]) {
        assertEquals(request[part], theirs[number]![part], `${part} of request ${number} in ${JSON.stringify(name)}`);
      }
    }
  }
  assert(compared > 50, `only ${compared} requests were served by both`);
});

function check({ name, differs }: Script, { tornado, denado }: Outcome): void {
  assert(denado.rest === undefined, `${name}: Denado sent what is no response: ${denado.rest}`);
  if (differs === undefined) return assertEquals(denado, tornado, name);
  const statuses = denado.responses.map(({ status }) => status).join(" ");
  assertEquals(statuses, differs.denado, `${name} (${differs.because})`);
}
