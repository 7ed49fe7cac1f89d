/** What keeps alerts from being in time, of what the status says of them. Pure. */
import { shownSpan } from '#base/shown-times.ts';

export interface AlertsProblem {
  readonly severity: 'danger' | 'caution' | 'note';
  readonly text: string;
}

interface AlertsStatus {
  readonly state?: unknown;
  readonly problem?: unknown;
  readonly lag_ms?: unknown;
  readonly missed_batches?: unknown;
  readonly notifications?: { readonly dead_channels?: unknown; readonly failing_channels?: unknown };
}

/** Beyond that, people wait for what they should have been told. */
const longLagMs = 30_000;

export function alertsProblems(status: unknown): readonly AlertsProblem[] {
  const { state, problem, lag_ms: lagMs, notifications = {} } = (status ?? {}) as AlertsStatus;
  const problems: AlertsProblem[] = [];
  if (state === 'disabled') problems.push({ severity: 'note', text: 'alerts are switched off (setting alerts.enabled)' });
  if (typeof problem === 'string') problems.push({ severity: 'danger', text: `alerts are not evaluated: ${problem}` });
  else if (typeof lagMs === 'number' && lagMs > longLagMs)
    problems.push({ severity: 'caution', text: `the evaluation of alerts is ${shownSpan(lagMs)} behind: incidents come late` });
  if (typeof notifications.dead_channels === 'number' && notifications.dead_channels > 0)
    problems.push({ severity: 'danger', text: deadChannels(notifications.dead_channels) });
  return problems;
}

function deadChannels(count: number): string {
  return count === 1 ? 'a channel of alerts takes no messages' : `${count} channels of alerts take no messages`;
}
