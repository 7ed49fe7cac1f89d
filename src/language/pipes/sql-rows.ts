/**
 * Nested SELECTs that pass on only what is asked of them: whoever needs a value asks the rows above, these ask those below,
 * down to the lines, where every value of a line is computed. The text is written when all is known.
 */

export interface Rows {
  /** Sees to it that the column is passed on; the name under which it is. */
  pass(column: string): string;
  sql(): string;
}

export interface LinesQuery {
  /** `expression AS name`, joined by commas. */
  readonly columns: string;
  /** Beside those of the plan; joined by AND, or empty. */
  readonly condition: string;
  /** Ends the SELECT of every source. */
  readonly tail: string;
}

/** The lines themselves. */
export class LineSelect implements Rows {
  readonly conditions: string[] = [];
  /** ORDER BY … LIMIT … of every source, where the rows above take no more. */
  tail = '';
  readonly #names = new Map<string, string>();
  readonly #source: (query: LinesQuery) => string;

  constructor(source: (query: LinesQuery) => string) {
    this.#source = source;
  }

  /** Name of the column that holds the expression. */
  column(expression: string): string {
    const known = this.#names.get(expression);
    if (known !== undefined) return known;
    const name = `v${this.#names.size}`;
    this.#names.set(expression, name);
    return name;
  }

  pass(column: string): string {
    return column;
  }

  sql(): string {
    if (this.#names.size === 0) this.column('1');
    const columns = [...this.#names].map(([expression, name]) => `${expression} AS ${name}`).join(', ');
    return this.#source({ columns, condition: this.conditions.join(' AND '), tail: this.tail });
  }
}

/** Rows filtered, ordered and cut. */
export class CutSelect implements Rows {
  readonly inner: Rows;
  readonly conditions: string[] = [];
  order: readonly string[] = [];
  limitBy: readonly string[] | undefined;
  limit: number | undefined;
  readonly #passed = new Set<string>();

  constructor(inner: Rows) {
    this.inner = inner;
  }

  get isCut(): boolean {
    return this.limitBy !== undefined || this.limit !== undefined;
  }

  pass(column: string): string {
    this.#passed.add(this.inner.pass(column));
    return column;
  }

  sql(): string {
    const { conditions, order, limitBy, limit } = this;
    const columns = this.#passed.size === 0 ? '1' : [...this.#passed].join(', ');
    const parts = [
      `SELECT ${columns} FROM (${this.inner.sql()})`,
      conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`,
      order.length === 0 || !this.isCut ? '' : `ORDER BY ${order.join(', ')}`,
      limitBy === undefined ? '' : `LIMIT 1 BY ${limitBy.join(', ')}`,
      limit === undefined ? '' : `LIMIT ${limit}`,
    ];
    return parts.filter((part) => part !== '').join(' ');
  }
}

/** A table that was made of rows; all its columns are there. */
export class GroupSelect implements Rows {
  readonly #from: () => string;
  readonly #columns: readonly string[];
  readonly #groupBy: readonly string[];

  constructor(from: () => string, columns: readonly string[], groupBy: readonly string[]) {
    this.#from = from;
    this.#columns = columns;
    this.#groupBy = groupBy;
  }

  pass(column: string): string {
    return column;
  }

  sql(): string {
    const groupBy = this.#groupBy.length === 0 ? '' : ` GROUP BY ${this.#groupBy.join(', ')}`;
    return `SELECT ${this.#columns.join(', ')} FROM (${this.#from()})${groupBy}`;
  }
}
