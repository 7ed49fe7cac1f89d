/** Counts of a run by time and group. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../../api/client.ts';
import { intervalFor, intervalText } from '../../histogram/intervals.ts';
import { stackBars } from '../../histogram/stacked-bars.ts';
import type { StackedBars } from '../../histogram/stacked-bars.ts';
import type { SettledRange } from '../../time-range/time-choice.ts';
import type { Run } from './use-run.ts';

export interface RunHistogram {
  readonly bars: StackedBars;
  /** Of what is drawn, which may be the run before. */
  readonly range: SettledRange;
  /** Lines counted by their weight, because some were sampled. */
  readonly isExtrapolated: boolean;
  readonly complete: boolean;
  readonly tookMs: number;
}

export function useHistogram(run: Run | undefined, by: string) {
  return useQuery({
    queryKey: ['histogram', run?.key, by],
    enabled: run !== undefined,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    queryFn: ({ signal }) => readHistogram(run!, by, signal),
  });
}

async function readHistogram({ query, timeRange, range }: Run, by: string, signal: AbortSignal): Promise<RunHistogram> {
  const intervalMs = intervalFor(range);
  const answer = await call(
    'aggregateA',
    { body: { query, time_range: timeRange, group_by: [by], interval: intervalText(intervalMs), metric: 'count', allow_wide_range: true } },
    signal,
  );
  const buckets = answer.buckets.map(({ time, group, value }) => ({
    timeMs: Date.parse(time ?? ''),
    group: group[by] ?? '',
    count: value ?? 0,
  }));
  // lines of senders whose clock is ahead are shown where they say they are
  const latestMs = buckets.reduce((latest, { timeMs }) => Math.max(latest, timeMs), 0);
  const shown = latestMs >= range.toMs ? { fromMs: range.fromMs, toMs: Math.min(Date.parse(timeRange.to), latestMs + intervalMs) } : range;
  return {
    bars: stackBars(buckets, shown, intervalMs, by === 'level'),
    range: shown,
    isExtrapolated: answer.extrapolated,
    complete: answer.complete,
    tookMs: answer.took_ms,
  };
}
