/** Patterns of lines over time, as Logs Drilldown asks for them. */
import { parseLogExpression } from '#logql/parser.ts';
import type { PatternParts } from '#search/patterns.ts';
import { noPattern } from '#search/patterns.ts';
import type { TimeRange } from '#store/log-store.ts';
import { whereOf } from './label-queries.ts';
import type { Asker, LokiParts } from './loki-parts.ts';

export interface PatternSamples {
  /** With `<_>` for what varies, as `|>` takes it. */
  readonly pattern: string;
  /** Seconds and lines. */
  readonly samples: readonly (readonly [seconds: number, lines: number])[];
}

/** Most patterns of an answer: those with the most lines. */
const maxPatterns = 50;
/** Lines are counted by pattern in slots of this length. */
const slotMs = 300_000;

/** Empty where patterns are off. */
export async function readPatternSamples(
  parts: LokiParts,
  { store, catalogue }: Pick<PatternParts, 'store' | 'catalogue'>,
  query: string,
  range: TimeRange,
  stepMs: number,
  asker: Asker,
): Promise<PatternSamples[]> {
  parseLogExpression(query);
  const where = await whereOf(parts, query, range, asker);
  const { tenant } = asker.searcher;
  const selection = { tenant, where, range, aliases: catalogue.aliasesOf(tenant) };
  return parts.admitted(asker, { kind: 'aggregate', where, range }, async (options) => {
    const intervalMs = Math.max(slotMs, Math.ceil(stepMs / slotMs) * slotMs);
    const { patterns } = await store.patternCounts({ ...selection, maxPatterns, intervalMs }, options);
    return patterns.flatMap(({ id, detail }): PatternSamples[] => {
      const text = id === noPattern ? undefined : catalogue.find(tenant, id)?.text;
      const buckets = detail?.buckets;
      if (text === undefined || buckets === undefined) return [];
      const samples = [...buckets].sort(([a], [b]) => a - b).map(([timeMs, lines]) => [timeMs / 1000, Math.round(lines)] as const);
      return [{ pattern: text.replaceAll('<*>', '<_>'), samples }];
    });
  });
}
