/** The store's tables, written from model/columns.ts. Decisions and measurements: architecture.md, part 2. */
import { logColumns } from '#model/columns.ts';
import type { ColumnName } from '#model/columns.ts';
import { logIndexes } from '#language/text-index.ts';
import { mergeTreeDurability, mergeTreeMerges } from '#engine/mergetree-settings.ts';

export const logsTable = 'logs';

/** Memtable of a generation; dropped once its rows are committed and no query reads it. */
export const memtableName = (generation: number): string => `memtable_${generation}`;
export const memtablePattern = /^memtable_(\d+)$/;

/**
 * LZ4 leaves half of what log lines repeat on disk: ZSTD(1) halves a line at a fifth more CPU of a flush without
 * indexes (docs/adr/0004-store.md). Sequences and times rise slowly inside a service, so their differences are stored.
 */
const codecs: Partial<Record<ColumnName, string>> = {
  ts: 'CODEC(Delta, ZSTD(1))',
  receive_ts: 'CODEC(Delta, ZSTD(1))',
  seq: 'CODEC(Delta, ZSTD(1))',
  row_no: 'CODEC(Delta, ZSTD(1))',
};
const otherCodec = 'CODEC(ZSTD(1))';

const defaults: Partial<Record<ColumnName, string>> = { sample_rate: 'DEFAULT 1' };

function columnDefinitions(includeGen: boolean, withCodecs: boolean): string {
  return logColumns
    .filter((column) => includeGen || column.name !== 'gen')
    .map(({ name, type }) => [name, type, defaults[name] ?? '', withCodecs ? (codecs[name] ?? otherCodec) : ''].filter(Boolean).join(' '))
    .join(',\n  ');
}

/** Names of all stored columns but `gen`, in order: what a flush copies. */
export const memtableColumns = logColumns.filter(({ name }) => name !== 'gen').map(({ name }) => name);

export const createMemtable = (generation: number): string =>
  `CREATE TABLE ${memtableName(generation)} (\n  ${columnDefinitions(false, false)}\n) ENGINE = Memory`;

/**
 * Rows of a day never change partition: it is the day of receipt, not of the event. The roll-up is a projection, so it
 * is written atomically with its part and a replay cannot count twice.
 */
export const createLogs = `CREATE TABLE IF NOT EXISTS ${logsTable} (
  ${columnDefinitions(true, true)},
  ${logIndexes.map(({ ddl }) => ddl).join(',\n  ')},
  PROJECTION minutes (
    SELECT gen, tenant, toStartOfMinute(ts) AS minute, service, environment, level, count(), sum(1 / sample_rate)
    GROUP BY gen, tenant, minute, service, environment, level
  )
) ENGINE = MergeTree
PARTITION BY (retention, toDate(receive_ts))
ORDER BY (tenant, toStartOfFiveMinutes(ts), service, ts)
SETTINGS ${[...Object.entries(mergeTreeDurability), ...Object.entries(mergeTreeMerges)].map(([name, value]) => `${name} = ${value}`).join(', ')}`;
