/** The value of an incident's group around its time: what the rule, as it is now, makes of the stored lines. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { valueWords } from '../../../alerts/condition-words.ts';
import { longestWindowMs } from '../../../alerts/lines-of-rule.ts';
import { call } from '../../../api/client.ts';
import { serverNowMs } from '../../../api/server-clock.ts';
import type { AlertRule, Incident } from '../../../api/operations.ts';
import { Chart } from '../../../design/chart.tsx';
import { Section } from '../../../design/section.tsx';
import { EmptyState, ErrorState, Progress } from '../../../design/state.tsx';
import type { SettledRange } from '../../../time-range/time-choice.ts';
import { chartOf } from '../rules/backtest-chart.ts';
import styles from './incidents.module.css';

const leastMarginMs = 600_000;
const steppedMs = 30_000;

/** With room before and after; an open one up to now, by steps, so that it is not asked anew all the time. */
function rangeAround(incident: Incident, rule: AlertRule): SettledRange {
  const beganMs = Date.parse(incident.began_at);
  const overMs = incident.resolved_at === undefined ? serverNowMs() : Date.parse(incident.resolved_at);
  const marginMs = Math.max(leastMarginMs, longestWindowMs(rule), (overMs - beganMs) / 4);
  const toMs = incident.resolved_at === undefined ? overMs : Math.min(serverNowMs(), overMs + marginMs);
  return { fromMs: Math.floor((beganMs - marginMs) / steppedMs) * steppedMs, toMs: Math.ceil(toMs / steppedMs) * steppedMs };
}

export function IncidentChart({ incident, rule }: { readonly incident: Incident; readonly rule: AlertRule }) {
  const { fromMs, toMs } = rangeAround(incident, rule);
  const tried = useQuery({
    queryKey: ['backtest', 'incident', incident.id, JSON.stringify(rule), fromMs, toMs],
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      call(
        'alertBacktest',
        { body: { rule: { ...rule }, time_range: { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() } } },
        signal,
      ),
  });
  const chart = useMemo(() => {
    if (tried.data === undefined) return undefined;
    const own = JSON.stringify(incident.group);
    const series = tried.data.series.filter(({ group }) => JSON.stringify(group) === own);
    return chartOf({ ...tried.data, series: series.length === 0 ? tried.data.series : series }, rule);
  }, [tried.data, rule, incident.group]);
  const marks = useMemo(
    () => ({
      thresholds: chart?.marks.thresholds,
      spans:
        incident.fired_at === undefined
          ? []
          : [
              {
                fromMs: Date.parse(incident.fired_at),
                toMs: incident.resolved_at === undefined ? undefined : Date.parse(incident.resolved_at),
                colour: 'var(--danger)',
              },
            ],
    }),
    [chart, incident.fired_at, incident.resolved_at],
  );
  return (
    <Section title="Its value" note="From the stored lines, by the rule as it is now; red: it was firing">
      <div className={styles.chart}>
        <Progress active={tried.isFetching} label="Its value" />
        {tried.data === undefined && tried.error !== null ? <ErrorState error={tried.error} onRetry={() => void tried.refetch()} /> : null}
        {chart !== undefined && chart.times.length === 0 ? <EmptyState title="No value can be told of this time" /> : null}
        {chart === undefined || chart.times.length === 0 ? null : (
          <Chart
            label="Value of the incident over time"
            times={chart.times}
            intervalMs={chart.stepMs}
            series={chart.series}
            showValue={(value) => valueWords(rule.condition, value)}
            range={{ fromMs, toMs }}
            marks={marks}
          />
        )}
      </div>
    </Section>
  );
}
