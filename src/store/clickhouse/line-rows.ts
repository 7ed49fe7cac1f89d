/** The wide columns of a line as a SELECT list, and rows of it as lines. */
import { formatLineId } from '#base/ids.ts';
import type { LogLine } from '#model/log-line.ts';
import type { LineKey } from '../log-store.ts';

/** Columns that order and identify a line. */
export const keyColumns = 'toUnixTimestamp64Nano(ts) AS ts_ns, origin, seq, row_no';

/**
 * As they are stored: each expression costs the engine planning, for all of them a fifth of a page's time. Maps come as lists
 * of pairs (`answerSettings`), for a JSON object would reorder keys that look like numbers, and `kinds` goes by position.
 */
const wideColumns = [
  'toUnixTimestamp64Milli(receive_ts)',
  'skewed',
  'tenant',
  'service',
  'host',
  'environment',
  'level',
  'trace_id',
  'span_id',
  'message',
  'attributes',
  'kinds',
  'resource',
  'tags',
  'raw',
  'sample_rate',
  'pattern_id',
];

export const lineColumns = [keyColumns, ...wideColumns].join(', ');

/** The same one by one, without names. */
export const lineColumnList: readonly string[] = ['toUnixTimestamp64Nano(ts)', 'origin', 'seq', 'row_no', ...wideColumns];

/** Place of the service among `lineColumns`. */
export const serviceOfLine = 7;

/** Rows that begin with `keyColumns`. */
export function keyOfRow(row: readonly unknown[]): LineKey {
  return { tsNs: BigInt(row[0] as string), origin: Number(row[1]), seq: Number(row[2]), rowNo: Number(row[3]) };
}

/** A text that is equal exactly for equal keys. */
export const keyText = ({ tsNs, origin, seq, rowNo }: LineKey): string => `${tsNs}/${origin}/${seq}/${rowNo}`;

type Pairs = readonly (readonly [string, string])[];

/** A row of `lineColumns`. */
export function lineOfColumns(row: readonly unknown[]): LogLine {
  const { tsNs, origin, seq, rowNo } = keyOfRow(row);
  const attributes = row[14] as Pairs;
  return {
    id: formatLineId({ tsMs: Number(tsNs / 1_000_000n), origin, seq, rowNo }),
    tsNs,
    receivedMs: Number(row[4]),
    skewed: Number(row[5]) === 1,
    tenant: row[6] as string,
    service: row[serviceOfLine] as string,
    host: row[8] as string,
    environment: row[9] as string,
    level: Number(row[10]),
    traceId: row[11] as string,
    spanId: row[12] as string,
    message: row[13] as string,
    attributes: { names: attributes.map(([name]) => name), values: attributes.map(([, value]) => value), kinds: row[15] as string },
    resource: Object.fromEntries(row[16] as Pairs),
    tags: row[17] as string[],
    raw: row[18] as string,
    sampleRate: Number(row[19]),
    patternId: BigInt(row[20] as string),
  };
}
