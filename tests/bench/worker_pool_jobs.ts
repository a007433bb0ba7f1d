/**
 * What the workers of the bench compute.
 *
 * @module
 */

/** How many primes there are from `from` to below `to`, found the slow way. */
export function countPrimes(from: number, to: number): number {
  let count = 0;
  for (let n = Math.max(from, 2); n < to; n++) {
    let divisor = 2;
    while (divisor * divisor <= n && n % divisor !== 0) divisor++;
    if (divisor * divisor > n) count++;
  }
  return count;
}

/** Returns what it is given. */
export function echo(value: number): number {
  return value;
}
