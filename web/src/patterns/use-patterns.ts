/** Which kinds of lines a selection has, beside another range of the same selection. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../api/client.ts';
import type { AnswerOf } from '../api/client.ts';
import type { SettledRange } from '../time-range/time-choice.ts';
import type { Selection } from '../fields-rail/use-fields.ts';

export type PatternsAnswer = AnswerOf<'patterns'>;
export type Pattern = PatternsAnswer['patterns'][number];

/** The id of lines that have none. */
export const noPattern = '0000000000000000';
const listedPatterns = 200;

/** `baseline` is what new, gone, more and less mean. */
export function usePatterns(selection: Selection | undefined, baseline: SettledRange | undefined) {
  return useQuery({
    queryKey: ['patterns', selection?.key, baseline?.fromMs, baseline?.toMs],
    enabled: selection !== undefined,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    queryFn: ({ signal }) => readPatterns(selection!, baseline, signal),
  });
}

async function readPatterns(
  { query, timeRange }: Selection,
  baseline: SettledRange | undefined,
  signal: AbortSignal,
): Promise<PatternsAnswer> {
  const compare = baseline === undefined ? {} : { compare: { time_range: rangeText(baseline) } };
  return await call(
    'patterns',
    { body: { query, time_range: timeRange, allow_wide_range: true, limit: listedPatterns, ...compare } },
    signal,
  );
}

export function rangeText({ fromMs, toMs }: SettledRange): { from: string; to: string } {
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
}

/** The range of the same width right before. */
export function rangeBefore({ fromMs, toMs }: SettledRange): SettledRange {
  return { fromMs: Math.max(0, fromMs - (toMs - fromMs)), toMs: fromMs };
}

export type Change = 'new' | 'gone' | 'more' | 'less' | 'same';

/** New ones first, then by how many lines there are; what is gone last. */
export function inOrder(patterns: readonly Pattern[], by: 'change' | 'count'): readonly Pattern[] {
  if (by === 'change') return patterns;
  const place = ({ compared, count }: Pattern): number => (count === 0 ? 2 : compared?.change === 'new' ? 0 : 1);
  return [...patterns].sort((a, b) => place(a) - place(b) || b.count - a.count);
}
