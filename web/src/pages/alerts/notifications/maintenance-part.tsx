/** Maintenance windows: times in which nobody is told, once or each week. */
import { useState } from 'react';
import type { KeptMaintenance } from '../../../api/operations.ts';
import { useTimes } from '../../../app/time-zone.ts';
import { Badge } from '../../../design/badge.tsx';
import { Button, IconButton } from '../../../design/button.tsx';
import { Dialog } from '../../../design/dialog.tsx';
import { counted } from '../../../design/figures.ts';
import { EmptyState, ErrorState, Progress } from '../../../design/state.tsx';
import { Table } from '../../../design/table.tsx';
import type { Column } from '../../../design/table.tsx';
import styles from '../alerts-page.module.css';
import { useRowFocus } from '../use-row-focus.ts';
import { MaintenanceDialog } from './maintenance-dialog.tsx';
import { matcherWords, useMaintenances, useRemoveMaintenance } from './use-notifications.ts';
import { windowWords } from './weekly-windows.tsx';

export function MaintenancePart() {
  const maintenance = useMaintenances();
  const [removed, setRemoved] = useState<KeptMaintenance>();
  const [edited, setEdited] = useState<KeptMaintenance | 'new'>();
  const all = maintenance.data?.maintenance ?? [];
  const { list } = useRowFocus('Maintenance', () => [{ keys: 'n', does: 'New maintenance window', run: () => setEdited('new') }]);
  return (
    <>
      <div className={styles.tools}>
        <span className={styles.count} role="status">
          {maintenance.data === undefined ? '' : `${counted(all.length, 'window')}, ${all.filter(({ active }) => active).length} now`}
        </span>
        <span className={styles.push} />
        <Button icon="plus" look="primary" title="New maintenance window (n)" onClick={() => setEdited('new')}>
          Window
        </Button>
      </div>
      <div ref={list} className={styles.list}>
        <Progress active={maintenance.isPending} label="Maintenance" />
        {maintenance.data === undefined && maintenance.error !== null ? (
          <ErrorState error={maintenance.error} onRetry={() => void maintenance.refetch()} />
        ) : null}
        {maintenance.data !== undefined && all.length === 0 ? (
          <EmptyState title="No maintenance is planned">
            In a window nobody is told of the incidents that it names; they are made and shown all the same.
          </EmptyState>
        ) : null}
        {all.length === 0 ? null : (
          <Table label="Maintenance windows" columns={columns(setEdited, setRemoved)} rows={all} rowKey={({ name }) => name} none="" />
        )}
      </div>
      {edited === undefined ? null : (
        <MaintenanceDialog
          kept={edited === 'new' ? undefined : edited}
          taken={all.map(({ name }) => name)}
          onClose={() => setEdited(undefined)}
        />
      )}
      {removed === undefined ? null : <RemoveDialog window={removed} onClose={() => setRemoved(undefined)} />}
    </>
  );
}

function RemoveDialog({ window: { name, active }, onClose }: { readonly window: KeptMaintenance; readonly onClose: () => void }) {
  const remove = useRemoveMaintenance();
  return (
    <Dialog
      title={`Remove maintenance ${name}`}
      onClose={onClose}
      footer={
        <Button look="danger" icon="trash" onClick={() => remove.mutate(name, { onSettled: onClose })}>
          Remove
        </Button>
      }
    >
      <p>{active ? 'It is in force: people are told again of the incidents that it hides.' : 'It is not in force now.'}</p>
    </Dialog>
  );
}

type Do = (window: KeptMaintenance) => void;

const columns = (edit: Do, remove: Do): readonly Column<KeptMaintenance>[] => [
  {
    name: 'State',
    cell: ({ active, changes_at: changes }) => (
      <Badge tone={active ? 'caution' : 'quiet'}>{active ? 'Now' : changes === null ? 'Over' : 'To come'}</Badge>
    ),
  },
  {
    name: 'Name',
    cell: (window) => (
      <Button look="quiet" data-row="" onClick={() => edit(window)}>
        {window.name}
      </Button>
    ),
    value: ({ name }) => name,
  },
  {
    name: 'When',
    cell: (window) => <When window={window} />,
  },
  {
    name: 'Incidents with',
    wide: true,
    cell: ({ match }) =>
      match === undefined || match.length === 0 ? 'all' : <span className={styles.mono}>{match.map(matcherWords).join(' and ')}</span>,
  },
  { name: 'Why', cell: ({ comment }) => comment ?? '' },
  { name: '', cell: (window) => <IconButton icon="trash" label={`Remove ${window.name}`} onClick={() => remove(window)} /> },
];

function When({ window: { once = [], weekly = [] } }: { readonly window: KeptMaintenance }) {
  const times = useTimes();
  const full = (text: string): string => times.full(Date.parse(text)).slice(0, 16);
  return <>{[...weekly.map(windowWords), ...once.map(({ from, to }) => `${full(from)} – ${full(to)}`)].join('; ')}</>;
}
