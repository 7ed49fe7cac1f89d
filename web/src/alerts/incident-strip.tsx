/** Incidents over the bars of a histogram: hovering tells which, a press opens it. */
import { useState } from 'react';
import { useTimes } from '../app/time-zone.ts';
import { Link } from '../design/link.tsx';
import type { SettledRange } from '../time-range/time-choice.ts';
import { showSpan } from '../time-range/show-time.ts';
import { incidentHref } from './alert-links.ts';
import styles from './alerts.module.css';
import { groupWords } from './condition-words.ts';
import { severityWords, stateWords } from './incident-words.ts';
import type { Incident } from './incident-words.ts';

interface IncidentStripProps {
  readonly incidents: readonly Incident[];
  readonly range: SettledRange;
}

export function IncidentStrip({ incidents, range }: IncidentStripProps) {
  const [told, setTold] = useState<string>();
  const fired = incidents.filter(({ fired_at: at }) => at !== undefined && Date.parse(at) < range.toMs);
  if (fired.length === 0) return null;
  return (
    <nav className={styles.strip} aria-label="Incidents in this time">
      {fired.map((incident) => (
        <Mark
          key={incident.id}
          incident={incident}
          range={range}
          isTold={told === incident.id}
          onTell={(isTold) => setTold(isTold ? incident.id : undefined)}
        />
      ))}
    </nav>
  );
}

interface MarkProps {
  readonly incident: Incident;
  readonly range: SettledRange;
  readonly isTold: boolean;
  readonly onTell: (isTold: boolean) => void;
}

function Mark({ incident, range: { fromMs, toMs }, isTold, onTell }: MarkProps) {
  const share = (ms: number): number => Math.max(0, Math.min(1, (ms - fromMs) / (toMs - fromMs)));
  const firedMs = Date.parse(incident.fired_at ?? incident.began_at);
  const from = share(firedMs);
  const to = incident.resolved_at === undefined ? 1 : share(Date.parse(incident.resolved_at));
  return (
    <>
      <i
        className={styles.lasted}
        style={{ left: `${from * 100}%`, width: `${Math.max(0, to - from) * 100}%` }}
        data-severity={incident.severity}
        data-over={incident.resolved_at !== undefined}
        aria-hidden="true"
      />
      <Link
        href={incidentHref(incident.id)}
        className={styles.mark}
        style={{ left: `${from * 100}%` }}
        data-severity={incident.severity}
        data-over={incident.resolved_at !== undefined}
        aria-label={`Incident: ${incident.rule_name}${incident.resolved_at === undefined ? ', open' : ''}`}
        onPointerEnter={() => onTell(true)}
        onPointerLeave={() => onTell(false)}
        onFocus={() => onTell(true)}
        onBlur={() => onTell(false)}
      >
        <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
          <path d="M0 0h9L6.5 3.5 9 7H2v5H0z" fill="currentColor" />
        </svg>
      </Link>
      {isTold ? <Tip incident={incident} firedMs={firedMs} share={from} /> : null}
    </>
  );
}

function Tip({ incident, firedMs, share }: { readonly incident: Incident; readonly firedMs: number; readonly share: number }) {
  const times = useTimes();
  const group = groupWords(incident.group);
  const lastedMs = incident.resolved_at === undefined ? undefined : Date.parse(incident.resolved_at) - firedMs;
  return (
    <div className={styles.tip} style={share > 0.6 ? { right: `${(1 - share) * 100}%` } : { left: `${share * 100}%` }}>
      <b>{incident.rule_name}</b>
      {group === '' ? null : <div>{group}</div>}
      <span>
        {severityWords[incident.severity]}, fired {times.full(firedMs)},{' '}
        {lastedMs === undefined ? stateWords[incident.state].name.toLowerCase() : `over after ${showSpan(lastedMs)}`}
      </span>
    </div>
  );
}
