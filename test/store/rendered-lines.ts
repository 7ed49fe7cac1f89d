/** Lines as NDJSON and CSV by columns, rendered in JavaScript from a line: what the engine's rendering is compared with. */
import { resolveField } from '#language/fields.ts';
import type { LogLine } from '#model/log-line.ts';
import { severityName } from '#model/severity.ts';
import { formatTimestamp } from '#model/timestamps.ts';

export const objectOf = (line: LogLine, columns: readonly string[]): string =>
  `{${columns.map((name) => `${JSON.stringify(name)}:${jsonOf(line, name)}`).join(',')}}\n`;

export const rowOf = (line: LogLine, columns: readonly string[]): string =>
  `${columns.map((name) => csvField(textOf(line, name))).join(',')}\r\n`;

const csvField = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** JSON text of a column: an attribute in the type it was sent with, null where the line has none. */
function jsonOf(line: LogLine, name: string): string {
  if (wholeMembers.has(name)) return textOf(line, name);
  const target = resolveField(name);
  if (target.kind === 'tags') return JSON.stringify(line.tags);
  if (target.kind === 'skewed') return String(line.skewed);
  if (target.kind === 'property' || (target.kind === 'entry' && target.map === 'attributes')) {
    const index = line.attributes.names.indexOf(target.key);
    const kind = line.attributes.kinds[index];
    if (index >= 0)
      return kind === 's' || kind === undefined ? JSON.stringify(line.attributes.values[index]) : line.attributes.values[index];
  }
  const text = textOf(line, name);
  return text === '' ? 'null' : JSON.stringify(text);
}

const wholeMembers = new Set(['metadata', 'resource']);

/** A column as text; empty where the line has none. */
function textOf(line: LogLine, name: string): string {
  if (name === 'id') return line.id;
  if (name === 'raw') return line.raw;
  if (name === 'receive_ts') return new Date(line.receivedMs).toISOString();
  if (name === 'resource') return JSON.stringify(line.resource);
  if (name === 'metadata') return metadataText(line);
  const target = resolveField(name);
  switch (target.kind) {
    case 'dictionary':
      return line[target.column];
    case 'id':
      return target.column === 'trace_id' ? line.traceId : line.spanId;
    case 'message':
      return line.message;
    case 'line':
      return line.raw === '' ? line.message : line.raw;
    case 'level':
      return severityName(line.level);
    case 'skewed':
      return String(line.skewed);
    case 'time':
      return formatTimestamp(line.tsNs);
    case 'tags':
      return line.tags.join(',');
    case 'entry':
      return target.map === 'attributes' ? (attributeOf(line, target.key) ?? '') : resourceOf(line, target.key);
    case 'property':
      return attributeOf(line, target.key) ?? resourceOf(line, target.key);
    default:
      return target satisfies never;
  }
}

const resourceOf = ({ resource }: LogLine, key: string): string => (Object.hasOwn(resource, key) ? resource[key] : '');

function attributeOf({ attributes }: LogLine, key: string): string | undefined {
  const index = attributes.names.indexOf(key);
  return index < 0 ? undefined : attributes.values[index];
}

function metadataText({ attributes: { names, values, kinds } }: LogLine): string {
  const members = names.map((name, i) => {
    const isText = kinds[i] === 's' || kinds[i] === undefined;
    return `${JSON.stringify(name)}:${isText ? JSON.stringify(values[i]) : values[i]}`;
  });
  return `{${members.join(',')}}`;
}
