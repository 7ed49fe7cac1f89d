/** Which labels, values and series there are: what Grafana's label browser and its completion ask. */
import { allLines, anyOf } from '#language/ast.ts';
import type { QueryNode } from '#language/ast.ts';
import { parseLogExpression } from '#logql/parser.ts';
import { labelName, labelsKey } from '#logql/line-labels.ts';
import type { LabelSet } from '#logql/line-labels.ts';
import type { TimeRange } from '#store/log-store.ts';
import { wrong } from './parameters.ts';
import type { Asker, LokiParts } from './loki-parts.ts';
import { planLog } from './log-query.ts';
import { columnLabels } from './line-streams.ts';
import { labelsOfStream, planLabels, streamFields } from './stream-labels.ts';

/** Lines of a selector; all of them where there is none. Stages that the store cannot answer are not looked at. */
export async function whereOf(parts: LokiParts, query: string, range: TimeRange, asker: Asker): Promise<QueryNode> {
  const isOpen = query === '' || /^\{\s*\}$/.test(query);
  return isOpen ? allLines : (await planLog(parts, parseLogExpression(query), range, asker)).where;
}

/** Names of the labels of all streams, sorted. */
export async function readLabels(parts: LokiParts, query: string, range: TimeRange, asker: Asker): Promise<string[]> {
  const where = await whereOf(parts, query, range, asker);
  const [{ counts }, { resource }] = await Promise.all([
    parts.countStreams(asker, { where, range, fields: streamFields, byResource: false, withBytes: false }),
    parts.entryNames(asker, where, range),
  ]);
  const names = new Set(resource.map(labelName));
  for (const { values } of counts) {
    columnLabels.forEach(({ label }, index) => values[index] !== '' && names.add(label));
    if (values[columnLabels.length] !== '0') names.add('level');
  }
  return [...names].sort();
}

/** Values of a label, sorted. */
export async function readLabelValues(parts: LokiParts, label: string, query: string, range: TimeRange, asker: Asker): Promise<string[]> {
  const where = await whereOf(parts, query, range, asker);
  const { fields, labelsOf } = await planLabels(parts, asker, range, { only: [label], named: new Set() });
  const { counts, hasMore } = await parts.countStreams(asker, { where, range, fields, byResource: false, withBytes: false });
  if (hasMore) throw parts.tooManyCounts();
  return [...new Set(counts.flatMap((count) => labelsOf(count).get(label) ?? []))].sort();
}

/** Labels of the streams that any of the selectors selects. */
export async function readSeries(parts: LokiParts, selectors: readonly string[], range: TimeRange, asker: Asker): Promise<LabelSet[]> {
  if (selectors.length === 0) throw wrong('match', '0 matcher groups supplied');
  const wheres = await Promise.all(selectors.map((selector) => whereOf(parts, selector, range, asker)));
  const where = wheres.includes(allLines) ? allLines : anyOf(wheres as [QueryNode, ...QueryNode[]]);
  const { counts, hasMore } = await parts.countStreams(asker, { where, range, fields: streamFields, byResource: true, withBytes: false });
  if (hasMore) throw parts.tooManyCounts();
  return [...new Map(counts.map(labelsOfStream).map((labels) => [labelsKey(labels), labels])).values()];
}
