/** Channels: where messages go, whether each takes them, who uses it; with a test of each and its last deliveries. */
import { useState } from 'react';
import type { KeptChannel } from '../../../api/operations.ts';
import { Age } from '../../../design/age.tsx';
import { Badge } from '../../../design/badge.tsx';
import type { Tone } from '../../../design/badge.tsx';
import { Button, IconButton } from '../../../design/button.tsx';
import { Dialog } from '../../../design/dialog.tsx';
import { counted } from '../../../design/figures.ts';
import { Link } from '../../../design/link.tsx';
import { MenuButton } from '../../../design/menu.tsx';
import { ErrorState, Progress } from '../../../design/state.tsx';
import { Table } from '../../../design/table.tsx';
import type { Column } from '../../../design/table.tsx';
import styles from '../alerts-page.module.css';
import { useTestChannel } from '../rules/tell-fields.tsx';
import { useRowFocus } from '../use-row-focus.ts';
import { ChannelDialog } from './channel-dialog.tsx';
import { useChannels, useRemoveChannel } from './use-notifications.ts';

const healths: Readonly<Record<KeptChannel['health']['state'], readonly [Tone, string]>> = {
  unused: ['quiet', 'Not used yet'],
  ok: ['good', 'Delivers'],
  failing: ['caution', 'Fails'],
  dead: ['danger', 'Dead'],
};

export function ChannelsPart() {
  const channels = useChannels();
  const [edited, setEdited] = useState<KeptChannel | 'new'>();
  const [removed, setRemoved] = useState<KeptChannel>();
  const all = channels.data?.channels ?? [];
  const titles = new Map(channels.data?.types.map(({ type, title }) => [type, title]));
  const { list } = useRowFocus('Channels', () => [{ keys: 'n', does: 'New channel', run: () => setEdited('new') }]);
  return (
    <>
      <div className={styles.tools}>
        <span className={styles.count} role="status">
          {channels.data === undefined ? '' : counted(all.length, 'channel')}
        </span>
        <span className={styles.push} />
        <Button icon="plus" look="primary" title="New channel (n)" onClick={() => setEdited('new')}>
          Channel
        </Button>
      </div>
      <div ref={list} className={styles.list}>
        <Progress active={channels.isPending} label="Channels" />
        {channels.data === undefined && channels.error !== null ? (
          <ErrorState error={channels.error} onRetry={() => void channels.refetch()} />
        ) : null}
        {channels.data === undefined ? null : (
          <Table
            label="Channels"
            columns={columns(titles, setEdited, setRemoved)}
            rows={all}
            rowKey={({ name }) => name}
            none="There is no channel: nobody is told of anything."
          />
        )}
      </div>
      {edited === undefined || channels.data === undefined ? null : (
        <ChannelDialog
          kept={edited === 'new' ? undefined : edited}
          types={channels.data.types.filter(({ type }) => type !== 'inbox' || (edited !== 'new' && edited.type === 'inbox'))}
          taken={all.map(({ name }) => name)}
          onClose={() => setEdited(undefined)}
          onSaved={() => setEdited(undefined)}
        />
      )}
      {removed === undefined ? null : <RemoveDialog channel={removed} onClose={() => setRemoved(undefined)} />}
    </>
  );
}

function RemoveDialog({ channel: { name, used_by: users }, onClose }: { readonly channel: KeptChannel; readonly onClose: () => void }) {
  const remove = useRemoveChannel();
  return (
    <Dialog
      title={`Remove channel ${name}`}
      onClose={onClose}
      footer={
        <Button look="danger" icon="trash" onClick={() => remove.mutate(name, { onSettled: onClose })}>
          Remove
        </Button>
      }
    >
      <p>
        {users.length === 0
          ? 'Nothing uses it.'
          : `It is used by ${users.join(', ')}; the server refuses to remove it until they name another one.`}
      </p>
    </Dialog>
  );
}

type Do = (channel: KeptChannel) => void;

const columns = (titles: ReadonlyMap<string, string>, edit: Do, remove: Do): readonly Column<KeptChannel>[] => [
  { name: 'State', cell: (channel) => <Health channel={channel} /> },
  {
    name: 'Channel',
    wide: true,
    cell: ({ name, description, configured }) => (
      <>
        <Link href={`/alerts/deliveries?channel=${encodeURIComponent(name)}`} data-row="" title="Its deliveries">
          {name}
        </Link>{' '}
        <span className={styles.sub}>
          {description ?? ''}
          {configured ? ' from the configuration' : ''}
        </span>
      </>
    ),
    value: ({ name }) => name,
  },
  { name: 'Type', cell: ({ type }) => titles.get(type) ?? type, value: ({ type }) => type },
  {
    name: 'Last delivered',
    cell: ({ health: { last_delivered_at: at } }) => (at === null ? '–' : <Age ms={Date.parse(at)} />),
    value: ({ health }) => health.last_delivered_at ?? '',
  },
  {
    name: 'Waiting',
    numeric: true,
    cell: ({ health }) => (health.waiting === 0 ? '–' : health.waiting),
    value: ({ health }) => health.waiting,
  },
  {
    name: 'Used by',
    cell: ({ used_by: users }) => <span title={users.join('\n')}>{users.length === 0 ? '–' : counted(users.length, 'place')}</span>,
  },
  {
    name: '',
    cell: (channel) => (
      <span className={styles.inRow}>
        <TestButton name={channel.name} />
        <IconButton icon="edit" label={`Edit ${channel.name}`} disabled={channel.configured} onClick={() => edit(channel)} />
        <MenuButton
          look="quiet"
          label={`More of ${channel.name}`}
          align="end"
          entries={[{ label: 'Remove …', icon: 'trash', danger: true, disabled: channel.configured, run: () => remove(channel) }]}
        />
      </span>
    ),
  },
];

function Health({ channel: { enabled, health } }: { readonly channel: KeptChannel }) {
  if (enabled === false) return <Badge tone="quiet">Off</Badge>;
  const [tone, name] = healths[health.state];
  return (
    <span title={health.last_error ?? undefined}>
      <Badge tone={tone}>{name}</Badge>
    </span>
  );
}

/** Sends a test message, and shows beside the button what came of it. */
function TestButton({ name }: { readonly name: string }) {
  const test = useTestChannel();
  const outcome = test.data;
  return (
    <>
      {outcome === undefined ? null : (
        <span className={outcome.delivered ? styles.sub : styles.problem} title={outcome.detail}>
          {outcome.delivered ? `taken in ${outcome.took_ms} ms` : outcome.outcome}
        </span>
      )}
      <Button
        look="quiet"
        icon="send"
        disabled={test.isPending}
        title={`Send a test message through ${name}`}
        onClick={() => test.mutate(name)}
      >
        Test
      </Button>
    </>
  );
}
