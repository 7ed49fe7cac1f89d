/** Values of rows as SQL: what lines have, tests, numbers, and the order of values. Every value from outside is a parameter. */
import { invariant } from '#base/errors.ts';
import { lineConditionSql, fieldValueSql, testSql } from '../compile-sql.ts';
import { resolveField } from '../fields.ts';
import { templatePlaceSql } from './sql-templates.ts';
import type { Params } from '../compile-sql.ts';
import type { ColumnTest, PipeCondition, PipePlan, Ref } from './plan-nodes.ts';

/** First number of the level's name: what `level` is in pipes. */
const levelOfName = 'toUInt8(greatest(intDiv(level + 3, 4) * 4, 3) - 3)';

/** Of a line's columns. `patternSql`: the id that stands for the line's pattern. */
export function lineValueSql({ lineValues, templates }: PipePlan, { id }: Ref, params: Params, patternSql: string): string {
  const value = lineValues[id];
  invariant(value !== undefined, 'a value of lines');
  switch (value.kind) {
    case 'field':
      return fieldSql(value.field, params);
    case 'place': {
      const { texts, from } = templates[value.template];
      const source = lineValueSql({ lineValues, templates } as PipePlan, from, params, patternSql);
      return templatePlaceSql(source, texts, value.place, lineValues[from.id]?.kind === 'field', params);
    }
    case 'pattern':
      return patternSql;
    default:
      return value satisfies never;
  }
}

/** A field of lines, in the type that it has in pipes. */
export function fieldSql(field: string, params: Params): string {
  const target = resolveField(field);
  if (target.kind === 'level') return levelOfName;
  return target.kind === 'time' ? 'toUnixTimestamp64Nano(ts)' : fieldValueSql(target, params);
}

/** A value as Nullable(Float64): of a text the finite number that it is. */
export function numberSql(sql: string, { type }: Ref): string {
  if (type !== 'text') return sql;
  return `if(isFinite(toFloat64OrNull(${sql})), toFloat64OrNull(${sql}), NULL)`;
}

/** Whether there is a value. */
export function presentSql(sql: string, { type }: Ref): string {
  switch (type) {
    case 'text':
      return `notEmpty(${sql})`;
    case 'level':
    case 'pattern':
    case 'template':
      return `(${sql} != 0)`;
    case 'number':
    case 'time':
      return `isNotNull(${sql})`;
    default:
      return type satisfies never;
  }
}

/** Terms of ORDER BY: what is missing comes last; of texts those that are numbers first, by their size. */
export function orderSql(sql: string, ref: Ref, descending: boolean): string[] {
  const direction = descending ? 'DESC' : 'ASC';
  switch (ref.type) {
    case 'text':
      return [`empty(${sql})`, `${numberSql(sql, ref)} ${direction} NULLS LAST`, `${sql} ${direction}`];
    case 'level':
      return [`${sql} = 0`, `${sql} ${direction}`];
    default:
      return [`${sql} ${direction} NULLS LAST`];
  }
}

/** A boolean that is never NULL. `sqlOf`: the value's SQL. */
export function pipeConditionSql(condition: PipeCondition, params: Params, sqlOf: (value: Ref) => string): string {
  switch (condition.kind) {
    case 'and':
    case 'or': {
      const children = condition.children.map((child) => pipeConditionSql(child, params, sqlOf));
      if (children.length === 0) return condition.kind === 'and' ? '1' : '0';
      return `(${children.join(condition.kind === 'and' ? ' AND ' : ' OR ')})`;
    }
    case 'not':
      return `NOT ${pipeConditionSql(condition.child, params, sqlOf)}`;
    case 'line':
      return lineConditionSql(condition.node, params);
    case 'test':
      return columnTestSql(sqlOf(condition.value), condition.value, condition.test, params);
    default:
      return condition satisfies never;
  }
}

function columnTestSql(sql: string, value: Ref, test: ColumnTest, params: Params): string {
  switch (test.op) {
    case 'level':
      return `(${sql} BETWEEN ${params.number(test.from)} AND ${params.number(test.to)})`;
    case 'time':
      return rangeSql(sql, [
        test.fromNs === undefined ? '' : `>= ${params.integer(test.fromNs.toString())}`,
        test.toNs === undefined ? '' : `< ${params.integer(test.toNs.toString())}`,
      ]);
    case 'pattern':
      return `(${sql} = ${params.unsigned(BigInt(`0x${test.id}`).toString())})`;
    case 'given':
      return presentSql(sql, value);
    case 'number':
      if (value.type === 'text') return testSql(sql, test, params);
      return rangeSql(sql, [
        test.from === undefined ? '' : `${test.from.included ? '>=' : '>'} ${params.float(test.from.value)}`,
        test.to === undefined ? '' : `${test.to.included ? '<=' : '<'} ${params.float(test.to.value)}`,
      ]);
    default:
      return testSql(sql, test, params);
  }
}

function rangeSql(sql: string, bounds: readonly string[]): string {
  const given = bounds.filter((bound) => bound !== '').map((bound) => `${sql} ${bound}`);
  return given.length === 0 ? `isNotNull(${sql})` : `ifNull(${given.join(' AND ')}, 0)`;
}
