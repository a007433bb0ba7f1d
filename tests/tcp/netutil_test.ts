import { assert, assertEquals, assertInstanceOf, assertMatch, assertThrows } from "@std/assert";
import { IOLoop, type Selectable } from "@denado/denado/ioloop";
import {
  addAcceptHandler,
  type Address,
  AI_NUMERICHOST,
  AI_PASSIVE,
  bindSockets,
  type ListenSocket,
  unmapAddress,
} from "@denado/denado/tcp";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { type ManualClock, settle } from "../helpers/manual_clock.ts";
import { withManualLoop } from "../helpers/manual_loop.ts";

const LOCAL = { address: "127.0.0.1" };
const hasIPv6 = (() => {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrNotAvailable || error instanceof Error) return false;
    throw error;
  }
})();

function closeAll(sockets: Iterable<ListenSocket>): void {
  for (const socket of sockets) socket.close();
}

/** Runs `fn` while `Deno.listen` is replaced. */
function withListen<T>(replacement: (options: Deno.TcpListenOptions) => Deno.Listener, fn: () => T): T {
  const original = Deno.listen;
  Deno.listen = replacement as typeof Deno.listen;
  try {
    return fn();
  } finally {
    Deno.listen = original;
  }
}

// --- bindSockets ---

Deno.test("bindSockets listens on the address that it is given", async () => {
  const [socket, ...more] = bindSockets(0, LOCAL);
  assertEquals(more, []);
  assertEquals((socket!.address as Deno.NetAddr).hostname, "127.0.0.1");
  const conn = await Deno.connect({ port: socket!.port! });
  conn.close();
  socket!.close();
});

Deno.test("bindSockets takes a port that it is given", () => {
  const [first] = bindSockets(0, LOCAL);
  const port = first!.port!;
  first!.close();
  const [again] = bindSockets(port, LOCAL);
  assertEquals(again!.port, port);
  again!.close();
});

Deno.test({
  name: "bindSockets takes the same free port for all addresses of localhost",
  ignore: !hasIPv6,
  fn: async () => {
    const sockets = bindSockets(0, { address: "localhost" });
    assertEquals(sockets.map((socket) => (socket.address as Deno.NetAddr).hostname), ["127.0.0.1", "::1"]);
    assertEquals(new Set(sockets.map((socket) => socket.port)).size, 1);
    for (const hostname of ["127.0.0.1", "::1"]) (await Deno.connect({ hostname, port: sockets[0]!.port! })).close();
    closeAll(sockets);
  },
});

Deno.test({
  name: "bindSockets without an address serves IPv4 and IPv6",
  ignore: !hasIPv6,
  fn: async () => {
    const sockets = bindSockets(0);
    for (const hostname of ["127.0.0.1", "::1"]) (await Deno.connect({ hostname, port: sockets[0]!.port! })).close();
    closeAll(sockets);
  },
});

for (const [family, hostname] of [["ipv4", "0.0.0.0"], ["ipv6", "::"]] as const) {
  Deno.test({
    name: `bindSockets binds ${hostname} only for the family ${family}`,
    ignore: family === "ipv6" && !hasIPv6,
    fn: () => {
      const sockets = bindSockets(0, { family });
      assertEquals(sockets.map((socket) => (socket.address as Deno.NetAddr).hostname), [hostname]);
      closeAll(sockets);
    },
  });
}

Deno.test("bindSockets looks for another free port when the first is taken for the other address", () => {
  const asked: number[] = [];
  const sockets = withListen(({ hostname, port }) => {
    asked.push(port!);
    if (asked.length === 2) throw new Deno.errors.AddrInUse("taken by somebody else");
    const addr = { transport: "tcp", hostname, port: port === 0 ? 1000 + asked.length : port };
    return { addr, close() {} } as unknown as Deno.Listener;
  }, () => bindSockets(0, { address: "localhost" }));
  assertEquals(asked, [0, 1001, 0, 1003]);
  assertEquals(sockets.map((socket) => socket.port), [1003, 1003]);
});

Deno.test("bindSockets leaves IPv6 out where the machine has none", () => {
  const original = Deno.listen as (options: Deno.TcpListenOptions) => Deno.Listener;
  for (const address of ["", "localhost"]) {
    const sockets = withListen((options) => {
      if (options.hostname!.includes(":")) {
        throw Object.assign(new Error("Address family not supported by protocol"), { code: "EAFNOSUPPORT" });
      }
      return original(options);
    }, () => bindSockets(0, { address }));
    assertEquals(sockets.length, 1);
    closeAll(sockets);
  }
});

Deno.test("bindSockets passes backlog and reusePort on", () => {
  const asked: Deno.TcpListenOptions[] = [];
  const listen = (options: Deno.TcpListenOptions) => {
    asked.push(options);
    return { addr: { transport: "tcp", hostname: "x", port: 1 }, close() {} } as unknown as Deno.Listener;
  };
  withListen(listen, () => bindSockets(0, LOCAL));
  withListen(listen, () => bindSockets(0, { ...LOCAL, backlog: 7, reusePort: true }));
  assertEquals(asked, [
    { hostname: "127.0.0.1", port: 0, tcpBacklog: 128 },
    { hostname: "127.0.0.1", port: 0, tcpBacklog: 7, reusePort: true } as Deno.TcpListenOptions,
  ]);
});

Deno.test({
  name: "bindSockets with reusePort binds a port twice",
  ignore: Deno.build.os !== "linux",
  fn: () => {
    const first = bindSockets(0, { ...LOCAL, reusePort: true });
    const second = bindSockets(first[0]!.port!, { ...LOCAL, reusePort: true });
    closeAll([...first, ...second]);
  },
});

for (const port of [-1, 65536, 1.5, NaN, "80" as unknown as number]) {
  Deno.test(`bindSockets refuses the port ${Deno.inspect(port)}`, () => {
    assertThrows(
      () => bindSockets(port),
      RangeError,
      `Cannot listen on port ${port}: a port is a whole number from 0 to`,
    );
  });
}

Deno.test("bindSockets without AI_PASSIVE takes no address for the loopback ones", () => {
  const sockets = bindSockets(0, { flags: 0, family: "ipv4" });
  assertEquals(sockets.map(({ address }) => (address as Deno.NetAddr).hostname), ["127.0.0.1"]);
  closeAll(sockets);
});

Deno.test("bindSockets with AI_NUMERICHOST takes addresses and no names, and knows no other flags", () => {
  closeAll(bindSockets(0, { ...LOCAL, flags: AI_PASSIVE | AI_NUMERICHOST }));
  assertThrows(() => bindSockets(0, { address: "localhost", flags: AI_NUMERICHOST }), TypeError, "no IP address");
  assertThrows(() => bindSockets(0, { flags: 0x400 }), RangeError, "flags 1024");
});

Deno.test("bindSockets says that a port is taken, and leaves nothing open", () => {
  const sockets = bindSockets(0, LOCAL);
  const port = sockets[0]!.port!;
  const error = assertThrows(() => bindSockets(port, LOCAL), Deno.errors.AddrInUse);
  assertMatch(
    error.message,
    new RegExp(`^Cannot listen on 127\\.0\\.0\\.1:${port}: the port is taken; stop .* another port$`),
  );
  assertEquals((error as { code?: string }).code, "EADDRINUSE");
  assertInstanceOf(error.cause, Deno.errors.AddrInUse);
  closeAll(sockets);
});

Deno.test("bindSockets says that an address is not one of this machine", () => {
  const error = assertThrows(() => bindSockets(0, { address: "192.0.2.1" }), Deno.errors.AddrNotAvailable);
  assertMatch(error.message, /^Cannot listen on 192\.0\.2\.1:0: the address does not belong to this machine; use one/);
});

Deno.test("bindSockets says that a name does not resolve", () => {
  assertThrows(
    () => bindSockets(0, { address: "name.invalid" }),
    Error,
    "Cannot listen on name.invalid:0: the name does",
  );
});

Deno.test("bindSockets says that the system reserves a port", () => {
  const error = assertThrows(
    () =>
      withListen(() => {
        throw Object.assign(new Deno.errors.PermissionDenied("Permission denied (os error 13)"), { code: "EACCES" });
      }, () => bindSockets(80, { address: "::1" })),
    Deno.errors.PermissionDenied,
  );
  assertMatch(error.message, /^Cannot listen on \[::1\]:80: the system reserves the port; choose one from 1024 on/);
});

Deno.test({
  name: "bindSockets says which flag Deno needs",
  permissions: { net: false, read: true },
  fn: () => {
    const error = assertThrows(() => bindSockets(0, LOCAL), Deno.errors.NotCapable);
    assertMatch(error.message, /^Cannot listen on 127\.0\.0\.1:0: .*run it with --allow-net$/);
  },
});

// --- unmapAddress ---

const MAPPED: [hostname: string, plain: string][] = [
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::ffff:0:1", "::ffff:0:1"],
  ["2001:db8::1", "2001:db8::1"],
  ["192.0.2.1", "192.0.2.1"],
];
for (const [hostname, plain] of MAPPED) {
  Deno.test(`unmapAddress makes ${plain} of ${hostname}`, () => {
    const address: Address = { transport: "tcp", hostname, port: 1 };
    assertEquals(unmapAddress(address), { transport: "tcp", hostname: plain, port: 1 });
  });
}

Deno.test("unmapAddress leaves the address of a Unix socket alone", () => {
  const address: Address = { transport: "unix", path: "::ffff:1.2.3.4" };
  assertEquals(unmapAddress(address), address);
});

// --- addAcceptHandler ---

Deno.test("addAcceptHandler calls back with each connection and its address, until it is removed", async () => {
  const [socket] = bindSockets(0, LOCAL);
  const accepted: [Deno.Conn, Address][] = [];
  const three = Promise.withResolvers<void>();
  const remove = addAcceptHandler(socket!, (conn, address) => {
    accepted.push([conn, address]);
    if (accepted.length === 3) three.resolve();
  });
  const clients = await Promise.all(Array.from({ length: 3 }, () => Deno.connect({ port: socket!.port! })));
  await three.promise;
  const ports = clients.map((client) => client.localAddr.port);
  assertEquals(accepted.map(([, address]) => (address as Deno.NetAddr).port).toSorted(), ports.toSorted());
  remove();
  const late = await Deno.connect({ port: socket!.port! });
  await settle();
  assertEquals(accepted.length, 3);
  for (const conn of [...clients, late, ...accepted.map(([conn]) => conn)]) conn.close();
  socket!.close();
});

Deno.test("addAcceptHandler goes on when the callback throws", () =>
  expectLog({ level: "error", pattern: "first one", times: 1 }, async () => {
    const [socket] = bindSockets(0, LOCAL);
    const second = Promise.withResolvers<void>();
    let calls = 0;
    const remove = addAcceptHandler(socket!, (conn) => {
      conn.close();
      if (++calls === 1) throw new Error("first one");
      second.resolve();
    });
    for (let count = 0; count < 2; count++) (await Deno.connect({ port: socket!.port! })).close();
    await second.promise;
    remove();
    socket!.close();
  }));

/** A listening socket whose accepts a test scripts. */
class ScriptedSocket {
  readonly fileno = 1_000_000;
  outcomes: (Deno.Conn | Error)[] = [];
  calls = 0;
  events = 0;
  #onReady: (() => void) | undefined;

  ready(): number {
    return this.outcomes.length > 0 ? IOLoop.READ : IOLoop.NONE;
  }
  watch(events: number, onReady: (() => void) | undefined): void {
    this.events = events;
    this.#onReady = onReady;
  }
  give(...outcomes: (Deno.Conn | Error)[]): void {
    this.outcomes.push(...outcomes);
    if (this.events & IOLoop.READ) this.#onReady?.();
  }
  tryAccept(): Deno.Conn | undefined {
    this.calls++;
    const outcome = this.outcomes.shift();
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }
  close(): void {}
}

const conn = { remoteAddr: { transport: "tcp", hostname: "192.0.2.1", port: 1 }, close() {} } as unknown as Deno.Conn;
const noDescriptors = () => Object.assign(new Error("Too many open files (os error 24)"), { code: "EMFILE" });

function scripted(loop: IOLoop): { socket: ScriptedSocket; accepted: Deno.Conn[]; remove: () => void } {
  const socket = new ScriptedSocket();
  const accepted: Deno.Conn[] = [];
  const remove = addAcceptHandler(socket as Selectable as ListenSocket, (conn) => accepted.push(conn), {
    ioLoop: loop,
  });
  return { socket, accepted, remove };
}

/**
 * Moves the clock on in small steps. To a loop on that clock a jump looks like being busy for long, after which it
 * waits for a timer of the host's; so each step waits for one too.
 */
async function advance(clock: ManualClock, ms: number): Promise<void> {
  for (let left = ms; left >= 0; left -= 100) {
    await clock.advance(Math.min(left, 100));
    await new Promise((resolve) => setTimeout(resolve, 0));
    await settle();
  }
}

Deno.test("addAcceptHandler pauses when accepting fails, logs once in 10 s, and recovers", () =>
  expectLog(
    { level: "error", pattern: "Too many open files", times: 2 },
    (messages) =>
      withManualLoop(async ({ loop, clock }) => {
        const { socket, accepted, remove } = scripted(loop);
        socket.give(noDescriptors());
        await advance(clock, 0);
        assertEquals(socket.events, IOLoop.NONE);
        socket.give(noDescriptors(), noDescriptors(), conn);
        await advance(clock, 199);
        assertEquals([socket.calls, accepted.length], [1, 0]);
        await advance(clock, 1);
        assertEquals([socket.calls, accepted.length], [2, 0]);
        await advance(clock, 400);
        assertEquals([accepted.length, socket.events], [1, IOLoop.READ]);
        socket.give(noDescriptors(), conn);
        await advance(clock, 200);
        assertEquals([accepted.length, messages.length], [2, 1]);
        await advance(clock, 10_000);
        socket.give(noDescriptors(), conn);
        await advance(clock, 200);
        assertEquals([accepted.length, messages.length], [3, 2]);
        remove();
      }),
  ));

Deno.test("addAcceptHandler that is removed during the pause does not come back", () =>
  expectLog({ level: "error", pattern: "Too many open files" }, () =>
    withManualLoop(async ({ loop, clock }) => {
      const { socket, remove } = scripted(loop);
      socket.give(noDescriptors());
      await clock.advance(0);
      remove();
      await clock.advance(1000);
      assertEquals([loop.handlers.size, clock.armed, socket.calls], [0, 0, 1]);
    })));

Deno.test("addAcceptHandler ignores a client that left while it waited", () =>
  expectNoLog(() =>
    withManualLoop(async ({ loop, clock }) => {
      const { socket, accepted, remove } = scripted(loop);
      socket.give(new Deno.errors.ConnectionAborted("gone"), conn);
      await clock.advance(0);
      assertEquals(accepted.length, 1);
      remove();
    })
  ));

Deno.test("addAcceptHandler accepts at most 128 in a turn", () =>
  withManualLoop(async ({ loop }) => {
    const { socket, accepted, remove } = scripted(loop);
    const perTurn: number[] = [];
    socket.give(...Array.from({ length: 300 }, () => conn));
    const count = () => {
      perTurn.push(accepted.length);
      if (accepted.length < 300) loop.addCallback(count);
    };
    loop.addCallback(count);
    await settle();
    assertEquals(perTurn.filter((count) => count > 0), [128, 256, 300]);
    remove();
  }));

Deno.test("addAcceptHandler tells an IPv4 peer of a socket for both by its IPv4 address", async () => {
  const sockets = bindSockets(0);
  const addresses: Address[] = [];
  const accepted = Promise.withResolvers<void>();
  const removers = sockets.map((socket) =>
    addAcceptHandler(socket, (conn, address) => {
      addresses.push(address);
      conn.close();
      accepted.resolve();
    })
  );
  const client = await Deno.connect({ hostname: "127.0.0.1", port: sockets[0]!.port! });
  await accepted.promise;
  assertEquals((addresses[0] as Deno.NetAddr).hostname, "127.0.0.1");
  client.close();
  for (const remove of removers) remove();
  closeAll(sockets);
  assert(sockets.every((socket) => socket.closed));
});
