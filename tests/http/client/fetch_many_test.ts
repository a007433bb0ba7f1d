import { HTTPHeaders, HTTPRequest, HTTPResponse } from "@denado/denado/http";
import { assertEquals, assertRejects } from "@std/assert";
import { fetchMany } from "../../../http/client/fetch_many.ts";
import { answering, response as rawResponse, withClient } from "../../helpers/client_scene.ts";
import { settle } from "../../helpers/manual_clock.ts";

function response(name: string): HTTPResponse {
  return new HTTPResponse(new HTTPRequest("http://a.example/"), {
    code: 200,
    reason: name,
    headers: new HTTPHeaders(),
    requestTimeMs: 0,
    startTimeMs: 0,
    timeInfo: { queueMs: 0, redirectMs: 0, connectMs: 0, startTransferMs: 0, totalMs: 0, reused: false },
  });
}

/** Fetches that end when the test says so. */
class Fetches {
  readonly started: string[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #ends = new Map<string, PromiseWithResolvers<HTTPResponse>>();

  fetch = (target: string, signal: AbortSignal): Promise<HTTPResponse> => {
    this.started.push(target);
    this.signals.push(signal);
    const end = Promise.withResolvers<HTTPResponse>();
    this.#ends.set(target, end);
    return end.promise;
  };

  async end(target: string): Promise<void> {
    this.#ends.get(target)!.resolve(response(target));
    await settle();
  }

  async fail(target: string): Promise<void> {
    this.#ends.get(target)!.reject(new Error(target));
    await settle();
  }
}

Deno.test("fetchMany yields outcomes as fetches end, and never runs more than it may", async () => {
  const fetches = new Fetches();
  const outcomes = fetchMany(fetches.fetch, ["a", "b", "c", "d"], { concurrency: 2 });
  const first = outcomes.next();
  await settle();
  assertEquals(fetches.started, ["a", "b"]);
  await fetches.end("b");
  assertEquals((await first).value?.response?.reason, "b");
  await settle();
  assertEquals(fetches.started, ["a", "b"]);
  const second = outcomes.next();
  await settle();
  assertEquals(fetches.started, ["a", "b", "c"]);
  await fetches.fail("a");
  const { value } = await second;
  assertEquals([value?.target, value?.index, (value?.error as Error).message], ["a", 0, "a"]);
  const third = outcomes.next();
  await settle();
  await fetches.end("c");
  assertEquals((await third).value?.index, 2);
  const fourth = outcomes.next();
  await fetches.end("d");
  assertEquals((await fourth).value?.response?.reason, "d");
  assertEquals(await outcomes.next(), { done: true, value: undefined });
});

Deno.test("fetchMany takes targets only when there is room, from an async iterable too", async () => {
  const taken: string[] = [];
  async function* endless() {
    for (let at = 0;; at++) {
      await Promise.resolve();
      taken.push(`${at}`);
      yield `${at}`;
    }
  }
  const fetchOne = (target: string) => Promise.resolve(response(target));
  const seen: number[] = [];
  for await (const { index } of fetchMany(fetchOne, endless(), { concurrency: 3 })) {
    seen.push(index);
    if (seen.length === 10) break;
  }
  assertEquals([seen, taken.length], [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 12]);
});

Deno.test("fetchMany aborts what still runs when the loop is left", async () => {
  const fetches = new Fetches();
  const outcomes = fetchMany(fetches.fetch, ["a", "b"], { concurrency: 2 });
  const first = outcomes.next();
  await settle();
  await fetches.end("a");
  await first;
  await outcomes.return();
  assertEquals(fetches.signals.map((signal) => signal.aborted), [true, true]);
});

Deno.test("fetchMany fails with the error of the targets, and refuses to run none at once", async () => {
  const fetches = new Fetches();
  // deno-lint-ignore require-yield -- it fails before
  function* failing(): Generator<string> {
    throw new Error("no targets");
  }
  await assertRejects(() => fetchMany(fetches.fetch, failing()).next(), Error, "no targets");
  await assertRejects(() => fetchMany(fetches.fetch, [], { concurrency: 0 }).next(), RangeError, "fewer than one");
});

Deno.test("fetchMany of a client fetches URLs and requests", () =>
  withClient(answering(rawResponse("yes")), async ({ client, url, server }) => {
    const targets = [url, new HTTPRequest(`${url}/b`, { headers: { A: "b" } }), `${url}/c`, "http://127.0.0.1:1/"];
    const seen: string[] = [];
    for await (const { index, response, error } of client.fetchMany(targets, { concurrency: 2, raiseError: false })) {
      seen[index] = response?.text() ?? (error as Error).name;
    }
    assertEquals(seen, ["yes", "yes", "yes", "ConnectionRefused"]);
    assertEquals(server.heads.filter((head) => head.includes("A: b")).length, 1);
  }));
