/**
 * Messages for somebody who asks for them: one may wait, and whoever brings the next one waits, too.
 *
 * @module
 */

/** A message as it is received. */
export type ReceivedMessage = string | Uint8Array;

/** A queue with room for one message. */
export class MessageQueue implements AsyncIterable<ReceivedMessage> {
  #waiting: ReceivedMessage | undefined;
  #ended = false;
  /** Resolves the promise of who brought the message that waits. */
  #taken: (() => void) | undefined;
  /** Those who ask for a message that is not there yet. */
  readonly #readers: ((message: ReceivedMessage | undefined) => void)[] = [];

  /** Brings a message. Returns a promise if it has to wait; the next one must wait for that. */
  put(message: ReceivedMessage): Promise<void> | undefined {
    if (this.#ended) return undefined;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader(message);
      return undefined;
    }
    this.#waiting = message;
    return new Promise((resolve) => this.#taken = resolve);
  }

  /** The next message; `undefined` after the last one. */
  take(): Promise<ReceivedMessage | undefined> {
    const message = this.#waiting;
    if (message === undefined) {
      return this.#ended ? Promise.resolve(undefined) : new Promise((resolve) => this.#readers.push(resolve));
    }
    this.#waiting = undefined;
    this.#taken?.();
    this.#taken = undefined;
    return Promise.resolve(message);
  }

  /** Says that no more will come; a message that waits can still be taken. */
  end(): void {
    this.#ended = true;
    for (const reader of this.#readers.splice(0)) reader(undefined);
  }

  /** The messages until the end. Leaving the loop leaves the others where they are. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ReceivedMessage> {
    for (;;) {
      const message = await this.take();
      if (message === undefined) return;
      yield message;
    }
  }
}
