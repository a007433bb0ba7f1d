/**
 * Rooms: receivers of messages by name, in one process or in several.
 *
 * {@linkcode LocalRooms} is for one process. `RedisRooms`, in `@denado/denado/rooms_redis`, is the same for several, and an
 * application can have another implementation of {@linkcode Rooms}.
 *
 * @module
 */

import { Broadcast, type BroadcastOptions, type BroadcastReceiver, type BroadcastSendOptions } from "./broadcast.ts";
import type { WebSocketMessage } from "./message.ts";
import type { PreparedMessage } from "./prepared_message.ts";

/** Where receivers are, and who sends to them. */
export interface Rooms extends AsyncDisposable {
  /** Lets a receiver in; kept when it gets all that is published from then on. Being there twice is being there once. */
  join(room: string, receiver: BroadcastReceiver): Promise<void>;
  /** Lets a receiver out of a room. */
  leave(room: string, receiver: BroadcastReceiver): void;
  /** Lets a receiver out of all rooms; for `onClose`. */
  leaveAll(receiver: BroadcastReceiver): void;
  /** Sends a message to everybody in a room, in whatever process; kept when it is on its way. */
  publish(room: string, message: WebSocketMessage, options?: BroadcastSendOptions): Promise<void>;
  /** How many receivers of this process are in a room. */
  size(room: string): number;
  /** Ends; the receivers stay open. */
  close(): Promise<void>;
}

/**
 * Rooms in this process.
 *
 * @example A handler with rooms
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LocalRooms, type Rooms, WebSocketHandler } from "@denado/denado";
 *
 * const rooms: Rooms = new LocalRooms();
 *
 * class RoomHandler extends WebSocketHandler {
 *   override async open(room: string) {
 *     await rooms.join(room, this);
 *   }
 *   override onMessage(message: string | Uint8Array) {
 *     return rooms.publish(this.pathArgs[0]!, message, { except: this });
 *   }
 *   override onClose() {
 *     rooms.leaveAll(this);
 *   }
 * }
 *
 * await rooms.publish("lobby", "Is anybody there?");
 * assertEquals(rooms.size("lobby"), 0);
 * ```
 */
export class LocalRooms implements Rooms {
  readonly #rooms = new Map<string, Broadcast>();
  readonly #places = new Map<BroadcastReceiver, Set<string>>();
  readonly #options: BroadcastOptions;

  /** No rooms yet. @throws {RangeError} or {TypeError} as `Broadcast` does */
  constructor(options: BroadcastOptions = {}) {
    new Broadcast(options); // checks them now rather than when the first one comes
    this.#options = options;
  }

  /** The names of the rooms in which somebody is. */
  get names(): string[] {
    return [...this.#rooms.keys()];
  }

  /** Lets a receiver in. */
  join(room: string, receiver: BroadcastReceiver): Promise<void> {
    getOrMake(this.#rooms, room, () => new Broadcast(this.#options)).add(receiver);
    getOrMake(this.#places, receiver, () => new Set<string>()).add(room);
    return Promise.resolve();
  }

  /** Lets a receiver out of a room. */
  leave(room: string, receiver: BroadcastReceiver): void {
    const broadcast = this.#rooms.get(room);
    broadcast?.delete(receiver);
    if (broadcast?.size === 0) this.#rooms.delete(room);
    const places = this.#places.get(receiver);
    places?.delete(room);
    if (places?.size === 0) this.#places.delete(receiver);
  }

  /** Lets a receiver out of all rooms. */
  leaveAll(receiver: BroadcastReceiver): void {
    for (const room of this.#places.get(receiver) ?? []) this.leave(room, receiver);
  }

  /** The rooms in which a receiver is. */
  roomsOf(receiver: BroadcastReceiver): string[] {
    return [...this.#places.get(receiver) ?? []];
  }

  /** Who is in a room. */
  receiversIn(room: string): BroadcastReceiver[] {
    return [...this.#rooms.get(room) ?? []];
  }

  /** Sends a message to everybody in a room. @throws {TypeError} (as a rejection) if it is no message */
  async publish(
    room: string,
    message: WebSocketMessage | PreparedMessage,
    options?: BroadcastSendOptions,
  ): Promise<void> {
    await this.#rooms.get(room)?.send(message, options);
  }

  /** How many are in a room. */
  size(room: string): number {
    return this.#rooms.get(room)?.size ?? 0;
  }

  /** Empties all rooms. */
  close(): Promise<void> {
    this.#rooms.clear();
    this.#places.clear();
    return Promise.resolve();
  }

  /** As {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, value = make());
  return value;
}
