/**
 * What names committed lines have, as far as it tells of a word that no line has it as one: all services and hosts, and the
 * lengths of trace and span ids. Ids are random, so a filter has to be asked about every granule; but they are all of one or
 * two lengths, which hardly any other word has.
 *
 * Invariants: what is known holds for every line of the snapshot's generation, though it may be too much, since lines may have
 * been deleted; and what a commit adds is read and joined. Nobody waits for it: until it is there a word may be a name.
 */
import type { Logger } from '#platform/logger.ts';
import type { ReadOptions } from '../log-store.ts';
import { RowBudgetExceeded } from './database.ts';
import type { Database } from './database.ts';
import type { RecentChanges } from './recent-changes.ts';
import { logsTable } from './schema.ts';
import type { Snapshot } from './snapshots.ts';

export interface KnownNamesOptions {
  readonly database: Pick<Database, 'select'>;
  readonly changes: Pick<RecentChanges, 'rewrites'>;
  readonly logger: Logger;
}

/** Of one tenant's lines up to a generation. */
interface Known {
  readonly rewrites: number;
  /** 0 until it has been read once. */
  generation: number;
  readonly names: Set<string>;
  /** A bit for each length of an id; the last one for all from there on. */
  idLengths: bigint;
  isReading: boolean;
  isTooMuch: boolean;
}

const lastLength = 63;
const maxTenants = 256;
/** Pairs of service and host that one reading may bring, and names that are kept of a tenant. */
const maxNames = 20_000;
/** Of all tenants together, about 10 MB. */
const maxNamesOfAll = 100_000;
/** A commit's names are found by a look at each line's generation: of more lines than these it is not done. */
const maxLines = 100_000_000;

const lengthBit = (column: string): string => `bitShiftLeft(toUInt64(1), least(${column}.size, ${lastLength}))`;

export class KnownNames {
  readonly #options: KnownNamesOptions;
  /** The one asked for last at the end. */
  readonly #byTenant = new Map<string, Known>();

  constructor(options: KnownNamesOptions) {
    this.#options = options;
  }

  /** Those of the words that no committed line of the snapshot has as service, host, trace or span id, without asking for it. */
  absentAmong(words: readonly string[], tenant: string, { generation }: Snapshot, { limits }: ReadOptions): readonly string[] {
    if (words.length === 0 || generation === 0) return [];
    const known = this.#entryOf(tenant);
    if (known.isTooMuch) return [];
    if (known.generation >= generation) return words.filter((word) => isAbsent(word, known));
    if (!known.isReading) void this.#read(tenant, known, generation, { limits, workClass: 'background' });
    return [];
  }

  #entryOf(tenant: string): Known {
    const { rewrites } = this.#options.changes;
    const before = this.#byTenant.get(tenant);
    this.#byTenant.delete(tenant);
    const known =
      before?.rewrites === rewrites
        ? before
        : { rewrites, generation: 0, names: new Set<string>(), idLengths: 0n, isReading: false, isTooMuch: false };
    this.#byTenant.set(tenant, known);
    this.#forgetOldest();
    return known;
  }

  /** Those asked for longest ago go, while there is one other. */
  #forgetOldest(): void {
    let nameCount = [...this.#byTenant.values()].reduce((sum, { names }) => sum + names.size, 0);
    for (const [tenant, { names }] of this.#byTenant) {
      const isOver = nameCount > maxNamesOfAll || this.#byTenant.size > maxTenants;
      if (!isOver || this.#byTenant.size === 1) return;
      this.#byTenant.delete(tenant);
      nameCount -= names.size;
    }
  }

  async #read(tenant: string, known: Known, generation: number, options: ReadOptions): Promise<void> {
    known.isReading = true;
    try {
      const { rows } = await this.#options.database.select(
        `SELECT service, host, groupBitOr(bitOr(${lengthBit('trace_id')}, ${lengthBit('span_id')})) FROM ${logsTable}
         WHERE tenant = {tenant:String} AND gen > {from_gen:UInt64} AND gen <= {to_gen:UInt64} GROUP BY service, host`,
        { tenant, from_gen: known.generation, to_gen: generation },
        options,
        { max_rows_to_group_by: maxNames, group_by_overflow_mode: "'throw'", max_rows_to_read: maxLines, read_overflow_mode: "'throw'" },
      );
      // lines that were written anew meanwhile may not be in it; then it is of an entry that nobody looks at any more
      for (const [service, host, lengths] of rows as [string, string, string][]) {
        known.names.add(service).add(host);
        known.idLengths |= BigInt(lengths);
      }
      known.generation = generation;
      if (known.names.size > maxNames) giveUp(known);
    } catch (error) {
      if (error instanceof RowBudgetExceeded) giveUp(known);
      else this.#options.logger.debug({ tenant, error: String(error) }, 'names of services and hosts could not be read into memory');
    } finally {
      known.isReading = false;
    }
  }
}

function giveUp(known: Known): void {
  known.isTooMuch = true;
  known.names.clear();
}

function isAbsent(word: string, { names, idLengths }: Known): boolean {
  const length = Math.min(Buffer.byteLength(word), lastLength);
  return !names.has(word) && (idLengths & (1n << BigInt(length))) === 0n;
}
