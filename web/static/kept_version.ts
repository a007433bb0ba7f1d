/**
 * Versions of static resources that are in no file, or have versions of their own: asked once, and kept.
 *
 * @module
 */

import { genLog } from "../../ioloop/mod.ts";
import { oneLine, quoteForLog } from "../log_text.ts";

/** What gives versions: a class of static file handlers. */
export interface VersionSource {
  /** The version of what is at a path. */
  getContentVersion(absolutePath: string): string | Promise<string>;
}

/** A class whose paths come from requests must not fill the memory. */
const MAX_KEPT_VERSIONS = 10_000;

let versions = new WeakMap<VersionSource, Map<string, string>>();

/** Forgets all of them. */
export function forgetVersions(): void {
  versions = new WeakMap();
}

/**
 * The version of what is at a path; `undefined` if it cannot be had, which is logged.
 *
 * @param source Who is asked.
 * @param keep Whether it is kept, and taken from what was kept.
 */
export function versionFrom(
  source: VersionSource,
  path: string,
  keep: boolean,
): string | undefined | Promise<string | undefined> {
  const kept = keep ? versions.get(source)?.get(path) : undefined;
  if (kept !== undefined) return kept;
  const found = (version: string): string => {
    if (keep) keepVersion(source, path, version);
    return version;
  };
  const failed = (error: unknown): undefined => {
    genLog.error(`Could not open static file ${quoteForLog(path)}: ${oneLine(String(error))}`);
  };
  try {
    const version = source.getContentVersion(path);
    return typeof version === "string" ? found(version) : version.then(found).catch(failed);
  } catch (error) {
    return failed(error);
  }
}

function keepVersion(source: VersionSource, path: string, version: string): void {
  let kept = versions.get(source);
  if (kept === undefined) versions.set(source, kept = new Map());
  if (kept.size >= MAX_KEPT_VERSIONS) kept.clear();
  kept.set(path, version);
}
