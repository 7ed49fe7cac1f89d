/** All services with their last line and rhythm; a service opens to its hosts. */
import type { UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import { explorerHref } from '../../app/explorer-link.ts';
import { Age, showAge } from '../../design/age.tsx';
import { Badge } from '../../design/badge.tsx';
import type { Tone } from '../../design/badge.tsx';
import { Button } from '../../design/button.tsx';
import { Field, Select } from '../../design/field.tsx';
import { counted, showCount } from '../../design/figures.ts';
import { Icon } from '../../design/icon.tsx';
import { Link } from '../../design/link.tsx';
import { Section } from '../../design/section.tsx';
import { Progress } from '../../design/state.tsx';
import { Table } from '../../design/table.tsx';
import type { Column } from '../../design/table.tsx';
import { Share } from './share.tsx';
import type { HostSource, ServiceSource, SourcesReport } from './status-facts.ts';
import styles from './status.module.css';

const tones: Readonly<Record<ServiceSource['state'], Tone>> = { reporting: 'good', silent: 'caution', replaced: 'quiet', rare: 'quiet' };
const ranges = [
  ['1h', '1 hour'],
  ['6h', '6 hours'],
  ['24h', '1 day'],
  ['7d', '7 days'],
] as const;

type Row = ServiceSource & { readonly host?: string };

function activityColumns(totalLines: number): readonly Column<Row>[] {
  return [
    { name: 'State', cell: ({ state }) => <Badge tone={tones[state]}>{state}</Badge>, value: ({ state }) => state },
    { name: 'Last line', cell: (row) => <Age ms={Date.parse(row.last_seen)} />, value: (row) => row.last_seen },
    {
      name: 'Usual gap',
      cell: ({ usual_gap_seconds: seconds }) => (seconds === 0 ? '–' : showAge(seconds * 1000)),
      value: ({ usual_gap_seconds: seconds }) => seconds,
    },
    { name: 'Lines', cell: ({ lines }) => showCount(lines), value: ({ lines }) => lines, numeric: true },
    {
      name: 'Share',
      cell: ({ lines }) => <Share percent={totalLines === 0 ? 0 : (lines / totalLines) * 100} />,
      value: ({ lines }) => lines,
      numeric: true,
    },
  ];
}

export interface SourceTableProps {
  readonly sources: UseQueryResult<SourcesReport>;
  readonly last: string;
  readonly onLast: (last: string) => void;
}

export function SourceTable({ sources: { data, isFetching }, last, onLast }: SourceTableProps) {
  const [wanted, setWanted] = useState('');
  const [open, setOpen] = useState<string>();
  const services = (data?.services ?? []).filter(({ service }) => service.toLowerCase().includes(wanted.toLowerCase()));
  const totalLines = (data?.services ?? []).reduce((sum, { lines }) => sum + lines, 0);
  const hostsOf = (name: string): readonly HostSource[] => (data?.hosts ?? []).filter(({ service }) => service === name);
  const columns: readonly Column<Row>[] = [
    {
      name: 'Service',
      value: ({ service }) => service,
      cell: ({ service }) => (
        <Button look="quiet" aria-expanded={service === open} onClick={() => setOpen(service === open ? undefined : service)}>
          <Icon name={service === open ? 'chevronDown' : 'chevronRight'} size={12} />
          {service === '' ? 'without a service' : service}
        </Button>
      ),
    },
    ...activityColumns(totalLines),
    { name: 'Hosts', numeric: true, cell: ({ service }) => aliveOf(hostsOf(service)), value: ({ service }) => aliveOf(hostsOf(service)) },
    { name: '', cell: ({ service }) => <Link href={explorerHref({ fields: { service }, range: { last: '1h' } })}>Lines</Link> },
  ];
  return (
    <Section
      id="sources"
      title="Sources"
      note={
        data === undefined
          ? undefined
          : `${counted(services.length, 'service')}, ${counted(data.hosts.length, 'host')}${data.truncated ? '; the busiest only' : ''}`
      }
      tools={
        <>
          <Field
            className={styles.filter}
            label="Find a service"
            hideLabel
            placeholder="Find a service"
            value={wanted}
            onChange={setWanted}
          />
          <Select className={styles.range} label="Range" hideLabel value={last} options={ranges} onChange={onLast} />
        </>
      }
    >
      <Progress active={isFetching && data === undefined} label="Sources" />
      <Table
        label="Services"
        columns={columns}
        rows={services}
        rowKey={({ service }) => service}
        sortedBy="Lines"
        descending
        shown={50}
        none={wanted === '' ? 'No line has come in this range.' : 'No service has this in its name.'}
      />
      {open === undefined ? null : <Hosts service={open} hosts={hostsOf(open)} />}
    </Section>
  );
}

function aliveOf(hosts: readonly HostSource[]): number {
  return hosts.filter(({ state }) => state === 'reporting').length;
}

function Hosts({ service, hosts }: { readonly service: string; readonly hosts: readonly HostSource[] }) {
  const totalLines = hosts.reduce((sum, { lines }) => sum + lines, 0);
  const columns: readonly Column<Row>[] = [
    { name: 'Host', cell: ({ host }) => <span className={styles.mono}>{host}</span>, value: ({ host }) => host ?? '' },
    ...activityColumns(totalLines),
    { name: '', cell: ({ host = '' }) => <Link href={explorerHref({ fields: { service, host }, range: { last: '1h' } })}>Lines</Link> },
  ];
  return (
    <Section title={`Hosts of ${service}`} note={counted(hosts.length, 'host')}>
      <Table
        label={`Hosts of ${service}`}
        columns={columns}
        rows={hosts}
        rowKey={({ host }) => host}
        sortedBy="Last line"
        descending
        shown={20}
        none="No line has a host."
      />
    </Section>
  );
}
