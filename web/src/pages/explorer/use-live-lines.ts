/**
 * The lines that the list shows: those of the search, and while it is live those that arrive, in front of them. Reading pauses:
 * lines wait while the list is scrolled, a line is open, or the pointer rests on the list.
 */
import { useEffect, useMemo, useRef, useState } from 'react';
import { useLineSearch } from '../../log-list/use-line-search.ts';
import type { LineSearchState } from '../../log-list/use-line-search.ts';
import type { LogLine } from '../../log-list/line-fields.ts';
import type { TailSnapshot } from '../../tail/line-tail.ts';
import { useTail } from '../../tail/use-tail.ts';
import type { Explorer } from './use-explorer.ts';
import { useRun } from './use-run.ts';
import type { Run } from './use-run.ts';

export interface LiveLines {
  readonly lines: readonly LogLine[];
  readonly search: LineSearchState;
  readonly tail: TailSnapshot;
  readonly isPaused: boolean;
  /** What the person does that pauses it. */
  readonly setReading: (isReading: boolean) => void;
  readonly setPaused: (isPaused: boolean) => void;
  /** The run of the bars: while it is live they are counted again and again, and the list stays. */
  readonly barsRun: Run | undefined;
  /** The last run whose lines have begun to come: what tells of them waits, for lines go first. */
  readonly begunRun: Run | undefined;
}

const barsEveryMs = 5000;

export function useLiveLines({ state, run, choice }: Explorer): LiveLines {
  const [isReading, setReading] = useState(false);
  const [isHeld, setPaused] = useState(false);
  const isPaused = isHeld || isReading || state.line !== '';
  const question = useMemo(
    () =>
      run === undefined
        ? undefined
        : { query: run.query, timeRange: run.timeRange, sort: state.live ? ('desc' as const) : state.sort, key: run.key },
    [run, state.sort, state.live],
  );
  const search = useLineSearch(question);
  const tail = useTail(state.q, state.live, isPaused);
  const lines = useMemo(
    () => (state.live ? withoutDoubles(tail.lines, search.lines) : search.lines),
    [state.live, tail.lines, search.lines],
  );
  const bars = useRun(state.q, choice);
  useEffect(() => {
    if (!state.live) return;
    const timer = setInterval(bars.refresh, barsEveryMs);
    return () => clearInterval(timer);
  }, [state.live, bars.refresh]);
  const begunRun = useBegunRun(run, search);
  return { lines, search, tail, isPaused, setReading, setPaused, barsRun: state.live ? bars.run : run, begunRun };
}

function useBegunRun(run: Run | undefined, { status, isBefore, lines }: LineSearchState): Run | undefined {
  const begun = useRef<Run>(undefined);
  if (run !== undefined && (status !== 'running' || (!isBefore && lines.length > 0))) begun.current = run;
  return begun.current;
}

/** The last lines of the search are the first of the tail where both have begun at the same moment. */
function withoutDoubles(arrived: readonly LogLine[], found: readonly LogLine[]): readonly LogLine[] {
  if (arrived.length === 0) return found;
  const ids = new Set(arrived.map(({ id }) => id));
  return [...arrived, ...found.filter(({ id }) => !ids.has(id))];
}
