/** What a policy decides about each row of a batch, put together over its rules. */
import type { MutableOutcomeCounts } from '#log/outcomes.ts';
import type { BatchView } from '#model/batch-view.ts';
import type { RowMask } from '#model/select-rows.ts';

/** Why a row goes. */
export type Removal = 'sampled' | 'dropped' | 'duplicate';

export class RowDecisions {
  readonly rowCount: number;
  /** 1: the row stays. */
  readonly keep: RowMask;
  /** 1: a rule has had the last word about the row. */
  readonly decided: Uint8Array;
  keptCount: number;
  /** Rates at which rows were kept; undefined while all are whole. */
  rates: Float32Array | undefined;
  readonly #view: BatchView;
  readonly #outcomes: MutableOutcomeCounts;

  constructor(view: BatchView, outcomes: MutableOutcomeCounts) {
    this.#view = view;
    this.#outcomes = outcomes;
    this.rowCount = view.rowCount;
    this.keptCount = view.rowCount;
    this.keep = new Uint8Array(view.rowCount).fill(1);
    this.decided = new Uint8Array(view.rowCount);
  }

  remove(row: number, removal: Removal): void {
    this.keep[row] = 0;
    this.keptCount--;
    this.#outcomes[removal]++;
  }

  /** Notes that the row stands for `1 / rate` rows. */
  weigh(row: number, rate: number): void {
    this.rates ??= Float32Array.from(this.#view.sampleRate);
    this.rates[row] *= rate;
  }
}
