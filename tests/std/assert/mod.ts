/**
 * Stands in for `jsr:@std/assert`, so that the tests run where npm can be reached and JSR cannot.
 *
 * `links` in the root `deno.json` points the name here. The code is the npm build of the same library, which is plain
 * JavaScript; `assert.d.ts` gives it types. Only tests may import it: `deno publish` refuses a linked module.
 *
 * @module
 */

// @ts-types="./assert.d.ts"
export * from "npm:deno-std@1.4.0/assert/mod.js";
