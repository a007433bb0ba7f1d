/**
 * A promise that is resolved from outside, with nothing.
 *
 * The loop makes one for each turn and each timer, and `Promise.withResolvers` takes twice as long.
 *
 * @module
 */

let captured: () => void;
const capture = (resolve: () => void): void => {
  captured = resolve;
};

/** Holds back the reactions of {@linkcode opened} until {@linkcode open} is called; then they run, in order. */
export class Gate {
  /** Resolves when the gate is opened. */
  readonly opened: Promise<void> = new Promise<void>(capture);
  /** Opens the gate; does nothing when it is open. */
  readonly open: () => void = captured;
}
