/** What the evaluation of alerts publishes for Prometheus. */
import type { Metrics, MetricSpec } from '#platform/metrics.ts';
import type { AlertRuntime, AlertStatus } from './alert-runtime.ts';

export const alertRules = { name: 'millrace_alert_rules', kind: 'gauge', help: 'Enabled alert rules.' } satisfies MetricSpec;
export const alertFailedRules = {
  name: 'millrace_alert_failed_rules',
  kind: 'gauge',
  help: 'Enabled alert rules that cannot be evaluated.',
} satisfies MetricSpec;
export const alertGroups = {
  name: 'millrace_alert_groups',
  kind: 'gauge',
  help: 'Groups of alert rules that are judged.',
} satisfies MetricSpec;
export const alertOpenIncidents = {
  name: 'millrace_alert_open_incidents',
  kind: 'gauge',
  help: 'Incidents that are not over.',
} satisfies MetricSpec;
export const alertLag = {
  name: 'millrace_alert_evaluation_lag_seconds',
  kind: 'gauge',
  help: 'How far the evaluation of alerts is behind the present; beyond alerts.late_after incidents fire late.',
} satisfies MetricSpec;
export const alertLines = {
  name: 'millrace_alert_lines_total',
  kind: 'counter',
  help: 'Lines that the evaluation of alerts has read, those that were read again included.',
} satisfies MetricSpec;
export const alertMissedFrames = {
  name: 'millrace_alert_missed_batches_total',
  kind: 'counter',
  help: 'Batches that alert rules did not see: trimmed before they were read, damaged, or not understood.',
} satisfies MetricSpec;
export const alertStateBytes = {
  name: 'millrace_alert_state_bytes',
  kind: 'gauge',
  help: 'Memory of the windows of alert rules, about.',
} satisfies MetricSpec;
export const alertRestarts = {
  name: 'millrace_alert_restarts_total',
  kind: 'counter',
  help: 'Restarts of the evaluating thread since the start.',
} satisfies MetricSpec;

export function registerAlertMetrics(metrics: Metrics, runtime: AlertRuntime): void {
  const single = (spec: MetricSpec, read: (status: AlertStatus) => number | undefined): void =>
    metrics.readAtScrape(spec, () => [{ value: read(runtime.status()) ?? 0 }]);
  single(alertRules, ({ enabledRules }) => enabledRules);
  single(alertFailedRules, ({ evaluation }) => evaluation?.failedRules);
  single(alertGroups, ({ evaluation }) => evaluation?.groups);
  single(alertOpenIncidents, ({ evaluation }) => evaluation?.openIncidents);
  single(alertLag, ({ evaluation }) => (evaluation?.lagMs ?? 0) / 1000);
  single(alertLines, ({ evaluation }) => evaluation?.rows);
  single(alertMissedFrames, ({ evaluation }) => (evaluation?.missedFrames ?? 0) + (evaluation?.unreadableFrames ?? 0));
  single(alertStateBytes, ({ evaluation }) => evaluation?.bytes);
  single(alertRestarts, ({ restarts }) => restarts);
}
