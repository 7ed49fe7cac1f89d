/**
 * The roll-ups by minute of the tenants asked for last, in memory: what nearly every histogram, count of a page and dashboard
 * asks of the committed lines costs no statement then.
 *
 * Invariants: what is given is of exactly the snapshot's generation, since a commit only adds lines and what it adds is read
 * and joined; and committed lines have not been rewritten since it was read (`RecentChanges.rewrites`), or it is read anew.
 * Its memory is bounded, and a tenant whose roll-up is larger than the bound is answered by the engine.
 */
import type { Logger } from '#platform/logger.ts';
import type { ReadOptions } from '../log-store.ts';
import { RowBudgetExceeded } from './database.ts';
import type { Database } from './database.ts';
import type { RecentChanges } from './recent-changes.ts';
import { bytesOfSeries, joinSeries, leastMinuteBytes, readSeries, seriesColumns } from './rollup-series.ts';
import type { RollupSeries } from './rollup-series.ts';
import { logsTable } from './schema.ts';
import type { Snapshot } from './snapshots.ts';

export interface KeptRollupsOptions {
  readonly database: Pick<Database, 'selectBytes'>;
  readonly changes: Pick<RecentChanges, 'rewrites'>;
  readonly logger: Logger;
  /** Of all tenants together; 0 keeps none. */
  readonly maxBytes: number;
}

interface Kept {
  readonly rewrites: number;
  /** What is in memory; `series` is undefined until it has been read once. */
  generation: number;
  series: readonly RollupSeries[] | undefined;
  byteCount: number;
  /** Settles, without error, when what is being read is there. */
  reading: Promise<void> | undefined;
  isTooLarge: boolean;
}

const maxTenants = 1000;

export class KeptRollups {
  readonly #options: KeptRollupsOptions;
  /** The one asked for last at the end. */
  readonly #byTenant = new Map<string, Kept>();
  #byteCount = 0;

  constructor(options: KeptRollupsOptions) {
    this.#options = options;
  }

  /**
   * All series of the tenant's lines that the snapshot has committed; undefined where the engine is to be asked. The first
   * question begins the reading and does not wait for it; later ones wait for what was committed since the one before.
   */
  async of(tenant: string, { generation, replacements }: Snapshot, options: ReadOptions): Promise<readonly RollupSeries[] | undefined> {
    if (this.#options.maxBytes === 0 || replacements.length > 0) return undefined;
    const kept = this.#entryOf(tenant);
    if (kept.isTooLarge) return undefined;
    if (kept.series === undefined) {
      kept.reading ??= this.#read(tenant, kept, generation, { ...options, workClass: 'background' });
      return undefined;
    }
    if (kept.generation < generation) await (kept.reading ??= this.#read(tenant, kept, generation, options));
    return kept.generation === generation && this.#isTrue(tenant, kept) ? kept.series : undefined;
  }

  #isTrue(tenant: string, kept: Kept): boolean {
    return kept.rewrites === this.#options.changes.rewrites && this.#byTenant.get(tenant) === kept;
  }

  #entryOf(tenant: string): Kept {
    const known = this.#byTenant.get(tenant);
    this.#byTenant.delete(tenant);
    const { rewrites } = this.#options.changes;
    if (known?.rewrites === rewrites) {
      this.#byTenant.set(tenant, known);
      return known;
    }
    if (known !== undefined) this.#empty(known);
    const kept: Kept = { rewrites, generation: 0, series: undefined, byteCount: 0, reading: undefined, isTooLarge: false };
    this.#byTenant.set(tenant, kept);
    this.#forgetOldest();
    return kept;
  }

  async #read(tenant: string, kept: Kept, generation: number, options: ReadOptions): Promise<void> {
    try {
      const more = await this.#readSeries(tenant, kept.generation, generation, options);
      if (!this.#isTrue(tenant, kept)) return;
      const series = joinSeries(kept.series ?? [], more);
      this.#byteCount -= kept.byteCount;
      kept.byteCount = bytesOfSeries(series);
      this.#byteCount += kept.byteCount;
      kept.series = series;
      kept.generation = generation;
      this.#forgetOldest();
      if (this.#byteCount > this.#options.maxBytes) this.#giveUp(kept);
    } catch (error) {
      if (error instanceof RowBudgetExceeded) this.#giveUp(kept);
      else this.#options.logger.debug({ tenant, error: String(error) }, 'counts by minute could not be read into memory');
    } finally {
      kept.reading = undefined;
    }
  }

  async #readSeries(tenant: string, from: number, to: number, { limits, workClass = 'search' }: ReadOptions): Promise<RollupSeries[]> {
    const bytes = await this.#options.database.selectBytes(
      `SELECT ${seriesColumns} FROM (
         SELECT toUnixTimestamp(toStartOfMinute(ts)) AS minute, service, environment, level, count() AS line_count, sum(1 / sample_rate) AS weight
         FROM ${logsTable} WHERE gen > {from_gen:UInt64} AND gen <= {to_gen:UInt64} AND tenant = {tenant:String}
         GROUP BY minute, service, environment, level)
       GROUP BY service, environment, level`,
      { from_gen: from, to_gen: to, tenant },
      'RowBinary',
      { limits, workClass },
      { max_rows_to_group_by: Math.max(1, Math.floor(this.#options.maxBytes / leastMinuteBytes)), group_by_overflow_mode: "'throw'" },
    );
    return readSeries(bytes);
  }

  /** Those asked for longest ago go, while there is one other. */
  #forgetOldest(): void {
    for (const [tenant, kept] of this.#byTenant) {
      const isOver = this.#byteCount > this.#options.maxBytes || this.#byTenant.size > maxTenants;
      if (!isOver || this.#byTenant.size === 1) return;
      this.#byTenant.delete(tenant);
      this.#empty(kept);
    }
  }

  #giveUp(kept: Kept): void {
    this.#empty(kept);
    kept.isTooLarge = true;
  }

  #empty(kept: Kept): void {
    this.#byteCount -= kept.byteCount;
    kept.byteCount = 0;
    kept.series = undefined;
  }
}
