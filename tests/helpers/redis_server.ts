/**
 * A Redis server of one's own, on a Unix socket, which keeps nothing.
 *
 * @module
 */

/** Whether there is a Redis server on this machine. */
export const hasRedis: boolean = (() => {
  try {
    return new Deno.Command("redis-server", { args: ["--version"], stdout: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
})();

if (!hasRedis) console.error("Tests with Redis are ignored: there is no redis-server");

/** A running server; `await using` ends it. */
export class RedisServer implements AsyncDisposable {
  /** The path of its socket. */
  readonly path: string;
  readonly #folder: string;
  #child!: Deno.ChildProcess;

  private constructor() {
    this.#folder = Deno.makeTempDirSync();
    this.path = `${this.#folder}/redis.sock`;
  }

  static async start(): Promise<RedisServer> {
    const server = new RedisServer();
    await server.restart();
    return server;
  }

  /** Starts it, if it does not run, and waits until it answers. */
  async restart(): Promise<void> {
    this.#child = new Deno.Command("redis-server", {
      args: ["--port", "0", "--unixsocket", this.path, "--save", "", "--appendonly", "no", "--dir", this.#folder],
      stdout: "null",
      stderr: "null",
    }).spawn();
    for (;;) {
      try {
        const conn = await Deno.connect({ transport: "unix", path: this.path });
        conn.close();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 5)); // it has no other way to say that it is there
      }
    }
  }

  /** Ends it. */
  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.#folder, { recursive: true });
  }
}
