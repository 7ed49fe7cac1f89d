/** What `stats` computes, as SQL over rows. `weight` is what a row counts for. */
import { invariant } from '#base/errors.ts';
import { firstErrorSeverity } from '#model/severity.ts';
import { numberSql, presentSql } from './sql-values.ts';
import type { Measure, Ref } from './plan-nodes.ts';

export interface MeasuredRows {
  readonly weight: string;
  /** Seconds over which a rate is reckoned: a placeholder. */
  readonly seconds: () => string;
  readonly sqlOf: (value: Ref) => string;
  /** A tuple by which lines come in the order of time. */
  readonly timeOrder: () => string;
}

export function measureSql(measure: Measure, rows: MeasuredRows): string {
  const { weight, seconds } = rows;
  const { value } = measure;
  switch (measure.function) {
    case 'count':
      return countSql(value === undefined ? `sum(${weight})` : `sumIf(${weight}, ${presentSql(rows.sqlOf(value), value)})`);
    case 'rate':
      return `sum(${weight}) / ${seconds()}`;
    case 'error_rate':
      return shareSql(`sumIf(${weight}, ${rows.sqlOf(needed(value))} >= ${firstErrorSeverity})`, `sum(${weight})`);
    case 'distinct':
      return distinctSql(needed(value), rows);
    case 'sum':
      return `sum(${numberOf(measure, rows)} * ${weight})`;
    case 'avg': {
      const number = numberOf(measure, rows);
      return shareSql(`sum(${number} * ${weight})`, `sumIf(${weight}, isNotNull(${number}))`);
    }
    case 'min':
    case 'max':
      return extremeSql(measure.function, needed(value), rows);
    case 'percentile':
      return percentileSql(measure, rows);
    case 'first':
    case 'last':
      return edgeSql(measure.function === 'first' ? 'argMin' : 'argMax', needed(value), rows);
    default:
      return measure.function satisfies never;
  }
}

/** Weights add up to whole lines. */
export const countSql = (sum: string): string => `floor(${sum} + 0.5)`;

/** NULL where there is nothing to divide by. */
export const shareSql = (part: string, whole: string): string => `if(${whole} = 0, NULL, ${part} / ${whole})`;

function needed(value: Ref | undefined): Ref {
  invariant(value !== undefined, 'a function that takes a field has one');
  return value;
}

const numberOf = ({ value }: Measure, { sqlOf }: MeasuredRows): string => numberSql(sqlOf(needed(value)), needed(value));

function distinctSql(value: Ref, { sqlOf }: MeasuredRows): string {
  return `uniqExactIf(${sqlOf(value)}, ${presentSql(sqlOf(value), value)})`;
}

function extremeSql(name: 'min' | 'max', value: Ref, { sqlOf }: MeasuredRows): string {
  const sql = sqlOf(value);
  if (value.type === 'level') return `ifNull(${name}OrNull(nullIf(${sql}, 0)), 0)`;
  return `${name}OrNull(${numberSql(sql, value)})`;
}

/** Weights are whole for the engine, and one at least. */
function percentileSql(measure: Measure, rows: MeasuredRows): string {
  const level = Number(measure.percentile) / 100;
  const number = numberOf(measure, rows);
  if (rows.weight === '1') return `quantileTDigestOrNull(${level})(${number})`;
  return `quantileTDigestWeightedOrNull(${level})(${number}, toUInt32(round(${rows.weight})))`;
}

function edgeSql(name: 'argMin' | 'argMax', value: Ref, { sqlOf, timeOrder }: MeasuredRows): string {
  const sql = sqlOf(value);
  if (value.type === 'time') return `${name}OrNull(${sql}, ${timeOrder()})`;
  return `${name}If(${sql}, ${timeOrder()}, ${presentSql(sql, value)})`;
}
