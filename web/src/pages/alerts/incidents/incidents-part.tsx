/** Incidents, what needs somebody first: open and not taken, the worst before the milder; what is over behind them. */
import { useState } from 'react';
import { shownSpan } from '#base/shown-times.ts';
import { IncidentBadge, SeverityMark } from '../../../alerts/alert-marks.tsx';
import { incidentHref } from '../../../alerts/alert-links.ts';
import { groupWords } from '../../../alerts/condition-words.ts';
import { isOpen } from '../../../alerts/incident-words.ts';
import type { Incident } from '../../../api/operations.ts';
import { useUrlState } from '../../../app/url-state.ts';
import type { StateOf, Update } from '../../../app/url-state.ts';
import { Age } from '../../../design/age.tsx';
import { Button, IconButton } from '../../../design/button.tsx';
import { Field, Select } from '../../../design/field.tsx';
import { counted } from '../../../design/figures.ts';
import { Link } from '../../../design/link.tsx';
import { EmptyState, ErrorState, Progress } from '../../../design/state.tsx';
import { Table } from '../../../design/table.tsx';
import type { Column } from '../../../design/table.tsx';
import styles from '../alerts-page.module.css';
import { incidentsView } from '../alerts-view.ts';
import { SilenceDialog } from '../notifications/silence-dialog.tsx';
import { SuppressedBy } from '../suppressed-by.tsx';
import { useRowFocus } from '../use-row-focus.ts';
import { useAcknowledge } from './use-acknowledge.ts';
import { useIncidentList, useValueWords } from './use-incident-list.ts';

const stateOptions = [
  ['all', 'all'],
  ['open', 'open'],
  ['firing', 'firing'],
  ['resolved', 'resolved'],
] as const;

export function IncidentsPart() {
  const [state, update] = useUrlState(incidentsView);
  const { rows, asked, isThere, hasMore, more } = useIncidentList(state);
  const valueOf = useValueWords();
  const acknowledge = useAcknowledge();
  const [silenced, setSilenced] = useState<Incident>();
  const find = (id: string | undefined): Incident | undefined => rows.find((incident) => incident.id === id);
  const take = (incident: Incident | undefined): void => {
    if (incident !== undefined && isOpen(incident) && incident.acknowledged_at === undefined) acknowledge.mutate({ id: incident.id });
  };
  const { list } = useRowFocus('Incidents', (current) => [
    { keys: 'a', does: 'Acknowledge', run: () => take(find(current())) },
    { keys: 's', does: 'Silence …', run: () => setSilenced(find(current())) },
    { keys: '/', does: 'Find', run: () => list.current?.parentElement?.querySelector('input')?.focus() },
  ]);
  const open = rows.filter(isOpen).length;
  const count = `${counted(open, 'open incident')}, ${hasMore ? 'at least ' : ''}${rows.length - open} over`;
  return (
    <>
      <Tools state={state} update={update} count={isThere ? count : ''} />
      <div ref={list} className={styles.list}>
        <Progress active={asked.isPending} label="Incidents" />
        {asked.data === undefined && asked.error !== null ? <ErrorState error={asked.error} onRetry={() => void asked.refetch()} /> : null}
        {isThere && rows.length === 0 ? <NoIncidents isNarrowed={state.find !== '' || state.state !== 'all'} /> : null}
        {rows.length === 0 ? null : (
          <Table label="Incidents" columns={columns(take, setSilenced, valueOf)} rows={rows} rowKey={({ id }) => id} none="" shown={100} />
        )}
        {more === undefined ? null : (
          <Button look="quiet" onClick={more}>
            Older incidents
          </Button>
        )}
      </div>
      {silenced === undefined ? null : <SilenceDialog incident={silenced} onClose={() => setSilenced(undefined)} />}
    </>
  );
}

interface ToolsProps {
  readonly state: StateOf<typeof incidentsView>;
  readonly update: Update<typeof incidentsView>;
  readonly count: string;
}

function Tools({ state, update, count }: ToolsProps) {
  return (
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
        {count}
      </span>
    </div>
  );
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
  return resolved === undefined ? '' : shownSpan(Math.max(0, Date.parse(resolved) - Date.parse(fired ?? began)));
}
