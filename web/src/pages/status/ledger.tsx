/** What became of every record: received is the sum of all others, so that none is gone without a word. */
import { showCount } from '../../design/figures.ts';
import { Section } from '../../design/section.tsx';
import { Table } from '../../design/table.tsx';
import type { Column } from '../../design/table.tsx';
import { tenantsOf } from './status-facts.ts';
import type { StatusReport } from './status-facts.ts';

type Row = ReturnType<typeof tenantsOf>[number];
type Outcome = 'received' | 'accepted' | 'stored' | 'pending' | 'duplicate' | 'sampled' | 'dropped' | 'quarantined' | 'refused';

const outcomes: readonly (readonly [Outcome, string])[] = [
  ['received', 'Received'],
  ['accepted', 'Accepted'],
  ['stored', 'On disk'],
  ['pending', 'In memory'],
  ['duplicate', 'Duplicate'],
  ['sampled', 'Sampled out'],
  ['dropped', 'Dropped'],
  ['quarantined', 'Quarantined'],
  ['refused', 'Refused'],
];

const columns: readonly Column<Row>[] = [
  { name: 'Tenant', cell: ([tenant]) => <b>{tenant}</b>, value: ([tenant]) => tenant },
  ...outcomes.map(
    ([outcome, name]): Column<Row> => ({
      name,
      numeric: true,
      cell: ([, counts]) => showCount(counts[outcome] ?? 0),
      value: ([, counts]) => counts[outcome] ?? 0,
    }),
  ),
];

export function Ledger({ status }: { readonly status: StatusReport }) {
  return (
    <Section id="ledger" title="Ledger" note="Every record ever received, and what became of it">
      <Table
        label="Ledger"
        columns={columns}
        rows={tenantsOf(status)}
        rowKey={([tenant]) => tenant}
        sortedBy="Received"
        descending
        shown={10}
        none="Nothing has been received yet."
      />
    </Section>
  );
}
