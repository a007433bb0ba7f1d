import { assertEquals, assertRejects } from "@std/assert";
import { RedisRooms } from "@denado/denado/rooms_redis";
import { Redis } from "ioredis";
import { expectLog } from "../../helpers/expect_log.ts";
import { hasRedis, RedisServer } from "../../helpers/redis_server.ts";
import { FakeReceiver, testRooms } from "../../helpers/rooms_suite.ts";

const ignore = !hasRedis;
let server: RedisServer;

Deno.test.beforeAll(async () => {
  if (!ignore) server = await RedisServer.start();
});

Deno.test.afterAll(async () => {
  if (!ignore) await server[Symbol.asyncDispose]();
});

testRooms({
  name: "RedisRooms",
  ignore,
  use: async (test) => {
    const prefix = crypto.randomUUID(); // rooms of one test are not those of another
    await using one = new RedisRooms({ redis: { path: server.path }, prefix });
    await using other = new RedisRooms({ redis: { path: server.path }, prefix });
    await test(one, other);
  },
});

Deno.test(
  "RedisRooms ignore what is no message of theirs",
  { ignore },
  () =>
    expectLog({ level: "warning", pattern: 'Ignoring what is no message in the room "blue"', times: 1 }, async () => {
      await using rooms = new RedisRooms({ redis: { path: server.path }, prefix: "test:" });
      const receiver = new FakeReceiver();
      await rooms.join("blue", receiver);
      const stranger = new Redis({ path: server.path });
      await stranger.publish("test:blue", "nonsense");
      await rooms.publish("blue", "sense");
      assertEquals(await receiver.has(1), ["sense"]);
      const ended = new Promise((resolve) => stranger.once("end", resolve));
      stranger.disconnect();
      await ended;
    }),
);

Deno.test("RedisRooms come back with Redis, and publishing fails without it", { ignore }, async () => {
  await using ownServer = await RedisServer.start();
  await expectLog({ level: "error", pattern: "Redis cannot be reached" }, async () => {
    const redis = { path: ownServer.path, maxRetriesPerRequest: 1, retryStrategy: () => 10 };
    await using rooms = new RedisRooms({ redis });
    const receiver = new FakeReceiver();
    await rooms.join("blue", receiver);
    await rooms.publish("blue", "before");
    await receiver.has(1);
    await ownServer.stop();
    await assertRejects(() => rooms.publish("blue", "lost"));
    await assertRejects(() => rooms.join("red", receiver));
    assertEquals([rooms.size("blue"), rooms.size("red")], [1, 0]);
    await ownServer.restart();
    while (receiver.messages.length < 2) await rooms.publish("blue", "after").catch(() => {});
    assertEquals(receiver.messages.slice(0, 2), ["before", "after"]);
  });
});

Deno.test("RedisRooms do not ask a connection that subscribes whether Redis is ready", { ignore }, async () => {
  const observer = new Redis({ path: server.path });
  const monitor = await observer.monitor();
  const commands: string[] = [];
  const published = new Promise<void>((resolve) =>
    monitor.on("monitor", (_time: string, [command]: string[]) => {
      commands.push(command!.toLowerCase());
      if (commands.at(-1) === "publish") resolve();
    })
  );
  {
    await using rooms = new RedisRooms({ redis: { path: server.path } });
    await rooms.join("blue", new FakeReceiver());
    await rooms.publish("blue", "hello");
    await published;
  }
  // The publisher asks. Redis refuses INFO on the other connection if SUBSCRIBE was first.
  assertEquals(commands.filter((command) => command === "info").length, 1);
  const ended = [observer, monitor].map((client) => new Promise((resolve) => client.once("end", resolve)));
  observer.disconnect();
  monitor.disconnect();
  await Promise.all(ended);
});
