/** The sources that one would expect and that are missing, by name: nobody had to write them down. */
import type { UseQueryResult } from '@tanstack/react-query';
import { explorerHref } from '../../app/explorer-link.ts';
import { Age, showAge } from '../../design/age.tsx';
import { Badge } from '../../design/badge.tsx';
import { showCount } from '../../design/figures.ts';
import { Link } from '../../design/link.tsx';
import { Section } from '../../design/section.tsx';
import { ErrorState } from '../../design/state.tsx';
import { Table } from '../../design/table.tsx';
import type { Column } from '../../design/table.tsx';
import { silentOf } from './status-facts.ts';
import type { HostSource, ServiceSource, SourcesReport } from './status-facts.ts';

type Row = ServiceSource & Partial<Pick<HostSource, 'host'>>;

/** The lines before it fell silent. */
function lastLines({ service, host, last_seen: lastSeen }: Row): string {
  const endMs = Date.parse(lastSeen) + 60_000;
  const range = { from: new Date(endMs - 900_000).toISOString(), to: new Date(endMs).toISOString() };
  return explorerHref({ fields: { service, ...(host === undefined ? {} : { host }) }, range });
}

const columns: readonly Column<Row>[] = [
  { name: 'State', cell: () => <Badge tone="caution">Silent</Badge> },
  { name: 'Service', cell: ({ service }) => <b>{service}</b>, value: ({ service }) => service },
  { name: 'Host', cell: ({ host }) => host ?? 'all hosts', value: ({ host }) => host ?? '' },
  { name: 'Last line', cell: (row) => <Age ms={Date.parse(row.last_seen)} />, value: (row) => row.last_seen },
  {
    name: 'Usually within',
    cell: ({ expected_within_seconds: seconds }) => (seconds === null ? '–' : showAge(seconds * 1000)),
    value: ({ expected_within_seconds: seconds }) => seconds ?? 0,
  },
  { name: 'Lines before', cell: ({ lines }) => showCount(lines), value: ({ lines }) => lines, numeric: true },
  { name: '', cell: (row) => <Link href={lastLines(row)}>Its last lines</Link> },
];

export function SilentSources({ sources: { data, error, refetch } }: { readonly sources: UseQueryResult<SourcesReport> }) {
  if (data === undefined && error === null) return null;
  if (data === undefined)
    return (
      <Section id="silent" title="Silent sources">
        <ErrorState error={error} onRetry={() => void refetch()} />
      </Section>
    );
  const { services, hosts } = silentOf(data);
  const rows: readonly Row[] = [...services, ...hosts];
  if (rows.length === 0) return null;
  return (
    <Section id="silent" title="Silent sources" note="Not heard of for three times longer than is usual for them">
      <Table
        label="Silent sources"
        columns={columns}
        rows={rows}
        rowKey={({ service, host }) => `${service}\0${host}`}
        sortedBy="Last line"
        descending
        shown={20}
        none="No source is silent."
      />
    </Section>
  );
}
