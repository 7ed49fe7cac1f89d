/** Incidents, what needs somebody first: open and not taken, the worst before the milder; what is over behind them. */
import { useState } from 'react';
import { IncidentBadge, SeverityMark } from '../../../alerts/alert-marks.tsx';
import { incidentHref } from '../../../alerts/alert-links.ts';
import { groupWords, valueWords } from '../../../alerts/condition-words.ts';
import { byUrgency, isOpen } from '../../../alerts/incident-words.ts';
import type { Incident } from '../../../alerts/incident-words.ts';
import { useIncidents } from '../../../alerts/use-incidents.ts';
import { useUrlState } from '../../../app/url-state.ts';
import { Age } from '../../../design/age.tsx';
import { Button, IconButton } from '../../../design/button.tsx';
import { Field, Select } from '../../../design/field.tsx';
import { counted, showNumber } from '../../../design/figures.ts';
import { Link } from '../../../design/link.tsx';
import { EmptyState, ErrorState, Progress } from '../../../design/state.tsx';
import { Table } from '../../../design/table.tsx';
import type { Column } from '../../../design/table.tsx';
import { showSpan } from '../../../time-range/show-time.ts';
import styles from '../alerts-page.module.css';
import { incidentsView } from '../alerts-view.ts';
import { SilenceDialog } from '../notifications/silence-dialog.tsx';
import { SuppressedBy } from '../suppressed-by.tsx';
import { useRules } from '../rules/use-rules.ts';
import { useRowFocus } from '../use-row-focus.ts';
import { useAcknowledge } from './use-acknowledge.ts';

const stateOptions = [
  ['all', 'all'],
  ['open', 'open'],
  ['firing', 'firing'],
  ['resolved', 'resolved'],
] as const;

export function IncidentsPart() {
  const [state, update] = useUrlState(incidentsView);
  const incidents = useIncidents({ state: state.state === 'all' ? '' : state.state, rule: state.rule });
  const acknowledge = useAcknowledge();
  const rules = useRules();
  const valueOf = (incident: Incident): string => {
    const rule = rules.data?.rules.find(({ id }) => id === incident.rule_id)?.rule;
    if (incident.value === undefined) return '–';
    return rule === undefined ? showNumber(incident.value) : valueWords(rule.condition, incident.value);
  };
  const [silenced, setSilenced] = useState<Incident>();
  const rows = (incidents.data?.incidents ?? []).filter((incident) => has(incident, state.find)).toSorted(byUrgency);
  const open = rows.filter(isOpen);
  const find = (id: string | undefined): Incident | undefined => rows.find((incident) => incident.id === id);
  const { list } = useRowFocus('Incidents', (current) => [
    { keys: 'a', does: 'Acknowledge', run: () => take(find(current())) },
    { keys: 's', does: 'Silence …', run: () => setSilenced(find(current())) },
    { keys: '/', does: 'Find', run: () => list.current?.parentElement?.querySelector('input')?.focus() },
  ]);
  const take = (incident: Incident | undefined): void => {
    if (incident !== undefined && isOpen(incident) && incident.acknowledged_at === undefined) acknowledge.mutate({ id: incident.id });
  };
  return (
    <>
      <div className={styles.tools}>
        <Field
          className={styles.find}
          label="Find incidents"
          hideLabel
          placeholder="rule or group"
          value={state.find}
          onChange={(text) => update({ find: text }, { replace: true })}
        />
        <Select label="State" hideLabel value={state.state} options={stateOptions} onChange={(next) => update({ state: next })} />
        {state.rule === '' ? null : (
          <Button look="quiet" icon="close" onClick={() => update({ rule: '' })}>
            of one rule
          </Button>
        )}
        <span className={styles.push} />
        <span className={styles.count} role="status">
          {incidents.data === undefined ? '' : `${counted(open.length, 'open incident')}, ${rows.length - open.length} over`}
        </span>
      </div>
      <div ref={list} className={styles.list}>
        <Progress active={incidents.isPending} label="Incidents" />
        {incidents.data === undefined && incidents.error !== null ? (
          <ErrorState error={incidents.error} onRetry={() => void incidents.refetch()} />
        ) : null}
        {incidents.data !== undefined && rows.length === 0 ? <NoIncidents isNarrowed={state.find !== '' || state.state !== 'all'} /> : null}
        {rows.length === 0 ? null : (
          <Table label="Incidents" columns={columns(take, setSilenced, valueOf)} rows={rows} rowKey={({ id }) => id} none="" shown={100} />
        )}
      </div>
      {silenced === undefined ? null : <SilenceDialog incident={silenced} onClose={() => setSilenced(undefined)} />}
    </>
  );
}

function has({ rule_name: name, group }: Incident, find: string): boolean {
  const text = `${name} ${groupWords(group)}`.toLowerCase();
  return find
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function NoIncidents({ isNarrowed }: { readonly isNarrowed: boolean }) {
  if (isNarrowed) return <EmptyState title="No incident like this">Ask for another state, or for fewer words.</EmptyState>;
  return (
    <EmptyState
      title="Nothing is wrong that a rule watches"
      actions={
        <>
          <Link href="/alerts/rules">The rules</Link>
          <Link href="/alerts/rules/new">Make a rule</Link>
        </>
      }
    >
      An incident begins when the condition of a rule is met. There was none yet.
    </EmptyState>
  );
}

type Do = (incident: Incident) => void;

const columns = (take: Do, silence: Do, valueOf: (incident: Incident) => string): readonly Column<Incident>[] => [
  { name: 'State', cell: (incident) => <IncidentBadge incident={incident} /> },
  { name: 'Severity', cell: ({ severity }) => <SeverityMark severity={severity} /> },
  { name: 'Incident', wide: true, cell: (incident) => <Named incident={incident} /> },
  { name: 'Value', numeric: true, cell: valueOf },
  { name: 'Since', cell: ({ fired_at: fired, began_at: began }) => <Age ms={Date.parse(fired ?? began)} /> },
  { name: 'Lasted', cell: lasted },
  {
    name: '',
    cell: (incident) =>
      isOpen(incident) ? (
        <span className={styles.inRow}>
          {incident.acknowledged_at === undefined ? (
            <Button look="quiet" icon="check" title="Acknowledge: I am at it (a)" onClick={() => take(incident)}>
              Take
            </Button>
          ) : (
            <span className={styles.sub}>{incident.acknowledged_by}</span>
          )}
          <IconButton icon="bellOff" label="Silence … (s)" onClick={() => silence(incident)} />
        </span>
      ) : null,
  },
];

function Named({ incident }: { readonly incident: Incident }) {
  const group = groupWords(incident.group);
  return (
    <>
      <Link href={incidentHref(incident.id)} data-row="">
        {incident.rule_name}
      </Link>{' '}
      {group === '' ? null : <span className={styles.mono}>{group} </span>}
      {incident.detail === undefined ? null : <span className={styles.sub}>{incident.detail} </span>}
      <SuppressedBy incident={incident} />
    </>
  );
}

function lasted({ began_at: began, fired_at: fired, resolved_at: resolved }: Incident): string {
  return resolved === undefined ? '' : showSpan(Math.max(0, Date.parse(resolved) - Date.parse(fired ?? began)));
}
