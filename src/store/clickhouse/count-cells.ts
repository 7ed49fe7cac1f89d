/** Counts of lines by time and group, added up from series of the roll-up and from rows of statements, and what a metric makes of them. */
import { AppError } from '#base/errors.ts';
import { resolveField } from '#language/fields.ts';
import { firstErrorSeverity, severityName } from '#model/severity.ts';
import type { AggregateQuery, Bucket } from '../log-store.ts';
import type { RollupPlan } from './rollup.ts';
import { placesWithin, weightAt } from './rollup-series.ts';
import type { RollupSeries } from './rollup-series.ts';

type CountQuery = Pick<AggregateQuery, 'groupBy' | 'intervalMs' | 'maxBuckets' | 'metric' | 'range'>;

/** Sums of one bucket. */
interface Cell {
  readonly bucketMs: number;
  weight: number;
  lines: number;
  errorWeight: number;
}

interface Group {
  readonly values: readonly string[];
  readonly byBucket: Map<number, Cell>;
}

const minuteMs = 60_000;

/** AppError limit_exceeded where there are more buckets than the query may have. */
export class CountCells {
  readonly #query: CountQuery;
  readonly #groups = new Map<string, Group>();
  #count = 0;

  constructor(query: CountQuery) {
    this.#query = query;
  }

  /** The whole minutes of a series that the plan names. */
  addSeries(series: RollupSeries, { firstMinute, endMinute }: RollupPlan): void {
    const [first, end] = placesWithin(series, firstMinute, endMinute);
    if (first === end) return;
    const { intervalMs } = this.#query;
    const group = this.#groupOf(this.#query.groupBy.map((field) => groupValue(series, field)));
    const isError = series.level >= firstErrorSeverity;
    let cell: Cell | undefined;
    for (let place = first; place < end; place++) {
      const bucketMs = bucketOf(series.minutes[place] * minuteMs, intervalMs);
      if (cell?.bucketMs !== bucketMs) cell = this.#cellOf(group, bucketMs);
      add(cell, weightAt(series, place), series.lines[place], isError);
    }
  }

  /** A row of `bucket`, the groups, `lvl` where shares of errors are wanted, `weight` and `line_count`. */
  addRow(row: readonly unknown[]): void {
    const { groupBy, metric } = this.#query;
    const group = this.#groupOf(row.slice(1, groupBy.length + 1).map(String));
    const isError = metric.kind === 'error_rate' && Number(row[groupBy.length + 1]) >= firstErrorSeverity;
    add(this.#cellOf(group, Number(row[0])), Number(row.at(-2)), Number(row.at(-1)), isError);
  }

  /** In order of time, then of the groups by their bytes. */
  buckets(): { readonly buckets: Bucket[]; readonly extrapolated: boolean } {
    const groups = [...this.#groups.values()].sort(byBytes);
    const placed = groups.flatMap(({ values, byBucket }, place) => [...byBucket.values()].map((cell) => ({ values, place, cell })));
    placed.sort((a, b) => a.cell.bucketMs - b.cell.bucketMs || a.place - b.place);
    return {
      buckets: placed.map(({ values, cell }) => ({
        ...(this.#query.intervalMs === undefined ? {} : { timeMs: cell.bucketMs }),
        group: values,
        value: countValue(cell, this.#query),
      })),
      extrapolated: placed.some(({ cell: { weight, lines } }) => Math.abs(weight - lines) > 0.5),
    };
  }

  #groupOf(values: readonly string[]): Group {
    const name = JSON.stringify(values);
    let group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, (group = { values, byBucket: new Map() }));
    return group;
  }

  #cellOf({ byBucket }: Group, bucketMs: number): Cell {
    let cell = byBucket.get(bucketMs);
    if (cell === undefined) {
      if (++this.#count > this.#query.maxBuckets) throw tooManyBuckets(this.#query.maxBuckets);
      byBucket.set(bucketMs, (cell = { bucketMs, weight: 0, lines: 0, errorWeight: 0 }));
    }
    return cell;
  }
}

function add(cell: Cell, weight: number, lines: number, isError: boolean): void {
  cell.weight += weight;
  cell.lines += lines;
  if (isError) cell.errorWeight += weight;
}

const bucketOf = (timeMs: number, intervalMs: number | undefined): number =>
  intervalMs === undefined ? 0 : Math.floor(timeMs / intervalMs) * intervalMs;

/** The text that grouping by the field in SQL gives. */
function groupValue({ service, environment, level }: RollupSeries, field: string): string {
  const target = resolveField(field);
  if (target.kind === 'level') return severityName(level);
  return target.kind === 'dictionary' && target.column === 'service' ? service : environment;
}

function byBytes(a: Group, b: Group): number {
  for (const [index, value] of a.values.entries()) {
    const order = Buffer.compare(Buffer.from(value), Buffer.from(b.values[index]));
    if (order !== 0) return order;
  }
  return 0;
}

function countValue({ weight, errorWeight }: Cell, query: CountQuery): number {
  return query.metric.kind === 'error_rate' ? errorWeight / weight : finalValue(weight, query);
}

/** Of a metric's value as the engine gives it. */
export function finalValue(value: number, { metric, intervalMs, range }: Pick<AggregateQuery, 'metric' | 'intervalMs' | 'range'>): number {
  if (metric.kind === 'count') return Math.round(value);
  if (metric.kind !== 'rate') return value;
  const seconds = (intervalMs ?? Number((range.toNs - range.fromNs) / 1_000_000n)) / 1000;
  return value / seconds;
}

export function tooManyBuckets(maxBuckets: number): AppError {
  return new AppError('limit_exceeded', `the answer has more than ${maxBuckets} buckets; group by less or use a longer interval`, {
    details: { setting: 'search.max_buckets', limit: maxBuckets },
  });
}
