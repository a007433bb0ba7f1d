/**
 * A real nginx that serves files, where this machine has one.
 *
 * @module
 */

import { accepts, freePort } from "./ports.ts";

function hasNginx(): boolean {
  try {
    return new Deno.Command("nginx", { args: ["-v"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const isThere = hasNginx();
if (!isThere) console.error("Tests with nginx are ignored: it is not installed here");

/** Options of a test that needs nginx: it is ignored where there is none. */
export const NGINX: { readonly ignore: boolean } = { ignore: !isThere };

/** A running nginx. */
export interface Nginx extends AsyncDisposable {
  readonly port: number;
}

/** Starts nginx with files and more lines of its `server` block; `await using` ends it. */
export async function startNginx(files: Readonly<Record<string, string>>, directives = ""): Promise<Nginx> {
  const folder = await Deno.makeTempDir({ prefix: "denado-nginx-" });
  const port = freePort();
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
    events {}
    http {
      access_log off; types { text/plain txt; } gzip on; gzip_types text/plain; gzip_min_length 100; gzip_http_version 1.0;
      ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder};`).join(" ")}
      server { listen 127.0.0.1:${port}; root ${folder}; ${directives} }
    }`,
  );
  await Deno.chmod(folder, 0o755);
  const child = new Deno.Command("nginx", {
    args: ["-c", `${folder}/nginx.conf`, "-p", folder, "-e", `${folder}/error.log`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const ended = child.status.then(() => true);
  while (!await accepts(port)) {
    if (await Promise.race([ended, new Promise<false>((resolve) => setTimeout(() => resolve(false), 20))])) {
      throw new Error(`nginx has ended: ${await Deno.readTextFile(`${folder}/error.log`)}`);
    }
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}
