/**
 * Listening on a Unix socket.
 *
 * @module
 */

import { ListenSocket } from "./listen_socket.ts";

/** How to listen on a Unix socket. */
export interface BindUnixOptions {
  /** Who may connect, as permission bits of the file. @default 0o600, the owner only */
  readonly mode?: number;
}

const DEFAULT_MODE = 0o600;

/**
 * A listening socket at a path. Tornado: `bind_unix_socket`.
 *
 * A socket file that was left behind at the path is removed, even if somebody still listens on it; anything else is
 * not touched. The file is removed when the socket is closed. A path that begins with NUL is an abstract name (Linux):
 * it has no file, and `mode` is of no effect. The backlog is Deno's, it cannot be chosen.
 *
 * @throws {TypeError} if there is something at the path that is not a socket
 * @throws {Deno.errors.NotFound} if the folder does not exist
 * @throws {Deno.errors.AddrInUse} if the abstract name is taken
 * @throws {Deno.errors.NotCapable} if Deno was not given the permission
 *
 * @example A socket that the owner may connect to
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { bindUnixSocket } from "@denado/denado/tcp";
 *
 * const path = `${Deno.makeTempDirSync()}/example.sock`;
 * const socket = bindUnixSocket(path);
 * assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
 * socket.close();
 * ```
 */
export function bindUnixSocket(path: string, options: BindUnixOptions = {}): ListenSocket {
  const isAbstract = path.startsWith("\0");
  if (!isAbstract) removeStale(path);
  // The file is there with the default mode for a moment: with the mask nobody can connect in between.
  const mode = options.mode ?? DEFAULT_MODE;
  const mask = isAbstract || Deno.build.os === "windows" ? undefined : tryUmask(0o777 & ~mode);
  let listener: Deno.Listener;
  try {
    listener = Deno.listen({ transport: "unix", path });
  } catch (error) {
    throw explain(error, path);
  } finally {
    if (mask !== undefined) Deno.umask(mask);
  }
  try {
    if (!isAbstract && Deno.build.os !== "windows") Deno.chmodSync(path, mode);
  } catch (error) {
    listener.close();
    throw error;
  }
  return new ListenSocket(listener);
}

function removeStale(path: string): void {
  let info: Deno.FileInfo;
  try {
    info = Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (!info.isSocket) throw new TypeError(`Cannot listen on ${path}: there is a file that is not a socket; remove it`);
  Deno.removeSync(path);
}

/** Deno allows this with full permissions only; without, the mode is set right after. */
function tryUmask(mask: number): number | undefined {
  try {
    return Deno.umask(mask);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

function explain(error: unknown, path: string): unknown {
  if (!(error instanceof Error)) return error;
  const name = path.replace("\0", "@");
  const ErrorClass = error.constructor as new (message: string, options: ErrorOptions) => Error;
  const advice = error instanceof Deno.errors.AddrInUse
    ? "the name is taken; stop the program that has it, or choose another"
    : error instanceof Deno.errors.NotFound
    ? "the folder does not exist; make it first"
    : error instanceof Deno.errors.NotCapable
    ? "Deno may not; run it with --allow-net, --allow-read and --allow-write"
    : undefined;
  return advice === undefined ? error : new ErrorClass(`Cannot listen on ${name}: ${advice}`, { cause: error });
}
