/**
 * Stands in for `jsr:@std/async`; see `tests/std/assert/mod.ts` for how and why. Files are named one by one, because
 * `mod.js` also loads `channel.js`, which imports a file that the npm build does not contain.
 *
 * @module
 */

// @ts-types="./async.d.ts"
export { abortable } from "npm:deno-std@1.4.0/async/abortable.js";
// @ts-types="./async.d.ts"
export { deadline } from "npm:deno-std@1.4.0/async/deadline.js";
// @ts-types="./async.d.ts"
export { debounce } from "npm:deno-std@1.4.0/async/debounce.js";
// @ts-types="./async.d.ts"
export { delay } from "npm:deno-std@1.4.0/async/delay.js";
// @ts-types="./async.d.ts"
export { MuxAsyncIterator } from "npm:deno-std@1.4.0/async/mux_async_iterator.js";
// @ts-types="./async.d.ts"
export { poll } from "npm:deno-std@1.4.0/async/poll.js";
// @ts-types="./async.d.ts"
export { pooledMap } from "npm:deno-std@1.4.0/async/pool.js";
// @ts-types="./async.d.ts"
export { retry, RetryError } from "npm:deno-std@1.4.0/async/retry.js";
// @ts-types="./async.d.ts"
export { tee } from "npm:deno-std@1.4.0/async/tee.js";
