/**
 * Two hosts or channels that are joined in memory: the published ones.
 *
 * @module
 */

export { memoryChannels, MemoryHost, memoryHosts } from "@denado/denado/testing";
