/**
 * Readiness on a runtime that reports completions.
 *
 * `epoll` says "a read would not block"; Deno says "the read has finished". A
 * {@linkcode Selectable} closes the gap: it keeps at most one operation of each
 * kind outstanding, keeps its result, and counts as ready until somebody has
 * taken it. The selector is therefore level-triggered, as epoll is by default,
 * and since no read is issued before the last result was taken, a reader that
 * does not read stops its peer.
 *
 * The selector never blocks. A resource that becomes ready is noted at once and
 * `onReady` is told, which lets the event loop take a turn.
 *
 * Invariant: a key is in the list of candidates exactly when `queued` is set,
 * and every registered key whose resource is ready for a watched event is in it.
 *
 * @module
 */

/** Interest in nothing. */
export const NONE = 0;
/** A read or an accept would not wait. */
export const READ = 1;
/** A write would not wait. */
export const WRITE = 4;
/** An error or a hang-up; reported together with what else is ready. */
export const ERROR = 0x18;

/**
 * Something the loop can watch: a socket, a listener, a pipe, a signal.
 *
 * An implementation issues the host's operations itself: a read when READ is
 * watched, nothing is kept and none is outstanding.
 */
export interface Selectable {
  /** The number by which a loop knows the resource; made with {@linkcode nextFileno}. */
  readonly fileno: number;
  /** The events that are ready now, as a mask of {@linkcode READ}, {@linkcode WRITE} and {@linkcode ERROR}. */
  ready(): number;
  /** Says which events are of interest and whom to tell when one becomes ready; `undefined` ends the watching. */
  watch(events: number, onReady: (() => void) | undefined): void;
  /** Releases the resource; whatever is outstanding ends. */
  close(): void;
}

/** What to do when a watched resource is ready; `events` is the mask that is ready and wanted. */
export type ReadyCallback = (resource: Selectable, events: number) => unknown;

/** What messages say about a registration. */
export interface RegistrationDetails {
  /** The name of the callback. */
  readonly name?: string | undefined;
  /** Where it was registered. */
  readonly origin?: Error | undefined;
}

/** One registration. */
export class SelectorKey {
  /** Whether the key is in the selector's list of candidates. */
  queued = false;
  /** The events found ready by the last `select`. */
  readyEvents: number = NONE;
  /** Tells the selector that the resource may be ready. */
  readonly notify: () => void;
  /** Where it was registered; recorded in debug mode only. */
  readonly origin: Error | undefined;
  readonly #name: string | undefined;

  /** Made by {@linkcode Selector.register}. */
  constructor(
    readonly resource: Selectable,
    readonly callback: ReadyCallback,
    public events: number,
    notify: (key: SelectorKey) => void,
    details: RegistrationDetails = {},
  ) {
    this.notify = () => notify(this);
    this.origin = details.origin;
    this.#name = details.name;
  }

  /** The callback, as `IOLoop.handlers` names it. */
  get handler(): ReadyCallback {
    return this.callback;
  }

  /** The key itself: what `IOLoop.handlers` holds is the key, which saves an object for each resource. */
  get key(): SelectorKey {
    return this;
  }

  /** A short description for logs. */
  toString(): string {
    return `handler ${this.#name || "(anonymous)"} of descriptor ${this.resource.fileno}`;
  }
}

/** Watches resources for one event loop. */
export class Selector {
  #keys = new Map<number, SelectorKey>();
  #candidates: SelectorKey[] = [];
  #spare: SelectorKey[] = [];
  readonly #onReady: () => void;
  readonly #onError: (key: SelectorKey, error: unknown) => void;

  /**
   * `onReady` is called whenever a watched resource becomes ready, `onError` when one fails to say whether it is;
   * that one is left alone until it reports again.
   */
  constructor(onReady: () => void, onError: (key: SelectorKey, error: unknown) => void) {
    this.#onReady = onReady;
    this.#onError = onError;
  }

  /** The number of registered resources. */
  get size(): number {
    return this.#keys.size;
  }

  /** Whether `select` might find something. */
  get pending(): boolean {
    return this.#candidates.length > 0;
  }

  /**
   * Starts watching a resource.
   *
   * @throws {Error} if it is registered already
   */
  register(
    resource: Selectable,
    events: number,
    callback: ReadyCallback,
    details?: RegistrationDetails,
  ): SelectorKey {
    if (this.#keys.has(resource.fileno)) {
      throw new Error(`Cannot watch a resource twice: descriptor ${resource.fileno}; use updateHandler`);
    }
    const key = new SelectorKey(resource, callback, events, this.#enqueue, details);
    this.#keys.set(resource.fileno, key);
    try {
      resource.watch(events, key.notify);
    } catch (error) {
      key.events = NONE;
      this.#keys.delete(resource.fileno);
      throw error;
    }
    this.#enqueueIfReady(key);
    return key;
  }

  /** Changes the events that are watched. @throws {Error} if the key was unregistered before */
  modify(key: SelectorKey, events: number): void {
    if (this.#keys.get(key.resource.fileno) !== key) {
      throw new Error(`Cannot change what is watched: ${key} is not registered`);
    }
    if (key.events === events) return;
    key.events = events;
    key.resource.watch(events, key.notify);
    this.#enqueueIfReady(key);
  }

  /** Stops watching; does nothing when the key was unregistered before. */
  unregister(key: SelectorKey): void {
    if (this.#keys.get(key.resource.fileno) !== key) return;
    this.#keys.delete(key.resource.fileno);
    key.events = NONE;
    key.resource.watch(NONE, undefined);
  }

  /** The key of a descriptor, if it is registered. */
  get(fileno: number): SelectorKey | undefined {
    return this.#keys.get(fileno);
  }

  /** Moves every key that is ready into `into`, with its `readyEvents` set. */
  select(into: SelectorKey[]): void {
    const candidates = this.#candidates;
    if (candidates.length === 0) return;
    this.#candidates = this.#spare;
    for (let at = 0; at < candidates.length; at++) {
      const key = candidates[at]!;
      key.queued = false;
      if ((key.readyEvents = this.#readyEvents(key)) !== NONE) into.push(key);
    }
    candidates.length = 0;
    this.#spare = candidates;
  }

  /** Called after a key's callback ran: keeps it a candidate if it is ready still (level-triggered). */
  settle(key: SelectorKey): void {
    this.#enqueueIfReady(key);
  }

  /** Stops watching everything. */
  close(): void {
    for (const key of this.#keys.values()) {
      key.events = NONE;
      try {
        key.resource.watch(NONE, undefined);
      } catch (error) {
        this.#onError(key, error);
      }
    }
    this.#keys.clear();
    this.#candidates.length = 0;
  }

  /** What is ready and wanted; an error is always wanted, unless nothing is. */
  #readyEvents(key: SelectorKey): number {
    if (key.events === NONE) return NONE;
    try {
      return key.resource.ready() & (key.events | ERROR);
    } catch (error) {
      this.#onError(key, error);
      return NONE;
    }
  }

  #enqueueIfReady(key: SelectorKey): void {
    if (!key.queued && this.#readyEvents(key) !== NONE) this.#enqueue(key);
  }

  #enqueue = (key: SelectorKey): void => {
    if (key.queued || key.events === NONE) return;
    key.queued = true;
    this.#candidates.push(key);
    this.#onReady();
  };
}

let lastFileno = 0;

/** A descriptor number that no other resource of this process has. */
export function nextFileno(): number {
  return ++lastFileno;
}
