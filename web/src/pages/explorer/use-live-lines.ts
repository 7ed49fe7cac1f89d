/**
 * The lines that the list shows: those of the search, and while it is live those that arrive, in front of them. Reading pauses:
 * lines wait while the list is scrolled, a line is open, or the pointer rests on the list.
 */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useLineSearch } from '../../log-list/use-line-search.ts';
import type { LineSearchState } from '../../log-list/use-line-search.ts';
import type { LogLine } from '../../log-list/line-fields.ts';
import type { TailSnapshot } from '../../tail/line-tail.ts';
import { splitPipes } from '../../query-editor/piped-query.ts';
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
  /** The pointer moves over the lines: what is under it must not move away. */
  readonly notePointer: () => void;
  /** The run of the bars: while it is live they are counted again and again, and the list stays. */
  readonly barsRun: Run | undefined;
  /** The last run whose lines have begun to come: what tells of them waits, for lines go first. */
  readonly begunRun: Run | undefined;
}

const barsEveryMs = 5000;

export function useLiveLines({ state, run, pipes, choice }: Explorer): LiveLines {
  const [isReading, setReading] = useState(false);
  const [isHeld, setPaused] = useState(false);
  const { isPointing, notePointer } = usePointing();
  const isPaused = isHeld || isReading || isPointing || state.line !== '';
  const isTable = pipes !== '' && !state.live;
  const question = useMemo(
    () =>
      run === undefined || isTable
        ? undefined
        : { query: run.query, timeRange: run.timeRange, sort: state.live ? ('desc' as const) : state.sort, key: run.key },
    [run, isTable, state.sort, state.live],
  );
  const search = useLineSearch(question);
  const { base } = splitPipes(state.q);
  const tail = useTail(base, state.live, isPaused);
  const lines = useMemo(
    () => (state.live ? withoutDoubles(tail.lines, search.lines) : search.lines),
    [state.live, tail.lines, search.lines],
  );
  const bars = useRun(base, choice);
  useEffect(() => {
    if (!state.live) return;
    const timer = setInterval(bars.refresh, barsEveryMs);
    return () => clearInterval(timer);
  }, [state.live, bars.refresh]);
  const begunRun = useBegunRun(run, search, isTable);
  return { lines, search, tail, isPaused, setReading, setPaused, notePointer, barsRun: state.live ? bars.run : run, begunRun };
}

/** A pointer that has come to rest points at nothing any more. */
const pointingMs = 2500;

function usePointing(): { readonly isPointing: boolean; readonly notePointer: () => void } {
  const [isPointing, setPointing] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const notePointer = useCallback(() => {
    clearTimeout(timer.current);
    setPointing(true);
    timer.current = setTimeout(() => setPointing(false), pointingMs);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);
  return { isPointing, notePointer };
}

function useBegunRun(run: Run | undefined, { status, isBefore, lines }: LineSearchState, isTable: boolean): Run | undefined {
  const begun = useRef<Run>(undefined);
  if (run !== undefined && (isTable || status !== 'running' || (!isBefore && lines.length > 0))) begun.current = run;
  return begun.current;
}

/** The last lines of the search are the first of the tail where both have begun at the same moment. */
function withoutDoubles(arrived: readonly LogLine[], found: readonly LogLine[]): readonly LogLine[] {
  if (arrived.length === 0) return found;
  const ids = new Set(arrived.map(({ id }) => id));
  return [...arrived, ...found.filter(({ id }) => !ids.has(id))];
}
