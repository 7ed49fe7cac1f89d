/** How states and severities of alerts look: by form, colour and word. */
import type { Incident, IncidentState, RuleState, Severity } from '../api/operations.ts';
import { Badge } from '../design/badge.tsx';
import styles from './alerts.module.css';
import { severityWords, stateWords } from './incident-words.ts';

export function StateBadge({ state }: { readonly state: RuleState | IncidentState }) {
  const { name, tone, means } = stateWords[state];
  return (
    <span title={means}>
      <Badge tone={tone}>{name}</Badge>
    </span>
  );
}

/** Firing and acknowledged is calmer than firing: somebody is at it. */
export function IncidentBadge({ incident: { state, acknowledged_at: taken, acknowledged_by: by } }: { readonly incident: Incident }) {
  if (taken === undefined || state === 'resolved') return <StateBadge state={state} />;
  return (
    <span title={`${stateWords[state].means} Acknowledged${by === undefined ? '' : ` by ${by}`}.`}>
      <Badge tone="caution">{stateWords[state].name}, taken</Badge>
    </span>
  );
}

/** Bars that rise with the severity, and its word. */
export function SeverityMark({ severity }: { readonly severity: Severity }) {
  const height = { info: 1, warning: 2, critical: 3 }[severity];
  return (
    <span className={styles.severity} data-severity={severity}>
      <svg width="11" height="11" viewBox="0 0 11 11" aria-hidden="true">
        {[1, 2, 3].map((bar) => (
          <rect key={bar} x={(bar - 1) * 4} y={11 - bar * 3.6} width="3" height={bar * 3.6} opacity={bar <= height ? 1 : 0.25} />
        ))}
      </svg>
      {severityWords[severity]}
    </span>
  );
}
