/** The lines around a line, as far as one scrolls in both directions. What was searched for is not carried over. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useLayoutEffect, useRef } from 'react';
import { Button } from '../design/button.tsx';
import { ErrorState, Progress } from '../design/state.tsx';
import { callExactly } from '../log-list/call-exactly.ts';
import type { LogLine } from '../log-list/line-fields.ts';
import { LineStrip } from './line-strip.tsx';
import type { LinePanelProps } from './line-panel.tsx';
import styles from './line-panel.module.css';

export type ContextScope = 'all' | 'service' | 'host' | 'source' | 'trace';

const scopes: readonly (readonly [scope: ContextScope, label: string, ofLine: (line: LogLine) => string])[] = [
  ['all', 'Anything', () => 'any'],
  ['service', 'Service', ({ service }) => service],
  ['host', 'Host', ({ host }) => host],
  ['source', 'Both', ({ service, host }) => `${service}${host}`],
  ['trace', 'Trace', ({ trace_id: trace }) => trace],
];

type Step = { readonly direction: 'both' } | { readonly direction: 'before' | 'after'; readonly cursor: string };
const linesOfStep = 50;

export function ContextView({ line, scope, zone, marks, actions }: LinePanelProps & { readonly line: LogLine }) {
  const context = useContextLines(line.id, scope);
  const lines = context.data?.pages.flatMap((page) => page.lines) ?? [];
  const list = useRef<HTMLDivElement>(null);
  useKeptPlace(list, lines, line.id);
  const { hasPreviousPage, hasNextPage, isFetchingPreviousPage, isFetchingNextPage, fetchPreviousPage, fetchNextPage } = context;
  const earlier = useWhenSeen(list, () => void (hasPreviousPage && !isFetchingPreviousPage && fetchPreviousPage()), lines.length > 0);
  const later = useWhenSeen(list, () => void (hasNextPage && !isFetchingNextPage && fetchNextPage()), lines.length > 0);
  const newest = context.data?.pages.at(-1);
  return (
    <div className={styles.part}>
      <div className={styles.choices} role="group" aria-label="Lines around it of">
        {scopes.map(([name, label, ofLine]) => (
          <Button
            key={name}
            look="quiet"
            aria-pressed={scope === name}
            disabled={ofLine(line) === ''}
            onClick={() => actions.setScope(name)}
          >
            {label}
          </Button>
        ))}
        <span className={styles.fill} />
        <Button
          look="quiet"
          icon="context"
          onClick={() => document.getElementById(`around-${line.id}`)?.scrollIntoView({ block: 'center' })}
        >
          To the line
        </Button>
      </div>
      <Progress active={context.isFetching} label="Reading the lines around it" />
      {context.error === null ? null : <ErrorState error={context.error} onRetry={() => void context.refetch()} />}
      <div ref={list} className={styles.strip} tabIndex={0} role="group" aria-label="Lines around the line">
        <div ref={earlier} className={styles.edge}>
          {lines.length === 0 ? '' : hasPreviousPage ? 'Earlier lines …' : 'No earlier lines.'}
        </div>
        <LineStrip
          lines={lines}
          markedId={line.id}
          zone={zone}
          marks={marks}
          shows={scope === 'service' ? 'host' : 'service'}
          onOpen={actions.openLine}
        />
        <div ref={later} className={styles.edge}>
          {lines.length === 0 ? '' : newest?.has_more_after === true ? 'Later lines …' : 'No later lines yet.'}
          {newest?.has_more_after === false ? (
            <Button look="quiet" icon="refresh" onClick={() => void fetchNextPage()}>
              Look again
            </Button>
          ) : null}
        </div>
      </div>
    </div>
  );
}

function useContextLines(id: string, scope: ContextScope) {
  return useInfiniteQuery({
    queryKey: ['context', id, scope],
    staleTime: Infinity,
    initialPageParam: { direction: 'both' } as Step,
    queryFn: ({ pageParam, signal }) => callExactly('context', { path: { id }, query: { scope, ...parametersOf(pageParam) } }, signal),
    getPreviousPageParam: (page): Step | undefined =>
      page.has_more_before ? { direction: 'before', cursor: page.before_cursor } : undefined,
    // also where nothing is newer yet: asked again, it finds what has come since
    getNextPageParam: (page): Step => ({ direction: 'after', cursor: page.after_cursor }),
  });
}

function parametersOf(step: Step) {
  switch (step.direction) {
    case 'before':
      return { before: linesOfStep, after: 0, before_cursor: step.cursor };
    case 'after':
      return { before: 0, after: linesOfStep, after_cursor: step.cursor };
    default:
      return { before: linesOfStep, after: linesOfStep };
  }
}

/** The line is in the middle at first; lines that come in above it move nothing. */
function useKeptPlace(list: React.RefObject<HTMLDivElement | null>, lines: readonly LogLine[], id: string): void {
  const before = useRef<{ firstId: string | undefined; height: number }>({ firstId: undefined, height: 0 });
  const firstId = lines[0]?.id;
  useLayoutEffect(() => {
    const element = list.current;
    if (element === null || firstId === undefined) return;
    if (before.current.firstId === undefined) document.getElementById(`around-${id}`)?.scrollIntoView({ block: 'center' });
    else if (before.current.firstId !== firstId) element.scrollTop += element.scrollHeight - before.current.height;
    before.current = { firstId, height: element.scrollHeight };
  });
}

/** Calls whenever the element comes into sight. */
function useWhenSeen(root: React.RefObject<HTMLDivElement | null>, run: () => void, enabled: boolean) {
  const element = useRef<HTMLDivElement>(null);
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    if (!enabled || element.current === null) return;
    const observer = new IntersectionObserver(
      (entries) => void (entries.some(({ isIntersecting }) => isIntersecting) && latest.current()),
      {
        root: root.current,
        rootMargin: '200px',
      },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [enabled, root]);
  return element;
}
