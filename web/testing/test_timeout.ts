/**
 * How long a test may take.
 *
 * Tornado: `tornado.testing.get_async_test_timeout`.
 *
 * @module
 */

const VARIABLE = "ASYNC_TEST_TIMEOUT";
const DEFAULT_TIMEOUT_MS = 5000;

/**
 * The time limit for tests in milliseconds: that of the environment variable `ASYNC_TEST_TIMEOUT`, which is in seconds
 * as it is for Tornado, else five seconds. Where reading the variable is not permitted it counts as not set.
 */
export function getAsyncTestTimeout(): number {
  if (Deno.permissions.querySync({ name: "env", variable: VARIABLE }).state !== "granted") return DEFAULT_TIMEOUT_MS;
  const text = Deno.env.get(VARIABLE);
  const seconds = text === undefined || text.trim() === "" ? NaN : Number(text);
  return seconds > 0 ? seconds * 1000 : DEFAULT_TIMEOUT_MS;
}
