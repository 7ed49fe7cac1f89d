/** A table of at most a few hundred rows, sorted by a press on a heading. (Lines have a list of their own.) */
import { useState } from 'react';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { classes } from './class-names.ts';
import styles from './table.module.css';

export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => ReactNode;
  /** Makes it sortable. */
  readonly value?: (row: Row) => string | number;
  readonly numeric?: boolean;
  /** Takes the room that is left, and cuts its text. */
  readonly wide?: boolean;
}

export interface TableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** Said in place of rows. */
  readonly none: ReactNode;
  readonly sortedBy?: string;
  readonly descending?: boolean;
  /** So many rows at first; the rest on demand. */
  readonly shown?: number;
}

export function Table<Row>({ label, columns, rows, rowKey, none, sortedBy, descending = false, shown = Infinity }: TableProps<Row>) {
  const [sort, setSort] = useState({ name: sortedBy, descending });
  const [all, setAll] = useState(false);
  if (rows.length === 0) return <p className={styles.none}>{none}</p>;
  const value = columns.find(({ name }) => name === sort.name)?.value;
  const sorted = value === undefined ? rows : sortedRows(rows, value, sort.descending);
  const press = (name: string): void => setSort((now) => ({ name, descending: now.name === name ? !now.descending : false }));
  return (
    <div className={styles.scroll} tabIndex={0} role="group" aria-label={label}>
      <table className={styles.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Heading key={column.name} column={column} sort={sort} onSort={() => press(column.name)} />
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, all ? undefined : shown).map((row) => (
            <tr key={rowKey(row)} data-key={rowKey(row)}>
              {columns.map(({ name, cell, numeric, wide }) => (
                <td key={name} className={classes(numeric && styles.numeric, wide && styles.wide)}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > shown ? (
        <Button look="quiet" onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${rows.length}`}
        </Button>
      ) : null}
    </div>
  );
}

interface HeadingProps<Row> {
  readonly column: Column<Row>;
  readonly sort: { readonly name: string | undefined; readonly descending: boolean };
  readonly onSort: () => void;
}

function Heading<Row>({ column: { name, value, numeric, wide }, sort, onSort }: HeadingProps<Row>) {
  const isSorted = sort.name === name && value !== undefined;
  return (
    <th
      scope="col"
      className={classes(numeric && styles.numeric, wide && styles.wide)}
      aria-sort={isSorted ? (sort.descending ? 'descending' : 'ascending') : undefined}
    >
      {value === undefined ? (
        name
      ) : (
        <button type="button" className={styles.sort} onClick={onSort}>
          {name}
          {isSorted ? (sort.descending ? ' ↓' : ' ↑') : ''}
        </button>
      )}
    </th>
  );
}

function sortedRows<Row>(rows: readonly Row[], value: (row: Row) => string | number, descending: boolean): Row[] {
  const direction = descending ? -1 : 1;
  return rows.toSorted((one, other) => {
    const [a, b] = [value(one), value(other)];
    return (a < b ? -1 : a > b ? 1 : 0) * direction;
  });
}
