/** How much there is: lines, bytes and streams of a selector, and bytes by label. */
import type { LogExpression } from '#logql/ast.ts';
import { parseLogExpression } from '#logql/parser.ts';
import { labelsKey } from '#logql/line-labels.ts';
import type { LabelSet } from '#logql/line-labels.ts';
import type { Series, Values } from '#logql/series.ts';
import type { TimeRange } from '#store/log-store.ts';
import { textOfLine } from './line-streams.ts';
import { whereOf } from './label-queries.ts';
import type { Asker, LokiParts } from './loki-parts.ts';
import { planLabels, streamFields } from './stream-labels.ts';

export interface IndexStats {
  readonly streams: number;
  readonly chunks: number;
  readonly entries: number;
  readonly bytes: number;
}

/** The newest lines stand for all where bytes are only estimated. */
const sampledLines = 100;

/** Streams and lines are counted, bytes estimated. A chunk is what Loki writes; here each stream counts as one. */
export async function readIndexStats(parts: LokiParts, query: string, range: TimeRange, asker: Asker): Promise<IndexStats> {
  const where = await whereOf(parts, query, range, asker);
  const { tenant } = asker.searcher;
  const sample = { tenant, where, range, order: 'desc', limit: sampledLines } as const;
  const [{ counts }, { lines }] = await Promise.all([
    parts.countStreams(asker, { where, range, fields: streamFields, byResource: true, withBytes: false }),
    parts.admitted(asker, { kind: 'search', where, range }, (options) => parts.runner.store.findLines(sample, options)),
  ]);
  const entries = Math.round(counts.reduce((sum, count) => sum + count.lines, 0));
  const sampledBytes = lines.reduce((sum, line) => sum + Buffer.byteLength(textOfLine(line)), 0);
  const bytes = lines.length === 0 ? 0 : Math.round((sampledBytes / lines.length) * entries);
  return { streams: counts.length, chunks: counts.length, entries, bytes };
}

export interface VolumeRequest {
  readonly query: string;
  readonly range: TimeRange;
  /** Labels to add up by; empty: those that the selector names, or all where it names none. */
  readonly targetLabels: readonly string[];
  readonly aggregateBy: 'series' | 'labels';
  readonly limit: number;
  /** Absent: one value for the whole range. */
  readonly stepNs?: bigint;
}

/** The largest first. */
export async function readVolume(parts: LokiParts, request: VolumeRequest, asker: Asker): Promise<Series[]> {
  const { query, range, stepNs } = request;
  const where = await whereOf(parts, query, range, asker);
  const labels = request.targetLabels.length > 0 ? request.targetLabels : namedBySelector(query);
  const needs = { named: new Set<string>(), ...(labels.length > 0 ? { only: labels } : {}) };
  const plan = await planLabels(parts, asker, range, needs);
  const steps = stepNs === undefined ? 1 : Math.ceil(Number(range.toNs - range.fromNs) / Number(stepNs));
  const { counts, hasMore } = await parts.countStreams(asker, {
    where,
    range,
    fields: plan.fields,
    byResource: plan.byResource,
    withBytes: true,
    ...(stepNs === undefined ? {} : { slotNs: stepNs }),
  });
  if (hasMore) throw parts.tooManyCounts();
  const volumes = new Map<string, { readonly labels: LabelSet; readonly values: Values }>();
  for (const count of counts) {
    for (const group of groupsOf(plan.labelsOf(count), request.aggregateBy)) {
      const key = labelsKey(group);
      const volume = volumes.get(key) ?? { labels: group, values: new Array<number | undefined>(steps).fill(undefined) };
      volume.values[count.slot] = (volume.values[count.slot] ?? 0) + count.bytes;
      volumes.set(key, volume);
    }
  }
  return [...volumes.values()].sort((a, b) => totalOf(b.values) - totalOf(a.values)).slice(0, request.limit);
}

const totalOf = (values: Values): number => values.reduce<number>((sum, value) => sum + (value ?? 0), 0);

function groupsOf(labels: LabelSet, aggregateBy: VolumeRequest['aggregateBy']): LabelSet[] {
  return aggregateBy === 'series' ? [labels] : [...labels.keys()].map((name) => new Map([[name, '']]));
}

function namedBySelector(query: string): string[] {
  if (query === '' || /^\{\s*\}$/.test(query)) return [];
  const { matchers }: LogExpression = parseLogExpression(query);
  return [...new Set(matchers.map(({ name }) => name))];
}
