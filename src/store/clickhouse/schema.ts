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
 * What nearly every query reads to decide about a row is LZ4, which is three times as fast to read; what is read for the
 * rows found is ZSTD, which halves it. Everything else, the indexes too, has `defaultCodec` (docs/adr/0004-store.md).
 */
const codecs: Partial<Record<ColumnName, string>> = {
  tenant: 'CODEC(LZ4)',
  ts: 'CODEC(Delta, LZ4)',
  receive_ts: 'CODEC(Delta, LZ4)',
  origin: 'CODEC(LZ4)',
  seq: 'CODEC(Delta, LZ4)',
  row_no: 'CODEC(Delta, ZSTD(1))',
  service: 'CODEC(LZ4)',
  host: 'CODEC(LZ4)',
  environment: 'CODEC(LZ4)',
  level: 'CODEC(ZSTD(1))',
  trace_id: 'CODEC(ZSTD(1))',
  span_id: 'CODEC(ZSTD(1))',
  attributes: 'CODEC(ZSTD(3))',
  gen: 'CODEC(LZ4)',
};
const defaultCodec = 'ZSTD(3)';

/** A value of one attribute is read without the others: keys are spread over this many streams. */
const mapBuckets = 4;

/** Lines of a granule, the least that is read of a part. */
export const indexGranularity = 1024;

/** Small granules and blocks: the newest lines of a busy tenant lie scattered over its services, and each costs a granule. */
const layoutSettings = {
  index_granularity: indexGranularity,
  min_compress_block_size: 32_768,
  default_compression_codec: `'${defaultCodec}'`,
  map_serialization_version: "'with_buckets'",
  map_serialization_version_for_zero_level_parts: "'with_buckets'",
  map_buckets_strategy: "'constant'",
  map_buckets_min_avg_size: 2,
  max_buckets_in_map: mapBuckets,
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
SETTINGS ${Object.entries({ ...layoutSettings, ...mergeTreeDurability, ...mergeTreeMerges })
  .map(([name, value]) => `${name} = ${value}`)
  .join(', ')}`;

/** Lines by pattern in slots of five minutes, which the order of rows knows too; parts written before have none and are read row by row. */
export const addPatternRollup = `ALTER TABLE ${logsTable} ADD PROJECTION IF NOT EXISTS patterns (
  SELECT gen, tenant, toStartOfFiveMinutes(ts) AS slot, service, environment, level, pattern_id, count(), sum(1 / sample_rate), min(ts), max(ts)
  GROUP BY gen, tenant, slot, service, environment, level, pattern_id
)`;

/**
 * Event times are mostly whole milliseconds or microseconds, and a part is in their order: divided by what they share, as differences, cut
 * to the bits that these need. 3.4 → 1.5 B a line, read as fast as before. Parts written before stay as they are until they are merged.
 */
export const packEventTimes = `ALTER TABLE ${logsTable} MODIFY COLUMN ts CODEC(GCD, Delta, T64, LZ4)`;

/** Buffers of the files of a part grow with what is written: a part has over a hundred, each of a MiB otherwise. */
export const growWriteBuffers = `ALTER TABLE ${logsTable} MODIFY SETTING min_columns_to_activate_adaptive_write_buffer = 1`;
