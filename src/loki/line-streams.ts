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
  const labels = labelsOfEntries(Object.keys(fields.resource), Object.values(fields.resource));
  for (const { label, field } of columnLabels) if (fields[field] !== '') labels.set(label, fields[field]);
  const level = levelLabel(fields.level);
  if (level !== '' && !labels.has('level')) labels.set('level', level);
  return labels;
}

export function structuredMetadata({ attributes, level, traceId, spanId, tags }: LogLine): LabelSet {
  const metadata = labelsOfEntries(attributes.names, attributes.values);
  if (tags.length > 0) metadata.set('tags', tags.join(','));
  if (traceId !== '') metadata.set('trace_id', traceId);
  if (spanId !== '') metadata.set('span_id', spanId);
  metadata.set('detected_level', levelLabel(level) || unknownLevel);
  return metadata;
}

/**
 * Entries with a value under the names of their labels. Where two are the same label, the one with that very name counts, else
 * the one with points (`a.b` for `a_b`), else the first by name: the order of `label-fields.ts`.
 */
function labelsOfEntries(names: readonly string[], values: readonly string[]): Map<string, string> {
  const labels = new Map<string, string>();
  const sources = new Map<string, string>();
  for (const [index, name] of names.entries()) {
    if (values[index] === '') continue;
    const label = labelName(name);
    const known = sources.get(label);
    if (known !== undefined && compareSources(known, name, label) <= 0) continue;
    sources.set(label, name);
    labels.set(label, values[index]);
  }
  return labels;
}

function compareSources(a: string, b: string, label: string): number {
  const rank = (name: string): number => (name === label ? 0 : name === label.replaceAll('_', '.') ? 1 : 2);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

/** As it came: before it was parsed, where that changed it. */
export const textOfLine = ({ raw, message }: LogLine): string => (raw === '' ? message : raw);
