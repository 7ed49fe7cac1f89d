/** Which fields of the store are to be grouped by for the labels that are wanted, and the labels of what comes back. */
import type { LabelNeeds } from '#logql/evaluate.ts';
import type { LabelSet } from '#logql/line-labels.ts';
import type { TimeRange } from '#store/log-store.ts';
import type { StreamCount } from '#store/stream-reads.ts';
import { anyLabelFields, mayBeRenamed } from './label-fields.ts';
import type { LabelField } from './label-fields.ts';
import { columnLabels, levelLabel, streamLabels, unknownLevel } from './line-streams.ts';
import type { Asker, LokiParts } from './loki-parts.ts';

export interface LabelPlan {
  readonly fields: readonly string[];
  readonly byResource: boolean;
  readonly labelsOf: (count: StreamCount) => LabelSet;
}

/** Fields of a whole stream. */
export const streamFields = [...columnLabels.map(({ field }) => field), 'level'];

/** Labels of the whole stream; `count` was grouped by `streamFields` and resource, and maybe more behind them. */
export function labelsOfStream({ values: [service, host, environment, level], resource }: StreamCount): LabelSet {
  return streamLabels({ service, host, environment, level: Number(level), resource });
}

/** With `only`, just those labels; else all of the stream, and those of the structured metadata that the query names. */
export async function planLabels(parts: LokiParts, asker: Asker, range: TimeRange, { only, named }: LabelNeeds): Promise<LabelPlan> {
  const names = only ?? [...named];
  const renamed = names.some(mayBeRenamed) ? await parts.renamed(asker, range) : new Map<string, string[]>();
  const wanted = names.map((name) => ({ name, fields: anyLabelFields(name, renamed) }));
  const own = wanted.flatMap(({ fields }) => fields.map(fieldName));
  const fields = [...new Set(only === undefined ? [...streamFields, ...own] : own)];
  const valueOf = (count: StreamCount, field: LabelField): string => textOf(field, count.values[fields.indexOf(fieldName(field))]);
  const labelsOf = (count: StreamCount): LabelSet => {
    const labels = new Map(only === undefined ? labelsOfStream(count) : []);
    for (const { name, fields: sources } of wanted) {
      const value = sources.map((field) => valueOf(count, field)).find((text) => text !== '');
      if (value !== undefined && (only !== undefined || !labels.has(name))) labels.set(name, value);
    }
    return labels;
  };
  return { fields, byResource: only === undefined, labelsOf };
}

const fieldName = (field: LabelField): string => (field.kind === 'field' ? field.field : 'level');

function textOf({ kind }: LabelField, value: string): string {
  if (kind === 'field') return value;
  return levelLabel(Number(value)) || (kind === 'level' ? '' : unknownLevel);
}
