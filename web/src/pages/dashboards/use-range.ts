/** The page's range of the present moment, one for all panels, renewed with each refresh. */
import { useEffect, useMemo, useState } from 'react';
import { serverNowMs } from '../../api/server-clock.ts';
import { parseDurationMs } from '#base/units.ts';
import { movesWithNow, settleRange } from '../../time-range/time-choice.ts';
import type { SettledRange, TimeChoice } from '../../time-range/time-choice.ts';
import type { DashboardsState } from './dashboards-view.ts';

export function choiceOf({ last, from, to }: DashboardsState, usual: string): TimeChoice {
  if (from !== '') return to === '' ? { from } : { from, to };
  return { last: last === '' ? usual : last };
}

/** `refresh` as in the address; nothing is asked while the page is not seen. */
export function useRange(
  choice: TimeChoice,
  refresh: DashboardsState['refresh'],
): { readonly range: SettledRange; readonly renew: () => void } {
  const [moment, setMoment] = useState(serverNowMs);
  const key = JSON.stringify(choice);
  const everyMs = refresh === 'off' || !movesWithNow(choice) ? undefined : parseDurationMs(refresh);
  useEffect(() => setMoment(serverNowMs()), [key]);
  useEffect(() => {
    if (everyMs === undefined) return;
    const timer = setInterval(() => void (document.hidden || setMoment(serverNowMs())), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  const range = useMemo(
    () => settleRange(JSON.parse(key) as TimeChoice, moment) ?? { fromMs: moment - 3_600_000, toMs: moment },
    [key, moment],
  );
  return { range, renew: () => setMoment(serverNowMs()) };
}
