/**
 * A JSR registry in memory, served by Denado itself: what `deno publish` sends to it, `deno run` can import from it.
 *
 * It is as much of JSR as the two commands ask for. Publishing goes through the real client, so the files are those
 * that a release would have, with their specifiers rewritten as the registry will serve them.
 *
 * The layout, and the reason for each document: `/@scope/name/meta.json` lists versions, `/@scope/name/1.0.0_meta.json`
 * has the checksum and size of each file and the exports, `/@scope/name/1.0.0/<path>` is a file. See
 * https://jsr.io/docs/api
 *
 * @module
 */

import { gunzipSync } from "node:zlib";
import { createHash } from "node:crypto";
import { Application, RequestHandler } from "@denado/denado";

interface PublishedVersion {
  /** Contents by absolute path, `/mod.ts`. */
  readonly files: Map<string, Uint8Array>;
  readonly meta: VersionMeta;
}

/** The document that Deno checks each file against. */
interface VersionMeta {
  readonly manifest: Record<string, { size: number; checksum: string }>;
  readonly exports: Record<string, string>;
}

/** The versions that were published, by `@scope/name`. */
export class JSRRegistry {
  /** What was asked of the registry, as `GET /path`, in order. */
  readonly requests: string[] = [];
  readonly #packages = new Map<string, Map<string, PublishedVersion>>();

  /** The web application that serves this registry. */
  application(): Application {
    const options = { registry: this };
    return new Application([
      ["/api/scopes/([^/]+)/packages/([^/]+)", PackageHandler, options],
      ["/api/scopes/([^/]+)/packages/([^/]+)/versions/([^/]+)", PublishHandler, options],
      ["/(@[^/]+/[^/]+)/meta\\.json", PackageMetaHandler, options],
      ["/(@[^/]+/[^/]+)/([^/]+)_meta\\.json", VersionMetaHandler, options],
      ["/(@[^/]+/[^/]+)/([^/]+)(/.+)", FileHandler, options],
    ], { logFunction: ({ request }) => this.requests.push(`${request.method} ${request.uri}`) });
  }

  /** The paths of the files of a version, sorted. */
  files(name: string, version: string): string[] {
    return [...this.#packages.get(name)?.get(version)?.files.keys() ?? []].sort();
  }

  /**
   * Adds a version from what `deno publish` uploads.
   *
   * @param tarball a gzipped tar archive
   * @param configPath the path of its `deno.json`
   */
  publish(name: string, version: string, tarball: Uint8Array, configPath: string): void {
    const files = readTar(gunzipSync(tarball));
    const config = JSON.parse(new TextDecoder().decode(files.get(configPath)));
    const exports = typeof config.exports === "string" ? { ".": config.exports } : config.exports;
    const versions = this.#packages.get(name) ?? new Map<string, PublishedVersion>();
    versions.set(version, { files, meta: { manifest: manifestOf(files), exports } });
    this.#packages.set(name, versions);
  }

  /** The document that lists the versions, or `undefined` for an unknown package. */
  packageMeta(name: string): Record<string, unknown> | undefined {
    const versions = this.#packages.get(name);
    if (versions === undefined) return undefined;
    const [scope, bareName] = name.slice(1).split("/");
    // old enough for every rule about the least age of a dependency
    const entries = [...versions.keys()].map((version) => [version, { createdAt: "2020-01-01T00:00:00Z" }]);
    return { scope, name: bareName, latest: [...versions.keys()].at(-1), versions: Object.fromEntries(entries) };
  }

  /** The document with the checksums and exports of a version, or `undefined` for an unknown one. */
  versionMeta(name: string, version: string): VersionMeta | undefined {
    return this.#packages.get(name)?.get(version)?.meta;
  }

  file(name: string, version: string, path: string): Uint8Array | undefined {
    return this.#packages.get(name)?.get(version)?.files.get(path);
  }

  /** Puts other content in the place of a published file and leaves its checksum: what an attacker would do. */
  tamperWith(name: string, version: string, path: string, content: Uint8Array): void {
    this.#packages.get(name)?.get(version)?.files.set(path, content);
  }
}

class RegistryHandler extends RequestHandler {
  protected registry!: JSRRegistry;

  override initialize(options: { registry: JSRRegistry }): void {
    this.registry = options.registry;
  }

  protected writeFound(found: object | undefined): void {
    if (found === undefined) return this.sendError(404);
    if (found instanceof Uint8Array) this.setHeader("Content-Type", "application/octet-stream");
    this.write(found as Uint8Array | Record<string, unknown>);
  }
}

/** Tells the client that it may publish: every scope and package exists. */
class PackageHandler extends RegistryHandler {
  override get(scope: string, name: string): void {
    this.write({ scope, name, latestVersion: null });
  }
}

class PublishHandler extends RegistryHandler {
  override post(scope: string, name: string, version: string): void {
    if (!this.request.headers.get("Authorization")?.startsWith("Bearer ")) return this.sendError(401);
    const configPath = this.request.queryArguments.get("config")?.[0] ?? "/deno.json";
    this.registry.publish(`@${scope}/${name}`, version, this.request.body, configPath);
    this.write({ id: crypto.randomUUID(), status: "success", error: null });
  }
}

class PackageMetaHandler extends RegistryHandler {
  override get(name: string): void {
    this.writeFound(this.registry.packageMeta(name));
  }
}

class VersionMetaHandler extends RegistryHandler {
  override get(name: string, version: string): void {
    this.writeFound(this.registry.versionMeta(name, version));
  }
}

class FileHandler extends RegistryHandler {
  override get(name: string, version: string, path: string): void {
    this.writeFound(this.registry.file(name, version, path));
  }
}

function manifestOf(files: ReadonlyMap<string, Uint8Array>): VersionMeta["manifest"] {
  const entries = [...files].map(([path, content]) => {
    const checksum = `sha256-${createHash("sha256").update(content).digest("hex")}`;
    return [path, { size: content.length, checksum }];
  });
  return Object.fromEntries(entries);
}

const BLOCK = 512;

/**
 * The regular files of a tar archive by absolute path: a header block with name at 0, size in octal at 124 and type at
 * 156, then the content, padded to whole blocks.
 *
 * @throws {TypeError} on anything but a regular file, of which names over 100 bytes are the likely case
 */
function readTar(archive: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const text = (start: number, length: number): string =>
    new TextDecoder().decode(archive.subarray(start, start + length)).split("\0", 1)[0]!;

  let position = 0;
  // two blocks of zeros end an archive
  while (position < archive.length && archive[position] !== 0) {
    const name = text(position, 100);
    const type = text(position + 156, 1);
    if (type !== "" && type !== "0") throw new TypeError(`Cannot unpack an entry of type ${type}: ${name}`);
    const size = parseInt(text(position + 124, 12), 8);
    const start = position + BLOCK;
    files.set(name.replace(/^\.?\/?/, "/"), archive.slice(start, start + size));
    position = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
