/** A trace: which services took part and when, then its lines with the time between them. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { shownSpan } from '#base/shown-times.ts';
import { Button, IconButton } from '../design/button.tsx';
import { classes } from '../design/class-names.ts';
import { counted } from '../design/figures.ts';
import { ErrorState, Progress } from '../design/state.tsx';
import type { AnswerOf } from '../api/client.ts';
import { callExactly } from '../log-list/call-exactly.ts';
import { toVisibleText } from '../log-list/visible-text.ts';
import { LineStrip } from './line-strip.tsx';
import type { LinePanelProps } from './line-panel.tsx';
import styles from './line-panel.module.css';

type Trace = AnswerOf<'trace'>;

export function TraceView({ traceId, lineId, zone, marks, actions }: LinePanelProps) {
  const trace = useInfiniteQuery({
    queryKey: ['trace', traceId],
    staleTime: 10_000,
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      callExactly('trace', { path: { trace_id: traceId }, query: pageParam === '' ? {} : { cursor: pageParam } }, signal),
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const [first] = trace.data?.pages ?? [];
  const lines = trace.data?.pages.flatMap((page) => page.lines) ?? [];
  return (
    <div className={styles.part}>
      <Progress active={trace.isFetching} label="Reading the trace" />
      {trace.error === null ? null : <ErrorState error={trace.error} onRetry={() => void trace.refetch()} />}
      {first === undefined ? null : (
        <>
          <div className={styles.traceHead}>
            <code title={traceId}>{toVisibleText(traceId)}</code>
            <IconButton icon="copy" label="Copy the trace id" onClick={() => actions.copy(traceId, 'Trace id')} />
            <Button look="quiet" icon="filter" onClick={() => actions.filter({ field: 'trace_id', value: traceId }, 'only')}>
              Search it
            </Button>
            {first.links.map(({ name, url }) => (
              <a key={name} href={url} target="_blank" rel="noreferrer">
                {name}
              </a>
            ))}
          </div>
          <p className={styles.note}>
            {counted(first.total, 'line')} of {counted(first.services.length, 'service')} in {shownSpan(first.duration_ms)}
          </p>
          <Services trace={first} />
          <div className={styles.strip} tabIndex={0} role="group" aria-label="Lines of the trace">
            <LineStrip lines={lines} markedId={lineId} zone={zone} marks={marks} shows="service" onOpen={actions.openLine} />
            {trace.hasNextPage ? (
              <Button look="quiet" disabled={trace.isFetchingNextPage} onClick={() => void trace.fetchNextPage()}>
                {counted(first.total - lines.length, 'more line')}
              </Button>
            ) : null}
          </div>
        </>
      )}
    </div>
  );
}

function Services({ trace: { services, duration_ms: durationMs } }: { readonly trace: Trace }) {
  const whole = Math.max(durationMs, 0.001);
  return (
    <ol className={styles.services} aria-label="Services of the trace">
      {services.map(({ service, lines, errors, start_ms: startMs, duration_ms: ms }) => (
        <li key={service}>
          <span className={styles.service} title={service}>
            {toVisibleText(service || 'no service')}
          </span>
          <span className={styles.track}>
            <i
              className={classes(errors > 0 && styles.failed)}
              style={{ insetInlineStart: `${(100 * startMs) / whole}%`, width: `${Math.max(0.6, (100 * ms) / whole)}%` }}
            />
          </span>
          <span className={styles.serviceFigures}>
            {shownSpan(ms)} · {counted(lines, 'line')}
            {errors > 0 ? <b> · {counted(errors, 'error')}</b> : null}
          </span>
        </li>
      ))}
    </ol>
  );
}
