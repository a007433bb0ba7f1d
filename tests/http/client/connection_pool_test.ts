import { assertEquals } from "@std/assert";
import { ConnectionPool, type ConnectionPoolOptions, type Poolable } from "../../../http/client/connection_pool.ts";
import { ManualClock } from "../../helpers/manual_clock.ts";

class FakeConnection implements Poolable {
  reusable = true;
  closed = false;
  parked = 0;
  constructor(readonly name: string = "") {}
  close(): void {
    this.closed = true;
    this.reusable = false;
  }
  park(): void {
    this.parked++;
  }
  unpark(): void {
    this.parked--;
  }
}

function scene(options: ConnectionPoolOptions = {}) {
  const clock = new ManualClock(1000);
  const pool = new ConnectionPool<FakeConnection>({ clock, ...options });
  const put = (key: string, name = "", serverTimeoutMs?: number): FakeConnection => {
    const connection = new FakeConnection(name);
    pool.put(key, connection, serverTimeoutMs);
    return connection;
  };
  return { clock, pool, put };
}

Deno.test("ConnectionPool gives what was put under the same key, once", () => {
  const { pool, put } = scene();
  const connection = put("a");
  assertEquals([pool.size, pool.take("b"), connection.parked], [1, undefined, 1]);
  assertEquals(pool.take("a"), connection);
  assertEquals([pool.size, pool.take("a"), connection.parked, connection.closed], [0, undefined, 0, false]);
});

Deno.test("ConnectionPool gives the one that was used last", () => {
  const { pool, put } = scene();
  for (const name of ["one", "two", "three"]) put("a", name);
  assertEquals([1, 2, 3].map(() => pool.take("a")?.name), ["three", "two", "one"]);
});

Deno.test("ConnectionPool closes what cannot be used again, at once or when its turn comes", () => {
  const { pool, put } = scene();
  const broken = new FakeConnection();
  broken.reusable = false;
  pool.put("a", broken);
  assertEquals([broken.closed, pool.size], [true, 0]);
  const [good, breaking] = [put("a", "good"), put("a", "breaking")];
  breaking.reusable = false;
  assertEquals([pool.take("a"), breaking.closed, good.closed], [good, true, false]);
});

Deno.test("ConnectionPool closes what has waited too long, and arms no timer when nothing waits", async () => {
  const { clock, pool, put } = scene({ idleTimeoutMs: 5000 });
  const first = put("a");
  await clock.advance(3000);
  const second = put("a");
  await clock.advance(2000);
  assertEquals([first.closed, second.closed, pool.size], [true, false, 1]);
  await clock.advance(3000);
  assertEquals([second.closed, pool.size, clock.armed], [true, 0, 0]);
});

Deno.test("ConnectionPool does not give what is too old although no timer has fired", () => {
  const { clock, pool, put } = scene({ idleTimeoutMs: 5000 });
  const connection = put("a");
  clock.jump(6000);
  assertEquals([pool.take("a"), connection.closed], [undefined, true]);
  pool.close();
});

Deno.test("ConnectionPool waits no longer than the server does", () => {
  const { clock, pool, put } = scene({ idleTimeoutMs: 5000 });
  put("a", "", 2000);
  clock.jump(3000);
  assertEquals(pool.take("a"), undefined);
  assertEquals(put("a", "", 0).closed, true);
  put("a", "", 9000);
  clock.jump(8000);
  assertEquals(pool.take("a"), undefined);
  pool.close();
});

Deno.test("ConnectionPool closes in passing what the server has closed", async () => {
  const { clock, pool, put } = scene({ idleTimeoutMs: 5000 });
  put("a");
  await clock.advance(1000);
  const gone = put("b");
  gone.reusable = false;
  await clock.advance(4000);
  assertEquals([gone.closed, pool.size], [true, 0]);
});

Deno.test("ConnectionPool closes the oldest when there are too many", () => {
  const { pool, put } = scene({ maxIdle: 2 });
  const [one, two, three] = [put("a"), put("b"), put("a")];
  assertEquals([one.closed, two.closed, three.closed, pool.size], [true, false, false, 2]);
  pool.close();
  assertEquals([two.closed, three.closed, pool.size], [true, true, 0]);
});

for (const options of [{ maxIdle: 0 }, { idleTimeoutMs: 0 }]) {
  Deno.test(`ConnectionPool keeps nothing with ${JSON.stringify(options)}`, () => {
    const { clock, put } = scene(options);
    assertEquals([put("a").closed, clock.armed], [true, 0]);
  });
}

Deno.test("ConnectionPool forgets what it is told to, wherever that is", () => {
  const { pool, put } = scene();
  const [one, two] = [put("a"), put("a")];
  pool.forget("a", one);
  pool.forget("a", one);
  pool.forget("b", two);
  assertEquals([pool.take("a"), pool.take("a"), one.closed], [two, undefined, true]);
  pool.close();
});

Deno.test("ConnectionPool lets go of its timer when it is closed", () => {
  const { clock, pool, put } = scene();
  {
    using _pool = pool;
    put("a");
    assertEquals(clock.armed, 1);
  }
  assertEquals(clock.armed, 0);
});

Deno.test("ConnectionPool keeps no process alive by the host's timer", async () => {
  const module = new URL("../../../http/client/connection_pool.ts", import.meta.url);
  const code = `import { ConnectionPool } from "${module}";
    new ConnectionPool({ idleTimeoutMs: 600_000 }).put("a", { reusable: true, close() {} });`;
  const { success } = await new Deno.Command(Deno.execPath(), { args: ["eval", "--ext=ts", code] }).output();
  assertEquals(success, true);
});
