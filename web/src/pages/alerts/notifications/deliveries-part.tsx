/** The log of messages: to which channel, about what, with what outcome. */
import { shownSpan } from '#base/shown-times.ts';
import { SeverityMark } from '../../../alerts/alert-marks.tsx';
import { incidentHref } from '../../../alerts/alert-links.ts';
import type { Delivery } from '../../../api/operations.ts';
import { useTimes } from '../../../app/time-zone.ts';
import { useUrlState } from '../../../app/url-state.ts';
import { Badge } from '../../../design/badge.tsx';
import type { Tone } from '../../../design/badge.tsx';
import { Button } from '../../../design/button.tsx';
import { Select } from '../../../design/field.tsx';
import { Link } from '../../../design/link.tsx';
import { EmptyState, ErrorState, Progress } from '../../../design/state.tsx';
import { Table } from '../../../design/table.tsx';
import type { Column } from '../../../design/table.tsx';
import styles from '../alerts-page.module.css';
import { deliveriesView } from '../alerts-view.ts';
import { useRowFocus } from '../use-row-focus.ts';
import { messageWords } from './message-words.ts';
import { useChannels, useDeliveries } from './use-notifications.ts';

const states: Readonly<Record<Delivery['state'], readonly [Tone, string]>> = {
  waiting: ['caution', 'Waits'],
  delivered: ['good', 'Delivered'],
  refused: ['danger', 'Refused'],
  given_up: ['danger', 'Given up'],
  superseded: ['quiet', 'Superseded'],
};

export function DeliveriesPart() {
  const [filter, update] = useUrlState(deliveriesView);
  const deliveries = useDeliveries(filter);
  const channels = useChannels();
  const rows = deliveries.data?.deliveries ?? [];
  const { list } = useRowFocus('Deliveries');
  return (
    <>
      <div className={styles.tools}>
        <Select
          label="State"
          hideLabel
          value={filter.state}
          options={[['', 'all states'], ...Object.entries(states).map(([state, [, name]]) => [state, name.toLowerCase()] as const)]}
          onChange={(state) => update({ state })}
        />
        <Select
          label="Channel"
          hideLabel
          value={filter.channel}
          options={[
            ['', 'all channels'],
            ...new Set([...(channels.data?.channels ?? []).map(({ name }) => name), ...(filter.channel === '' ? [] : [filter.channel])])
              .values()
              .map((name) => [name, name] as const),
          ]}
          onChange={(channel) => update({ channel })}
        />
        {filter.incident === '' ? null : (
          <Button look="quiet" icon="close" onClick={() => update({ incident: '' })}>
            of one incident
          </Button>
        )}
        <span className={styles.push} />
        <span className={styles.count} role="status">
          {deliveries.data === undefined ? '' : deliveries.data.next === null ? `${rows.length} messages` : `the newest ${rows.length}`}
        </span>
      </div>
      <div ref={list} className={styles.list}>
        <Progress active={deliveries.isPending} label="Deliveries" />
        {deliveries.data === undefined && deliveries.error !== null ? (
          <ErrorState error={deliveries.error} onRetry={() => void deliveries.refetch()} />
        ) : null}
        {deliveries.data !== undefined && rows.length === 0 ? (
          <EmptyState title="No message yet">
            A message is made when an incident fires, is repeated, escalated, acknowledged or resolved.
          </EmptyState>
        ) : null}
        {rows.length === 0 ? null : <Table label="Deliveries" columns={columns} rows={rows} rowKey={({ id }) => id} none="" shown={100} />}
      </div>
    </>
  );
}

const columns: readonly Column<Delivery>[] = [
  { name: 'State', cell: ({ state }) => <Badge tone={states[state][0]}>{states[state][1]}</Badge> },
  { name: 'Made', cell: ({ created_at: at }) => <Time at={at} />, value: ({ created_at: at }) => at },
  { name: 'Channel', cell: ({ channel }) => <b>{channel}</b>, value: ({ channel }) => channel },
  { name: 'Severity', cell: ({ severity }) => <SeverityMark severity={severity} /> },
  {
    name: 'Message',
    wide: true,
    cell: ({ kind, title, incidents }) => (
      <>
        <span className={styles.sub}>{messageWords[kind]} </span>
        {incidents.length === 0 ? (
          <span tabIndex={-1} data-row="">
            {title}
          </span>
        ) : (
          <Link href={incidentHref(incidents[0])} data-row="">
            {title}
          </Link>
        )}
      </>
    ),
  },
  { name: 'Tries', numeric: true, cell: ({ attempts }) => attempts, value: ({ attempts }) => attempts },
  { name: 'Outcome', cell: (delivery) => <Outcome delivery={delivery} /> },
];

function Time({ at }: { readonly at: string }) {
  const times = useTimes();
  return <span className={styles.mono}>{times.full(Date.parse(at))}</span>;
}

const longest = 60;

function Outcome({
  delivery: { detail, done_at: done, next_attempt_at: next, created_at: made, remote_id: remote },
}: {
  readonly delivery: Delivery;
}) {
  const times = useTimes();
  const after = done === null ? '' : ` after ${shownSpan(Math.max(0, Date.parse(done) - Date.parse(made)))}`;
  const again = next === null ? '' : `; again at ${times.full(Date.parse(next)).slice(11)}`;
  const text = `${detail}${done === null ? again : after}`;
  return (
    <span className={styles.sub} title={`${text}${remote === null ? '' : `; there it is ${remote}`}`}>
      {text.length > longest ? `${text.slice(0, longest)}…` : text}
    </span>
  );
}
