import { assert, assertEquals, assertThrows } from "@std/assert";
import { bindUnixSocket, IOStream, type IOStreamOptions, Socket } from "@denado/denado/tcp";
import { testStreams } from "../helpers/stream_suite.ts";

const supported = Deno.build.os !== "windows";

function withFolder(body: (path: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const folder = await Deno.makeTempDir({ prefix: "denado-unix-" });
    try {
      await body(`${folder}/a.sock`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  };
}

function test(name: string, body: (path: string) => void | Promise<void>): void {
  Deno.test({ name: `bindUnixSocket ${name}`, ignore: !supported, fn: withFolder(body) });
}

const mode = (path: string) => Deno.lstatSync(path).mode! & 0o777;

test("makes a socket that the owner alone may connect to", (path) => {
  const socket = bindUnixSocket(path);
  assert(Deno.lstatSync(path).isSocket);
  assertEquals([mode(path), socket.address, socket.port], [0o600, { transport: "unix", path }, undefined]);
  socket.close();
});

test("gives the socket the mode that is asked for and leaves the mask of the process alone", (path) => {
  const before = Deno.umask();
  const socket = bindUnixSocket(path, { mode: 0o666 });
  assertEquals([mode(path), Deno.umask()], [0o666, before]);
  socket.close();
});

test("removes a socket that was left behind", async (path) => {
  const code = `Deno.listen({ transport: "unix", path: ${JSON.stringify(path)} }); Deno.kill(Deno.pid, "SIGKILL")`;
  await new Deno.Command(Deno.execPath(), { args: ["eval", code] }).output();
  assert(Deno.lstatSync(path).isSocket);
  const socket = bindUnixSocket(path);
  const conn = await Deno.connect({ transport: "unix", path });
  conn.close();
  socket.close();
});

for (
  const [what, make] of [
    ["a file", (path: string) => Deno.writeTextFileSync(path, "precious")],
    ["a folder", (path: string) => Deno.mkdirSync(path)],
    ["a link", (path: string) => Deno.symlinkSync("/nowhere", path)],
  ] as const
) {
  test(`refuses to replace ${what}`, (path) => {
    make(path);
    const before = Deno.lstatSync(path).ino;
    assertThrows(
      () => bindUnixSocket(path),
      TypeError,
      `Cannot listen on ${path}: there is a file that is not a socket`,
    );
    assertEquals(Deno.lstatSync(path).ino, before);
  });
}

test("says that the folder does not exist", (path) => {
  assertThrows(() => bindUnixSocket(`${path}/b.sock`), Deno.errors.NotFound, "the folder does not exist");
});

Deno.test({
  name: "bindUnixSocket takes an abstract name, once",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const path = `\0denado-${crypto.randomUUID()}`;
    const socket = bindUnixSocket(path);
    assertThrows(
      () => bindUnixSocket(path),
      Deno.errors.AddrInUse,
      `Cannot listen on @${path.slice(1)}: the name is taken`,
    );
    const conn = await Deno.connect({ transport: "unix", path });
    conn.close();
    socket.close();
  },
});

if (supported) {
  testStreams({
    name: "Unix",
    transportBytes: 8 << 20,
    async connect(options: { client?: IOStreamOptions; server?: IOStreamOptions }) {
      const folder = await Deno.makeTempDir({ prefix: "denado-unix-" });
      using listener = Deno.listen({ transport: "unix", path: `${folder}/a.sock` });
      const accepted = listener.accept();
      const client = await IOStream.connect({ path: `${folder}/a.sock` }, options.client);
      const server = new IOStream(new Socket(await accepted), options.server);
      await Deno.remove(folder, { recursive: true });
      return { client, server };
    },
  });
}
