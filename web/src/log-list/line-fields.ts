/** A line's fields by the names that a query gives them, with the server's own table of names. */
import { resolveField } from '#language/fields.ts';
import type { LineA } from '../api/operations.ts';
import { valueText } from './exact-json.ts';

/** A line as search answers it. */
export type LogLine = LineA;

/** The text of a field, as a filter would ask for it; undefined where the line has none. */
export function fieldText(line: LogLine, name: string): string | undefined {
  const target = resolveField(name);
  switch (target.kind) {
    case 'dictionary':
      return line[target.column] || undefined;
    case 'id':
      return line[target.column] || undefined;
    case 'message':
      return line.message;
    case 'level':
      return line.level ?? undefined;
    case 'time':
      return line.timestamp;
    case 'skewed':
      return line.skewed === true ? 'true' : 'false';
    case 'tags':
      return line.tags?.join(', ');
    case 'line':
      return line.raw ?? line.message;
    case 'entry':
      return target.map === 'attributes' ? attributeText(line, target.key) : line.resource?.[target.key];
    default:
      return attributeText(line, target.key) ?? line.resource?.[target.key];
  }
}

function attributeText({ metadata }: LogLine, key: string): string | undefined {
  return Object.hasOwn(metadata, key) ? valueText(metadata[key]) : undefined;
}

/** Columns have this name whatever the line's attributes are called. */
const columnNames = ['level', 'service', 'host', 'environment', 'trace_id', 'span_id'] as const;

export interface LineField {
  /** As a query writes it. */
  readonly name: string;
  readonly source: 'column' | 'attribute' | 'resource';
  readonly value: unknown;
}

/** All that a line has besides message and time: columns, then attributes, then resource entries. */
export function fieldsOf(line: LogLine): LineField[] {
  const columns = columnNames.flatMap((name) => (line[name] ? [{ name, source: 'column' as const, value: line[name] }] : []));
  const tags = (line.tags ?? []).map((value) => ({ name: 'tags', source: 'column' as const, value }));
  const attributes = Object.entries(line.metadata).map(([key, value]) => ({
    name: attributeName(key),
    source: 'attribute' as const,
    value,
  }));
  const resource = Object.entries(line.resource ?? {}).map(([key, value]) => ({
    name: resourceName(line, key),
    source: 'resource' as const,
    value,
  }));
  return [...columns, ...tags, ...attributes, ...resource];
}

/** An attribute whose name would mean something else in a query is told apart. */
export function attributeName(key: string): string {
  const target = resolveField(key);
  return target.kind === 'property' ? key : `metadata.${key}`;
}

/** A bare name reads the attribute first. */
function resourceName({ metadata }: LogLine, key: string): string {
  return resolveField(key).kind === 'property' && !Object.hasOwn(metadata, key) ? key : `resource.${key}`;
}
