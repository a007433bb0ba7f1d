import { assertEquals, assertThrows } from "@std/assert";
import { LocalRooms } from "@denado/denado/websocket";
import { FakeReceiver, testRooms } from "../../helpers/rooms_suite.ts";

testRooms({
  name: "LocalRooms",
  use: async (test) => {
    await using rooms = new LocalRooms();
    await test(rooms, rooms);
  },
});

Deno.test("LocalRooms keep nothing of rooms in which nobody is", async () => {
  const rooms = new LocalRooms();
  const receiver = new FakeReceiver();
  await rooms.join("a", receiver);
  await rooms.join("b", receiver);
  assertEquals([rooms.names, rooms.roomsOf(receiver), rooms.receiversIn("a")], [["a", "b"], ["a", "b"], [receiver]]);
  rooms.leaveAll(receiver);
  assertEquals([rooms.names, rooms.roomsOf(receiver), rooms.receiversIn("a")], [[], [], []]);
});

Deno.test("LocalRooms refuse settings out of range at once", () => {
  assertThrows(() => new LocalRooms({ maxBufferedBytes: -1 }), RangeError);
});
