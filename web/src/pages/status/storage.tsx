/** What lies on disk: how much, and which services, fields and columns take the room. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import type { AnswerOf } from '../../api/client.ts';
import { Select } from '../../design/field.tsx';
import { showBytes, showCount, showPercent } from '../../design/figures.ts';
import { Section } from '../../design/section.tsx';
import { Progress } from '../../design/state.tsx';
import { Table } from '../../design/table.tsx';
import type { Column } from '../../design/table.tsx';
import { Figure } from './figure.tsx';
import { Share } from './share.tsx';
import { numberAt } from './status-facts.ts';
import type { StatusReport } from './status-facts.ts';
import styles from './status.module.css';

export function Storage({ status: { store, log } }: { readonly status: StatusReport }) {
  const [by, setBy] = useState<Division>('service');
  const lines = numberAt(store, 'stored_rows') ?? 0;
  const bytes = numberAt(store, 'disk_bytes') ?? 0;
  const use = useQuery({ queryKey: ['storage'], queryFn: ({ signal }) => call('storage', {}, signal), refetchInterval: 300_000 });
  const options = (['service', 'field', 'column'] as const)
    .filter((one) => one !== 'column' || use.data?.columns !== undefined)
    .map((one) => [one, `by ${one}`] as const);
  return (
    <Section
      id="storage"
      title="Storage"
      note={use.data === undefined ? undefined : noteOf(use.data, by)}
      tools={<Select className={styles.range} label="Divided" hideLabel value={by} options={options} onChange={setBy} />}
    >
      <dl className={styles.figures}>
        <Figure name="Lines on disk">{showCount(lines)}</Figure>
        <Figure name="Disk">{showBytes(bytes)}</Figure>
        <Figure name="Bytes a line">{lines === 0 ? '–' : Math.round(bytes / lines)}</Figure>
        <Figure name="Lines in memory">{showCount(numberAt(store, 'memtable_rows') ?? 0)}</Figure>
        <Figure name="Log">{showBytes(numberAt(log, 'kept_bytes') ?? 0)}</Figure>
        <Figure name="Log waits for the index" bad={(numberAt(log, 'fill_ratio') ?? 0) > 0.6}>
          {showBytes(numberAt(log, 'held_bytes') ?? 0)}
        </Figure>
      </dl>
      <Progress active={use.isFetching && use.data === undefined} label="Storage" />
      {use.data === undefined ? null : (
        <Table
          key={by}
          label={`Storage by ${by}`}
          columns={by === 'column' ? columnColumns : textColumns(by)}
          rows={rowsOf(use.data, by)}
          rowKey={({ name }) => name}
          sortedBy="Share"
          descending
          shown={8}
          none="No line has come in the last day."
        />
      )}
    </Section>
  );
}

type Division = 'service' | 'field' | 'column';
type Use = AnswerOf<'storage'>;

interface Row {
  readonly name: string;
  readonly bytes: number;
  /** Percent. */
  readonly share: number;
  readonly lines: number;
  readonly rawBytes: number;
}

function rowsOf({ services, fields, columns = [] }: Use, by: Division): readonly Row[] {
  if (by === 'service') return services.map(({ service, ...size }) => ({ name: service || '(none)', rawBytes: size.bytes, ...size }));
  if (by === 'field') return fields.map(({ field, ...size }) => ({ name: field, rawBytes: size.bytes, ...size }));
  const total = columns.reduce((sum, { disk_bytes: bytes }) => sum + bytes, 0);
  return columns.map(({ column, disk_bytes: bytes, raw_bytes: rawBytes }) => ({
    name: column,
    bytes,
    rawBytes,
    lines: 0,
    share: total === 0 ? 0 : (bytes / total) * 100,
  }));
}

function noteOf({ sampled_lines: lines, index_bytes: indexBytes }: Use, by: Division): string {
  if (by === 'column') return `On disk, all tenants${indexBytes === undefined ? '' : `; indexes take ${showBytes(indexBytes)} besides`}`;
  return `Text before compression, from ${showCount(lines)} lines of the last day`;
}

const share: Column<Row> = {
  name: 'Share',
  numeric: true,
  value: (row) => row.share,
  cell: (row) => <Share percent={row.share} />,
};

const textColumns = (by: Division): readonly Column<Row>[] => [
  {
    name: by === 'service' ? 'Service' : 'Field',
    value: ({ name }) => name,
    cell: ({ name }) => <span className={styles.mono}>{name}</span>,
    wide: true,
  },
  {
    name: 'Bytes a line',
    numeric: true,
    value: ({ bytes, lines }) => bytes / lines,
    cell: ({ bytes, lines }) => Math.round(bytes / Math.max(1, lines)),
  },
  share,
];

const columnColumns: readonly Column<Row>[] = [
  { name: 'Column', value: ({ name }) => name, cell: ({ name }) => <span className={styles.mono}>{name}</span>, wide: true },
  { name: 'Disk', numeric: true, value: ({ bytes }) => bytes, cell: ({ bytes }) => showBytes(bytes) },
  {
    name: 'Compressed to',
    numeric: true,
    value: ({ bytes, rawBytes }) => bytes / Math.max(1, rawBytes),
    cell: ({ bytes, rawBytes }) => showPercent((bytes / Math.max(1, rawBytes)) * 100),
  },
  share,
];
