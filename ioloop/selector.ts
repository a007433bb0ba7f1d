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
export type ReadyCallback = (events: number) => void;

/** One registration. */
export class SelectorKey {
  /** Whether the key is in the selector's list of candidates. */
  queued = false;
  /** The events found ready by the last `select`. */
  readyEvents = NONE;
  /** Tells the selector that the resource may be ready. */
  readonly notify: () => void;

  /** Made by {@linkcode Selector.register}. */
  constructor(
    readonly resource: Selectable,
    readonly callback: ReadyCallback,
    public events: number,
    notify: (key: SelectorKey) => void,
  ) {
    this.notify = () => notify(this);
  }
}

/** Watches resources for one event loop. */
export class Selector {
  #keys = new Map<number, SelectorKey>();
  #candidates: SelectorKey[] = [];
  #spare: SelectorKey[] = [];
  #onReady: () => void;

  /** `onReady` is called whenever a watched resource becomes ready. */
  constructor(onReady: () => void) {
    this.#onReady = onReady;
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
  ): SelectorKey {
    if (this.#keys.has(resource.fileno)) {
      throw new Error(
        `Cannot watch a resource twice: descriptor ${resource.fileno}; use updateHandler`,
      );
    }
    const key = new SelectorKey(resource, callback, events, this.#enqueue);
    this.#keys.set(resource.fileno, key);
    resource.watch(events, key.notify);
    this.#enqueueIfReady(key);
    return key;
  }

  /** Changes the events that are watched. */
  modify(key: SelectorKey, events: number): void {
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
      key.readyEvents = key.resource.ready() & (key.events | ERROR);
      if (key.events !== NONE && key.readyEvents !== NONE) into.push(key);
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
      key.resource.watch(NONE, undefined);
    }
    this.#keys.clear();
    this.#candidates.length = 0;
  }

  #enqueueIfReady(key: SelectorKey): void {
    if (
      !key.queued && key.events !== NONE &&
      (key.resource.ready() & key.events) !== NONE
    ) this.#enqueue(key);
  }

  #enqueue = (key: SelectorKey): void => {
    if (key.queued) return;
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
