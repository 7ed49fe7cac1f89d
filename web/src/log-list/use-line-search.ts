/** A LineSearch for as long as what it asks stays the same; the lines of the search before stay until the first of the new. */
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { ApiProblem, isPassing } from '../api/problem.ts';
import { streamRecords } from '../api/streams.ts';
import { parseExactly } from './exact-json.ts';
import { LineSearch } from './line-search.ts';
import type { SearchRecord, SearchSnapshot } from './line-search.ts';

export interface LineQuestion {
  readonly query: string;
  readonly timeRange: { readonly from: string; readonly to: string };
  readonly sort: 'desc' | 'asc';
  /** Another key asks anew. */
  readonly key: string;
}

/** The first page is what can be seen and a little more; the next ones are for scrolling fast. */
const firstPageLines = 200;
const furtherPageLines = 1000;

export interface LineSearchState extends SearchSnapshot {
  /** These are lines of the question before: no line of the present one has come yet. */
  readonly isBefore: boolean;
  readonly more: () => void;
  readonly stop: () => void;
}

export function useLineSearch(question: LineQuestion | undefined): LineSearchState {
  const search = useMemo(() => (question === undefined ? idle : searchOf(question)), [question?.key, question?.sort]);
  useEffect(() => {
    if (search === idle) return;
    search.more();
    return search.stop;
  }, [search]);
  const snapshot = useSyncExternalStore(search.subscribe, search.snapshot);
  const before = useRef<SearchSnapshot>(snapshot);
  // while the server is away too, what was there stays
  const isOpen = snapshot.status === 'running' || (snapshot.status === 'failed' && isPassing(snapshot.error));
  const isBefore = isOpen && snapshot.lines.length === 0 && before.current.lines.length > 0;
  useEffect(() => {
    if (!isBefore) before.current = snapshot;
  });
  const { more, stop } = search;
  return { ...snapshot, lines: isBefore ? before.current.lines : snapshot.lines, isBefore, more, stop };
}

const idle = new LineSearch(async function* () {}, requestAnimationFrame);

function searchOf({ query, timeRange, sort }: LineQuestion): LineSearch {
  const open = (cursor: string | undefined, signal: AbortSignal): AsyncIterable<readonly SearchRecord[]> => {
    const limit = cursor === undefined ? firstPageLines : furtherPageLines;
    const body = { query, time_range: timeRange, sort, limit, allow_wide_range: true, ...(cursor === undefined ? {} : { cursor }) };
    return streamRecords<'searchStream', SearchRecord>('searchStream', { body }, signal, parseExactly);
  };
  return new LineSearch(open, afterFrame);
}

/** A hidden page gets no frames, and must still take what comes. */
function afterFrame(run: () => void): void {
  if (document.hidden) setTimeout(run, 50);
  else requestAnimationFrame(run);
}

/** True for errors in what was asked, which asking again does not help. */
export function isQuestionWrong(error: unknown): boolean {
  return error instanceof ApiProblem && error.status >= 400 && error.status < 500 && error.status !== 429;
}
