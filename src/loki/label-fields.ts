/**
 * Where a label's value lies: fields of the query language, of which the first that has a value counts. The same order as
 * `line-streams.ts` gives labels their values in.
 */
import { resolveField } from '#language/fields.ts';
import { labelName } from '#logql/line-labels.ts';
import { columnLabels } from './line-streams.ts';

/** A field's value; a level's name; or a level's name with `unknown` for none. */
export type LabelField = { readonly kind: 'field'; readonly field: string } | { readonly kind: 'level' | 'detected-level' };

/** Names of entries whose label is another than their name, by the label: `k8s_pod_name` → `k8s.pod.name`. */
export type RenamedEntries = ReadonlyMap<string, readonly string[]>;

export function renamedEntries(names: readonly string[]): RenamedEntries {
  const renamed = new Map<string, string[]>();
  for (const name of names) {
    const label = labelName(name);
    if (label !== name) renamed.set(label, [...(renamed.get(label) ?? []), name]);
  }
  return renamed;
}

/** Whether a label may be an entry under another name, for which all names must be known. */
export const mayBeRenamed = (label: string): boolean => label.includes('_') && !columnLabels.some((column) => column.label === label);

/** Of a label of the stream. Any spelling of a column's field is the column, where the stream has no such label itself. */
export function streamLabelFields(label: string, renamed: RenamedEntries): LabelField[] {
  const column = columnLabels.find((one) => one.label === label);
  if (column !== undefined) return [{ kind: 'field', field: column.field }];
  const entries = entryFields('resource', label, renamed);
  if (label === 'level') return [...entries, { kind: 'level' }];
  const target = resolveField(label);
  return target.kind === 'dictionary' ? [...entries, { kind: 'field', field: target.column }] : entries;
}

/** Of a label that a filter behind the selector names: of the stream, else of the structured metadata. */
export function anyLabelFields(label: string, renamed: RenamedEntries): LabelField[] {
  if (label === 'detected_level') return [{ kind: 'detected-level' }];
  const target = resolveField(label);
  if (target.kind === 'id' && (label === 'trace_id' || label === 'span_id')) return [{ kind: 'field', field: label }];
  return [...streamLabelFields(label, renamed), ...entryFields('attributes', label, renamed)];
}

function entryFields(map: 'resource' | 'attributes', label: string, renamed: RenamedEntries): LabelField[] {
  const dotted = label.includes('_') ? [label.replaceAll('_', '.')] : [];
  const names = new Set([label, ...dotted, ...(renamed.get(label) ?? [])]);
  return [...names].map((name) => ({ kind: 'field', field: `${map}.${name}` }));
}
