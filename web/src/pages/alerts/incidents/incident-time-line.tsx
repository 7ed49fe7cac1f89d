/** Everything that happened to an incident, in its order. */
import { shownSpan } from '#base/shown-times.ts';
import { valueWords } from '../../../alerts/condition-words.ts';
import { eventWords, isOpen } from '../../../alerts/incident-words.ts';
import type { AlertRule, IncidentEvent, IncidentWithEvents } from '../../../api/operations.ts';
import { useTimes } from '../../../app/time-zone.ts';
import { showNumber } from '../../../design/figures.ts';
import { Section } from '../../../design/section.tsx';
import { SuppressedBy } from '../suppressed-by.tsx';
import styles from './incidents.module.css';

interface TimeLineProps {
  readonly incident: IncidentWithEvents;
  readonly rule: AlertRule | undefined;
}

const tones: Readonly<Partial<Record<IncidentEvent['kind'], string>>> = {
  pending: 'caution',
  fired: 'danger',
  failed: 'danger',
  no_data: 'caution',
  late_data: 'caution',
  acknowledged: 'accent',
  resolved: 'good',
  cancelled: 'good',
};

export function IncidentTimeLine({ incident, rule }: TimeLineProps) {
  const { events } = incident;
  const beganMs = Date.parse(events[0]?.at ?? incident.began_at);
  return (
    <Section title="Time line" note={isOpen(incident) ? 'It is still open' : undefined}>
      <ol className={styles.events}>
        {events.map((event) => (
          <Event key={event.sequence} event={event} beganMs={beganMs} rule={rule} />
        ))}
      </ol>
      {incident.suppressed_by.length === 0 ? null : (
        <p className={styles.now}>
          Now <SuppressedBy incident={incident} />
        </p>
      )}
    </Section>
  );
}

function Event({
  event,
  beganMs,
  rule,
}: {
  readonly event: IncidentEvent;
  readonly beganMs: number;
  readonly rule: AlertRule | undefined;
}) {
  const times = useTimes();
  const ms = Date.parse(event.at);
  const value =
    event.value === undefined ? undefined : rule === undefined ? showNumber(event.value) : valueWords(rule.condition, event.value);
  return (
    <li className={styles.event} data-tone={tones[event.kind] ?? 'quiet'}>
      <time dateTime={event.at} title={`${times.full(ms)} ${times.zoneName}`}>
        {times.full(ms).slice(11)}
        <small>{ms > beganMs ? `+${shownSpan(ms - beganMs)}` : times.full(ms).slice(0, 10)}</small>
      </time>
      <div>
        <b>{eventWords[event.kind]}</b>
        {value === undefined ? null : <code> {value}</code>}
        {event.detail === undefined || event.detail === '' ? null : <p>{event.detail}</p>}
      </div>
    </li>
  );
}
