/**
 * A line as Loki shows it: the text as it was sent, the labels of its stream, and its structured metadata. The other
 * direction of `receivers/loki/stream-labels.ts`: what was pushed comes back, and lines that came another way have the
 * labels that people look for. docs/grafana.md has the rule.
 */
import { labelName } from '#logql/line-labels.ts';
import type { LabelSet } from '#logql/line-labels.ts';
import type { LogLine } from '#model/log-line.ts';
import { severityName } from '#model/severity.ts';

/** What makes up the stream of a line. */
export type StreamFields = Pick<LogLine, 'service' | 'host' | 'environment' | 'level' | 'resource'>;

/** Labels that columns are, each with the field of the query language. */
export const columnLabels = [
  { label: 'service_name', field: 'service' },
  { label: 'host', field: 'host' },
  { label: 'env', field: 'environment' },
] as const;

/** `trace` … `fatal`; empty where a line has no level. */
export const levelLabel = (level: number): string => severityName(level).toLowerCase();

/** Loki's word for a line whose level it cannot tell. */
export const unknownLevel = 'unknown';

/** A column goes before an entry of the same name. */
export function streamLabels(fields: StreamFields): LabelSet {
  const labels = new Map<string, string>();
  for (const [name, value] of Object.entries(fields.resource)) if (value !== '') labels.set(labelName(name), value);
  for (const { label, field } of columnLabels) if (fields[field] !== '') labels.set(label, fields[field]);
  const level = levelLabel(fields.level);
  if (level !== '' && !labels.has('level')) labels.set('level', level);
  return labels;
}

export function structuredMetadata({ attributes, level, traceId, spanId, tags }: LogLine): LabelSet {
  const metadata = new Map<string, string>();
  for (const [index, name] of attributes.names.entries())
    if (attributes.values[index] !== '') metadata.set(labelName(name), attributes.values[index]);
  if (tags.length > 0) metadata.set('tags', tags.join(','));
  if (traceId !== '') metadata.set('trace_id', traceId);
  if (spanId !== '') metadata.set('span_id', spanId);
  metadata.set('detected_level', levelLabel(level) || unknownLevel);
  return metadata;
}

/** As it came: before it was parsed, where that changed it. */
export const textOfLine = ({ raw, message }: LogLine): string => (raw === '' ? message : raw);
