/** Pipelines over the sample rows: by the engine on one of its tables, and in memory. */
import { compileMatcher } from '#language/compile-matcher.ts';
import { compileSql } from '#language/compile-sql.ts';
import { compilePipes, evaluatePipes, pipeLines } from '#language/pipes.ts';
import { batchViewOf, sampleNowMs } from './sample-rows.ts';
import type { PipePlan, PipeSource, PipeValue, ValueType } from '#language/pipes.ts';
import type { LogLine } from '#model/log-line.ts';
import type { EngineTables, TableName } from './engine-tables.ts';
import type { SampleRow } from './sample-rows.ts';

export const rangeSeconds = 3600;

/** Every third line stands for four. */
const sampleRateOf = (row: number): number => (row % 3 === 0 ? 0.25 : 1);
const patternOf = (row: number): number => row % 4;

/** What the rows' tables do not hold. */
const otherColumns = `toUInt32(1) AS origin, toUInt64(0) AS seq, '' AS raw, toFloat32(if(row_no % 3 = 0, 0.25, 1)) AS sample_rate,
  toUInt64(row_no % 4) AS pattern_id`;

/** A source as the store makes it, but of one table and without tenant and range. */
export function sourceOf(table: string, condition: string): PipeSource & { readonly params: Record<string, string | number> } {
  const from = `(SELECT *, ${otherColumns} FROM ${table}) WHERE (${condition})`;
  const params: Record<string, string | number> = {};
  return {
    params,
    lines: ({ columns, condition: more, tail }) => `SELECT ${columns} FROM ${from}${more === '' ? '' : ` AND ${more}`} ${tail}`,
    counts({ groups, intervalMs, byLevel, params: more }) {
      Object.assign(params, more);
      const bucket = intervalMs === undefined ? 'toInt64(0)' : `intDiv(toUnixTimestamp64Milli(ts), ${intervalMs}) * ${intervalMs}`;
      const columns = [`${bucket} AS bucket`, ...groups.map(({ sql }, i) => `${sql} AS g${i}`), ...(byLevel ? ['level AS lvl'] : [])];
      const names = ['bucket', ...groups.map((_, i) => `g${i}`), ...(byLevel ? ['lvl'] : [])];
      return `SELECT ${columns.join(', ')}, sum(1 / sample_rate) AS weight, count() AS line_count FROM ${from} GROUP BY ${names.join(', ')}`;
    },
    patterns: () => `SELECT pattern_id, sum(1 / sample_rate) AS lines, min(ts) AS first, max(ts) AS last FROM ${from} GROUP BY pattern_id`,
    patternSql: 'pattern_id',
    lineColumns: ['row_no'],
    rangeSeconds,
  };
}

export type Table = readonly (readonly unknown[])[];

export const maxRows = 1000;

/** The rows: of a table its columns, of lines their number and what was added. */
export function byEngine(engine: EngineTables, table: TableName, plan: PipePlan): Table {
  const where = compileSql(plan.where, 'm');
  const source = sourceOf(`language.${table}`, where.sql);
  const { sql, params, columns } = compilePipes(plan, source, maxRows);
  const text = engine.query(`SELECT * FROM (${sql}) FORMAT JSONCompactEachRow`, { ...where.params, ...source.params, ...params });
  const types: ValueType[] = [...(plan.output.kind === 'lines' ? ['number' as const] : []), ...columns.map(({ value }) => value.type)];
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown[])
    .map((row) => types.map((type, i) => shown(type, row[i])));
}

function shown(type: ValueType, value: unknown): unknown {
  if (value === null) return null;
  if (type === 'pattern' || type === 'template')
    return BigInt(value as string)
      .toString(16)
      .padStart(16, '0');
  if (type === 'time') return String(value);
  return type === 'text' ? value : Number(value);
}

export function inMemory(rows: readonly SampleRow[], plan: PipePlan): Table {
  const view = batchViewOf(rows);
  const newestFirst = rows.map((_, row) => row).sort((a, b) => compareTimes(timeOf(rows[b]), timeOf(rows[a])) || b - a);
  const lines = pipeLines({
    lines: newestFirst.map((row) => lineOf(rows[row], row)),
    patterns: newestFirst.map((row) => patternOf(row).toString(16).padStart(16, '0')),
    select(node) {
      const found = compileMatcher(node).match(view);
      return (line) => found.has(newestFirst[line]);
    },
  });
  const { rows: made, values } = evaluatePipes(plan, lines, rangeSeconds);
  const isTable = plan.output.kind === 'table';
  return values.map((row, i) => [...(isTable ? [] : [newestFirst[made[i].line as number]]), ...row.map(plain)]).slice(0, maxRows);
}

const plain = (value: PipeValue): unknown => (typeof value === 'bigint' ? value.toString() : value);
const timeOf = ({ tsNs }: SampleRow): bigint => tsNs ?? BigInt(sampleNowMs) * 1_000_000n;
const compareTimes = (a: bigint, b: bigint): number => (a === b ? 0 : a < b ? -1 : 1);

function lineOf(row: SampleRow, number: number): LogLine {
  const names = Object.keys(row.attributes);
  return {
    id: String(number),
    tsNs: timeOf(row),
    receivedMs: sampleNowMs,
    skewed: row.skewed,
    tenant: '',
    service: row.service,
    host: row.host,
    environment: row.environment,
    level: row.level,
    traceId: row.traceId,
    spanId: row.spanId,
    message: row.message,
    attributes: { names, values: Object.values(row.attributes), kinds: 's'.repeat(names.length) },
    resource: row.resource,
    tags: row.tags,
    raw: '',
    sampleRate: sampleRateOf(number),
    patternId: 0n,
  };
}
