/**
 * The published package works: it is published to a JSR registry, which is a Denado server, and a project somewhere
 * else imports it from there by its `jsr:` name, type-checks against it and answers a request with it.
 *
 * Needs no JSR. npm packages come from the cache of this process, as they did for the suite itself.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { JSRRegistry } from "./helpers/jsr_registry.ts";

const ROOT = new URL("../", import.meta.url);

const CONSUMER = `
import { Application, IOLoop, RequestHandler } from "jsr:@denado/denado@VERSION";
import { HTTPServer } from "jsr:@denado/denado@VERSION/http";

class MainHandler extends RequestHandler {
  override get() {
    this.write("Hello, world");
  }
}

const app = new Application([["/", MainHandler]]);
const server: HTTPServer = app.listen(0, { address: "127.0.0.1" });
await IOLoop.current().run(async () => {
  const response = await fetch(\`http://127.0.0.1:\${server.port}/\`);
  console.log(response.status, response.headers.get("server"), await response.text());
});
server.stop();
await server.closeAllConnections();
`;

Deno.test("package imported from a JSR registry serves a request", async (t) => {
  const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const version: string = config.version;
  const registry = new JSRRegistry();
  const server = registry.application().listen(0, { address: "127.0.0.1" });
  const registryUrl = `http://127.0.0.1:${server.port}/`;
  const home = await Deno.makeTempDir({ prefix: "denado_consumer_" });

  try {
    await t.step("deno publish uploads the sources and nothing else", async () => {
      await runDeno(["publish", "--token=any", "--no-provenance", "--no-check", "--allow-dirty", "--frozen"], {
        cwd: ROOT,
        env: { JSR_URL: registryUrl },
      });
      const files = registry.files("@denado/denado", version);
      for (const path of Object.values<string>(config.exports)) assert(files.includes(path.slice(1)), path);
      const folders = new Set(files.filter((path) => path.lastIndexOf("/") > 0).map((path) => path.split("/")[1]));
      assertEquals([...folders].sort(), ["http", "ioloop", "tcp", "web"]);
    });

    await t.step("a project with an empty cache imports it, type-checks and answers a request", async () => {
      const cache = await cacheWithNpmOnly(`${home}/cache`);
      await Deno.writeTextFile(`${home}/deno.json`, "{}");
      await Deno.writeTextFile(`${home}/main.ts`, CONSUMER.replaceAll("VERSION", version));
      registry.requests.length = 0;
      const { stdout } = await runDeno(["run", "--check", "--allow-net", "main.ts"], {
        cwd: home,
        env: { JSR_URL: registryUrl, DENO_DIR: cache },
      });
      assertEquals(stdout, `200 DenadoServer/${version} Hello, world\n`);
      for (const path of ["meta.json", `${version}_meta.json`, `${version}/mod.ts`, `${version}/web/application.ts`]) {
        assert(registry.requests.includes(`GET /@denado/denado/${path}`), path);
      }
    });

    await t.step("a file that does not have its checksum is refused", async () => {
      registry.tamperWith("@denado/denado", version, "/mod.ts", new TextEncoder().encode("console.log('taken over')"));
      const { stdout, stderr } = await runDeno(["run", "--allow-net", "main.ts"], {
        cwd: home,
        env: { JSR_URL: registryUrl, DENO_DIR: await cacheWithNpmOnly(`${home}/second_cache`) },
        fails: true,
      });
      assertEquals(stdout, "");
      assertStringIncludes(stderr, "Integrity check failed");
    });
  } finally {
    server.stop();
    await server.closeAllConnections();
    await Deno.remove(home, { recursive: true });
  }
});

/** Makes a cache for a consumer that shares the npm packages of this one, and has nothing else. */
async function cacheWithNpmOnly(cache: string): Promise<string> {
  const { stdout } = await runDeno(["info", "--json"], { cwd: ROOT, env: {} });
  await Deno.mkdir(cache);
  const type = Deno.build.os === "windows" ? "junction" : "dir";
  await Deno.symlink(JSON.parse(stdout).npmCache, `${cache}/npm`, { type });
  return cache;
}

interface RunOptions {
  readonly cwd: string | URL;
  readonly env: Record<string, string>;
  /** Whether it has to fail rather than to succeed. @default false */
  readonly fails?: boolean;
}

async function runDeno(args: string[], options: RunOptions): Promise<{ stdout: string; stderr: string }> {
  const { cwd, env, fails = false } = options;
  const output = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1", NO_PROXY: "127.0.0.1", ...env },
    stdin: "null",
  }).output();
  const stdout = new TextDecoder().decode(output.stdout);
  const stderr = new TextDecoder().decode(output.stderr);
  assertEquals(output.success, !fails, `deno ${args.join(" ")} ended with ${output.code}:\n${stdout}${stderr}`);
  return { stdout, stderr };
}
