/** Adds the lines of one frame to the figures: only the columns that they need are decoded. */
import { firstErrorSeverity } from '#model/severity.ts';
import type { BatchView, TextColumn } from '#model/batch-view.ts';
import type { MinuteBucket, MinuteFigures } from './minute-figures.ts';

/** Longer texts are no numbers of milliseconds. */
const maxNumberBytes = 24;
const minuteMs = 60_000;
/** More than there are minutes until 2262. */
const minutesApart = 2 ** 28;

/** `names`: spellings of the duration's attribute, the most wanted first. */
export function addFrame(figures: MinuteFigures, tenant: string, view: BatchView, names: readonly string[], nowMs: number): void {
  const { ts, level, sampleRate, rowCount } = view;
  const services = view.dictionary('service');
  const durations = durationsOf(view, names);
  const halves = new DataView(ts.buffer, ts.byteOffset, ts.byteLength);
  // Lines of a batch share their services and minutes: each pair is looked up once.
  const buckets = new Map<number, MinuteBucket>();
  for (let row = 0; row < rowCount; row++) {
    // As two halves: a division of BigInts for each line would cost more than all the rest.
    const tsMs = (halves.getInt32(row * 8 + 4, true) * 4_294_967_296 + halves.getUint32(row * 8, true)) / 1e6;
    const service = services.indexes[row];
    const place = service * minutesApart + Math.floor(tsMs / minuteMs);
    let bucket = buckets.get(place);
    if (bucket === undefined) {
      bucket = figures.bucketOf(tenant, services.values[service], tsMs, nowMs);
      if (bucket !== undefined) buckets.set(place, bucket);
    }
    const durationMs = durations?.[row];
    bucket?.add(1 / sampleRate[row], level[row] >= firstErrorSeverity, Number.isNaN(durationMs) ? undefined : durationMs);
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
