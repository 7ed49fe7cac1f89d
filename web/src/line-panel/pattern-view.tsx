/** Lines like this one: its pattern over the last day, and how to ask for it or leave it out. */
import { useQuery } from '@tanstack/react-query';
import { call } from '../api/client.ts';
import { Button } from '../design/button.tsx';
import { counted } from '../design/figures.ts';
import { EmptyState, ErrorState, Progress } from '../design/state.tsx';
import type { LogLine } from '../log-list/line-fields.ts';
import { PatternText } from '../patterns/pattern-text.tsx';
import { PatternCourse } from '../patterns/pattern-course.tsx';
import { rangeText } from '../patterns/use-patterns.ts';
import { showTimestamp } from '../time-range/show-time.ts';
import type { LinePanelProps } from './line-panel.tsx';
import styles from './line-panel.module.css';

const dayMs = 86_400_000;

export function PatternView({ line, zone, actions }: LinePanelProps & { readonly line: LogLine }) {
  const patterns = useQuery({
    queryKey: ['pattern of', line.id],
    staleTime: 60_000,
    queryFn: ({ signal }) => patternOf(line, signal),
  });
  const { data } = patterns;
  return (
    <div className={styles.part}>
      <Progress active={patterns.isFetching} label="Looking for its pattern" />
      {patterns.error === null ? null : <ErrorState error={patterns.error} onRetry={() => void patterns.refetch()} />}
      {data === null ? (
        <EmptyState title="This line has no pattern">
          Patterns are found while lines are taken, where the setting patterns.enabled is on.
        </EmptyState>
      ) : null}
      {data ? (
        <div className={styles.pattern}>
          <p className={styles.patternText}>
            <PatternText text={data.pattern.text ?? data.pattern.example?.message ?? ''} />
          </p>
          <PatternCourse
            buckets={data.pattern.buckets}
            range={data.range}
            intervalMs={data.intervalMs}
            width={400}
            height={56}
            fill="var(--fill-info)"
          />
          <p className={styles.note}>
            {counted(data.pattern.count, 'line')} in the day until then
            {data.pattern.first_seen === null ? '' : `; first seen ${showTimestamp(data.pattern.first_seen, zone).slice(0, 19)}`}
          </p>
          <div className={styles.tools}>
            <Button icon="filter" onClick={() => actions.narrow(`pattern:${data.pattern.id}`)}>
              Only these
            </Button>
            <Button icon="minus" onClick={() => actions.narrow(`-pattern:${data.pattern.id}`)}>
              Without these
            </Button>
          </div>
        </div>
      ) : null}
    </div>
  );
}

/** The day until the line; null where the line has no pattern. */
async function patternOf({ pattern: id, timestamp }: LogLine, signal: AbortSignal) {
  if (id === undefined) return null;
  const atMs = Date.parse(timestamp);
  const range = { fromMs: atMs - dayMs, toMs: atMs + 1 };
  const answer = await call('patterns', { body: { query: `pattern:${id}`, time_range: rangeText(range), limit: 1 } }, signal);
  const [pattern] = answer.patterns;
  return pattern === undefined ? null : { pattern, range, intervalMs: answer.interval_ms };
}
