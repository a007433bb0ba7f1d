import { assert, assertEquals, assertThrows } from "@std/assert";
import { IOLoop } from "@denado/denado/ioloop";
import { ListenSocket } from "@denado/denado/tcp";
import { settle } from "../helpers/manual_clock.ts";

const { NONE, READ } = IOLoop;

/** A listener whose `accept` ends when the test says so. */
class ScriptedListener {
  readonly addr: Deno.NetAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1234 };
  readonly accepts: PromiseWithResolvers<Deno.Conn>[] = [];
  closeCalls = 0;

  accept(): Promise<Deno.Conn> {
    const pending = Promise.withResolvers<Deno.Conn>();
    this.accepts.push(pending);
    return pending.promise;
  }

  close(): void {
    this.closeCalls++;
  }
}

class FakeConn {
  closeCalls = 0;
  close(): void {
    this.closeCalls++;
  }
}

function listening() {
  const listener = new ScriptedListener();
  const socket = new ListenSocket(listener as unknown as Deno.Listener);
  const state = { calls: 0 };
  socket.watch(READ, () => state.calls++);
  const connect = async () => {
    const conn = new FakeConn();
    listener.accepts.at(-1)!.resolve(conn as unknown as Deno.Conn);
    await settle();
    return conn;
  };
  return { listener, socket, state, connect };
}

Deno.test("ListenSocket has one accept outstanding, and keeps what comes in order", async () => {
  const { listener, socket, state, connect } = listening();
  assertEquals([listener.accepts.length, socket.tryAccept(), listener.accepts.length], [1, undefined, 1]);
  const [first, second] = [await connect(), await connect()];
  assertEquals([state.calls, socket.ready(), listener.accepts.length], [2, READ, 3]);
  assert(socket.tryAccept() === first as unknown);
  assert(socket.tryAccept() === second as unknown);
  assertEquals([socket.ready(), listener.accepts.length, socket.tryAccept()], [NONE, 3, undefined]);
  socket.close();
});

Deno.test("ListenSocket accepts no further while 32 connections wait to be taken", async () => {
  const { listener, socket, connect } = listening();
  for (let count = 0; count < 32; count++) await connect();
  assertEquals(listener.accepts.length, 32);
  assert(socket.tryAccept() !== undefined);
  assertEquals(listener.accepts.length, 33);
  await connect();
  assertEquals(listener.accepts.length, 33);
  socket.close();
});

Deno.test("ListenSocket gives what it kept before it throws the error of the next accept", async () => {
  const { listener, socket, connect } = listening();
  const conn = await connect();
  listener.accepts.at(-1)!.reject(new Error("no descriptors"));
  await settle();
  assert(socket.tryAccept() === conn as unknown);
  assertEquals(socket.ready(), READ);
  assertThrows(() => socket.tryAccept(), Error, "no descriptors");
  assertEquals([socket.ready(), listener.accepts.length], [NONE, 2]);
  socket.close();
});

Deno.test("ListenSocket keeps a connection that arrives while READ is not watched", async () => {
  const { listener, socket, state, connect } = listening();
  socket.watch(NONE, undefined);
  await connect();
  assertEquals([state.calls, socket.ready()], [0, READ]);
  assert(socket.tryAccept() !== undefined);
  assertEquals(listener.accepts.length, 1);
  socket.watch(READ, () => {});
  assertEquals(listener.accepts.length, 2);
  socket.close();
});

Deno.test("ListenSocket throws the error of an accept out of tryAccept once, and starts again with the next call", async () => {
  const { listener, socket, state } = listening();
  listener.accepts[0]!.reject(new Deno.errors.ConnectionAborted("gone"));
  await settle();
  assertEquals([state.calls, socket.ready()], [1, READ]);
  assertThrows(() => socket.tryAccept(), Deno.errors.ConnectionAborted, "gone");
  assertEquals([socket.ready(), listener.accepts.length], [NONE, 1]);
  assertEquals([socket.tryAccept(), listener.accepts.length], [undefined, 2]);
  socket.close();
});

Deno.test("ListenSocket closes the listener once, and the connections that nobody took", async () => {
  const { listener, socket, connect } = listening();
  const conns = [await connect(), await connect()];
  socket.close();
  socket.close();
  assertEquals([listener.closeCalls, socket.closed, socket.ready()], [1, true, NONE]);
  assertEquals(conns.map(({ closeCalls }) => closeCalls), [1, 1]);
});

Deno.test("ListenSocket closes a connection that arrives after it was closed", async () => {
  const { socket, state, connect } = listening();
  socket.close();
  const conn = await connect();
  assertEquals([conn.closeCalls, state.calls], [1, 0]);
});

Deno.test("ListenSocket forgets the accept that its own close ends", async () => {
  const { listener, socket, state } = listening();
  socket.close();
  listener.accepts[0]!.reject(new Deno.errors.BadResource("Listener has been closed"));
  await settle();
  assertEquals([state.calls, socket.tryAccept()], [0, undefined]);
});

Deno.test("ListenSocket tells address and port, and no port for a Unix socket", () => {
  const { socket } = listening();
  assertEquals([socket.address, socket.port], [{ transport: "tcp", hostname: "127.0.0.1", port: 1234 }, 1234]);
  socket.close();
  const addr: Deno.UnixAddr = { transport: "unix", path: "/run/x" };
  assertEquals(new ListenSocket({ addr } as unknown as Deno.Listener).port, undefined);
});
