/**
 * The servers that are compared, how each is started and which version it is.
 *
 * Equal conditions: one process on one core, the same response body, nothing logged, no flags for the runtime.
 * Each takes the port and the name of a program as its arguments, and listens on 127.0.0.1.
 *
 * @module
 */
/** A peer that can be started on this machine. */
export interface ReadyPeer {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly runsOnDeno: boolean;
  /** Program and arguments; `denoFlags` go to Deno where the peer runs on it. */
  command(port: number, program: string, denoFlags?: readonly string[]): string[];
}

/** A peer by name, before it is known whether it is installed. */
export interface Peer {
  readonly name: string;
  readonly title: string;
  /** Whether the benchmark runs without it where it is not installed. */
  readonly optional: boolean;
  /** @throws {Error} saying what to install, if it cannot run here */
  prepare(): Promise<ReadyPeer>;
}

/** Every peer, in the order of the report. The first is the one the ratios are about. */
export const PEERS: readonly Peer[] = [
  denoPeer({
    name: "denado",
    title: "Denado",
    path: `${import.meta.dirname}/denado_server.ts`,
    optional: false,
    version: denadoVersion,
  }),
  denoPeer({
    name: "deno",
    title: "Deno.serve",
    path: `${import.meta.dirname}/deno_serve_server.ts`,
    optional: false,
    version: () => Promise.resolve(Deno.version.deno),
  }),
  denoPeer({
    name: "hono",
    title: "Hono",
    path: `${import.meta.dirname}/hono_server.ts`,
    optional: true,
    version: (path) => npmVersion(path, "hono"),
  }),
  tornadoPeer(`${import.meta.dirname}/tornado_server.py`),
];

/** A peer that runs on Deno. */
export interface DenoPeerOptions {
  name: string;
  title: string;
  /** Its program. */
  path: string;
  /** Whether the benchmark runs without it where it is not installed. */
  optional: boolean;
  /** Finds its version out. */
  version: (path: string) => Promise<string>;
}

/** A peer that runs on Deno. */
export function denoPeer({ name, title, path, optional, version }: DenoPeerOptions): Peer {
  return {
    name,
    title,
    optional,
    async prepare() {
      // Fetches and compiles everything now, so that nothing of that happens while the server is measured.
      await runText([Deno.execPath(), "cache", "--quiet", path]);
      return {
        name,
        title,
        version: await version(path),
        runsOnDeno: true,
        command: (port, program, denoFlags = []) => [
          Deno.execPath(),
          "run",
          "--allow-all",
          ...denoFlags,
          path,
          String(port),
          program,
        ],
      };
    },
  };
}

/** Tornado, with a program in Python. */
export function tornadoPeer(path: string): Peer {
  return { name: "tornado", title: "Tornado", optional: true, prepare: () => prepareTornado(path) };
}

async function prepareTornado(path: string): Promise<ReadyPeer> {
  // The first python3 on PATH is often a build of its own that does not see the distribution's packages.
  for (const python of ["python3", "/usr/bin/python3"]) {
    const program = "import platform, tornado; print(tornado.version, 'on Python', platform.python_version())";
    const version = await runText([python, "-c", program]).catch(() => undefined);
    if (version === undefined) continue;
    return {
      name: "tornado",
      title: "Tornado",
      version,
      runsOnDeno: false,
      command: (port, program) => [python, path, String(port), program],
    };
  }
  throw new Error("No python3 here can import tornado; install it with: apt-get install python3-tornado");
}

/** The version of Denado, with the commit. */
export async function denadoVersion(): Promise<string> {
  const root = `${import.meta.dirname}/../../..`;
  const { version } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`)) as { version: string };
  const git = (...args: string[]) => runText(["git", "-C", root, ...args]);
  // An unpacked archive has no history; the version alone has to do then.
  const commit = await git("rev-parse", "--short", "HEAD").catch(() => undefined);
  if (commit === undefined) return version;
  const changes = await git("status", "--porcelain", "--untracked-files=no");
  return `${version} at ${commit}${changes === "" ? "" : " with uncommitted changes"}`;
}

/** The version of an npm package in the graph of a program. */
export async function npmVersion(path: string, packageName: string): Promise<string> {
  const info = JSON.parse(await runText([Deno.execPath(), "info", "--json", path])) as {
    npmPackages?: Record<string, { name: string; version: string }>;
  };
  const found = Object.values(info.npmPackages ?? {}).find(({ name }) => name === packageName);
  if (!found) {
    throw new Error(`Cannot find the version of an npm package in ${path}: ${packageName}`);
  }
  return found.version;
}

async function runText([program, ...args]: [string, ...string[]]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  if (!success) {
    throw new Error(`${program} ${args.join(" ")} failed: ${decoder.decode(stderr).trim()}`);
  }
  return decoder.decode(stdout).trim();
}
