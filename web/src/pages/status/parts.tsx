/** The parts of the server: consumers of the log with their lag, the engine, the receivers. */
import { Badge } from '../../design/badge.tsx';
import { showCount } from '../../design/figures.ts';
import { Section } from '../../design/section.tsx';
import { Table } from '../../design/table.tsx';
import type { Column } from '../../design/table.tsx';
import { listenersOf, numberAt, textAt } from './status-facts.ts';
import type { StatusReport } from './status-facts.ts';

interface Part {
  readonly name: string;
  readonly isWell: boolean;
  readonly state: string;
  readonly detail: string;
}

const longLagSeconds = 10;

function partsOf(status: StatusReport): readonly Part[] {
  const engine = textAt(status.engine, 'status') ?? 'away';
  const workers = numberAt(status.gateway, 'workers');
  const listening = numberAt(status.gateway, 'listening');
  const restarts = numberAt(status.engine, 'restarts') ?? 0;
  return [
    ...Object.entries(status.consumers).map(
      ([name, { lag_lines: lines, lag_seconds: seconds }]): Part => ({
        name: name.replaceAll('_', ' '),
        isWell: seconds <= longLagSeconds,
        state: seconds <= longLagSeconds ? 'up to date' : 'behind',
        detail: lines === 0 ? 'no lag' : `${showCount(lines)} lines, ${seconds.toFixed(1)} s`,
      }),
    ),
    {
      name: 'storage engine',
      isWell: engine === 'ready',
      state: engine,
      detail: textAt(status.engine, 'reason') ?? `${restarts} restarts`,
    },
    ...(workers === undefined
      ? []
      : [
          {
            name: 'gateway',
            isWell: listening === workers,
            state: `${listening} of ${workers} listen`,
            detail: `port ${numberAt(status.gateway, 'port')}`,
          },
        ]),
    ...listenersOf(status).map(
      ({ name, transport, port, problem }): Part => ({
        name,
        isWell: problem === undefined,
        state: problem === undefined ? 'listens' : 'does not listen',
        detail: `${transport} ${port}${problem === undefined ? '' : `: ${problem}`}`,
      }),
    ),
  ];
}

const columns: readonly Column<Part>[] = [
  { name: 'Part', cell: ({ name }) => name },
  { name: 'State', cell: ({ isWell, state }) => <Badge tone={isWell ? 'good' : 'danger'}>{state}</Badge> },
  { name: '', cell: ({ detail }) => detail, wide: true },
];

export function Parts({ status }: { readonly status: StatusReport }) {
  return (
    <Section id="parts" title="Parts" note={`Millrace ${status.version}`}>
      <Table label="Parts" columns={columns} rows={partsOf(status)} rowKey={({ name }) => name} none="" shown={8} />
    </Section>
  );
}
