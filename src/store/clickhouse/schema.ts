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
 * Codecs where the default (LZ4) leaves much behind: ids are hex text of full entropy, which LZ4 cannot shorten and an
 * entropy coder halves; sequences and times rise slowly inside a service.
 */
const codecs: Partial<Record<ColumnName, string>> = {
  trace_id: 'CODEC(ZSTD(1))',
  span_id: 'CODEC(ZSTD(1))',
  receive_ts: 'CODEC(Delta, LZ4)',
  seq: 'CODEC(Delta, LZ4)',
};

const defaults: Partial<Record<ColumnName, string>> = { sample_rate: 'DEFAULT 1' };

function columnDefinitions(includeGen: boolean, withCodecs: boolean): string {
  return logColumns
    .filter((column) => includeGen || column.name !== 'gen')
    .map(({ name, type }) => [name, type, defaults[name] ?? '', withCodecs ? (codecs[name] ?? '') : ''].filter(Boolean).join(' '))
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
