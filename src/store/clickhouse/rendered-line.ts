/**
 * A line as text, made by the engine: an SQL expression for each format. It gives the members and the digits that the
 * record shapes of search give; a test compares them over generated odd values. Names of columns are parameters.
 */
import { lineSql } from '#language/compile-sql.ts';
import { resolveField } from '#language/fields.ts';
import type { FieldTarget } from '#language/fields.ts';
import { severityName } from '#model/severity.ts';
import type { LineFormat } from '../bulk-reads.ts';

export interface Rendering {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What the expressions below need of the engine: JSON without `\/`. */
export const renderingSettings = { output_format_json_escape_forward_slashes: 0, output_format_binary_write_json_as_string: 1 };

/** A line with its end. */
export function renderedLine(format: LineFormat): Rendering {
  const columns = new ColumnRenderer();
  switch (format.kind) {
    case 'ndjson':
      return { sql: concat(format.columns === undefined ? recordParts : columns.objectParts(format.columns)), ...columns };
    case 'csv':
      return {
        sql: concat(
          separated(
            format.columns.map((name) => csvField(columns.text(name))),
            `','`,
            `'\\r\\n'`,
          ),
        ),
        ...columns,
      };
    case 'raw':
      return { sql: `concat(${lineSql}, '\\n')`, parameters: {} };
    case 'rows':
      return { sql: `formatRow('RowBinary', ${rowColumns.map(({ sql }) => sql).join(', ')})`, parameters: {} };
    default:
      return format satisfies never;
  }
}

const concat = (parts: readonly string[]): string => `concat(${parts.join(', ')})`;
const json = (text: string): string => `toJSONString(${text})`;
const separated = (parts: readonly string[], separator: string, end: string): string[] => [
  ...parts.flatMap((part, index) => (index === 0 ? [part] : [separator, part])),
  end,
];

/** The id (base/ids.ts): its two halves as numbers, read as a UUID. */
const idText = `toString(reinterpret(bitOr(bitShiftLeft(toUInt128(bitOr(bitOr(toUInt64(9223372036854775808), bitShiftLeft(toUInt64(bitAnd(origin, 4095)), 50)),
  bitOr(bitShiftLeft(seq, 16), toUInt64(row_no)))), 64), toUInt128(bitOr(bitShiftLeft(toUInt64(greatest(0, toUnixTimestamp64Milli(ts))), 16),
  bitOr(32768, bitShiftRight(origin, 12))))), 'UUID'))`;

/** RFC 3339 with 3, 6 or 9 digits, as many as it takes. */
const nanosOf = 'toUnixTimestamp64Nano(ts)';
const timeText = `concat(replaceOne(substring(toString(ts), 1, multiIf(${nanosOf} % 1000000 = 0, 23, ${nanosOf} % 1000 = 0, 26, 29)), ' ', 'T'), 'Z')`;
const receiveTimeText = `concat(replaceOne(toString(receive_ts), ' ', 'T'), 'Z')`;

const patternText = `if(pattern_id = 0, '', leftPad(lower(hex(pattern_id)), 16, '0'))`;

const severities = Array.from({ length: 25 }, (_, number) => severityName(number));
const levelText = `[${severities.map((name) => `'${name}'`).join(', ')}][if(level > 24, 1, level + 1)]`;
const levelJson = `[${severities.map((name) => (name === '' ? `'null'` : `'"${name}"'`)).join(', ')}][if(level > 24, 1, level + 1)]`;

/** Texts are quoted; values of the other kinds are JSON as they are. */
const attributesJson = `concat('{', arrayStringConcat(arrayMap((name, value, at) -> concat(${json('name')}, ':',
  if(substring(kinds, at, 1) IN ('s', ''), ${json('value')}, value)), mapKeys(attributes), mapValues(attributes), arrayEnumerate(mapKeys(attributes))), ','), '}')`;

const whereGiven = (condition: string, parts: readonly string[]): string => `if(${condition}, ${concat(parts)}, '')`;

/** Members of a line in design A's names (api/record-shapes.ts). */
const recordParts = [
  `'{"id":"'`,
  idText,
  `'","timestamp":"'`,
  timeText,
  `'","level":'`,
  levelJson,
  ...['service', 'host', 'trace_id', 'span_id', 'message'].flatMap((name) => [`',"${name}":'`, json(name)]),
  `',"metadata":'`,
  attributesJson,
  whereGiven(`environment != ''`, [`',"environment":'`, json('environment')]),
  whereGiven('notEmpty(resource)', [`',"resource":'`, json('resource')]),
  whereGiven('notEmpty(tags)', [`',"tags":'`, json('tags')]),
  whereGiven(`raw != ''`, [`',"raw":'`, json('raw')]),
  whereGiven('sample_rate != 1', [`',"sample_rate":'`, 'toString(sample_rate)']),
  whereGiven('pattern_id != 0', [`',"pattern":"'`, patternText, `'"'`]),
  `',"receive_ts":"'`,
  receiveTimeText,
  `if(skewed = 1, '","skewed":true}\\n', '"}\\n')`,
];

const csvField = (text: string): string => `if(match(${text}, '[",\\r\\n]'), concat('"', replaceAll(${text}, '"', '""'), '"'), ${text})`;

/** Names that stand for no field of a query. */
const texts: ReadonlyMap<string, string> = new Map([
  ['id', idText],
  ['raw', 'raw'],
  ['receive_ts', receiveTimeText],
]);
const objects: ReadonlyMap<string, string> = new Map([
  ['resource', json('resource')],
  ['metadata', attributesJson],
]);

/** Columns by their names in queries. */
class ColumnRenderer {
  readonly parameters: Record<string, string> = {};

  /** A JSON object; an attribute in the type it was sent with, null where the line has none. */
  objectParts(names: readonly string[]): string[] {
    const members = names.flatMap((name, index) => [this.#value(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`), this.#json(name)]);
    return [...members, `'}\\n'`];
  }

  /** As text; empty where the line has none. */
  text(name: string): string {
    return objects.get(name) ?? texts.get(name) ?? this.#textOf(resolveField(name));
  }

  #json(name: string): string {
    const object = objects.get(name);
    if (object !== undefined) return object;
    const ownText = texts.get(name);
    if (ownText !== undefined) return textOrNull(ownText);
    const target = resolveField(name);
    if (target.kind === 'tags') return json('tags');
    if (target.kind === 'skewed') return this.#textOf(target);
    const text = textOrNull(this.#textOf(target));
    if (target.kind !== 'property' && !(target.kind === 'entry' && target.map === 'attributes')) return text;
    const { place, value } = this.#attribute(target.key);
    return `multiIf(${place} = 0, ${target.kind === 'property' ? textOrNull(`resource[${this.#value(target.key)}]`) : `'null'`},
      substring(kinds, ${place}, 1) IN ('s', ''), ${json(value)}, ${value})`;
  }

  #textOf(target: FieldTarget): string {
    switch (target.kind) {
      case 'dictionary':
      case 'id':
        return target.column;
      case 'message':
        return 'message';
      case 'line':
        return lineSql;
      case 'level':
        return levelText;
      case 'skewed':
        return `if(skewed = 1, 'true', 'false')`;
      case 'time':
        return timeText;
      case 'tags':
        return `arrayStringConcat(tags, ',')`;
      case 'entry':
        return target.map === 'attributes' ? this.#attribute(target.key).value : `resource[${this.#value(target.key)}]`;
      case 'property': {
        const { place, value } = this.#attribute(target.key);
        return `if(${place} = 0, resource[${this.#value(target.key)}], ${value})`;
      }
      default:
        return target satisfies never;
    }
  }

  /** Of several attributes of a name the first counts. */
  #attribute(key: string): { readonly place: string; readonly value: string } {
    const place = `indexOf(mapKeys(attributes), ${this.#value(key)})`;
    return { place, value: `mapValues(attributes)[${place}]` };
  }

  #value(text: string): string {
    const known = Object.entries(this.parameters).find(([, value]) => value === text);
    const name = known?.[0] ?? `column_${Object.keys(this.parameters).length}`;
    this.parameters[name] = text;
    return `{${name}:String}`;
  }
}

const textOrNull = (text: string): string => `if(${text} = '', 'null', ${json(text)})`;

/** Columns of a Parquet file, with their types in the engine; `docs/export.md` describes them. */
export const rowColumns: readonly { readonly name: string; readonly type: string; readonly sql: string }[] = [
  { name: 'id', type: 'String', sql: idText },
  { name: 'timestamp', type: "DateTime64(9, 'UTC')", sql: 'ts' },
  { name: 'receive_ts', type: "DateTime64(3, 'UTC')", sql: 'receive_ts' },
  { name: 'level', type: 'String', sql: levelText },
  { name: 'severity', type: 'UInt8', sql: 'level' },
  ...['service', 'host', 'environment', 'trace_id', 'span_id', 'message'].map((name) => ({
    name,
    type: 'String',
    sql: `toString(${name})`,
  })),
  { name: 'metadata', type: 'String', sql: attributesJson },
  { name: 'attributes', type: 'Map(String, String)', sql: "CAST(attributes, 'Map(String, String)')" },
  { name: 'resource', type: 'Map(String, String)', sql: "CAST(resource, 'Map(String, String)')" },
  { name: 'tags', type: 'Array(String)', sql: "CAST(tags, 'Array(String)')" },
  { name: 'raw', type: 'String', sql: 'raw' },
  { name: 'sample_rate', type: 'Float32', sql: 'sample_rate' },
  { name: 'pattern', type: 'String', sql: patternText },
  { name: 'skewed', type: 'Bool', sql: 'toBool(skewed = 1)' },
];
