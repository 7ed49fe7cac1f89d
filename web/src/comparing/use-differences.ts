/** Which fields and values a selection has more often than a baseline, beyond chance. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../api/client.ts';
import type { AnswerOf } from '../api/client.ts';
import { rangeText } from '../patterns/use-patterns.ts';
import type { SettledRange } from '../time-range/time-choice.ts';

export type Difference = AnswerOf<'compareFields'>['differences'][number];

export interface Comparison {
  readonly query: string;
  readonly selection: SettledRange;
  readonly baseline: SettledRange;
  /** Different for every asking. */
  readonly key: string;
}

const listedDifferences = 60;

export function useDifferences({ query, selection, baseline, key }: Comparison) {
  return useQuery({
    queryKey: ['differences', key, selection.fromMs, selection.toMs, baseline.fromMs, baseline.toMs],
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      call(
        'compareFields',
        {
          body: {
            selection: { query, time_range: rangeText(selection), allow_wide_range: true },
            baseline: { query, time_range: rangeText(baseline), allow_wide_range: true },
            limit: listedDifferences,
          },
        },
        signal,
      ),
  });
}
