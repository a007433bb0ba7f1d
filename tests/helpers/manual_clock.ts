/**
 * A clock that a test moves by hand: the published one.
 *
 * @module
 */

export { ManualClock, settle } from "@denado/denado/testing";
