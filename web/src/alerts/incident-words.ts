/** States, events and reasons of incidents in words. Pure. */
import type { Incident, IncidentEvent, IncidentState, RuleState, Severity } from '../api/operations.ts';
import type { Tone } from '../design/badge.tsx';
import { incidentHref, ruleHref } from './alert-links.ts';

interface StateWords {
  readonly name: string;
  readonly tone: Tone;
  /** What it means, for those who wonder. */
  readonly means: string;
}

export const stateWords: Readonly<Record<RuleState | IncidentState, StateWords>> = {
  ok: { name: 'OK', tone: 'good', means: 'The condition is not met.' },
  pending: { name: 'Pending', tone: 'caution', means: 'The condition is met, but not yet for long enough.' },
  firing: { name: 'Firing', tone: 'danger', means: 'The condition is met.' },
  no_data: { name: 'No data', tone: 'caution', means: 'No line came that it could be judged by.' },
  late_data: { name: 'Late data', tone: 'caution', means: 'The evaluator is behind: lines that were sent are not judged yet.' },
  failed: { name: 'Failed', tone: 'danger', means: 'The rule could not be evaluated.' },
  resolved: { name: 'Resolved', tone: 'good', means: 'It is over.' },
  disabled: { name: 'Off', tone: 'quiet', means: 'The rule is not evaluated.' },
  unknown: { name: 'Not yet', tone: 'quiet', means: 'The evaluator has not looked at it yet.' },
};

export const severityWords: Readonly<Record<Severity, string>> = { critical: 'Critical', warning: 'Warning', info: 'Info' };

export const eventWords: Readonly<Record<IncidentEvent['kind'], string>> = {
  pending: 'Condition met',
  fired: 'Fired',
  resolved: 'Resolved',
  cancelled: 'Went away before it fired',
  no_data: 'No data',
  late_data: 'Data came late',
  failed: 'Could not be evaluated',
  acknowledged: 'Acknowledged',
  suppressed: 'Suppressed',
  notified: 'Notified',
};

export interface Suppression {
  readonly text: string;
  readonly href: string | undefined;
}

/** What keeps people from being told of it: `silence:<id>`, `mute`, `maintenance:<name>`, `inhibited:<incident>`. */
export function suppressionOf(reason: string, { rule_id: ruleId }: Pick<Incident, 'rule_id'>): Suppression {
  const colon = reason.indexOf(':');
  const kind = colon < 0 ? reason : reason.slice(0, colon);
  const name = colon < 0 ? '' : reason.slice(colon + 1);
  switch (kind) {
    case 'silence':
      return { text: 'a silence', href: `/alerts/silences?id=${encodeURIComponent(name)}` };
    case 'mute':
      return { text: 'its rule, which is muted', href: ruleHref(ruleId) };
    case 'maintenance':
      return { text: `maintenance ${name}`, href: '/alerts/maintenance' };
    case 'inhibited':
      return { text: 'another incident, its cause', href: incidentHref(name) };
    default:
      return { text: reason, href: undefined };
  }
}

export const isOpen = ({ state }: Pick<Incident, 'state'>): boolean => state !== 'resolved';

const order: readonly IncidentState[] = ['firing', 'failed', 'late_data', 'no_data', 'pending', 'resolved'];
const severityOrder: readonly Severity[] = ['critical', 'warning', 'info'];

/** What needs somebody first: open before over, unacknowledged before acknowledged, the worse before the milder, then the newest. */
export function byUrgency(one: Incident, other: Incident): number {
  const taken = ({ acknowledged_at: at }: Incident): number => (at === undefined ? 0 : 1);
  return (
    Number(!isOpen(one)) - Number(!isOpen(other)) ||
    (isOpen(one) ? taken(one) - taken(other) : 0) ||
    (isOpen(one) ? severityOrder.indexOf(one.severity) - severityOrder.indexOf(other.severity) : 0) ||
    (isOpen(one) ? order.indexOf(one.state) - order.indexOf(other.state) : 0) ||
    (one.began_at < other.began_at ? 1 : -1)
  );
}
