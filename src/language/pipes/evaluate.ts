/**
 * A plan over rows in memory: what the pipeline means, said a second time without any SQL. Tests compare the engine with it;
 * a page may use it on lines that it has already.
 */
import { textPredicate } from '../value-tests.ts';
import { groupRows } from './evaluate-groups.ts';
import { matchTemplate } from './template.ts';
import { compareBy, isGiven, keyOf } from './values.ts';
import type { QueryNode } from '../ast.ts';
import type { ColumnTest, OrderKey, PipeCondition, PipePlan, Ref, Step } from './plan-nodes.ts';
import type { PipeValue } from './values.ts';

/** Lines by their number, newest first. */
export interface PipeLines {
  readonly count: number;
  text(line: number, field: string): string;
  timeNs(line: number): bigint;
  /** Severity number. */
  level(line: number): number;
  weight(line: number): number;
  /** The id that stands for the line's pattern. */
  pattern(line: number): string;
  /** Whether lines pass a condition. */
  select(node: QueryNode): (line: number) => boolean;
  /** True where the field is the event time or the level. */
  typeOf(field: string): 'text' | 'time' | 'level';
}

export interface PipeRow {
  /** Undefined in tables. */
  readonly line: number | undefined;
  readonly weight: number;
  /** Values of tables, by their number. */
  readonly values: ReadonlyMap<number, PipeValue>;
}

export interface PipeResult {
  readonly rows: readonly PipeRow[];
  /** Values of the columns: those of a table, or those that were added to lines. */
  readonly values: readonly (readonly PipeValue[])[];
}

/** `rangeSeconds`: over which rates without a bin are reckoned. */
export function evaluatePipes(plan: PipePlan, lines: PipeLines, rangeSeconds: number): PipeResult {
  const evaluation = new Evaluation(plan, lines, rangeSeconds);
  const rows = plan.steps.reduce<readonly PipeRow[]>((found, step) => evaluation.apply(step, found), evaluation.allLines());
  const columns = plan.output.kind === 'table' ? plan.output.columns : plan.output.added;
  return { rows, values: rows.map((row) => columns.map(({ value }) => evaluation.value(row, value))) };
}

const nothing: ReadonlyMap<number, PipeValue> = new Map();

class Evaluation {
  readonly #plan: PipePlan;
  readonly #lines: PipeLines;
  readonly #rangeSeconds: number;

  constructor(plan: PipePlan, lines: PipeLines, rangeSeconds: number) {
    this.#plan = plan;
    this.#lines = lines;
    this.#rangeSeconds = rangeSeconds;
  }

  allLines(): PipeRow[] {
    const passes = this.#lines.select(this.#plan.where);
    return Array.from({ length: this.#lines.count }, (_, line) => line)
      .filter(passes)
      .map((line) => ({ line, weight: this.#lines.weight(line), values: nothing }));
  }

  apply(step: Step, rows: readonly PipeRow[]): readonly PipeRow[] {
    switch (step.kind) {
      case 'filter':
        return rows.filter(this.#predicate(step.condition));
      case 'sort':
        return this.#sorted(rows, step.keys);
      case 'dedup':
        return this.#deduplicated(rows, step.values);
      case 'limit':
        return rows.slice(0, step.count);
      case 'group': {
        const groups = groupRows(step, rows, {
          rangeSeconds: this.#rangeSeconds,
          value: (row, value) => this.value(row, value),
          timeNs: ({ line }) => this.#lines.timeNs(line as number),
        });
        return this.#sorted(groups, step.order);
      }
      default:
        return step satisfies never;
    }
  }

  value({ line, values }: PipeRow, { id }: Ref): PipeValue {
    const value = this.#plan.lineValues[id];
    if (value === undefined || line === undefined) return values.get(id) ?? null;
    switch (value.kind) {
      case 'field':
        return this.#field(line, value.field);
      case 'place': {
        const { texts, from } = this.#plan.templates[value.template];
        const source = this.value({ line, weight: 1, values }, from);
        return matchTemplate(texts, String(source))?.[value.place] ?? '';
      }
      case 'pattern':
        return this.#lines.pattern(line);
      default:
        return value satisfies never;
    }
  }

  #field(line: number, field: string): PipeValue {
    switch (this.#lines.typeOf(field)) {
      case 'time':
        return this.#lines.timeNs(line);
      case 'level':
        return levelOfName(this.#lines.level(line));
      default:
        return this.#lines.text(line, field);
    }
  }

  /** A sort is stable, so equal rows keep their order. */
  #sorted(rows: readonly PipeRow[], keys: readonly OrderKey[]): PipeRow[] {
    return [...rows].sort((a, b) => {
      for (const { value, descending } of keys) {
        const order = compareBy(value.type, this.value(a, value), this.value(b, value), descending);
        if (order !== 0) return order;
      }
      return 0;
    });
  }

  #deduplicated(rows: readonly PipeRow[], values: readonly Ref[]): PipeRow[] {
    const seen = new Set<string>();
    return rows.filter((row) => {
      const key = keyOf(values.map((value) => this.value(row, value)));
      const isNew = !seen.has(key);
      seen.add(key);
      return isNew;
    });
  }

  #predicate(condition: PipeCondition): (row: PipeRow) => boolean {
    switch (condition.kind) {
      case 'and':
      case 'or': {
        const children = condition.children.map((child) => this.#predicate(child));
        return condition.kind === 'and'
          ? (row) => children.every((passes) => passes(row))
          : (row) => children.some((passes) => passes(row));
      }
      case 'not': {
        const child = this.#predicate(condition.child);
        return (row) => !child(row);
      }
      case 'line': {
        const passes = this.#lines.select(condition.node);
        return ({ line }) => passes(line as number);
      }
      case 'test': {
        const passes = testOf(condition.test, condition.value);
        return (row) => passes(this.value(row, condition.value));
      }
      default:
        return condition satisfies never;
    }
  }
}

/** First number of the level's name. */
const levelOfName = (severity: number): number => Math.max(Math.floor((severity + 3) / 4) * 4, 3) - 3;

function testOf(test: ColumnTest, { type }: Ref): (value: PipeValue) => boolean {
  switch (test.op) {
    case 'level':
      return (value) => Number(value) >= test.from && Number(value) <= test.to;
    case 'time':
      return (value) =>
        typeof value === 'bigint' && (test.fromNs === undefined || value >= test.fromNs) && (test.toNs === undefined || value < test.toNs);
    case 'pattern':
      return (value) => value === test.id;
    case 'given':
      return (value) => isGiven(type, value);
    case 'number':
      if (type === 'text') break;
      return (value) =>
        value !== null &&
        (test.from === undefined || (test.from.included ? Number(value) >= test.from.value : Number(value) > test.from.value)) &&
        (test.to === undefined || (test.to.included ? Number(value) <= test.to.value : Number(value) < test.to.value));
    default:
  }
  const passes = textPredicate(test);
  return (value) => passes(String(value));
}
