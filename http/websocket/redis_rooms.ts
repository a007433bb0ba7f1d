/**
 * Rooms over several processes, by way of Redis (pub/sub). An entry of its own, `@denado/denado/rooms_redis`, so that
 * nobody else loads a client for Redis.
 *
 * All messages take the way over Redis, also those between receivers of one process: so they come in the same order
 * everywhere. A process subscribes to the rooms in which it has receivers.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { Redis, type RedisOptions } from "ioredis";
import { genLog } from "../../ioloop/mod.ts";
import type { BroadcastOptions, BroadcastReceiver, BroadcastSendOptions } from "./broadcast.ts";
import type { WebSocketMessage } from "./message.ts";
import { packEnvelope, SENDER_BYTES, unpackEnvelope } from "./room_envelope.ts";
import { LocalRooms, type Rooms } from "./rooms.ts";

/** Settings of {@linkcode RedisRooms}; those of a broadcast are for the receivers of this process. */
export interface RedisRoomsOptions extends BroadcastOptions {
  /** Where Redis is: a URL, or options of the package ioredis. @default "redis://127.0.0.1:6379" */
  readonly redis?: string | Readonly<Record<string, unknown>>;
  /** What the names of the channels begin with. @default "denado:room:" */
  readonly prefix?: string;
}

const DEFAULT_URL = "redis://127.0.0.1:6379";
const DEFAULT_PREFIX = "denado:room:";
/** A process that cannot reach Redis for so long, in milliseconds, tries again in the same rhythm. */
const MAX_RETRY_MS = 2000;

/**
 * Rooms that processes share.
 *
 * While Redis cannot be reached, publishing waits, and fails after some attempts; receivers stay connected, and rooms come
 * back with Redis.
 *
 * @example
 * ```ts ignore
 * import { Application, WebSocketHandler } from "@denado/denado";
 * import { RedisRooms } from "@denado/denado/rooms_redis";
 *
 * const rooms = new RedisRooms({ redis: "redis://127.0.0.1:6379" });
 *
 * class ChatHandler extends WebSocketHandler {
 *   override async open(room: string) {
 *     await rooms.join(room, this);
 *   }
 *   override onMessage(message: string | Uint8Array) {
 *     return rooms.publish(this.pathArgs[0]!, message);
 *   }
 *   override onClose() {
 *     rooms.leaveAll(this);
 *   }
 * }
 *
 * new Application([["/chat/(.+)", ChatHandler]]).listen(8888);
 * ```
 */
export class RedisRooms implements Rooms {
  readonly #local: LocalRooms;
  readonly #prefix: string;
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  /** By which other processes and Redis know this one. */
  readonly #sender = crypto.getRandomValues(new Uint8Array(SENDER_BYTES));
  readonly #numbers = new WeakMap<BroadcastReceiver, number>();
  #lastNumber = 0;
  readonly #subscriptions = new Map<string, Promise<unknown>>();

  /** Rooms on a Redis server; the connections to it begin now. */
  constructor(options: RedisRoomsOptions = {}) {
    const { redis = DEFAULT_URL, prefix = DEFAULT_PREFIX, ...broadcastOptions } = options;
    this.#local = new LocalRooms(broadcastOptions);
    this.#prefix = prefix;
    this.#publisher = connect(redis);
    // ioredis asks by INFO whether Redis is ready, but may have sent SUBSCRIBE by then, after which INFO is refused and the
    // connection begins anew, without what was published meanwhile.
    this.#subscriber = connect(redis, { enableReadyCheck: false });
    this.#subscriber.on("messageBuffer", this.#onMessage);
  }

  /** Lets a receiver in; kept when this process has subscribed to the room. */
  async join(room: string, receiver: BroadcastReceiver): Promise<void> {
    await this.#local.join(room, receiver);
    let subscription = this.#subscriptions.get(room);
    if (subscription === undefined) {
      subscription = this.#subscriber.subscribe(this.#prefix + room);
      this.#subscriptions.set(room, subscription);
    }
    try {
      await subscription;
    } catch (error) {
      if (this.#subscriptions.get(room) === subscription) this.#subscriptions.delete(room);
      this.#local.leave(room, receiver);
      throw error;
    }
  }

  /** Lets a receiver out of a room. */
  leave(room: string, receiver: BroadcastReceiver): void {
    this.#local.leave(room, receiver);
    if (this.#local.size(room) > 0 || !this.#subscriptions.delete(room)) return;
    this.#subscriber.unsubscribe(this.#prefix + room).catch((error) => {
      genLog.debug(`Could not unsubscribe from a room: ${String(error)}`); // it comes back with an empty room only
    });
  }

  /** Lets a receiver out of all rooms. */
  leaveAll(receiver: BroadcastReceiver): void {
    for (const room of this.#local.roomsOf(receiver)) this.leave(room, receiver);
  }

  /**
   * Sends a message to everybody in a room; kept when Redis has it.
   *
   * @throws {TypeError} (as a rejection) if it is no message
   * @throws what ioredis says, if Redis cannot be reached
   */
  async publish(room: string, message: WebSocketMessage, options: BroadcastSendOptions = {}): Promise<void> {
    const { except, ...rest } = options;
    const number = except === undefined ? 0 : this.#numberOf(except);
    const packed = packEnvelope(message, { ...rest, sender: this.#sender, except: number });
    await this.#publisher.publish(this.#prefix + room, Buffer.from(packed.buffer));
  }

  /** How many receivers of this process are in a room. */
  size(room: string): number {
    return this.#local.size(room);
  }

  /** Ends the connections to Redis. */
  async close(): Promise<void> {
    await this.#local.close();
    this.#subscriptions.clear();
    await Promise.all([this.#publisher, this.#subscriber].map(disconnect));
  }

  /** As {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #numberOf(receiver: BroadcastReceiver): number {
    let number = this.#numbers.get(receiver);
    if (number === undefined) this.#numbers.set(receiver, number = ++this.#lastNumber);
    return number;
  }

  #onMessage = (channel: Uint8Array, packed: Uint8Array): void => {
    const room = new TextDecoder().decode(channel).slice(this.#prefix.length);
    const envelope = unpackEnvelope(packed);
    if (envelope === undefined) {
      return genLog.warning(`Ignoring what is no message in the room ${JSON.stringify(room)}`);
    }
    const { sender, except, message } = envelope;
    const isOurs = except !== 0 && sender.every((byte, at) => byte === this.#sender[at]);
    const excluded = isOurs
      ? this.#local.receiversIn(room).find((receiver) => this.#numbers.get(receiver) === except)
      : undefined;
    this.#local.publish(room, message, excluded === undefined ? {} : { except: excluded });
  };
}

function connect(redis: string | Readonly<Record<string, unknown>>, own: RedisOptions = {}): Redis {
  const options: RedisOptions = { retryStrategy: (attempt) => Math.min(50 * attempt, MAX_RETRY_MS), ...own };
  const client = typeof redis === "string" ? new Redis(redis, options) : new Redis({ ...options, ...redis, ...own });
  let failing = false;
  client.on("error", (error: Error) => {
    if (!failing) genLog.error(`Redis cannot be reached: ${error.message || String(error)}`);
    failing = true; // once, not for each attempt
  });
  client.on("ready", () => failing = false);
  return client;
}

async function disconnect(client: Redis): Promise<void> {
  if (client.status === "end") return;
  const ended = new Promise<void>((resolve) => client.once("end", () => resolve()));
  // What is under way is still answered, if there is anybody to answer it.
  if (client.status === "ready") await client.quit().catch(() => client.disconnect());
  else client.disconnect();
  await ended;
}
