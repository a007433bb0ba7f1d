import {
  type FetchRetryOptions,
  HTTPClientError,
  HTTPHeaders,
  HTTPRequest,
  HTTPResponse,
  HTTPTimeoutError,
  RetryError,
} from "@denado/denado/http";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { retry } from "@std/async";
import { type RetryContext, retryFetch } from "../../../http/client/fetch_retry.ts";
import { answering, response as rawResponse, withClient } from "../../helpers/client_scene.ts";
import { withManualLoop } from "../../helpers/manual_loop.ts";

const REPEATABLE: RetryContext = { isRepeatable: true, raiseError: true, random: () => 0 };

function response(code: number, headers: Record<string, string> = {}): HTTPResponse {
  return new HTTPResponse(new HTTPRequest("http://a.example/"), {
    code,
    reason: "",
    headers: new HTTPHeaders(headers),
    requestTimeMs: 0,
    startTimeMs: 0,
    timeInfo: { queueMs: 0, redirectMs: 0, connectMs: 0, startTransferMs: 0, totalMs: 0, reused: false },
  });
}

/** What attempts lead to, one after the other: a code, or an error. */
async function run(
  outcomes: readonly (number | HTTPResponse | Error)[],
  options: FetchRetryOptions = {},
  context: Partial<RetryContext> = {},
): Promise<{ attempts: number; pauses: number[]; result: unknown }> {
  let attempts = 0;
  const times: number[] = [];
  let result: unknown;
  await withManualLoop(async ({ loop, clock }) => {
    const attempt = async (): Promise<HTTPResponse> => {
      times.push(loop.time());
      const outcome = outcomes[Math.min(attempts++, outcomes.length - 1)]!;
      if (outcome instanceof Error) throw outcome;
      return await Promise.resolve(typeof outcome === "number" ? response(outcome) : outcome);
    };
    const retrying = retryFetch(attempt, options, { ...REPEATABLE, ...context }).catch((error) => error);
    let isOver = false;
    retrying.then(() => isOver = true);
    while (!isOver) await clock.advance(1000);
    result = await retrying;
  });
  return { attempts, pauses: times.slice(1).map((time, at) => time - times[at]!), result };
}

Deno.test("retryFetch pauses longer and longer, and gives up with the last error", async () => {
  const { attempts, pauses, result } = await run([503]);
  assertEquals([attempts, pauses], [5, [1000, 2000, 4000, 8000]]);
  assert(result instanceof RetryError && result.cause instanceof HTTPClientError);
  assertEquals([result.message, result.attempts, result.cause.code], ["Retrying exceeded the maxAttempts (5)", 5, 503]);
});

Deno.test("retryFetch says the same as @std/async when it gives up", async () => {
  const options = { maxAttempts: 2, minTimeout: 1, maxTimeout: 1 };
  const theirs = await assertRejects(() => retry(() => Promise.reject(new Error("x")), options));
  const { result } = await run([503], { maxAttempts: 2 });
  assert(result instanceof RetryError && theirs instanceof Error);
  assertEquals([result.name, `${result.message}.`], [theirs.name, theirs.message]);
});

Deno.test("retryFetch leaves a random part of the pause out, and keeps to the longest one", async () => {
  const options = { minTimeoutMs: 4000, maxTimeoutMs: 10_000, multiplier: 2, jitter: 0.5 };
  assertEquals((await run([503], options, { random: () => 1 })).pauses, [2000, 4000, 5000, 5000]);
  assertEquals((await run([503], { ...options, jitter: 0 }, { random: () => 1 })).pauses, [4000, 8000, 10_000, 10_000]);
});

const OUTCOMES: readonly (readonly [what: string, outcome: number | Error, again: boolean])[] = [
  ...[408, 425, 429, 500, 502, 503, 504].map((code) => [`${code}`, code, true] as const),
  ...[301, 400, 401, 403, 404, 501, 505].map((code) => [`${code}`, code, false] as const),
  ["a time limit", new HTTPTimeoutError(), true],
  ["a refused connection", new Deno.errors.ConnectionRefused(), true],
  ["a reset", new Deno.errors.ConnectionReset(), true],
  ["a certificate", new Deno.errors.InvalidData(), false],
  ["a mistake", new TypeError("x"), false],
];

for (const [what, outcome, again] of OUTCOMES) {
  Deno.test(`retryFetch tries ${again ? "again" : "no more"} after ${what}`, async () => {
    const { attempts, result } = await run([outcome, 200]);
    assertEquals(attempts, again ? 2 : 1);
    if (again) assertEquals((result as HTTPResponse).code, 200);
    else if (outcome instanceof Error) assertStrictEquals(result, outcome);
    else assertEquals((result as HTTPClientError).code, outcome);
  });
}

Deno.test("retryFetch does not repeat what could have an effect twice, unless it is told to", async () => {
  assertEquals((await run([503, 200], {}, { isRepeatable: false })).attempts, 1);
  assertEquals((await run([503, 200], { isRetriable: () => true }, { isRepeatable: false })).attempts, 2);
  assertEquals((await run([503, 200], { isRetriable: () => false })).attempts, 1);
});

Deno.test("retryFetch returns a bad response where that is no error", async () => {
  const { result, attempts } = await run([503], { maxAttempts: 2 }, { raiseError: false });
  assertEquals([(result as HTTPResponse).code, attempts], [503, 2]);
  assertEquals(((await run([404], {}, { raiseError: false })).result as HTTPResponse).code, 404);
});

Deno.test("retryFetch waits as long as the server asks for, but not longer than it may", async () => {
  const date = new Date(Date.now() + 100_000).toUTCString();
  const cases: readonly [value: string, ms: number][] = [["7", 7000], ["0", 1000], ["x", 1000], ["999", 60_000], [
    date,
    60_000,
  ]];
  for (const [value, ms] of cases) {
    assertEquals((await run([response(429, { "Retry-After": value }), 200])).pauses, [ms], value);
  }
});

Deno.test("retryFetch is aborted while it pauses", async () => {
  const controller = new AbortController();
  const attempt = () => {
    queueMicrotask(() => controller.abort(new Error("enough")));
    return Promise.resolve(response(503));
  };
  await assertRejects(() => retryFetch(attempt, {}, { ...REPEATABLE, signal: controller.signal }), Error, "enough");
});

const WRONG: readonly FetchRetryOptions[] = [
  { maxAttempts: 0 },
  { minTimeoutMs: -1 },
  { minTimeoutMs: 100, maxTimeoutMs: 99 },
  { multiplier: 0.5 },
  { jitter: -0.1 },
  { jitter: 1.1 },
];

for (const options of WRONG) {
  Deno.test(`retryFetch refuses ${JSON.stringify(options)}`, async () => {
    await assertRejects(
      () => retryFetch(() => Promise.reject(new Error()), options, REPEATABLE),
      RangeError,
      "Cannot retry",
    );
  });
}

Deno.test("fetch tries again with a body that it has, and not with one that it had", () =>
  withClient(answering(rawResponse("", { code: 503 }), rawResponse("yes")), async ({ client, url }) => {
    const retry = { minTimeoutMs: 0, maxTimeoutMs: 0 };
    const got = await client.fetch(url, { method: "PUT", body: "x", retry });
    assertEquals(got.text(), "yes");
  }));

Deno.test("fetch does not try a POST again, nor something that was streamed to a callback", () =>
  withClient(answering(rawResponse("", { code: 503 })), async ({ client, url, server }) => {
    const retry = { minTimeoutMs: 0, maxTimeoutMs: 0 };
    await assertRejects(() => client.fetch(url, { method: "POST", body: "x", retry }), HTTPClientError, "HTTP 503");
    assertEquals(server.heads.length, 1);
    await assertRejects(() => client.fetch(url, { retry, streamingCallback: () => {} }), TypeError, "Cannot retry");
  }));

Deno.test("fetch tries again with a response that is streamed", () =>
  withClient(async (peer) => {
    await peer.readHead();
    await peer.send(peer.index === 0 ? rawResponse("bad", { code: 503 }) : rawResponse("good"));
    await peer.ended();
  }, async ({ client, url }) => {
    const retry = { minTimeoutMs: 0, maxTimeoutMs: 0 };
    assertEquals(await (await client.fetch(url, { streamResponse: true, retry })).toResponse().text(), "good");
  }));
