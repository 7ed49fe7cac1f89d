/**
 * When lines came, as against when they count: what asks whether anybody still sends goes by arrival, so that a line that
 * is late is a line all the same. Called by the conditions about silence, volume and new patterns.
 */
import type { MatchedLines } from '../condition-state.ts';

const wordRange = 2 ** 32;

/**
 * Receive times of a batch, ms since 1970; where the clock was set back, the newest tick, at which such lines count. Read as
 * two halves, for a BigInt of each line would cost more than all the rest.
 */
export class ArrivalTimes {
  readonly #words: Int32Array;
  readonly #timesMs: Float64Array;

  constructor({ view: { receiveTs }, timesMs }: MatchedLines) {
    this.#timesMs = timesMs;
    this.#words = new Int32Array(receiveTs.buffer, receiveTs.byteOffset, receiveTs.length * 2);
  }

  /** Of a row of the batch. */
  at(row: number): number {
    return Math.max((this.#words[row * 2] >>> 0) + this.#words[row * 2 + 1] * wordRange, this.#timesMs[row]);
  }
}
