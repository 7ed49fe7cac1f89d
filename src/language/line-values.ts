/** Values of one line by the names of queries: as text, the same that `compileFieldValue` gives, and as JSON. */
import type { LogLine } from '#model/log-line.ts';
import { severityName } from '#model/severity.ts';
import { formatTimestamp } from '#model/timestamps.ts';
import { resolveField } from './fields.ts';

/** The empty text where the line has none; a level as its name, tags joined by commas. */
export function lineText(line: LogLine, field: string): string {
  const target = resolveField(field);
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
      return (target.map === 'attributes' ? attributeText(line, target.key) : entryText(line, target.key)) ?? '';
    case 'property':
      return attributeText(line, target.key) || (entryText(line, target.key) ?? '');
    default:
      return target satisfies never;
  }
}

/** JSON text: an attribute in the type that it was sent with, digit by digit; null where the line has none. */
export function lineJson(line: LogLine, field: string): string {
  const target = resolveField(field);
  if (target.kind === 'tags') return JSON.stringify(line.tags);
  if (target.kind === 'skewed') return String(line.skewed);
  if (target.kind === 'property' || (target.kind === 'entry' && target.map === 'attributes')) {
    const index = line.attributes.names.indexOf(target.key);
    const kind = line.attributes.kinds[index];
    // values of the other kinds are JSON texts already
    if (index >= 0 && kind !== undefined && kind !== 's') return line.attributes.values[index];
  }
  const text = lineText(line, field);
  return text === '' ? 'null' : JSON.stringify(text);
}

function attributeText({ attributes }: LogLine, key: string): string | undefined {
  const index = attributes.names.indexOf(key);
  return index < 0 ? undefined : attributes.values[index];
}

const entryText = ({ resource }: LogLine, key: string): string | undefined => (Object.hasOwn(resource, key) ? resource[key] : undefined);
