/** Groups by their value: as bars with their names (`TopList`), or as a table of all fields. */
import { Link } from '../../design/link.tsx';
import { Table } from '../../design/table.tsx';
import type { Column } from '../../design/table.tsx';
import type { Panel } from './dashboard.ts';
import styles from './dashboards.module.css';
import { groupName } from './panel-data.ts';
import type { Rank } from './panel-data.ts';

export interface RankProps {
  readonly panel: Panel;
  readonly ranks: readonly Rank[];
  readonly showValue: (value: number) => string;
  readonly hrefOf: (group: readonly string[]) => string;
}

export function TopList({ panel, ranks, showValue, hrefOf }: RankProps) {
  const highest = Math.max(1e-12, ...ranks.map(({ value }) => value));
  return (
    <ol className={styles.top} aria-label={panel.title}>
      {ranks.slice(0, panel.limit).map(({ group, value }) => (
        <li key={group.join('\0')}>
          <Link href={hrefOf(group)} title={`${groupName(group)}: its lines`}>
            <span className={styles.topBar} style={{ width: `${Math.max(0.5, (value / highest) * 100)}%` }} />
            <span className={styles.topName}>{groupName(group)}</span>
            <span className={styles.topValue}>{showValue(value)}</span>
          </Link>
        </li>
      ))}
    </ol>
  );
}

export function RankTable({ panel, ranks, showValue, hrefOf }: RankProps) {
  const columns: readonly Column<Rank>[] = [
    ...panel.groupBy.map(
      (field, index): Column<Rank> => ({
        name: field,
        value: ({ group }) => group[index],
        cell: ({ group }) => (index === 0 ? <Link href={hrefOf(group)}>{group[index] || '(none)'}</Link> : group[index] || '(none)'),
      }),
    ),
    { name: panel.metric, numeric: true, value: ({ value }) => value, cell: ({ value }) => showValue(value) },
  ];
  return (
    <Table
      label={panel.title}
      columns={columns}
      rows={ranks.slice(0, panel.limit)}
      rowKey={({ group }) => group.join('\0')}
      sortedBy={panel.metric}
      descending
      none="No lines."
    />
  );
}
