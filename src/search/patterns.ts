/**
 * The patterns of a selection: how often each, since when, in which levels, over time; those that are new since a moment;
 * and what is different from another time range. Counts are exact. What an id means comes from the catalogue of templates.
 */
import { AppError } from '#base/errors.ts';
import { nsPerMs, parseInstant } from '#base/instant.ts';
import type { PatternCatalogue } from '#patterns/pattern-catalogue.ts';
import type { PatternCount, PatternCountsAnswer, PatternDetail, PatternExample, PatternId, PatternReads } from '#store/pattern-reads.ts';
import { likelihoodRatio } from './compare.ts';
import { completenessOf, plainRange } from './query-runner.ts';
import type { Answer, QueryRunner, Searcher, Selection, SignalledRead } from './query-runner.ts';
import type { ResolvedRange, TimeRangeSpec } from './time-range.ts';

/** What patterns need beside the runner. */
export interface PatternParts {
  readonly runner: QueryRunner;
  readonly store: PatternReads;
  readonly catalogue: Pick<PatternCatalogue, 'find' | 'aliasesOf'>;
}

export interface PatternsRequest extends Selection {
  readonly limit?: number;
  /** Only patterns that no line had before this moment. */
  readonly newSince?: string;
  /** Another time range, of the same selection, that the patterns are compared with. */
  readonly compareWith?: TimeRangeSpec;
}

export type PatternChange = 'new' | 'gone' | 'more' | 'less' | 'same';

export interface PatternComparison {
  /** Lines in the other range. */
  readonly lineCount: number;
  readonly change: PatternChange;
  /** Lines a second here, divided by those there; undefined where there were none. */
  readonly rateRatio: number | undefined;
  /** Likelihood ratio (G): the larger, the less it is chance. */
  readonly significance: number;
}

export interface PatternResult extends PatternCount {
  /** With `<*>` for what varies; undefined for lines without a pattern. */
  readonly text: string | undefined;
  /** When a line had it first, whatever the selection; undefined where that is not known. */
  readonly firstSeenMs: number | undefined;
  readonly detail: PatternDetail | undefined;
  readonly example: PatternExample | undefined;
  readonly comparison?: PatternComparison;
}

export interface PatternsAnswer extends Answer {
  /** The most frequent first; in a comparison, the most telling. */
  readonly patterns: readonly PatternResult[];
  readonly totalLines: number;
  readonly totalPatterns: number;
  /** Width of the buckets. */
  readonly intervalMs: number;
  readonly comparedRange?: ResolvedRange;
}

const defaultLimit = 50;
const maxLimit = 1000;
/** Patterns of a range that are looked at, where not only the most frequent are wanted. */
const maxCompared = 20_000;
const wantedBuckets = 30;
const slotMs = 300_000;
/** G of a table that chance makes once in a thousand times (chi-square, one degree of freedom). */
const tellingRatio = 10.83;
export const noPattern: PatternId = '0'.repeat(16);

/** AppError as `SearchService.search`. */
export function readPatterns(
  parts: PatternParts,
  request: PatternsRequest,
  searcher: Searcher,
  signal: AbortSignal,
): Promise<PatternsAnswer> {
  const { runner } = parts;
  return runner.measured('aggregate', async (startedMs) => {
    const limit = request.limit ?? defaultLimit;
    if (limit > maxLimit)
      throw new AppError('limit_exceeded', `limit ${limit} is over the bound of ${maxLimit}`, { details: { max: maxLimit } });
    const plan = await planPatterns(parts, request, searcher);
    const cost = { kind: 'aggregate', where: plan.query.where, range: plan.query.range } as const;
    const found = await runner.admitted(searcher, signal, (_, options) => readAll(parts, plan, limit, options), cost);
    return {
      patterns: found.patterns,
      totalLines: found.counts.totalLines,
      totalPatterns: found.counts.totalPatterns,
      intervalMs: plan.intervalMs,
      ...(plan.comparedRange ? { comparedRange: plan.comparedRange } : {}),
      ...completenessOf(found.counts),
      range: plan.range,
      scannedRows: found.scannedRows,
      tookMs: runner.elapsedMs(startedMs),
    };
  });
}

type Plan = Awaited<ReturnType<typeof planPatterns>>;

async function planPatterns({ runner, catalogue }: PatternParts, request: PatternsRequest, searcher: Searcher) {
  const { tenant } = searcher;
  const range = await runner.resolveRange(request, 'future-allowance', searcher);
  const { compareWith: timeRange, newSince } = request;
  const newSinceNs = newSince === undefined ? undefined : parseInstant(newSince, runner.clock.nowMs());
  if (newSince !== undefined && newSinceNs === undefined) {
    throw new AppError('bad_request', `new_since "${newSince}" is no time`, { details: { field: 'new_since' } });
  }
  return {
    query: { tenant, where: runner.parseSelection(request), range: plainRange(range), aliases: catalogue.aliasesOf(tenant) },
    range,
    comparedRange: timeRange && (await runner.resolveRange({ ...request, timeRange }, 'future-allowance', searcher)),
    newSinceMs: newSinceNs === undefined ? undefined : Number(newSinceNs / nsPerMs),
    intervalMs: bucketMs(range),
  };
}

/** A width that makes about thirty buckets: whole slots of the roll-up, or parts of one for short ranges. */
function bucketMs({ fromNs, toNs }: ResolvedRange): number {
  const exactMs = Number((toNs - fromNs) / nsPerMs) / wantedBuckets;
  if (exactMs >= slotMs / 2) return Math.max(1, Math.round(exactMs / slotMs)) * slotMs;
  return [1000, 2000, 5000, 10_000, 30_000, 60_000].find((width) => width >= exactMs) ?? slotMs;
}

async function readAll({ store, catalogue }: PatternParts, plan: Plan, limit: number, options: SignalledRead) {
  const { query, comparedRange, newSinceMs, intervalMs } = plan;
  const onlyTop = comparedRange === undefined && newSinceMs === undefined;
  const wanted = onlyTop ? { maxPatterns: limit, intervalMs } : { maxPatterns: maxCompared };
  const [all, before] = await Promise.all([
    store.patternCounts({ ...query, ...wanted }, options),
    comparedRange && store.patternCounts({ ...query, range: plainRange(comparedRange), maxPatterns: maxCompared }, options),
  ]);
  const counts = bounded(all, onlyTop);
  const chosen = chosenPatterns(plan, counts, before, (id) => catalogue.find(query.tenant, id)?.firstSeenMs).slice(0, limit);
  const present = chosen.filter(({ lineCount }) => lineCount > 0);
  const [details, examples] = await Promise.all([
    onlyTop
      ? { details: present.flatMap(({ detail }) => detail ?? []), scannedRows: 0 }
      : store.patternDetails({ ...query, ids: present.map(({ id }) => id), intervalMs }, options),
    store.patternExamples({ ...query, counts: present }, options),
  ]);
  const patterns = chosen.map((pattern): PatternResult => {
    const known = catalogue.find(query.tenant, pattern.id);
    const example = examples.find(({ id }) => id === pattern.id);
    return {
      ...pattern,
      // a template that no worker has told yet, or for which there was no room, is shown by a line of it
      text: pattern.id === noPattern ? undefined : (known?.text ?? example?.message),
      firstSeenMs: known?.firstSeenMs,
      detail: details.details.find(({ id }) => id === pattern.id),
      example,
    };
  });
  return { counts, patterns, scannedRows: counts.scannedRows + details.scannedRows + (before?.scannedRows ?? 0) };
}

/** Says so where some of many patterns were not looked at. */
function bounded(answer: PatternCountsAnswer, onlyTop: boolean): PatternCountsAnswer {
  if (onlyTop || answer.totalPatterns <= maxCompared) return answer;
  return { ...answer, complete: false, reason: `of ${answer.totalPatterns} patterns the ${maxCompared} most frequent were looked at` };
}

type Chosen = PatternCount & { readonly comparison?: PatternComparison };

function chosenPatterns(
  { range, comparedRange, newSinceMs }: Plan,
  counts: PatternCountsAnswer,
  before: PatternCountsAnswer | undefined,
  firstSeenMs: (id: PatternId) => number | undefined,
): Chosen[] {
  const isNew = ({ id }: PatternCount): boolean => newSinceMs === undefined || (firstSeenMs(id) ?? 0) >= newSinceMs;
  const found = counts.patterns.filter(isNew);
  if (before === undefined || comparedRange === undefined) return found;
  const seconds = secondsOf(range) / secondsOf(comparedRange);
  return comparedPatterns(found, before.patterns.filter(isNew), { now: counts.totalLines, before: before.totalLines }, seconds);
}

const secondsOf = ({ fromNs, toNs }: ResolvedRange): number => Number(toNs - fromNs) / 1e9;

/**
 * Both sides' patterns, the most telling first. `widthRatio` is the width of the range here, divided by that of the other
 * one: a rate is compared, and judged against all lines of both.
 */
export function comparedPatterns(
  here: readonly PatternCount[],
  there: readonly PatternCount[],
  totals: { readonly now: number; readonly before: number },
  widthRatio: number,
): Chosen[] {
  const counts = new Map(there.map((pattern) => [pattern.id, pattern]));
  const both = here.map((pattern) => ({ pattern, before: counts.get(pattern.id)?.lineCount ?? 0 }));
  for (const { id } of here) counts.delete(id);
  for (const pattern of counts.values()) both.push({ pattern: { ...pattern, lineCount: 0 }, before: pattern.lineCount });
  return both
    .map(({ pattern, before }): Chosen & { readonly comparison: PatternComparison } => {
      const { lineCount } = pattern;
      const significance = likelihoodRatio(lineCount, Math.max(totals.now, 1), before, Math.max(totals.before, 1));
      const rateRatio = before === 0 ? undefined : lineCount / before / widthRatio;
      return {
        ...pattern,
        comparison: { lineCount: before, change: changeOf(lineCount, before, rateRatio, significance), rateRatio, significance },
      };
    })
    .sort((a, b) => b.comparison.significance - a.comparison.significance || b.lineCount - a.lineCount);
}

function changeOf(now: number, before: number, rateRatio: number | undefined, significance: number): PatternChange {
  if (before === 0) return 'new';
  if (now === 0) return 'gone';
  if (significance < tellingRatio || rateRatio === undefined) return 'same';
  return rateRatio > 1 ? 'more' : 'less';
}
