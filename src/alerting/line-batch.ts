/** One batch while rules look at it: what is worked out of it once for all of them. Borrowed like its view. */
import type { BatchView } from '#model/batch-view.ts';
import type { FieldTarget } from '#language/fields.ts';
import { BatchFields } from './line-fields.ts';
import { lineTimes } from './line-times.ts';
import { RowScratch } from './row-scratch.ts';

/** Memory used again from batch to batch. */
export class BatchScratch {
  readonly targets = new Map<string, FieldTarget>();
  /** Never written to. */
  readonly zeros = new RowScratch();
  readonly groups = new RowScratch();
}

/** More names than rules have at a time are forgotten: those of rules that are gone. */
const maxKnownNames = 100_000;

export class LineBatch {
  readonly view: BatchView;
  readonly fields: BatchFields;
  readonly #scratch: BatchScratch;
  readonly #receivedMs: number;
  readonly #newestTickMs: number;
  readonly #latenessMs: number;
  #timesMs: Float64Array | undefined;

  constructor(
    view: BatchView,
    scratch: BatchScratch,
    times: { readonly receivedMs: number; readonly newestTickMs: number; readonly latenessMs: number },
  ) {
    if (scratch.targets.size > maxKnownNames) scratch.targets.clear();
    this.view = view;
    this.fields = new BatchFields(view, scratch.targets);
    this.#scratch = scratch;
    this.#receivedMs = times.receivedMs;
    this.#newestTickMs = times.newestTickMs;
    this.#latenessMs = times.latenessMs;
  }

  /** By row. */
  get timesMs(): Float64Array {
    this.#timesMs ??= lineTimes(this.view, this.#receivedMs, this.#newestTickMs, this.#latenessMs);
    return this.#timesMs;
  }

  /** So many zeros, not to be written to. */
  zeros(count: number): Uint32Array {
    this.#scratch.zeros.reserve(count);
    return this.#scratch.zeros.first(count);
  }

  /** Room for so many numbers, until the next call. */
  numbers(count: number): Uint32Array {
    this.#scratch.groups.reserve(count);
    return this.#scratch.groups.first(count);
  }
}
