/**
 * A run: one asking of the server with a query and a settled range. List, bars, fields and patterns of a page all belong to
 * the same run, so that they tell of the same lines; asking again, or for something else, is another run.
 */
import { useCallback, useEffect, useMemo, useState } from 'react';
import { onServerReturn } from '../../api/connection.ts';
import { serverNowMs, useClockOffsetMs } from '../../api/server-clock.ts';
import { movesWithNow, settleRange } from '../../time-range/time-choice.ts';
import type { SettledRange, TimeChoice } from '../../time-range/time-choice.ts';

export interface Run {
  readonly query: string;
  readonly range: SettledRange;
  /** The range as the API takes it. */
  readonly timeRange: { readonly from: string; readonly to: string };
  /** Different for every run. */
  readonly key: string;
}

/** A sender's clock may be ahead: its newest lines are looked for a little past now, as the server does. */
const futureAllowanceMs = 60_000;

let runCount = 0;

export interface RunControl {
  /** Undefined where the range cannot be read. */
  readonly run: Run | undefined;
  /** Asks again, up to the present moment. */
  readonly refresh: () => void;
}

export function useRun(query: string, choice: TimeChoice): RunControl {
  const [refreshes, setRefreshes] = useState(0);
  const refresh = useCallback(() => setRefreshes((count) => count + 1), []);
  useEffect(() => onServerReturn(refresh), [refresh]);
  const choiceText = JSON.stringify(choice);
  const offsetMs = useClockOffsetMs();
  const run = useMemo(() => makeRun(query, JSON.parse(choiceText) as TimeChoice), [query, choiceText, refreshes, offsetMs]);
  return { run, refresh };
}

function makeRun(query: string, choice: TimeChoice): Run | undefined {
  const nowMs = serverNowMs();
  const range = settleRange(choice, nowMs);
  if (range === undefined) return undefined;
  const toMs = movesWithNow(choice) && range.toMs >= nowMs ? range.toMs + futureAllowanceMs : range.toMs;
  return {
    query,
    range,
    timeRange: { from: new Date(range.fromMs).toISOString(), to: new Date(toMs).toISOString() },
    key: `${++runCount}`,
  };
}
