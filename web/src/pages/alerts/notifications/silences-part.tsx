/** Silences: what nobody is told of, until when, by whom and why. */
import { useState } from 'react';
import { shownSpan } from '#base/shown-times.ts';
import { serverNowMs } from '../../../api/server-clock.ts';
import type { Silence } from '../../../api/operations.ts';
import { useTimes } from '../../../app/time-zone.ts';
import { useUrlState } from '../../../app/url-state.ts';
import { Badge } from '../../../design/badge.tsx';
import { Button } from '../../../design/button.tsx';
import { Select } from '../../../design/field.tsx';
import { counted } from '../../../design/figures.ts';
import { EmptyState, ErrorState, Progress } from '../../../design/state.tsx';
import { Table } from '../../../design/table.tsx';
import type { Column } from '../../../design/table.tsx';
import styles from '../alerts-page.module.css';
import { silencesView } from '../alerts-view.ts';
import { useRowFocus } from '../use-row-focus.ts';
import { SilenceDialog } from './silence-dialog.tsx';
import { matcherWords, useEndSilence, useSilences } from './use-notifications.ts';

const showOptions = [
  ['active', 'in force or to come'],
  ['all', 'all'],
] as const;

export function SilencesPart() {
  const [{ show, id }, update] = useUrlState(silencesView);
  const [isMaking, setMaking] = useState(false);
  const silences = useSilences();
  const end = useEndSilence();
  const all = silences.data?.silences ?? [];
  // one that somebody was led to is shown whatever its state
  const rows = all.filter((silence) => show === 'all' || silence.state !== 'expired' || silence.id === id);
  const { list } = useRowFocus('Silences', (current) => [
    { keys: 'n', does: 'New silence', run: () => setMaking(true) },
    {
      keys: 'x',
      does: 'End the silence now',
      run: () => {
        const silence = rows.find((one) => one.id === current());
        if (silence !== undefined && silence.state !== 'expired') end.mutate(silence.id);
      },
    },
  ]);
  return (
    <>
      <div className={styles.tools}>
        <Select label="Shown" hideLabel value={show} options={showOptions} onChange={(next) => update({ show: next })} />
        <span className={styles.push} />
        <span className={styles.count} role="status">
          {silences.data === undefined ? '' : `${counted(all.filter(({ state }) => state === 'active').length, 'silence')} in force`}
        </span>
        <Button icon="plus" look="primary" title="New silence (n)" onClick={() => setMaking(true)}>
          Silence
        </Button>
      </div>
      <div ref={list} className={styles.list}>
        <Progress active={silences.isPending} label="Silences" />
        {silences.data === undefined && silences.error !== null ? (
          <ErrorState error={silences.error} onRetry={() => void silences.refetch()} />
        ) : null}
        {silences.data !== undefined && rows.length === 0 ? (
          <EmptyState title="No silence is in force">
            A silence keeps people from being told of incidents that are known; each has an end. It is made here, or at an incident.
          </EmptyState>
        ) : null}
        {rows.length === 0 ? null : (
          <Table
            label="Silences"
            columns={columns((silence) => end.mutate(silence.id))}
            rows={rows}
            rowKey={(silence) => silence.id}
            none=""
            shown={100}
          />
        )}
      </div>
      {isMaking ? <SilenceDialog onClose={() => setMaking(false)} /> : null}
    </>
  );
}

const states = {
  active: ['caution', 'In force'],
  pending: ['quiet', 'To come'],
  expired: ['quiet', 'Over'],
} as const;

const columns = (end: (silence: Silence) => void): readonly Column<Silence>[] => [
  {
    name: 'State',
    cell: ({ state }) => <Badge tone={states[state][0]}>{states[state][1]}</Badge>,
  },
  {
    name: 'Incidents with',
    wide: true,
    cell: ({ matchers }) => <span className={styles.mono}>{matchers.map(matcherWords).join(' and ')}</span>,
  },
  { name: 'Ends', cell: (silence) => <Ends silence={silence} />, value: ({ ends_at: ends }) => ends },
  { name: 'By', cell: ({ author }) => author, value: ({ author }) => author },
  { name: 'Why', cell: ({ comment }) => comment },
  {
    name: '',
    cell: (silence) =>
      silence.state === 'expired' ? (
        <span tabIndex={-1} data-row="" />
      ) : (
        <Button look="quiet" icon="stop" data-row="" title="End it now (x)" onClick={() => end(silence)}>
          End now
        </Button>
      ),
  },
];

function Ends({ silence: { ends_at: ends, state } }: { readonly silence: Silence }) {
  const times = useTimes();
  const ms = Date.parse(ends);
  return (
    <span title={times.full(ms)}>
      {state === 'expired' ? times.full(ms) : `in ${shownSpan(Math.max(60_000, Math.ceil((ms - serverNowMs()) / 60_000) * 60_000))}`}
    </span>
  );
}
