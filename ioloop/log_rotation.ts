/**
 * When a log file is put aside and under which name, by size or by time, as
 * Python's `RotatingFileHandler` and `TimedRotatingFileHandler` do it.
 *
 * By size: `log` becomes `log.1`, `log.1` becomes `log.2`, and so on; the last
 * one is dropped. By time: `log` becomes `log.2025-01-31`, named for the
 * beginning of the interval; the oldest are dropped. All times are local, and
 * days are counted by the calendar, so a change of the clock in spring or autumn
 * moves nothing.
 *
 * A rotation knows nothing of the open file: whoever writes it asks
 * {@linkcode LogRotation.isDue} and closes it before {@linkcode LogRotation.rotate}.
 *
 * @module
 */

import { strftime } from "./strftime.ts";

/** Decides about one log file. */
export interface LogRotation {
  /** The file was opened; says when it was written last, or now if it is new. */
  begin(lastWriteMs: number): void;
  /** Whether the file must be put aside before `addedBytes` are written to its `fileBytes`. */
  isDue(state: { readonly fileBytes: number; readonly addedBytes: number; readonly nowMs: number }): boolean;
  /** Renames the closed file and drops what is too much. The caller opens a new one and calls {@linkcode begin}. */
  rotate(path: string): void;
}

/** Settings of a {@linkcode SizeRotation}. */
export interface SizeRotationOptions {
  /** Size in bytes that the file does not reach. @default 100_000_000 */
  readonly maxBytes?: number;
  /** Number of older files that are kept. @default 10 */
  readonly backups?: number;
}

/** Settings of a {@linkcode TimeRotation}. */
export interface TimeRotationOptions {
  /**
   * The unit: `S`econds, `M`inutes, `H`ours, `D`ays, counted from the opening of the file; `midnight`; or the end of a
   * weekday, `W0` (Monday) to `W6` (Sunday). In either case.
   *
   * @default "midnight"
   */
  readonly when?: string;
  /** Number of units. @default 1 */
  readonly interval?: number;
  /** Number of older files that are kept; 0 for all. @default 10 */
  readonly backups?: number;
}

/** Puts the file aside before it reaches a size. With a limit of 0, or no backups, it grows for ever, as in Python. */
export class SizeRotation implements LogRotation {
  readonly #maxBytes: number;
  readonly #backups: number;

  /**
   * A rotation by size.
   *
   * @throws {RangeError} if a number is negative or not a whole one
   */
  constructor(options: SizeRotationOptions = {}) {
    this.#maxBytes = wholeNumber(options.maxBytes ?? 100_000_000, "size of a log file in bytes");
    this.#backups = wholeNumber(options.backups ?? 10, "number of log files");
  }

  /** Nothing to remember. */
  begin(): void {}

  /** By size only; an empty file takes a line of any length. */
  isDue(state: { readonly fileBytes: number; readonly addedBytes: number }): boolean {
    if (this.#maxBytes === 0 || this.#backups === 0 || state.fileBytes === 0) return false;
    return state.fileBytes + state.addedBytes >= this.#maxBytes;
  }

  /** Moves each file up by one number; the last one is overwritten. */
  rotate(path: string): void {
    for (let number = this.#backups - 1; number > 0; number--) {
      renameIfThere(`${path}.${number}`, `${path}.${number + 1}`);
    }
    renameIfThere(path, `${path}.1`);
  }
}

/** Puts the file aside at fixed times. */
export class TimeRotation implements LogRotation {
  readonly #schedule: Schedule;
  readonly #interval: number;
  readonly #backups: number;
  #startMs = 0;
  #dueMs = Infinity;

  /**
   * A rotation by time.
   *
   * @throws {RangeError} if the unit does not exist, or a number is negative or not a whole one
   */
  constructor(options: TimeRotationOptions = {}) {
    const { when = "midnight", interval = 1, backups = 10 } = options;
    const schedule = SCHEDULES[when.toUpperCase()];
    if (schedule === undefined) {
      throw new RangeError(
        `Cannot rotate log files at ${JSON.stringify(when)}: use S, M, H, D, midnight or W0 (Monday) to W6 (Sunday)`,
      );
    }
    if (interval < 1) throw new RangeError(`Cannot rotate log files, the interval must be at least 1: ${interval}`);
    this.#schedule = schedule;
    this.#interval = wholeNumber(interval, "interval of log files");
    this.#backups = wholeNumber(backups, "number of log files");
  }

  /** When the file is put aside, in milliseconds since the epoch. */
  get dueMs(): number {
    return this.#dueMs;
  }

  /** A file that was there before belongs to the interval in which it was written last. */
  begin(lastWriteMs: number): void {
    this.#startMs = lastWriteMs;
    this.#dueMs = this.#schedule.next(new Date(lastWriteMs), this.#interval).getTime();
  }

  /** By time only. */
  isDue(state: { readonly nowMs: number }): boolean {
    return state.nowMs >= this.#dueMs;
  }

  /**
   * Names the file for the beginning of its interval and removes the oldest ones. If that name is taken, because the
   * program was started several times or a clock was set back, the file stays and goes on.
   */
  rotate(path: string): void {
    const { suffix, previous } = this.#schedule;
    const start = previous?.(new Date(this.#dueMs), this.#interval) ?? new Date(this.#startMs);
    const name = `${path}.${strftime(suffix)(start)}`;
    if (exists(name)) return;
    renameIfThere(path, name);
    if (this.#backups > 0) this.#dropOldest(path);
  }

  #dropOldest(path: string): void {
    const cut = Math.max(path.lastIndexOf("/"), Deno.build.os === "windows" ? path.lastIndexOf("\\") : -1) + 1;
    const [folder, base] = [path.slice(0, cut), path.slice(cut)];
    const dates = [...Deno.readDirSync(folder === "" ? "." : folder)]
      .filter(({ name }) => name.startsWith(`${base}.`) && this.#schedule.pattern.test(name.slice(base.length + 1)))
      .map(({ name }) => name)
      .sort();
    for (const name of dates.slice(0, Math.max(dates.length - this.#backups, 0))) Deno.removeSync(folder + name);
  }
}

/** A way to divide time; dates of the same suffix format sort by time. */
interface Schedule {
  readonly suffix: string;
  readonly pattern: RegExp;
  /** The end of the interval in which a moment lies, `interval` units long. */
  next(from: Date, interval: number): Date;
  /** The beginning of the interval that ends at a moment. Without it the interval begins when the file was opened. */
  previous?(end: Date, interval: number): Date;
}

const DAY = { suffix: "%Y-%m-%d", pattern: /^\d{4}-\d\d-\d\d$/ };

const SCHEDULES: Record<string, Schedule> = {
  S: elapsed(1000, "%Y-%m-%d_%H-%M-%S", /^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d$/),
  M: elapsed(60_000, "%Y-%m-%d_%H-%M", /^\d{4}-\d\d-\d\d_\d\d-\d\d$/),
  H: elapsed(3_600_000, "%Y-%m-%d_%H", /^\d{4}-\d\d-\d\d_\d\d$/),
  D: elapsed(86_400_000, DAY.suffix, DAY.pattern),
  MIDNIGHT: {
    ...DAY,
    next: (from, interval) => midnight(from, interval),
    previous: (end, interval) => midnight(end, -interval),
  },
};
for (let weekday = 0; weekday < 7; weekday++) {
  SCHEDULES[`W${weekday}`] = {
    ...DAY,
    next: (from, interval) => {
      // The day ends at the next midnight. JavaScript's week begins on Sunday, Python's on Monday.
      const daysLeft = (weekday - (from.getDay() + 6) % 7 + 7) % 7;
      return midnight(from, daysLeft + 1 + 7 * (interval - 1));
    },
    previous: (end, interval) => midnight(end, -7 * interval),
  };
}

function elapsed(unitMs: number, suffix: string, pattern: RegExp): Schedule {
  return { suffix, pattern, next: (from, interval) => new Date(from.getTime() + unitMs * interval) };
}

function midnight(from: Date, days: number): Date {
  return new Date(from.getFullYear(), from.getMonth(), from.getDate() + days);
}

function renameIfThere(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    // The older files need not exist yet, and somebody may have removed the current one.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function wholeNumber(value: number, what: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`Cannot rotate log files, the ${what} must be a whole number: ${value}`);
}
