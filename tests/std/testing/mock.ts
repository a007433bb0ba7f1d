/**
 * Stands in for `jsr:@std/testing/mock`; see `tests/std/assert/mod.ts` for how and why.
 *
 * The npm build is an older one than that of the other two, because later ones leave `testing` out. `bdd` and `time`
 * are not offered: they import files that no version of that build contains. Tests are plain `Deno.test`, and time is
 * driven by `tests/helpers/manual_clock.ts`.
 *
 * @module
 */

// @ts-types="./mock.d.ts"
export * from "npm:deno-std@1.2.0/testing/mock.js";
