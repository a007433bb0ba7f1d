/**
 * A resource whose readiness a test decides.
 *
 * It keeps the contract of `Selectable`: it tells the watcher when a watched event becomes ready, and stays ready until
 * the test, or a handler, takes the event away.
 *
 * @module
 */

import { ERROR, nextFileno, NONE, type Selectable } from "@denado/denado/ioloop";

/** A scripted {@linkcode Selectable}. */
export class FakeSelectable implements Selectable {
  readonly fileno: number = nextFileno();
  /** Every call of `watch`: the events, and whether somebody is to be told. */
  readonly watched: { readonly events: number; readonly told: boolean }[] = [];
  /** How often `close` was called. */
  closeCalls = 0;
  /** Thrown by the next calls of the method of that name. */
  readonly failures: { ready?: unknown; watch?: unknown; close?: unknown } = {};
  #ready = NONE;
  #events = NONE;
  #onReady: (() => void) | undefined;

  /** The events that are watched now. */
  get events(): number {
    return this.#events;
  }

  /** Whether somebody watches. */
  get isWatched(): boolean {
    return this.#onReady !== undefined;
  }

  /** Makes events ready; they stay so until {@linkcode take}. Tells the watcher if one of them is watched. */
  give(events: number): void {
    this.#ready |= events;
    if (this.#events !== NONE && (events & (this.#events | ERROR)) !== NONE) this.#onReady?.();
  }

  /** Takes events away, as a read takes the bytes. */
  take(events: number): void {
    this.#ready &= ~events;
  }

  ready(): number {
    if (this.failures.ready !== undefined) throw this.failures.ready;
    return this.#ready;
  }

  watch(events: number, onReady: (() => void) | undefined): void {
    this.watched.push({ events, told: onReady !== undefined });
    if (this.failures.watch !== undefined) throw this.failures.watch;
    this.#events = events;
    this.#onReady = onReady;
  }

  close(): void {
    this.closeCalls++;
    if (this.failures.close !== undefined) throw this.failures.close;
  }
}
