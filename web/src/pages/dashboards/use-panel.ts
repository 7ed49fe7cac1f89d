/** A panel's answer, asked anew with the page's range; what was there stays until the new one has come. */
import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/client.ts';
import { intervalFor } from '../../histogram/intervals.ts';
import type { SettledRange } from '../../time-range/time-choice.ts';
import type { Panel } from './dashboard.ts';
import { isOverTime, questionOf } from './panel-data.ts';

export interface PanelSurroundings {
  readonly range: SettledRange;
  readonly variables: Readonly<Record<string, string>>;
}

const mostSteps = { series: 120, bars: 90, heat: 90 } as const;

export function intervalOf(panel: Panel, range: SettledRange): number {
  return isOverTime(panel) ? intervalFor(range, mostSteps[panel.kind as keyof typeof mostSteps]) : 0;
}

/** The range on whole steps, so that the first bar is no part of one, and answers can be kept by the server. */
export function steppedRange({ fromMs, toMs }: SettledRange, intervalMs: number): SettledRange {
  return intervalMs === 0 ? { fromMs, toMs } : { fromMs: Math.floor(fromMs / intervalMs) * intervalMs, toMs };
}

export function usePanel(panel: Panel, { range, variables }: PanelSurroundings) {
  const intervalMs = intervalOf(panel, range);
  const body = questionOf(panel, steppedRange(range, intervalMs), variables, intervalMs);
  return useQuery({
    queryKey: ['panel', panel.kind, body],
    queryFn: ({ signal }) => call('aggregateA', { body }, signal),
    placeholderData: (before) => before,
    staleTime: Infinity,
    gcTime: 60_000,
  });
}
