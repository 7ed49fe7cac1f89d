/**
 * When a tenant's committed lines are, and how many per minute, from the roll-up: tells how far back a newest-first search
 * must look for its rows, and which part of a range holds none. Kept per generation, because only a commit changes it.
 */
import type { ReadOptions, TimeRange } from '../log-store.ts';
import type { Database } from './database.ts';
import { logsTable } from './schema.ts';

const minuteNs = 60_000_000_000n;

/** Minutes newest first, with their committed line counts. */
export interface Density {
  readonly minutes: readonly number[];
  readonly counts: readonly number[];
  /** No committed line is outside; empty where there is none. Lines of newer generations may be. */
  readonly extent: TimeRange;
}

const nothing: TimeRange = { fromNs: 0n, toNs: 0n };

/** Minutes with lines that are looked at, at most; older lines are reached in one last window. */
const maxMinutes = 20_000;
const maxTenants = 256;

export class DensityCache {
  readonly #database: Database;
  #generation = -1;
  #byTenant = new Map<string, Promise<Density>>();

  constructor(database: Database) {
    this.#database = database;
  }

  async of(tenant: string, generation: number, options: ReadOptions): Promise<Density> {
    if (generation !== this.#generation || this.#byTenant.size >= maxTenants) {
      this.#generation = generation;
      this.#byTenant = new Map();
    }
    const known = this.#byTenant.get(tenant);
    if (known !== undefined) return known;
    const reading = this.#read(tenant, generation, options);
    this.#byTenant.set(tenant, reading);
    reading.catch(() => {
      if (this.#byTenant.get(tenant) === reading) this.#byTenant.delete(tenant);
    });
    return reading;
  }

  async #read(tenant: string, generation: number, options: ReadOptions): Promise<Density> {
    const { rows } = await this.#database.select(
      `SELECT toUnixTimestamp(toStartOfMinute(ts)) AS minute, count() FROM ${logsTable}
       WHERE gen <= {gen:UInt64} AND tenant = {tenant:String} GROUP BY minute ORDER BY minute DESC LIMIT ${maxMinutes}`,
      { gen: generation, tenant },
      { limits: options.limits },
    );
    const minutes = rows.map(([minute]) => Number(minute));
    const extent = await this.#readExtent(tenant, generation, minutes, options);
    return { minutes, counts: rows.map(([, count]) => Number(count)), extent };
  }

  /** From the first to the last line; from the beginning of time where older minutes were not looked at. */
  async #readExtent(tenant: string, generation: number, minutes: readonly number[], { limits }: ReadOptions): Promise<TimeRange> {
    if (minutes.length === 0) return nothing;
    const isWhole = minutes.length < maxMinutes;
    const { rows } = await this.#database.select(
      `SELECT min(toUnixTimestamp64Nano(ts)), max(toUnixTimestamp64Nano(ts)) FROM ${logsTable} WHERE gen <= {gen:UInt64}
       AND tenant = {tenant:String} AND (ts < toDateTime({first_end:UInt32}, 'UTC') OR ts >= toDateTime({last:UInt32}, 'UTC'))`,
      { gen: generation, tenant, first_end: isWhole ? minutes[minutes.length - 1] + 60 : 0, last: minutes[0] },
      { limits },
    );
    const [first, last] = rows[0] as string[];
    return { fromNs: isWhole ? BigInt(first) : 0n, toNs: BigInt(last) + 1n };
  }
}

/**
 * Cuts a range into windows to be searched one after the other from its end (`desc`) or its start (`asc`): the first
 * holds about `firstRows` lines, each further one `growth` times more, up to `maxRows`. Windows are adjacent and cover the
 * range.
 */
export function windowsOver(
  range: TimeRange,
  density: Density,
  order: 'desc' | 'asc',
  firstRows: number,
  growth: number,
  maxRows = Number.POSITIVE_INFINITY,
): TimeRange[] {
  const windows: TimeRange[] = [];
  const descending = order === 'desc';
  let wanted = firstRows;
  let found = 0;
  let edge = descending ? range.toNs : range.fromNs;
  const indexes = density.minutes.keys();
  const ordered = descending ? [...indexes] : [...indexes].reverse();
  for (const index of ordered) {
    const startNs = BigInt(density.minutes[index]) * 1_000_000_000n;
    const overlap = overlapOf({ fromNs: startNs, toNs: startNs + minuteNs }, range);
    if (overlap === undefined) continue;
    found += density.counts[index] * (Number(overlap.toNs - overlap.fromNs) / Number(minuteNs));
    if (found < wanted) continue;
    // A minute of a busy tenant can hold millions of lines: cut inside it, as if they were spread evenly.
    const excess = Math.min(0.98, (found - wanted) / Math.max(1, density.counts[index]));
    const cut = BigInt(Math.round(Number(overlap.toNs - overlap.fromNs) * excess));
    const next = descending ? overlap.fromNs + cut : overlap.toNs - cut;
    if (next === edge) continue;
    windows.push(descending ? { fromNs: next, toNs: edge } : { fromNs: edge, toNs: next });
    edge = next;
    found = 0;
    wanted = Math.min(wanted * growth, Math.max(firstRows, maxRows));
  }
  const rest = descending ? { fromNs: range.fromNs, toNs: edge } : { fromNs: edge, toNs: range.toNs };
  if (rest.fromNs < rest.toNs || windows.length === 0) windows.push(rest);
  return windows;
}

/** What two ranges have in common. */
export function overlapOf(inner: TimeRange, outer: TimeRange): TimeRange | undefined {
  const fromNs = inner.fromNs > outer.fromNs ? inner.fromNs : outer.fromNs;
  const toNs = inner.toNs < outer.toNs ? inner.toNs : outer.toNs;
  return fromNs < toNs ? { fromNs, toNs } : undefined;
}
