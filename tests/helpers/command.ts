/**
 * Programs of the system that drive a server, or stand in front of it.
 *
 * @module
 */

/** Options of a test that needs a program: it is ignored where there is none. */
export function needs(command: string): { readonly ignore: boolean } {
  const ignore = !isInstalled(command);
  if (ignore) console.error(`Tests that need ${command} are ignored: it is not installed`);
  return { ignore };
}

function isInstalled(command: string): boolean {
  // Debian has servers where only root looks for programs.
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin"];
  return folders.some((folder) => {
    try {
      return Deno.statSync(`${folder}/${command}`).isFile;
    } catch {
      return false;
    }
  });
}
