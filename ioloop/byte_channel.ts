/**
 * A non-blocking channel of bytes over a host that only completes operations.
 *
 * It makes a socket, a TLS connection or a child's pipe {@linkcode Selectable}.
 * At most one read is outstanding. Its result is kept, the channel is readable,
 * and no other read is issued until the bytes were taken and their buffer was
 * given back: that is the back pressure. At most one write is in flight; the
 * channel is writable when none is.
 *
 * Bytes are lent, not copied: {@linkcode ByteChannel.takeReceived} lends the
 * channel's own buffer, and {@linkcode ByteChannel.recycle} gives it back. The
 * buffer follows the traffic, small while the peer says little and large in
 * bulk: while the peer says little at a time an idle channel holds 512 bytes.
 *
 * By default the next read begins as soon as it may, so that the end of the
 * connection is noticed early. Without {@linkcode ByteChannel.readAhead} it
 * begins when it is asked for, and in between the host's resource is idle: it can
 * be handed to somebody else, for a TLS handshake for instance.
 *
 * Errors are kept like results: they come out of the call that takes them.
 *
 * Where more channels are ready than the host serves in one go, the next read waits for its round
 * (`read_admission.ts`); for whoever uses the channel it is outstanding.
 *
 * @module
 */

import { BUFFER_SIZES, giveBuffer, takeBuffer } from "./buffer_pool.ts";
import { ReadAdmission } from "./read_admission.ts";
import { nextFileno, NONE, READ, type Selectable, WRITE } from "./selector.ts";

/** What a channel needs of its host; one direction may be missing. `Deno.Conn` has this shape. */
export interface ByteHost {
  /** Reads into `buffer`; resolves to the number of bytes, `null` at the end. */
  read?(buffer: Uint8Array): Promise<number | null>;
  /** Writes a part of `bytes`; resolves to the number of bytes written. */
  write?(bytes: Uint8Array): Promise<number>;
  /** Says that no more will be written. */
  closeWrite?(): Promise<void>;
  /** Releases the host's resource. */
  close(): void;
  /** Keeps the process alive while a read is outstanding, as it is from the beginning. */
  ref?(): void;
  /** Lets the process end although a read is outstanding. */
  unref?(): void;
}

type ReadState = "idle" | "put off" | "outstanding" | "kept" | "lent" | "end" | "failed";
type WriteState = "idle" | "outstanding" | "written" | "failed";

/** Bytes in both directions, without waiting. */
export class ByteChannel implements Selectable {
  /** The number by which a loop knows the channel. */
  readonly fileno: number = nextFileno();
  readonly #host: ByteHost;
  #events = NONE;
  #onReady: (() => void) | undefined;
  #closed = false;

  #readState: ReadState = "idle";
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #bufferSize = BUFFER_SIZES[0]!;
  /** Whether the last read left the buffer nearly empty. */
  #nearlyEmpty = false;
  /** The reader's own memory, when the last read goes there instead of into the buffer. */
  #target: Uint8Array<ArrayBuffer> | undefined;
  #received = 0;
  #readError: unknown;

  #writeState: WriteState = "idle";
  #written = 0;
  #writeError: unknown;

  /**
   * Told when a write has settled while WRITE is not watched: its outcome can be taken without waiting for a turn.
   * For a stream that has nothing more to send, which is the usual case.
   */
  onWriteSettled: ((channel: ByteChannel) => void) | undefined;
  /** Whoever uses the channel; for handlers that are one function for many channels. */
  owner: unknown;

  /** Whether the next read begins as soon as the last result is given back, or with {@linkcode startReading}. @default true */
  readAhead = true;
  /** The most bytes that one read may bring. @default 65536 */
  readChunkSize: number = BUFFER_SIZES.at(-1)!;

  /** A channel that owns `host` from now on. */
  constructor(host: ByteHost) {
    this.#host = host;
  }

  /** Whether {@linkcode close} was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether a write was handed to the host and has not been reported by {@linkcode takeWritten}. */
  get writePending(): boolean {
    return this.#writeState !== "idle";
  }

  /** Whether the host is at work for the channel: a read or a write is outstanding. */
  get busy(): boolean {
    return this.#readState === "outstanding" || this.#readState === "put off" || this.#writeState === "outstanding";
  }

  /** Which of READ and WRITE would not wait. */
  ready(): number {
    if (this.#closed) return NONE;
    const read = this.#readState;
    const readable = read === "kept" || read === "end" || read === "failed";
    return (readable ? READ : NONE) | (this.#writeState === "outstanding" ? NONE : WRITE);
  }

  /** Called by the selector. Watching READ issues a read, with {@linkcode readAhead}. */
  watch(events: number, onReady: (() => void) | undefined): void {
    this.#events = events;
    this.#onReady = onReady;
    if (this.readAhead && (events & READ) !== 0) this.startReading();
  }

  /**
   * Issues a read, unless one is outstanding or its result was not given back.
   *
   * With `into` the bytes go there, without a copy in between; that memory is {@linkcode receiveBuffer} then, and
   * belongs to the channel until {@linkcode recycle}.
   */
  startReading(into?: Uint8Array<ArrayBuffer>): void {
    if (this.#readState === "idle") this.#startRead(into);
  }

  /**
   * The number of bytes that have arrived, 0 at the end of the stream, `undefined` if reading would wait.
   *
   * The bytes are the first of {@linkcode receiveBuffer}, and valid until {@linkcode recycle}, which must follow.
   *
   * @throws what the host's read failed with
   */
  takeReceived(): number | undefined {
    switch (this.#readState) {
      case "kept":
        this.#readState = "lent";
        return this.#received;
      case "end":
        return 0;
      case "failed":
        throw this.#readError;
      default:
        return undefined;
    }
  }

  /** The memory that {@linkcode takeReceived} lends. */
  get receiveBuffer(): Uint8Array<ArrayBuffer> {
    return this.#target ?? this.#buffer ?? NO_BYTES;
  }

  /** Ends the loan of {@linkcode takeReceived}; the next read may begin. Without a loan it does nothing. */
  recycle(): void {
    if (this.#readState !== "lent") return;
    this.#readState = "idle";
    if (this.#target === undefined && this.#adaptSize()) this.#dropBuffer();
    this.#target = undefined;
    if (this.#closed) this.#dropBuffer();
    else if (this.readAhead && (this.#events & READ) !== 0) this.#startRead();
  }

  /**
   * As {@linkcode recycle}, but leaves the memory to the borrower. It does nothing and returns false without a loan, or
   * where the memory is not the channel's own.
   */
  surrender(): boolean {
    if (this.#readState !== "lent" || this.#target !== undefined) return false;
    this.#adaptSize();
    this.#buffer = undefined;
    this.#readState = "idle";
    if (this.readAhead && (this.#events & READ) !== 0) this.#startRead();
    return true;
  }

  /**
   * Hands bytes to the host; returns false, and does nothing, while a write is in flight.
   *
   * The bytes must not change until the channel is writable again, when {@linkcode takeWritten} tells how many went.
   */
  tryWrite(bytes: Uint8Array): boolean {
    if (this.#writeState !== "idle" || this.#closed) return false;
    if (this.#host.write === undefined) throw new TypeError("Cannot write: the channel is for reading only");
    this.#writeState = "outstanding";
    this.#host.write(bytes).then(this.#onWritten, this.#onWriteError);
    return true;
  }

  /**
   * The number of bytes that the last write took; 0 if none was made or it is still in flight.
   *
   * @throws what the host's write failed with
   */
  takeWritten(): number {
    if (this.#writeState === "failed") throw this.#writeError;
    if (this.#writeState !== "written") return 0;
    this.#writeState = "idle";
    return this.#written;
  }

  /** Tells the peer that no more will be written, where the host can do that. */
  closeWrite(): Promise<void> {
    return this.#host.closeWrite?.() ?? Promise.resolve();
  }

  /** Keeps the process alive while the channel is read, as it is from the beginning. */
  ref(): void {
    this.#host.ref?.();
  }

  /** Lets the process end while nothing but this channel is waited for, where the host can do that. */
  unref(): void {
    this.#host.unref?.();
  }

  /** Closes the host; what is outstanding ends silently. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onReady = undefined;
    if (this.#readState === "outstanding") reads.withdraw();
    else if (this.#readState !== "lent") this.#dropBuffer();
    this.#host.close();
  }

  /**
   * Gives the host up without closing it: it goes on elsewhere, and the channel counts as closed.
   *
   * @throws {Error} if the host is at work for the channel
   */
  release(): void {
    if (this.busy) throw new Error("Cannot release the host of a channel: a read or a write is outstanding");
    if (this.#closed) return;
    this.#closed = true;
    this.#onReady = undefined;
    if (this.#readState !== "lent") this.#dropBuffer();
  }

  #startRead(into?: Uint8Array<ArrayBuffer>): void {
    if (this.#closed || this.#host.read === undefined) return;
    this.#target = into;
    if (into === undefined) this.#buffer ??= takeBuffer(this.#bufferSize);
    if (reads.admit(this)) this.admitRead();
    else this.#readState = "put off";
  }

  /** Called by the {@linkcode ReadAdmission} that put the read off. */
  admitRead(): void {
    if (this.#closed) return reads.withdraw();
    this.#readState = "outstanding";
    const buffer = this.#target ?? this.#buffer!;
    const target = buffer.length > this.readChunkSize ? buffer.subarray(0, this.readChunkSize) : buffer;
    this.#host.read!(target).then(this.#onRead, this.#onReadError);
  }

  #onRead = (received: number | null): void => {
    if (this.#closed) return this.#dropBuffer();
    reads.noteCompletion();
    if (received === null) {
      this.#readState = "end";
      this.#dropBuffer();
    } else if (received === 0) {
      return this.#startRead(this.#target); // Deno allows a read of nothing that is not the end
    } else {
      this.#received = received;
      this.#readState = "kept";
    }
    if ((this.#events & READ) !== 0) this.#onReady?.();
  };

  #onReadError = (error: unknown): void => {
    this.#dropBuffer();
    if (this.#closed) return;
    reads.noteCompletion();
    this.#readError = error;
    this.#readState = "failed";
    if ((this.#events & READ) !== 0) this.#onReady?.();
  };

  #onWritten = (written: number): void => {
    this.#written = written;
    this.#writeState = "written";
    this.#announceWrite();
  };

  #onWriteError = (error: unknown): void => {
    this.#writeError = error;
    this.#writeState = "failed";
    this.#announceWrite();
  };

  #announceWrite(): void {
    if ((this.#events & WRITE) !== 0) this.#onReady?.();
    else this.onWriteSettled?.(this);
  }

  /**
   * A full buffer asks for a larger one, one that was nearly empty twice for a smaller, since once may be the end of a
   * message; returns whether this one is of a wrong size.
   */
  #adaptSize(): boolean {
    const size = this.#buffer!.length;
    const wasNearlyEmpty = this.#nearlyEmpty;
    this.#nearlyEmpty = this.#received <= Math.min(size, BUFFER_SIZES.at(-1)!) / 8;
    if (this.#received >= this.readChunkSize) return false;
    // Beyond the pooled sizes it is as large as a read may be, for an owner that asks for more than usual.
    if (this.#received === size) this.#bufferSize = BUFFER_SIZES.find((larger) => larger > size) ?? this.readChunkSize;
    else if (size > BUFFER_SIZES[0]! && this.#nearlyEmpty && wasNearlyEmpty) this.#bufferSize = BUFFER_SIZES[0]!;
    else return false;
    return true;
  }

  #dropBuffer(): void {
    if (this.#buffer !== undefined) giveBuffer(this.#buffer);
    this.#buffer = undefined;
  }
}

const reads: ReadAdmission = new ReadAdmission();
const NO_BYTES = new Uint8Array(0);
