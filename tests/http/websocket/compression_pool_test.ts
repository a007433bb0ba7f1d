import { assertEquals, assertThrows } from "@std/assert";
import { CompressionPool, type StreamOwner, type StreamSettings } from "@denado/denado/websocket";

const SETTINGS: StreamSettings = { kind: "deflate", windowBits: 9, level: 1, memLevel: 1 };

class Owner implements StreamOwner {
  losses = 0;

  streamLost(): void {
    this.losses++;
  }
}

Deno.test("CompressionPool takes the stream that was used longest ago when there are enough", () => {
  const pool = new CompressionPool({ maxStreams: 2 });
  const owners = [new Owner(), new Owner(), new Owner()];
  const first = pool.borrow(SETTINGS, owners[0]!);
  const second = pool.borrow(SETTINGS, owners[1]!);
  assertEquals([pool.size, first === second], [2, false]);
  pool.touch(first);
  const third = pool.borrow(SETTINGS, owners[2]!);
  assertEquals([third === second, owners.map(({ losses }) => losses)], [true, [0, 1, 0]]);
  assertEquals(third.owner === owners[2], true);
});

Deno.test("CompressionPool hands out what was given back before it takes anything away", () => {
  const pool = new CompressionPool({ maxStreams: 2 });
  const owners = [new Owner(), new Owner(), new Owner()];
  const first = pool.borrow(SETTINGS, owners[0]!);
  const second = pool.borrow(SETTINGS, owners[1]!);
  pool.giveBack(second, "deflate");
  assertEquals(pool.borrow(SETTINGS, owners[2]!) === second, true);
  assertEquals([first.owner === owners[0], owners.map(({ losses }) => losses)], [true, [0, 0, 0]]);
});

Deno.test("CompressionPool closes a stream with other settings to make room", () => {
  const pool = new CompressionPool({ maxStreams: 1 });
  const owner = new Owner();
  const first = pool.borrow(SETTINGS, owner);
  const second = pool.borrow({ ...SETTINGS, level: 2 }, new Owner());
  assertEquals([first === second, owner.losses, pool.size], [false, 1, 1]);
  const inflater = pool.borrow({ ...SETTINGS, kind: "inflate" }, new Owner());
  assertEquals([inflater.fits({ ...SETTINGS, kind: "inflate", level: 9 }), pool.size], [true, 2]);
});

Deno.test("CompressionPool closes a stream that has failed", () => {
  const pool = new CompressionPool({ maxStreams: 2 });
  const stream = pool.borrow({ ...SETTINGS, kind: "inflate" }, new Owner());
  stream.run(new Uint8Array([7]), 0, 1, new Uint8Array(9), 0, 9);
  assertEquals(stream.error, "invalid block type");
  pool.giveBack(stream, "inflate");
  assertEquals(pool.size, 0);
});

Deno.test("CompressionPool refuses to hold nothing", () => {
  for (const maxStreams of [0, -1, 1.5, NaN]) {
    assertThrows(() => new CompressionPool({ maxStreams }), RangeError, "maxStreams");
  }
});
