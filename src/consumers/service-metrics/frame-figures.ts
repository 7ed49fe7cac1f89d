/** Adds the lines of one frame to the figures: only the columns that they need are decoded. */
import type { BatchView, TextColumn } from '#model/batch-view.ts';
import type { MinuteBucket, MinuteFigures } from './minute-figures.ts';

/** Severity numbers from ERROR up. */
const firstErrorLevel = 17;
/** Longer texts are no numbers of milliseconds. */
const maxNumberBytes = 24;
const minuteNs = 60_000_000_000n;

/** `names`: spellings of the duration's attribute, the most wanted first. */
export function addFrame(figures: MinuteFigures, tenant: string, view: BatchView, names: readonly string[], nowMs: number): void {
  const { ts, level, sampleRate, rowCount } = view;
  const services = view.dictionary('service');
  const durations = durationsOf(view, names);
  // Lines of a batch mostly share their service and minute.
  let bucket: MinuteBucket | undefined;
  let bucketService = -1;
  let bucketEndNs = 0n;
  for (let row = 0; row < rowCount; row++) {
    const service = services.indexes[row];
    const tsNs = ts[row];
    if (bucket === undefined || service !== bucketService || tsNs >= bucketEndNs || tsNs < bucketEndNs - minuteNs) {
      bucket = figures.bucketOf(tenant, services.values[service], Number(tsNs / 1_000_000n), nowMs);
      bucketService = service;
      bucketEndNs = (tsNs / minuteNs) * minuteNs + minuteNs;
    }
    const durationMs = durations?.[row];
    bucket?.add(1 / sampleRate[row], level[row] >= firstErrorLevel, durationMs !== durationMs ? undefined : durationMs);
  }
}

/** Each row's duration, NaN where it has none; undefined where no row has one. */
function durationsOf(view: BatchView, names: readonly string[]): Float64Array | undefined {
  const { offsets, keys, values } = view.map('attributes');
  const ranks = keys.values.map((key) => names.indexOf(key));
  if (!ranks.some((rank) => rank >= 0)) return undefined;
  const durations = new Float64Array(view.rowCount).fill(Number.NaN);
  for (let row = 0; row < view.rowCount; row++) {
    let best = names.length;
    for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) {
      const rank = ranks[keys.indexes[entry]];
      if (rank < 0 || rank >= best) continue;
      const value = numberAt(values, entry);
      if (!(value >= 0)) continue;
      best = rank;
      durations[row] = value;
    }
  }
  return durations;
}

const decoder = new TextDecoder('latin1');

/** Plain digits, with a fraction perhaps, are read from their bytes; anything else as JavaScript reads numbers. NaN for no number. */
function numberAt({ bytes, starts, ends }: TextColumn, entry: number): number {
  const end = ends[entry];
  if (end === starts[entry] || end - starts[entry] > maxNumberBytes) return Number.NaN;
  let value = 0;
  let scale = 0;
  for (let at = starts[entry]; at < end; at++) {
    const digit = bytes[at] - 0x30;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      scale *= 10;
    } else if (bytes[at] === 0x2e && scale === 0) scale = 1;
    else return Number(decoder.decode(bytes.subarray(starts[entry], end)).trim() || Number.NaN);
  }
  return scale === 0 ? value : value / scale;
}
