/** Tables of queries with pipes as JSON, NDJSON and CSV (RFC 4180). Pure. */
import { lineJson } from '#language/line-values.ts';
import { resolveField } from '#language/fields.ts';
import type { PipeValue, ValueType } from '#language/pipes.ts';
import type { LogLine } from '#model/log-line.ts';
import { severityName } from '#model/severity.ts';
import { formatTimestamp } from '#model/timestamps.ts';
import type { PipeResult } from '#search/pipe-search.ts';
import { costObject, rangeObject } from './answer-shapes.ts';
import { attributesJson } from './record-shapes.ts';

/** `any`: each value has the type that it was sent with. */
export const columnTypes = ['string', 'number', 'time', 'boolean', 'array', 'object', 'any'] as const;
export type ColumnType = (typeof columnTypes)[number];

interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** JSON text of the value in a row. */
  readonly json: (row: number) => string;
}

export function tableJson(result: PipeResult): string {
  const columns = columnsOf(result);
  const names = JSON.stringify(columns.map(({ name, type }) => ({ name, type })));
  const rows = rowNumbers(result).map((row) => `[${columns.map(({ json }) => json(row)).join(',')}]`);
  return `{"columns":${names},"rows":[${rows.join(',')}],${JSON.stringify(endObject(result)).slice(1)}`;
}

/** One object a row; the last line tells what the answer says about itself. */
export function tableNdjson(result: PipeResult): string {
  const columns = columnsOf(result);
  const rows = rowNumbers(result).map((row) => `{${columns.map(({ name, json }) => `${JSON.stringify(name)}:${json(row)}`).join(',')}}\n`);
  return `${rows.join('')}${JSON.stringify({ end: endObject(result) })}\n`;
}

export function tableCsv(result: PipeResult): string {
  const columns = columnsOf(result);
  const line = (fields: readonly string[]): string => `${fields.map(csvField).join(',')}\r\n`;
  const rows = rowNumbers(result).map((row) => line(columns.map(({ json }) => plainText(json(row)))));
  return `${line(columns.map(({ name }) => name))}${rows.join('')}`;
}

const csvField = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Of a JSON text: a string without its quotes, nothing for null. */
function plainText(json: string): string {
  if (json.startsWith('"')) return JSON.parse(json) as string;
  return json === 'null' ? '' : json;
}

function endObject(result: PipeResult): object {
  const { hasMore, extrapolated, covered, kind } = result;
  return {
    more_rows: hasMore,
    ...(kind === 'table' ? { extrapolated } : {}),
    ...(covered === undefined ? {} : { covered_range: rangeObject(covered) }),
    ...costObject(result),
  };
}

const rowNumbers = ({ values }: PipeResult): number[] => values.map((_, row) => row);

function columnsOf(result: PipeResult): Column[] {
  const { kind, columns, values, shown } = result;
  const made = columns.map(
    ({ name, value: { type } }, i): Column => ({ name, type: typeNames[type], json: (row) => valueJson(type, values[row][i]) }),
  );
  if (kind === 'table') return made;
  if (shown === undefined) return [...usualColumns.map((name) => lineColumn(name, result)), ...made];
  return shown.map(({ name }) => made.find((column) => column.name === name) ?? lineColumn(name, result));
}

const typeNames: Readonly<Record<ValueType, ColumnType>> = {
  text: 'string',
  number: 'number',
  time: 'time',
  level: 'string',
  pattern: 'string',
  template: 'string',
};

function valueJson(type: ValueType, value: PipeValue): string {
  if (value === null) return 'null';
  if (typeof value === 'bigint') return JSON.stringify(formatTimestamp(value));
  if (type === 'level') return JSON.stringify(severityName(Number(value)));
  return JSON.stringify(value);
}

const usualColumns = ['id', 'timestamp', 'level', 'service', 'host', 'environment', 'trace_id', 'span_id', 'message', 'metadata'];

/** What a line is beside its fields, by the names that its records have. */
const wholeMembers: Readonly<Record<string, { readonly type: ColumnType; readonly json: (line: LogLine) => string }>> = {
  id: { type: 'string', json: ({ id }) => JSON.stringify(id) },
  metadata: { type: 'object', json: ({ attributes }) => attributesJson(attributes) },
  resource: { type: 'object', json: ({ resource }) => JSON.stringify(resource) },
  raw: { type: 'string', json: ({ raw, message }) => JSON.stringify(raw === '' ? message : raw) },
  receive_ts: { type: 'time', json: ({ receivedMs }) => JSON.stringify(new Date(receivedMs).toISOString()) },
};

function lineColumn(name: string, { lines }: PipeResult): Column {
  const member = Object.hasOwn(wholeMembers, name) ? wholeMembers[name] : undefined;
  if (member !== undefined) return { name, type: member.type, json: (row) => member.json(lines[row]) };
  return { name, type: fieldType(name), json: (row) => lineJson(lines[row], name) };
}

function fieldType(name: string): ColumnType {
  const target = resolveField(name);
  switch (target.kind) {
    case 'time':
      return 'time';
    case 'skewed':
      return 'boolean';
    case 'tags':
      return 'array';
    case 'property':
      return 'any';
    case 'entry':
      return target.map === 'attributes' ? 'any' : 'string';
    default:
      return 'string';
  }
}
