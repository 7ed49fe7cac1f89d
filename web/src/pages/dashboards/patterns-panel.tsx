/**
 * What is said most often: patterns of the server, exact over the whole range; where it keeps none, the newest thousand lines by
 * the shape of their message, and it says so.
 */
import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/client.ts';
import type { AnswerOf } from '../../api/client.ts';
import { showCount } from '../../design/figures.ts';
import { Link } from '../../design/link.tsx';
import { Sparkline } from '../../design/sparkline.tsx';
import { EmptyState } from '../../design/state.tsx';
import { toVisibleText } from '../../log-list/visible-text.ts';
import type { Panel } from './dashboard.ts';
import styles from './dashboards.module.css';
import { shapesOf } from './error-shapes.ts';
import { csvText } from './panel-csv.ts';
import { questionOf } from './panel-data.ts';
import { PanelFrame } from './panel-frame.tsx';
import type { DrawnPanelProps } from './panel-view.tsx';
import type { PanelSurroundings } from './use-panel.ts';

interface Said {
  readonly text: string;
  readonly lineCount: number;
  readonly service: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Lines by time step, where they are known. */
  readonly course: readonly number[];
}

interface SaidAnswer {
  readonly said: readonly Said[];
  readonly note: string | undefined;
}

const noPattern = '0'.repeat(16);
const newestLines = 1000;

function useMostSaid(panel: Panel, { range, variables }: PanelSurroundings) {
  const { query, filters, time_range } = questionOf(panel, range, variables, 0);
  const selection = { ...(query === undefined ? {} : { query }), ...(filters === undefined ? {} : { filters }), time_range };
  return useQuery({
    queryKey: ['most-said', selection, panel.limit],
    queryFn: async ({ signal }): Promise<SaidAnswer> => {
      const answer = await call('patterns', { body: { ...selection, limit: panel.limit } }, signal);
      const known = answer.patterns.filter(({ id }) => id !== noPattern);
      if (known.length > 0 || answer.total_lines === 0) return { said: known.map((one) => saidOf(one, answer)), note: undefined };
      const { hits, total } = await call('searchA', { body: { ...selection, limit: newestLines } }, signal);
      const said = shapesOf(hits)
        .slice(0, panel.limit)
        .map(({ text, lineCount, example }) => ({
          text,
          lineCount,
          service: example.service,
          fields: { service: example.service },
          course: [],
        }));
      return {
        said,
        note: hits.length < total ? `Of the newest ${showCount(hits.length)} of ${showCount(total)} lines, by shape` : 'By shape',
      };
    },
    placeholderData: (before) => before,
    staleTime: Infinity,
    gcTime: 60_000,
  });
}

type PatternsAnswer = AnswerOf<'patterns'>;

function saidOf(
  { id, text, count, example, buckets }: PatternsAnswer['patterns'][number],
  { interval_ms: intervalMs, time_range }: PatternsAnswer,
): Said {
  const first = Math.floor(Date.parse(time_range.from) / intervalMs) * intervalMs;
  const course = new Array<number>(Math.max(1, Math.ceil((Date.parse(time_range.to) - first) / intervalMs))).fill(0);
  for (const [time, lines] of buckets) {
    const index = Math.round((Date.parse(time) - first) / intervalMs);
    if (index in course) course[index] = lines;
  }
  return { text: text ?? '', lineCount: count, service: example?.service ?? '', fields: { pattern: id }, course };
}

const cellsOf = ({ lineCount, service, text }: Said): string[] => [String(lineCount), service, text];

export function PatternsPanel(props: DrawnPanelProps) {
  const { panel, menu, target } = props;
  const { data, error, isFetching, refetch } = useMostSaid(panel, props);
  return (
    <PanelFrame
      panel={panel}
      menu={menu}
      csv={data === undefined ? undefined : () => csvText([['lines', 'service', 'pattern'], ...data.said.map(cellsOf)])}
      note={data?.note}
      isLoading={isFetching}
      error={data === undefined ? error : null}
      onRetry={() => void refetch()}
    >
      {data?.said.length === 0 ? <EmptyState title="No lines in this range">Nothing of this kind was said.</EmptyState> : null}
      <ol className={styles.said} aria-label={panel.title}>
        {data?.said.map(({ text, lineCount, service, fields, course }) => (
          <li key={`${text}\0${service}`}>
            <Link href={target(fields)} title={toVisibleText(text)}>
              <span className={styles.saidCount}>{showCount(lineCount)}</span>
              <span className={styles.saidService}>{service}</span>
              <span className={styles.saidText}>{toVisibleText(text)}</span>
              {course.length === 0 ? null : <Sparkline values={course} width={64} height={14} />}
            </Link>
          </li>
        ))}
      </ol>
    </PanelFrame>
  );
}
