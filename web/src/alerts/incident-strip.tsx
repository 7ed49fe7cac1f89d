/** Incidents over the bars of a histogram: hovering tells which, a press opens it. Those that fired together share a flag. */
import { useCallback, useRef, useState } from 'react';
import { shownSpan } from '#base/shown-times.ts';
import type { Incident } from '../api/operations.ts';
import { navigate } from '../app/location.ts';
import { useTimes } from '../app/time-zone.ts';
import type { Times } from '../app/time-zone.ts';
import { Menu } from '../design/menu.tsx';
import type { SettledRange } from '../time-range/time-choice.ts';
import { incidentHref } from './alert-links.ts';
import styles from './alerts.module.css';
import { groupWords } from './condition-words.ts';
import { severityWords, stateWords } from './incident-words.ts';
import { flagsOf } from './incident-flags.ts';
import type { Flag } from './incident-flags.ts';

interface IncidentStripProps {
  readonly incidents: readonly Incident[];
  readonly range: SettledRange;
}

export function IncidentStrip({ incidents, range }: IncidentStripProps) {
  const flags = flagsOf(incidents, range);
  if (flags.length === 0) return null;
  return (
    <div className={styles.strip} role="group" aria-label="Incidents in this time">
      {flags.flatMap(({ spans }) =>
        spans.map(({ id, from, to, severity, isOver }) => (
          <i
            key={id}
            className={styles.lasted}
            style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }}
            data-severity={severity}
            data-over={isOver}
            aria-hidden="true"
          />
        )),
      )}
      {flags.map((flag) => (
        <FlagMark key={flag.incidents[0].id} flag={flag} />
      ))}
    </div>
  );
}

/** With its count; at the right end it stands before it. */
const flagPixels = 20;

function FlagMark({ flag: { incidents, at, severity, isOver } }: { readonly flag: Flag }) {
  const [isTold, setTold] = useState(false);
  const [isOpen, setOpen] = useState(false);
  const anchor = useRef<HTMLButtonElement>(null);
  const close = useCallback(() => setOpen(false), []);
  const [first, ...others] = incidents;
  const press = (): void => (others.length === 0 ? navigate(incidentHref(first.id)) : setOpen(true));
  return (
    <>
      <button
        ref={anchor}
        type="button"
        className={styles.mark}
        style={{ left: `min(${at * 100}%, calc(100% - ${flagPixels}px))` }}
        data-severity={severity}
        data-over={isOver}
        aria-label={others.length === 0 ? `Incident: ${nameOf(first)}` : `${incidents.length} incidents`}
        aria-haspopup={others.length === 0 ? undefined : 'menu'}
        aria-expanded={others.length === 0 ? undefined : isOpen}
        onClick={press}
        onPointerEnter={() => setTold(true)}
        onPointerLeave={() => setTold(false)}
        onFocus={() => setTold(true)}
        onBlur={() => setTold(false)}
      >
        <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
          <path d="M0 0h9L6.5 3.5 9 7H2v5H0z" fill="currentColor" />
        </svg>
        {others.length === 0 ? null : <b>{incidents.length}</b>}
      </button>
      {isTold && !isOpen ? <Tip incidents={incidents} at={at} /> : null}
      <Menu
        open={isOpen}
        onClose={close}
        anchor={anchor}
        label="Incidents that fired here"
        entries={incidents.map((incident) => ({ label: nameOf(incident), run: () => navigate(incidentHref(incident.id)) }))}
      />
    </>
  );
}

function nameOf({ rule_name: name, group }: Incident): string {
  const words = groupWords(group);
  return words === '' ? name : `${name}: ${words}`;
}

const mostTold = 5;

function Tip({ incidents, at }: { readonly incidents: readonly Incident[]; readonly at: number }) {
  const times = useTimes();
  const left = incidents.length - mostTold;
  return (
    <div className={styles.tip} style={at > 0.6 ? { right: `${(1 - at) * 100}%` } : { left: `${at * 100}%` }}>
      {incidents.slice(0, mostTold).map((incident) => (
        <div key={incident.id}>
          <b>{nameOf(incident)}</b>
          <span>{courseOf(incident, times)}</span>
        </div>
      ))}
      {left > 0 ? <span>and {left} more</span> : null}
    </div>
  );
}

/** `Critical, fired 2026-11-22 00:56:10, over after 4 min` */
function courseOf({ severity, state, fired_at: fired = '', resolved_at: resolved }: Incident, times: Times): string {
  const firedMs = Date.parse(fired);
  const end =
    resolved === undefined ? stateWords[state].name.toLowerCase() : `over after ${shownSpan(Math.max(0, Date.parse(resolved) - firedMs))}`;
  return `${severityWords[severity]}, fired ${times.full(firedMs)}, ${end}`;
}
