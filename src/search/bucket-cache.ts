/**
 * Aggregations by time steps whose closed steps are kept: what a dashboard asks again and again moves with the time, and
 * only its open edge is new. Steps in which lines have changed since, and the broken ones at either end of the range, are
 * read; the others come from the last answer. Steps stand for themselves, so the parts need no adding up.
 */
import type { AggregateAnswer, AggregateQuery, Bucket, TimeRange } from '#store/log-store.ts';
import type { ChangeReads } from '#store/change-reads.ts';
import type { AnswerCache } from './answer-cache.ts';

const nsPerMs = 1_000_000n;
/** What a bucket takes beside its texts. */
const bucketBytes = 100;

/** Whole steps that were read. */
interface Steps {
  readonly range: TimeRange;
  readonly buckets: readonly Bucket[];
  readonly extrapolated: boolean;
}

/** `ask` reads one part. The answer says by `cached` that at least half of its time was kept. */
export async function answerBySteps(
  cache: AnswerCache,
  store: ChangeReads,
  query: AggregateQuery & { readonly intervalMs: number },
  ask: (range: TimeRange) => Promise<AggregateAnswer>,
): Promise<AggregateAnswer & { readonly cached: boolean }> {
  const { tenant, where, groupBy, metric, intervalMs, range, maxBuckets } = query;
  const name = { kind: 'steps', tenant, where, groupBy, metric, intervalMs };
  const version = store.changeVersion();
  const known = usable(cache.part<Steps>(name), store, query);
  const cached = known !== undefined;
  cache.noteHit(cached);
  const parts = known === undefined ? [await ask(range)] : await readAround(known, range, ask);
  const answer = joined(parts);
  if (answer.buckets.length > maxBuckets) return { ...(await ask(range)), cached: false };
  const whole = wholeSteps(range, intervalMs);
  if (answer.complete && whole !== undefined) {
    const buckets = answer.buckets.filter(({ timeMs = 0 }) => isIn(timeMs, whole));
    const value: Steps = { range: whole, buckets, extrapolated: answer.extrapolated };
    cache.keepPart(name, { tenant, range: whole, version, value, bytes: sizeOfBuckets(buckets) });
  }
  return { ...answer, cached };
}

export function sizeOfBuckets(buckets: readonly Bucket[]): number {
  return buckets.reduce((sum, { group }) => sum + bucketBytes + group.reduce((length, text) => length + 2 * text.length, 0), 0);
}

/** The part of the kept steps that lies in the range and has not changed, where that is worth it. */
function usable(
  kept: { readonly value: Steps; readonly version: number } | undefined,
  store: ChangeReads,
  { tenant, range, intervalMs }: AggregateQuery & { readonly intervalMs: number },
): Steps | undefined {
  const whole = wholeSteps(range, intervalMs);
  if (kept === undefined || whole === undefined) return undefined;
  const { buckets, extrapolated, range: steps } = kept.value;
  const changedNs = store.changedSince(tenant, kept.version, steps);
  const stepNs = BigInt(intervalMs) * nsPerMs;
  const unchangedToNs = changedNs === undefined ? steps.toNs : (changedNs / stepNs) * stepNs;
  const fromNs = steps.fromNs > whole.fromNs ? steps.fromNs : whole.fromNs;
  const toNs = unchangedToNs < whole.toNs ? unchangedToNs : whole.toNs;
  if ((toNs - fromNs) * 2n < range.toNs - range.fromNs) return undefined;
  const inside = { fromNs, toNs };
  return { range: inside, extrapolated, buckets: buckets.filter(({ timeMs = 0 }) => isIn(timeMs, inside)) };
}

async function readAround(known: Steps, range: TimeRange, ask: (range: TimeRange) => Promise<AggregateAnswer>): Promise<AggregateAnswer[]> {
  const before = { fromNs: range.fromNs, toNs: known.range.fromNs };
  const behind = { fromNs: known.range.toNs, toNs: range.toNs };
  const askUnlessEmpty = (part: TimeRange) => (part.fromNs < part.toNs ? [ask(part)] : []);
  const kept: AggregateAnswer = { buckets: known.buckets, extrapolated: known.extrapolated, complete: true, scannedRows: 0 };
  return Promise.all([...askUnlessEmpty(before), Promise.resolve(kept), ...askUnlessEmpty(behind)]);
}

/** Parts are in order of time, and no step is in two of them. */
function joined(parts: readonly AggregateAnswer[]): AggregateAnswer {
  const incomplete = parts.find(({ complete }) => !complete);
  return {
    buckets: parts.flatMap(({ buckets }) => buckets),
    extrapolated: parts.some(({ extrapolated }) => extrapolated),
    complete: incomplete === undefined,
    ...(incomplete?.reason === undefined ? {} : { reason: incomplete.reason }),
    scannedRows: parts.reduce((sum, { scannedRows }) => sum + scannedRows, 0),
  };
}

/** The steps that lie in the range as a whole; undefined where there is none. */
function wholeSteps({ fromNs, toNs }: TimeRange, intervalMs: number): TimeRange | undefined {
  const stepNs = BigInt(intervalMs) * nsPerMs;
  const firstNs = ((fromNs + stepNs - 1n) / stepNs) * stepNs;
  const lastNs = (toNs / stepNs) * stepNs;
  return firstNs < lastNs ? { fromNs: firstNs, toNs: lastNs } : undefined;
}

const isIn = (timeMs: number, { fromNs, toNs }: TimeRange): boolean => {
  const ns = BigInt(timeMs) * nsPerMs;
  return ns >= fromNs && ns < toNs;
};
