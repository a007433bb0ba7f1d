/**
 * What every implementation of `Rooms` has to do; each one's test runs all of it, with two processes where it can have two.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import type { BroadcastReceiver, PreparedMessage, Rooms, WebSocketProtocol13 } from "@denado/denado/websocket";
import { readFrames } from "./websocket_frames.ts";

/** A receiver that keeps what it gets, as text, or as numbers in brackets. */
export class FakeReceiver implements BroadcastReceiver {
  readonly messages: string[] = [];
  readonly wsConnection: WebSocketProtocol13;
  #wake = () => {};

  constructor() {
    const connection: Pick<WebSocketProtocol13, "isClosing" | "offer"> = {
      isClosing: false,
      offer: (message: PreparedMessage) => {
        const { opcode, payload } = readFrames(message.plainFrame())[0]!;
        this.messages.push(opcode === 1 ? new TextDecoder().decode(payload) : `[${payload}]`);
        this.#wake();
        return true;
      },
    };
    this.wsConnection = connection as WebSocketProtocol13; // a broadcast needs no more of it
  }

  /** Resolves when so many messages have come. */
  async has(count: number): Promise<string[]> {
    while (this.messages.length < count) await new Promise<void>((resolve) => this.#wake = resolve);
    return this.messages;
  }
}

/** How rooms are made. */
export interface RoomsTransport {
  readonly name: string;
  readonly ignore?: boolean;
  /** Has a test use the rooms of one process and of another, which may be the same. */
  use(test: (one: Rooms, other: Rooms) => Promise<void>): Promise<void>;
}

/** Registers the tests of the suite for one implementation. */
export function testRooms({ name, ignore = false, use }: RoomsTransport): void {
  const test = (what: string, body: (one: Rooms, other: Rooms) => Promise<void>) =>
    Deno.test(`${name} ${what}`, { ignore }, () => use(body));

  test("reach everybody in a room, and nobody else, in one order", async (one, other) => {
    const [ada, bob, eve] = [new FakeReceiver(), new FakeReceiver(), new FakeReceiver()];
    await one.join("blue", ada);
    await one.join("blue", ada);
    await other.join("blue", bob);
    await other.join("red", eve);
    const messages = ["grün", new Uint8Array([0, 255]), { a: 1 }, ""];
    for (const [at, message] of messages.entries()) await (at % 2 === 0 ? one : other).publish("blue", message);
    await one.publish("red", "for eve");
    const expected = ["grün", "[0,255]", '{"a":1}', ""];
    assertEquals([await ada.has(4), await bob.has(4), await eve.has(1)], [expected, expected, ["for eve"]]);
  });

  test("leave out who shall not hear", async (one, other) => {
    const [ada, bob] = [new FakeReceiver(), new FakeReceiver()];
    await one.join("blue", ada);
    await other.join("blue", bob);
    await one.publish("blue", "from ada", { except: ada });
    await other.publish("blue", "from bob", { except: bob });
    await one.publish("blue", "to all");
    assertEquals(await ada.has(2), ["from bob", "to all"]);
    assertEquals(await bob.has(2), ["from ada", "to all"]);
  });

  test("forget who has left", async (one, other) => {
    const [ada, bob] = [new FakeReceiver(), new FakeReceiver()];
    for (const room of ["blue", "red"]) {
      await one.join(room, ada);
      await other.join(room, bob);
    }
    one.leave("blue", ada);
    one.leave("blue", ada);
    other.leaveAll(bob);
    await one.join("end", bob);
    for (const room of ["blue", "red", "end"]) await one.publish(room, room);
    assertEquals([await ada.has(1), await bob.has(1)], [["red"], ["end"]]);
    assertEquals([one.size("blue"), one.size("red"), one.size("end"), one.size("none")], [0, 1, 1, 0]);
    await one.join("blue", ada);
    await other.publish("blue", "again");
    assertEquals(await ada.has(2), ["red", "again"]);
  });

  test("refuse what is no message", async (one) => {
    await one.join("blue", new FakeReceiver());
    await assertRejects(() => one.publish("blue", [1] as never), TypeError);
  });
}
