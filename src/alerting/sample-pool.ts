/**
 * Lines kept to be shown in notifications. Making one costs microseconds, so only `alerts.samples_per_tick` are made
 * between two ticks, half of them for groups that have none or are met; and of all rules together at most
 * `alerts.max_kept_samples` are kept, the oldest going first.
 */
import { formatPatternId, formatLineId } from '#base/ids.ts';
import { severityName } from '#model/severity.ts';
import { formatTimestamp } from '#model/timestamps.ts';
import type { BatchView, TextColumn } from '#model/batch-view.ts';
import type { IncidentSample } from '#metadata/alert-records.ts';

/** A notification shows no more of a message. */
const maxMessageBytes = 2000;

/** Samples of one group, oldest first. */
export class KeptSamples {
  readonly lines: { readonly sample: IncidentSample; readonly order: number }[] = [];
  /** Places in the queue of the pool whose line is gone already. */
  gone = 0;
}

export interface SampleLimits {
  readonly max_kept_samples: number;
  readonly samples_per_tick: number;
}

export class SamplePool {
  readonly #limits: SampleLimits;
  /** In the order of taking up. */
  #queue: KeptSamples[] = [];
  #head = 0;
  #kept = 0;
  #order = 0;
  #takenInTick = 0;
  /** Samples made of the batch under way, by row: rules that want the same line share one. */
  readonly #made = new Map<number, IncidentSample>();
  #view: BatchView | undefined;

  constructor(limits: SampleLimits) {
    this.#limits = limits;
  }

  get takenInTick(): number {
    return this.#takenInTick;
  }

  set takenInTick(count: number) {
    this.#takenInTick = count;
  }

  nextTick(): void {
    this.#takenInTick = 0;
  }

  beginBatch(view: BatchView | undefined): void {
    this.#view = view;
    this.#made.clear();
  }

  /** `isUrgent`: the group has none, or is met. */
  hasRoom(isUrgent: boolean): boolean {
    const { samples_per_tick: most, max_kept_samples: kept } = this.#limits;
    return kept > 0 && this.#takenInTick < (isUrgent ? most : most / 2);
  }

  /** Adds the line to the group's samples, of which at most `limit` stay. */
  take(samples: KeptSamples, row: number, limit: number): void {
    let sample = this.#made.get(row);
    if (sample === undefined) {
      sample = sampleOf(this.#view as BatchView, row);
      this.#made.set(row, sample);
      this.#takenInTick++;
    }
    this.put(samples, sample, this.#order + 1, limit);
  }

  /** Puts a sample in that was taken before; `order` rises. */
  put(samples: KeptSamples, sample: IncidentSample, order: number, limit: number): void {
    this.#order = Math.max(this.#order, order);
    samples.lines.push({ sample, order });
    this.#queue.push(samples);
    this.#kept++;
    if (samples.lines.length > limit) {
      samples.lines.shift();
      samples.gone++;
      this.#kept--;
    }
    while (this.#kept > this.#limits.max_kept_samples) this.#dropOldest();
    if (this.#queue.length > 2 * this.#limits.max_kept_samples + 1024) this.#compact();
  }

  /** The group is forgotten. */
  forget(samples: KeptSamples): void {
    this.#kept -= samples.lines.length;
    samples.gone += samples.lines.length;
    samples.lines.length = 0;
  }

  #dropOldest(): void {
    const samples = this.#queue[this.#head++];
    if (samples.gone > 0) {
      samples.gone--;
    } else {
      samples.lines.shift();
      this.#kept--;
    }
  }

  #compact(): void {
    const rest: KeptSamples[] = [];
    for (let i = this.#head; i < this.#queue.length; i++) {
      const samples = this.#queue[i];
      if (samples.gone > 0) samples.gone--;
      else rest.push(samples);
    }
    this.#queue = rest;
    this.#head = 0;
  }
}

function sampleOf(view: BatchView, row: number): IncidentSample {
  const tsNs = view.ts[row];
  const service = view.dictionary('service');
  const host = view.dictionary('host');
  const patternId = view.patternId[row];
  return {
    id: formatLineId({ tsMs: Number(tsNs / 1_000_000n), origin: view.origin[row], seq: Number(view.seq[row]), rowNo: view.rowNo[row] }),
    timestamp: formatTimestamp(tsNs),
    level: severityName(view.level[row]),
    service: service.values[service.indexes[row]],
    host: host.values[host.indexes[row]],
    message: textAt(view.text('message'), row),
    traceId: textAt(view.text('trace_id'), row),
    patternId: patternId === 0n ? '' : formatPatternId(patternId),
  };
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A text that is too long ends with an ellipsis, before the character that the bound falls into. */
function textAt({ bytes, starts, ends }: TextColumn, row: number): string {
  const [start, end] = [starts[row], ends[row]];
  if (end - start <= maxMessageBytes) return decoder.decode(bytes.subarray(start, end));
  let cut = start + maxMessageBytes;
  while (cut > start && (bytes[cut] & 0xc0) === 0x80) cut--;
  return `${decoder.decode(bytes.subarray(start, cut))}…`;
}
