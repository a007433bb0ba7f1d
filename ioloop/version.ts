/**
 * The version of Denado, as `deno.json` has it; a test keeps the two together. Published code cannot import the file:
 * a JSON import would have to be named with its type by everyone who bundles it.
 *
 * @module
 */

/** The version, as in `Server` and `User-Agent` fields. Tornado: `tornado.version`. */
export const VERSION = "0.1.0";

/**
 * The version as numbers that compare: major, minor, patch, and 0 for a release or a negative number before it. Tornado:
 * `tornado.version_info`.
 */
export const VERSION_INFO: readonly [major: number, minor: number, patch: number, stage: number] = [0, 1, 0, 0];
