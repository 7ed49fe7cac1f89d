/** Live lines of a query for as long as they are wanted. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { LineC } from '../api/operations.ts';
import { streamEvents } from '../api/streams.ts';
import type { ServerEvent } from '../api/streams.ts';
import { parseExactly } from '../log-list/exact-json.ts';
import type { LogLine } from '../log-list/line-fields.ts';
import { isQuestionWrong } from '../log-list/use-line-search.ts';
import { LineTail } from './line-tail.ts';
import type { OpenTail, TailEvent, TailSnapshot } from './line-tail.ts';

/** What can be scrolled through while it is live; all lines are found by searching. */
const maxLines = 20_000;

const closed: TailSnapshot = { lines: [], waiting: 0, dropped: 0, state: 'closed', error: undefined };
const noTail = { subscribe: () => () => {}, snapshot: () => closed };

export function useTail(query: string, enabled: boolean, isPaused: boolean): TailSnapshot {
  const [tail, setTail] = useState<LineTail>();
  useEffect(() => {
    if (!enabled) return;
    const own = new LineTail({ open: openTail(query), schedule: soon, sleep, isFinal: isQuestionWrong, maxLines });
    setTail(own);
    void own.follow();
    return () => {
      own.close();
      setTail(undefined);
    };
  }, [query, enabled]);
  useEffect(() => tail?.pause(isPaused), [tail, isPaused]);
  const { subscribe, snapshot } = tail ?? noTail;
  return useSyncExternalStore(subscribe, snapshot);
}

function openTail(query: string): OpenTail {
  return async function* (cursor, signal) {
    const parameters = { ...(query === '' ? {} : { query }), ...(cursor === undefined ? {} : { cursor }) };
    for await (const events of streamEvents('tailC', { query: parameters }, signal)) yield events.flatMap(tailEvent);
  };
}

function tailEvent({ event, data, id }: ServerEvent): TailEvent[] {
  if (event === 'dropped') return [{ kind: 'dropped', count: (JSON.parse(data) as { dropped: number }).dropped }];
  return event === 'message' ? [{ kind: 'line', line: lineOf(parseExactly(data) as LineC), cursor: id }] : [];
}

function lineOf({ ts, msg, meta, ...rest }: LineC): LogLine {
  const { trace_id: traceId = '', span_id: spanId = '', ...metadata } = meta;
  return { ...rest, timestamp: ts, message: msg, metadata, trace_id: String(traceId), span_id: String(spanId) };
}

/** A few frames a second are as fast as anyone reads. */
function soon(run: () => void): void {
  setTimeout(run, 100);
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
