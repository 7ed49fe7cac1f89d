/**
 * Lines seen within a window, to recognise one that comes again: by a hash of time, host and message first, and behind it
 * the exact bytes, so that no line is lost to a collision (I17). Bounded; when full, the oldest half is forgotten, and a
 * repetition of those would be kept.
 */
import type { BatchView, TextColumn } from '#model/batch-view.ts';
import { traceHash } from './sampling.ts';

interface SeenLine {
  readonly seenMs: number;
  readonly tsNs: bigint;
  readonly host: string;
  readonly message: Uint8Array;
}

export class RecentLines {
  readonly #windowMs: number;
  readonly #maxLines: number;
  /** Two generations: lookups ask both, the older one goes when the newer is full or a window old. */
  #newer = new Map<number, SeenLine[]>();
  #older = new Map<number, SeenLine[]>();
  #newerCount = 0;
  #newerSinceMs = 0;

  constructor(windowMs: number, maxLines: number) {
    this.#windowMs = windowMs;
    this.#maxLines = maxLines;
  }

  /** Whether the row was seen within the window; remembers it. */
  seen(view: BatchView, row: number, nowMs: number): boolean {
    this.#turn(nowMs);
    const messages = view.text('message');
    const tsNs = view.ts[row];
    const { values, indexes } = view.dictionary('host');
    const host = values[indexes[row]];
    const hash = traceHash(messages, row) ^ Number(tsNs & 0xffff_ffffn);
    const isSame = (line: SeenLine): boolean =>
      nowMs - line.seenMs <= this.#windowMs && line.tsNs === tsNs && line.host === host && sameBytes(line.message, messages, row);
    if ((this.#newer.get(hash) ?? []).some(isSame) || (this.#older.get(hash) ?? []).some(isSame)) return true;
    const message = Uint8Array.from(messages.bytes.subarray(messages.starts[row], messages.ends[row]));
    const lines = this.#newer.get(hash);
    if (lines === undefined) this.#newer.set(hash, [{ seenMs: nowMs, tsNs, host, message }]);
    else lines.push({ seenMs: nowMs, tsNs, host, message });
    this.#newerCount++;
    return false;
  }

  #turn(nowMs: number): void {
    if (this.#newerCount < this.#maxLines / 2 && nowMs - this.#newerSinceMs < this.#windowMs) return;
    this.#older = this.#newer;
    this.#newer = new Map();
    this.#newerCount = 0;
    this.#newerSinceMs = nowMs;
  }
}

function sameBytes(known: Uint8Array, { bytes, starts, ends }: TextColumn, row: number): boolean {
  const start = starts[row];
  if (ends[row] - start !== known.length) return false;
  for (let i = 0; i < known.length; i++) if (bytes[start + i] !== known[i]) return false;
  return true;
}
