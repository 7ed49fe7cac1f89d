/** What the rule would have done: its values over stored lines, the threshold across them, and where it would have fired. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { shownSpan } from '#base/shown-times.ts';
import { conditionWords, groupWords, valueWords } from '../../../alerts/condition-words.ts';
import { queryOfRule } from '../../../alerts/lines-of-rule.ts';
import { call } from '../../../api/client.ts';
import { serverNowMs } from '../../../api/server-clock.ts';
import type { AlertRule, RuleProblem } from '../../../api/operations.ts';
import { explorerHref } from '../../../app/explorer-link.ts';
import { useTimes } from '../../../app/time-zone.ts';
import { useUrlState } from '../../../app/url-state.ts';
import { Button } from '../../../design/button.tsx';
import { Chart } from '../../../design/chart.tsx';
import { counted, showCount } from '../../../design/figures.ts';
import { Link } from '../../../design/link.tsx';
import { Section } from '../../../design/section.tsx';
import { EmptyState, ErrorState, Progress } from '../../../design/state.tsx';
import { Table } from '../../../design/table.tsx';
import { spanWords } from '../../../time-range/show-time.ts';
import { settleRange } from '../../../time-range/time-choice.ts';
import type { SettledRange } from '../../../time-range/time-choice.ts';
import pageStyles from '../alerts-page.module.css';
import { editorView } from '../alerts-view.ts';
import { chartOf } from './backtest-chart.ts';
import type { Backtest } from './backtest-chart.ts';
import styles from './rules.module.css';
import { named, useSettled } from './use-rules.ts';

interface RulePreviewProps {
  readonly rule: AlertRule | undefined;
  readonly isValid: boolean;
  /** What is said of it is of the rule as it is. */
  readonly isCurrent: boolean;
  readonly problems: readonly RuleProblem[];
  readonly warnings: readonly RuleProblem[];
}

const spans = ['1h', '6h', '24h', '7d'] as const;
/** The last hour is renewed while one looks at it: the condition as it is now. */
const renewedMs = 15_000;

interface Tried {
  readonly answer: Backtest;
  readonly range: SettledRange;
}

function useBacktest(rule: AlertRule | undefined, isValid: boolean, last: string) {
  const tried = useSettled(JSON.stringify(rule ?? null), 500);
  return useQuery({
    queryKey: ['backtest', 'editor', tried, last],
    enabled: isValid && tried !== 'null' && tried === JSON.stringify(rule),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    refetchInterval: last === '1h' ? renewedMs : false,
    queryFn: async ({ signal }): Promise<Tried> => {
      const range = settleRange({ last }, serverNowMs())!;
      const timeRange = { from: new Date(range.fromMs).toISOString(), to: new Date(range.toMs).toISOString() };
      const body = { rule: named(JSON.parse(tried)) as AlertRule, time_range: timeRange };
      return { answer: await call('alertBacktest', { body }, signal), range };
    },
  });
}

export function RulePreview({ rule, isValid, isCurrent, problems, warnings }: RulePreviewProps) {
  const [{ last }, update] = useUrlState(editorView);
  const tried = useBacktest(rule, isValid && isCurrent, last);
  return (
    <Section
      title="Would have fired"
      note={tried.data === undefined ? undefined : whatWasTried(tried.data.answer)}
      tools={
        <div className={styles.views} role="group" aria-label="Tried on the last">
          {spans.map((span) => (
            <Button
              key={span}
              look="quiet"
              aria-pressed={span === last}
              title={`Tried on the last ${spanWords(span)}`}
              onClick={() => update({ last: span }, { replace: true })}
            >
              {span}
            </Button>
          ))}
        </div>
      }
    >
      <Progress active={tried.isFetching} label="Trying the rule" />
      {problems.length > 0 && !isValid ? <EmptyState title="Not to be tried yet">{problems[0].message}</EmptyState> : null}
      {tried.data === undefined && tried.error !== null && isValid ? (
        <ErrorState error={tried.error} onRetry={() => void tried.refetch()} />
      ) : null}
      {tried.data === undefined || rule === undefined || !isValid ? null : <Outcome rule={rule} tried={tried.data} />}
      {warnings.map(({ field, message }) => (
        <p key={field + message} className={styles.warning}>
          {message}
        </p>
      ))}
    </Section>
  );
}

function whatWasTried({ lines, took_ms: tookMs, complete, reason }: Backtest): string {
  return `${counted(lines, 'line')} read in ${shownSpan(tookMs)}${complete ? '' : `; not all: ${reason ?? 'it ended before the range does'}`}`;
}

function Outcome({ rule, tried: { answer, range } }: { readonly rule: AlertRule; readonly tried: Tried }) {
  const chart = useMemo(() => chartOf(answer, rule), [answer, rule]);
  const { total_incidents: incidents } = answer;
  const days = (range.toMs - range.fromMs) / 86_400_000;
  const aWeek = incidents === 0 || days < 1 ? '' : `, about ${showCount(Math.max(1, Math.round((incidents / days) * 7)))} a week`;
  return (
    <>
      <p className={styles.verdict} data-fires={incidents > 0} data-testid="would-have-fired">
        {incidents === 0
          ? 'It would not have fired.'
          : `It would have fired ${incidents === 1 ? 'once' : `${showCount(incidents)} times`}${aWeek}.`}
        {answer.lines === 0 ? <span>No line of the rule came in this time.</span> : <Now rule={rule} answer={answer} />}
      </p>
      <div className={styles.chart}>
        {chart.times.length === 0 ? (
          <EmptyState title="No value in this time">No line of these was there, or the condition has no value to draw.</EmptyState>
        ) : (
          <Chart
            label={`Value of the rule over time: ${conditionWords(rule.condition)}`}
            times={chart.times}
            intervalMs={chart.stepMs}
            series={chart.series}
            showValue={(value) => valueWords(rule.condition, value)}
            range={range}
            marks={chart.marks}
          />
        )}
      </div>
      {chart.leftOut > 0 ? <p className={styles.below}>{counted(chart.leftOut, 'group')} more, not drawn.</p> : null}
      {incidents === 0 ? null : <Fired rule={rule} answer={answer} />}
    </>
  );
}

/** The newest value of the group that is furthest up. */
function Now({ rule, answer: { series } }: { readonly rule: AlertRule; readonly answer: Backtest }) {
  const newest = series.flatMap(({ group, points }) => {
    const point = points.at(-1);
    return point === undefined || point.value === null ? [] : [{ group, value: point.value, state: point.state }];
  });
  const [worst] = newest.toSorted((a, b) => Number(b.state === 'firing') - Number(a.state === 'firing') || b.value - a.value);
  if (worst === undefined) return null;
  const group = groupWords(worst.group);
  return (
    <span>
      Now {valueWords(rule.condition, worst.value)}
      {group === '' ? '' : ` (${group})`}, {worst.state}.
    </span>
  );
}

function Fired({ rule, answer: { incidents, total_incidents: total } }: { readonly rule: AlertRule; readonly answer: Backtest }) {
  const times = useTimes();
  const query = queryOfRule(rule);
  return (
    <>
      <Table
        label="When it would have fired"
        rows={incidents.toReversed()}
        rowKey={({ fired_at: at, group }) => `${at}${JSON.stringify(group)}`}
        none=""
        shown={8}
        columns={[
          { name: 'Fired', cell: ({ fired_at: at }) => <span className={pageStyles.mono}>{times.full(Date.parse(at))}</span> },
          { name: 'Group', wide: true, cell: ({ group, detail }) => groupWords(group) || detail || 'all lines' },
          { name: 'Peak', numeric: true, cell: ({ peak }) => (peak === null ? '–' : valueWords(rule.condition, peak)) },
          {
            name: 'Lasted',
            cell: ({ fired_at: fired, resolved_at: resolved }) =>
              resolved === null ? 'until the end' : shownSpan(Date.parse(resolved) - Date.parse(fired)),
          },
          {
            name: '',
            cell: ({ fired_at: fired, resolved_at: resolved, group }) => (
              <Link
                href={explorerHref({
                  query,
                  fields: group,
                  range: {
                    from: new Date(Date.parse(fired) - 600_000).toISOString(),
                    to: new Date((resolved === null ? Date.parse(fired) + 600_000 : Date.parse(resolved)) + 60_000).toISOString(),
                  },
                })}
              >
                Lines
              </Link>
            ),
          },
        ]}
      />
      {total > incidents.length ? (
        <p className={styles.below}>
          The first {showCount(incidents.length)} of {showCount(total)}.
        </p>
      ) : null}
    </>
  );
}
