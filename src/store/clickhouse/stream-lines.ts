/**
 * A search whose lines are given as they are found: the range is cut into windows that grow with the distance from where
 * the search begins, and each is read like a page of its own. What a window gives is final, so nothing waits for the end.
 */
import type { LineKey, LineQuery, LinesAnswer, LinesStep, ReadOptions, TimeRange } from '../log-store.ts';
import { overlapOf, windowsOver } from './density.ts';
import { behindCursor, findLines } from './find-lines.ts';
import type { ReadParts } from './find-lines.ts';
import { largestReadLines } from './read-lines.ts';
import { firstWindowRows } from './search-windows.ts';
import type { Snapshot } from './snapshots.ts';

/** Of a window to the one before. */
const windowGrowth = 4;
/** The largest window is read in a second or so, even by a scan: progress is told that often. */
const maxWindowRows = 1_000_000;

/** The first step fills a screen. Others are as large as one statement can read: lines by their keys take five times as long. */
const firstStepLines = 99;
const laterStepLines = largestReadLines - 1;

/** Reads one snapshot; the caller holds it and releases it when the iteration has ended. */
export async function* streamLines(
  parts: ReadParts,
  snapshot: Snapshot,
  query: Omit<LineQuery, 'offset'>,
  options: ReadOptions,
): AsyncGenerator<LinesStep> {
  const density = await parts.density.of(query.tenant, snapshot.generation, options);
  const { order, where, range } = query;
  const firstRows = firstWindowRows(where, firstStepLines);
  const stream = new LineStream(parts, snapshot, query, options, overlapOf(range, density.extent) ?? range);
  for (const window of windowsOver(behindCursor(query), density, order, firstRows, windowGrowth, maxWindowRows)) {
    yield* stream.window(window);
    if (stream.hasEnded) return;
  }
}

class LineStream {
  readonly #parts: ReadParts;
  readonly #snapshot: Snapshot;
  readonly #query: Omit<LineQuery, 'offset'>;
  readonly #options: ReadOptions;
  /** Where there can be lines: what progress is measured by. */
  readonly #extent: TimeRange;
  #stepLines = firstStepLines;
  #remaining: number;
  #scannedRows = 0;
  #after: LineKey | undefined;
  hasEnded = false;

  constructor(parts: ReadParts, snapshot: Snapshot, query: Omit<LineQuery, 'offset'>, options: ReadOptions, extent: TimeRange) {
    this.#parts = parts;
    this.#snapshot = snapshot;
    this.#query = query;
    this.#options = options;
    this.#extent = extent;
    this.#remaining = query.limit;
    this.#after = query.after;
  }

  /** The steps of one window. */
  async *window(window: TimeRange): AsyncGenerator<LinesStep> {
    for (let hasMore = true; hasMore && !this.hasEnded; ) {
      const found = await this.#read(window);
      this.#remaining -= found.lines.length;
      this.#scannedRows += found.scannedRows;
      this.#after = found.lastKey ?? this.#after;
      this.#stepLines = laterStepLines;
      hasMore = found.hasMore;
      this.hasEnded = this.#remaining <= 0 || found.searchedToNs !== undefined;
      yield this.#step(found, window);
    }
  }

  #read(window: TimeRange): Promise<LinesAnswer> {
    const { limits } = this.#options;
    const limit = Math.min(this.#stepLines, this.#remaining);
    const maxScannedRows = Math.max(1, limits.maxScannedRows - this.#scannedRows);
    const query = { ...this.#query, range: window, limit, ...(this.#after ? { after: this.#after } : {}) };
    return findLines(this.#parts, this.#snapshot, query, { ...this.#options, limits: { ...limits, maxScannedRows } });
  }

  #step({ lines, lastKey, hasMore, searchedToNs, reason }: LinesAnswer, window: TimeRange): LinesStep {
    const isDescending = this.#query.order === 'desc';
    const windowEnd = isDescending ? window.fromNs : window.toNs;
    const edge = searchedToNs ?? (hasMore && lastKey ? lastKey.tsNs + (isDescending ? 1n : 0n) : windowEnd);
    return {
      lines,
      ...(lastKey ? { lastKey } : {}),
      hasMore,
      searchedToNs: edge,
      share: this.#shareUpTo(edge),
      scannedRows: this.#scannedRows,
      ...(reason === undefined ? {} : { reason }),
    };
  }

  #shareUpTo(edge: bigint): number {
    const { fromNs, toNs } = this.#extent;
    const done = this.#query.order === 'desc' ? toNs - edge : edge - fromNs;
    return Math.min(1, Math.max(0, Number(done) / Number(toNs - fromNs)));
  }
}
