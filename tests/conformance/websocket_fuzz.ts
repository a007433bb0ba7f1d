/**
 * `deno task fuzz:websocket [seconds] [seed]`: random input for the WebSocket protocol, for a minute or as long as told. What
 * failed is printed with the seed that finds it again. The suite runs a few hundred rounds of it (`websocket_fuzz_test.ts`).
 *
 * Streams of frames, damaged or not, go to the receiver in random pieces and to a second implementation of the rules, which
 * is slow and simple; both must find the same. Random messages go from a client to a server and back, compressed by random
 * parameters with too few streams for all. Damaged deflate data, handshakes and rooms' envelopes may be refused, in the one
 * way in which that is done, and nothing else.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { constants, deflateRawSync } from "node:zlib";
import {
  acceptOffer,
  CompressionPool,
  FramingProtocol,
  isCloseCode,
  MessageInflater,
  parseAnswer,
  parseExtensions,
  parseSubprotocols,
  ProtocolEvents,
  ReceiveEvents,
  Receiver,
  WebSocketError,
  WebSocketProtocolError,
} from "@denado/denado/websocket";
import { packEnvelope, unpackEnvelope } from "../../http/websocket/room_envelope.ts";
import { Random } from "../helpers/random.ts";
import { concat, frame, readFrame, RecordingSink, toBytes } from "../helpers/websocket_frames.ts";

const MAX_SIZE = 300;

/** What was found in a stream of frames: messages, control frames, the code of an error. */
type Found = string[];

/** One round of everything. */
export function fuzzRound(seed: number): void {
  const random = new Random(seed);
  fuzzReceiver(random);
  fuzzInflater(random);
  fuzzHandshake(random);
  fuzzEnvelope(random);
  if (seed % 8 === 0) fuzzConversation(random);
}

// --- streams of frames ---

function fuzzReceiver(random: Random): void {
  const frames = Array.from({ length: 1 + random.below(6) }, () => randomFrame(random));
  let bytes = concat(frames);
  for (let count = random.below(3); count > 0; count--) bytes = damage(bytes, random);
  const expected = referenceReceive(bytes);
  const ends = randomEnds(bytes.length, random);
  assertEquals(receive(bytes, ends), expected, `bytes ${bytes}, cut at ${ends}`);
}

function randomFrame(random: Random): Uint8Array {
  const isText = random.below(2) === 0;
  const size = random.pick([0, 1, 5, 125, 126, 127, 200, 301]);
  const text = random.text(["a", "é", "€", "😀", "z"], size);
  const payload = isText ? toBytes(text) : Uint8Array.from({ length: size }, () => random.below(256));
  return frame({
    opcode: random.pick([0, 0, 1, 1, 1, 2, 8, 9, 10, random.below(16)]),
    fin: random.below(3) !== 0,
    rsv: random.below(30) === 0 ? random.below(8) : 0,
    payload,
    mask: random.below(30) === 0 ? null : [random.below(256), random.below(256), random.below(256), random.below(256)],
  });
}

function damage(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const at = random.below(bytes.length + 1);
  switch (random.below(4)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(4))]);
    case 2:
      return concat([bytes.subarray(0, at), Uint8Array.from([random.below(256)]), bytes.subarray(at)]);
    default: {
      const copy = bytes.slice();
      if (at < copy.length) copy[at]! ^= 1 << random.below(8);
      return copy;
    }
  }
}

function randomEnds(length: number, random: Random): number[] {
  const ends: number[] = [];
  for (let at = 0; at < length;) ends.push(at = Math.min(length, at + 1 + random.below(random.pick([1, 3, 40, 1000]))));
  return ends;
}

function receive(bytes: Uint8Array, ends: readonly number[]): Found {
  const receiver = new Receiver("server", { maxMessageSize: MAX_SIZE });
  const found: Found = [];
  const memory = bytes.slice();
  let start = 0;
  try {
    for (const end of ends) {
      for (;;) {
        const event = receiver.receive(memory, start, end);
        start += receiver.consumed;
        if (event === ReceiveEvents.NEED_DATA) break;
        if (event === ReceiveEvents.TEXT) found.push(`text ${receiver.text}`);
        else if (event === ReceiveEvents.BINARY) found.push(`bytes ${receiver.bytes}`);
        else found.push(`control ${event} ${receiver.bytes}`);
        assert(receiver.bytes.length <= MAX_SIZE);
      }
    }
  } catch (error) {
    if (!(error instanceof WebSocketProtocolError)) throw error;
    found.push(`error ${error.closeCode}`);
  }
  return found;
}

/** The rules of RFC 6455 once more, frame by frame, without any care for speed. */
function referenceReceive(bytes: Uint8Array): Found {
  const found: Found = [];
  let message: { opcode: number; parts: Uint8Array[] } | undefined;
  for (let at = 0; at < bytes.length;) {
    const refusal = referenceRefusal(bytes.subarray(at), message);
    if (refusal !== undefined) return [...found, `error ${refusal}`];
    const whole = readFrame(bytes, at);
    const { fin, opcode, payload } = whole?.frame ?? partOfFrame(bytes, at);
    if (opcode < 8) {
      message ??= { opcode, parts: [] };
      message.parts.push(payload);
      const end = fin && whole !== undefined;
      if (message.opcode === 1 && !isUtf8Prefix(concat(message.parts), end)) return [...found, "error 1007"];
      if (end) found.push(describe(message.opcode, concat(message.parts)));
      if (end) message = undefined;
    } else if (whole !== undefined) {
      found.push(`control ${{ 8: 5, 9: 3, 10: 4 }[opcode]} ${payload}`);
    }
    if (whole === undefined) break;
    at = whole.next;
  }
  return found;
}

function describe(opcode: number, payload: Uint8Array): string {
  return opcode === 1 ? `text ${new TextDecoder("utf-8", { ignoreBOM: true }).decode(payload)}` : `bytes ${payload}`;
}

/** The code with which a frame is refused by its header, as far as that is there. */
function referenceRefusal(
  bytes: Uint8Array,
  message: { readonly parts: readonly Uint8Array[] } | undefined,
): number | undefined {
  if (bytes.length < 2) return undefined;
  const [first, second] = [bytes[0]!, bytes[1]!];
  const opcode = first & 15;
  const count = (second & 127) === 126 ? 2 : (second & 127) === 127 ? 8 : 0;
  const isThere = bytes.length >= 2 + count + 4;
  let length = BigInt(second & 127);
  if (count > 0 && isThere) length = bytes.subarray(2, 2 + count).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const isKnown = [0, 1, 2, 8, 9, 10].includes(opcode);
  const isControl = opcode >= 8;
  const isTooShort = isThere &&
    ((count === 2 && length < 126n) || (count === 8 && (length < 65536n || length >> 63n !== 0n)));
  if (
    (second & 128) === 0 || (first & 0x70) !== 0 || !isKnown || isTooShort ||
    (isControl && (first & 128) === 0) || (isControl && (count > 0 || length > 125n)) ||
    (opcode === 0 && message === undefined) || ((opcode === 1 || opcode === 2) && message !== undefined)
  ) return 1002;
  const before = message === undefined ? 0 : concat(message.parts).length;
  return !isControl && isThere && BigInt(before) + length > BigInt(MAX_SIZE) ? 1009 : undefined;
}

/** A data frame of which only a part has come, or nothing of its payload. */
function partOfFrame(bytes: Uint8Array, at: number): { fin: boolean; opcode: number; payload: Uint8Array } {
  const second = bytes[at + 1] ?? 0;
  const head = 2 + ((second & 127) === 126 ? 2 : (second & 127) === 127 ? 8 : 0) + 4;
  const mask = bytes.subarray(at + head - 4, at + head);
  const payload = bytes.slice(at + head).map((byte, index) => byte ^ mask[index % 4]!);
  return { fin: false, opcode: bytes[at]! & 15, payload };
}

/** Whether bytes are UTF-8, or can become it by more that follow. */
function isUtf8Prefix(bytes: Uint8Array, whole: boolean): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !whole });
    return true;
  } catch {
    return false;
  }
}

// --- compression ---

function fuzzInflater(random: Random): void {
  const plain = toBytes(random.text(["word ", "another ", "x", "yz"], 200));
  const flush = { finishFlush: random.below(2) === 0 ? constants.Z_SYNC_FLUSH : constants.Z_FINISH };
  let payload = new Uint8Array(deflateRawSync(plain, flush));
  for (let count = random.below(4); count > 0; count--) payload = damage(payload, random);
  const inflater = new MessageInflater({ windowBits: 9 + random.below(7), noContextTakeover: random.below(2) === 0 });
  const limit = random.below(1500);
  try {
    const size = inflater.inflate(payload, 0, payload.length, limit);
    assert(size <= limit);
  } catch (error) {
    if (!(error instanceof WebSocketProtocolError)) throw error;
    assert(error.closeCode === 1007 || error.closeCode === 1009);
  }
  inflater.release();
}

/** Messages in both directions between some clients and servers that have one small pool. */
function fuzzConversation(random: Random): void {
  const pool = new CompressionPool({ maxStreams: 1 + random.below(3) });
  const words = Array.from({ length: 20 }, () => random.text("abcdeé€", 10));
  const pairs = Array.from({ length: 1 + random.below(4) }, () => {
    const deflate = {
      serverNoContextTakeover: random.below(2) === 0,
      clientNoContextTakeover: random.below(2) === 0,
      serverMaxWindowBits: 9 + random.below(7),
      clientMaxWindowBits: 9 + random.below(7),
    };
    const compression = {
      pool,
      threshold: random.below(100),
      compressionLevel: random.below(10),
      memLevel: 1 + random.below(9),
    };
    const sinks = [new RecordingSink(), new RecordingSink()] as const;
    const options = { deflate: random.below(4) === 0 ? undefined : deflate, compression };
    const sides = [
      new FramingProtocol("client", sinks[0], options),
      new FramingProtocol("server", sinks[1], options),
    ] as const;
    return { sinks, sides };
  });
  for (let count = 0; count < 40; count++) {
    const { sinks, sides } = random.pick(pairs);
    const from = random.below(2) as 0 | 1;
    const text = random.text(words, random.pick([1, 10, 3000]));
    if (random.below(2) === 0) sides[from].sendText(text);
    else sides[from].sendBinary(toBytes(text));
    const bytes = sinks[from].take();
    const to = sides[1 - from]!;
    let event;
    let start = 0;
    for (const end of randomEnds(bytes.length, random)) {
      event = to.receive(bytes, start, end);
      start += to.consumed;
    }
    if (event === ProtocolEvents.TEXT) assertEquals(to.text, text);
    else if (event === ProtocolEvents.BINARY) assertEquals(to.bytes, toBytes(text));
    else throw new Error(`Not a message: event ${event}, ${to.failure}`);
  }
  for (const { sides } of pairs) for (const side of sides) side.dispose();
}

// --- text ---

const HEADER_PIECES = [
  "permessage-deflate",
  "server_no_context_takeover",
  "client_no_context_takeover",
  "server_max_window_bits",
  "client_max_window_bits",
  "=",
  ";",
  "; ",
  ",",
  ", ",
  " ",
  "\t",
  '"',
  "\\",
  "8",
  "9",
  "10",
  "15",
  "16",
  "x",
  "ö",
];

function fuzzHandshake(random: Random): void {
  const text = random.text(HEADER_PIECES, 12);
  parseSubprotocols(text);
  const extensions = parseExtensions(text);
  if (extensions === undefined) return;
  const accepted = acceptOffer(extensions, {});
  if (accepted !== undefined) {
    const answer = parseExtensions(accepted.answer)!;
    assertEquals(answer.length, 1);
    assert(accepted.parameters.serverMaxWindowBits >= 9);
  }
  try {
    parseAnswer(extensions, {});
  } catch (error) {
    if (!(error instanceof WebSocketError)) throw error;
  }
}

function fuzzEnvelope(random: Random): void {
  const packed = packEnvelope(random.text("aé€", 10), { sender: new Uint8Array(8), except: random.below(1000) });
  unpackEnvelope(damage(damage(packed, random), random));
  isCloseCode(random.below(70_000));
}

if (import.meta.main) {
  const [seconds = "60", firstSeed = String(Date.now() % 1_000_000_000)] = Deno.args;
  const end = performance.now() + Number(seconds) * 1000;
  let seed = Number(firstSeed);
  let rounds = 0;
  console.log(`Fuzzing for ${seconds} s from seed ${seed} on`);
  try {
    for (; performance.now() < end; seed++, rounds++) fuzzRound(seed);
  } catch (error) {
    console.error(`Seed ${seed} fails: deno task fuzz:websocket 1 ${seed}`);
    throw error;
  }
  console.log(`${rounds} rounds, nothing found`);
}
