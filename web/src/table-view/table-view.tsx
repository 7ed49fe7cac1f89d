/** What a query with pipes makes, as a table. A press on a value leads to its lines. */
import { shownSpan } from '#base/shown-times.ts';
import type { Table } from '../api/operations.ts';
import { counted, showNumber } from '../design/figures.ts';
import { EmptyState, ErrorState, Progress } from '../design/state.tsx';
import { valueText } from '../log-list/exact-json.ts';
import { toVisibleText } from '../log-list/visible-text.ts';
import { showTimestamp } from '../time-range/show-time.ts';
import type { Zone } from '../time-range/zones.ts';
import styles from './table-view.module.css';
import { useTable } from './use-table.ts';
import type { TableColumn, TableQuestion } from './use-table.ts';

interface TableViewProps {
  readonly question: TableQuestion;
  readonly zone: Zone;
  /** Lines with this value. */
  readonly onValue: (field: string, value: string) => void;
}

export function TableView({ question, zone, onValue }: TableViewProps) {
  const table = useTable(question);
  const { data } = table;
  return (
    <section className={styles.view} aria-label="Table">
      <Progress active={table.isFetching} label="Making the table" />
      {table.error === null ? null : <ErrorState error={table.error} onRetry={() => void table.refetch()} />}
      {data === undefined || table.error !== null ? null : data.rows.length === 0 ? (
        <EmptyState title="The table has no rows">No line of the range has what the query asks for.</EmptyState>
      ) : (
        <>
          <Rows table={data} zone={zone} onValue={onValue} />
          <p className={styles.foot} role="status">
            {counted(data.rows.length, 'row')}
            {data.more_rows ? ', there are more' : ''}, {shownSpan(data.took_ms)}
            {data.extrapolated === true ? '; sampled lines count by their weight' : ''}
            {data.complete ? '' : `; not complete: ${data.reason ?? 'lines may be missing'}`}
          </p>
        </>
      )}
    </section>
  );
}

function Rows({ table: { columns, rows }, zone, onValue }: { readonly table: Table } & Pick<TableViewProps, 'zone' | 'onValue'>) {
  const most = columns.map((_, index) => Math.max(0, ...rows.map((row) => (typeof row[index] === 'number' ? row[index] : 0))));
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          {columns.map(({ name, type }) => (
            <th key={name} scope="col" data-type={type}>
              {toVisibleText(name)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index}>
            {columns.map((column, i) => (
              <Cell key={column.name} column={column} value={row[i]} most={most[i]} zone={zone} onValue={onValue} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface CellProps extends Pick<TableViewProps, 'zone' | 'onValue'> {
  readonly column: TableColumn;
  readonly value: unknown;
  /** The largest number of the column. */
  readonly most: number;
}

const shownChars = 2000;

function Cell({ column: { name, type }, value, most, zone, onValue }: CellProps) {
  if (value === null || value === undefined || value === '')
    return (
      <td className={styles.absent} data-type={type}>
        –
      </td>
    );
  if (typeof value === 'number')
    return (
      <td className={styles.number} data-type="number" title={String(value)}>
        {showNumber(value)}
        {most > 0 ? <i style={{ width: `${(100 * Math.max(0, value)) / most}%` }} /> : null}
      </td>
    );
  const text = valueText(value);
  if (type === 'time') return <td>{showTimestamp(text, zone)}</td>;
  const shown = toVisibleText(text.slice(0, shownChars));
  if (type !== 'string' || name === 'message') return <td className={styles.text}>{shown}</td>;
  return (
    <td className={styles.text}>
      <button type="button" title={`Lines with ${name} ${shown}`} onClick={() => onValue(name, text)}>
        {shown}
      </button>
    </td>
  );
}
