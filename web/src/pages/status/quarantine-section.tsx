/** Records that could not be taken, by reason, with an example of each; sent through ingestion again after a fix. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import { toast } from '../../app/toasts.tsx';
import { Age } from '../../design/age.tsx';
import { Button } from '../../design/button.tsx';
import { counted, showBytes, showCount } from '../../design/figures.ts';
import { Section } from '../../design/section.tsx';
import { ErrorState, Progress } from '../../design/state.tsx';
import { Table } from '../../design/table.tsx';
import type { Column } from '../../design/table.tsx';
import { toVisibleText } from '../../log-list/visible-text.ts';
import { reasonsOf } from './status-facts.ts';
import type { QuarantineReason, QuarantineReport } from './status-facts.ts';
import styles from './status.module.css';

export function QuarantineSection({ quarantine: { data, error, refetch } }: { readonly quarantine: UseQueryResult<QuarantineReport> }) {
  const [open, setOpen] = useState<string>();
  const reasons = data === undefined ? [] : reasonsOf(data);
  const shown = reasons.find(({ code }) => code === open);
  const columns: readonly Column<QuarantineReason>[] = [
    { name: 'Reason', cell: ({ code }) => <code>{code}</code>, value: ({ code }) => code },
    { name: 'Records', cell: ({ count }) => showCount(count), value: ({ count }) => count, numeric: true },
    { name: 'Receivers', cell: ({ receivers }) => receivers.join(', ') },
    { name: 'Newest', cell: ({ example }) => <Age ms={Date.parse(example.received_at)} />, value: ({ example }) => example.received_at },
    { name: 'What was wrong', cell: ({ example }) => example.message, wide: true },
    {
      name: '',
      cell: ({ code }) => (
        <Button look="quiet" aria-expanded={code === open} onClick={() => setOpen(code === open ? undefined : code)}>
          Example
        </Button>
      ),
    },
  ];
  const { waiting = 0 } = data?.totals ?? {};
  const note =
    waiting > (data?.records.length ?? 0)
      ? `By the newest ${data?.records.length} of ${showCount(waiting)} records that wait`
      : counted(waiting, 'record waits', 'records wait');
  return (
    <Section id="quarantine" title="Quarantine" note={data === undefined ? undefined : note} tools={waiting > 0 ? <ReplayTool /> : null}>
      {data === undefined && error !== null ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {data === undefined ? (
        <Progress active={error === null} />
      ) : (
        <Table
          label="Quarantine by reason"
          columns={columns}
          rows={reasons}
          rowKey={({ code }) => code}
          none="No record is in quarantine: everything that was sent could be taken."
        />
      )}
      {shown === undefined ? null : <Example reason={shown} />}
    </Section>
  );
}

function Example({ reason: { example } }: { readonly reason: QuarantineReason }) {
  const { text, base64, length, truncated, sender, receiver, format } = example;
  return (
    <>
      <p className={styles.note}>
        {showBytes(length)} from {sender} by {receiver}, {format}
        {truncated ? '; only its beginning was kept' : ''}
      </p>
      <pre className={styles.record} tabIndex={0}>
        {text === undefined ? base64 : toVisibleText(text)}
      </pre>
    </>
  );
}

/** Asks first what would become of them. */
function ReplayTool() {
  const client = useQueryClient();
  const replay = useMutation({
    mutationFn: (preview: boolean) => call('quarantineReplay', { body: { preview } }),
    onSuccess: ({ preview, replayed, failed }) => {
      if (!preview) void client.invalidateQueries({ queryKey: ['quarantine'] });
      const kept = failed === 0 ? '' : `; ${counted(failed, 'record')} still could not be taken`;
      if (!preview) return toast(`${counted(replayed, 'record')} became lines${kept}.`);
      toast({
        text: `${counted(replayed, 'record')} would become lines${kept}.`,
        ...(replayed === 0 ? {} : { action: { label: 'Replay them', run: () => replay.mutate(false) } }),
      });
    },
    onError: (error) => toast({ kind: 'error', text: error.message }),
  });
  return (
    <Button look="quiet" icon="refresh" disabled={replay.isPending} onClick={() => replay.mutate(true)}>
      Try again…
    </Button>
  );
}
