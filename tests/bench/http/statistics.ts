/**
 * The middle and the spread of a few samples.
 *
 * @module
 */

/** Middle and extremes of the samples of one figure. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/**
 * Median (mean of the two middle ones for an even count), minimum and maximum.
 *
 * @throws {RangeError} without samples
 */
export function spread(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.ceil((sorted.length - 1) / 2)];
  const min = sorted[0];
  const max = sorted.at(-1);
  if (low === undefined || high === undefined || min === undefined || max === undefined) {
    throw new RangeError("Cannot take the median of no samples");
  }
  return { median: (low + high) / 2, min, max };
}
