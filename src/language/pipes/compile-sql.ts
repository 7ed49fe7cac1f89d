/**
 * Plan → one SELECT. Where lines come from, in which tables and with which tenant and range, is the store's business: it
 * gives a source, and says of which counts it keeps sums. Values and names from outside are always parameters.
 */
import { Params } from '../compile-sql.ts';
import { countsOfGroup } from './plan-facts.ts';
import { countSql, measureSql, shareSql } from './sql-measures.ts';
import { CutSelect, GroupSelect, LineSelect } from './sql-rows.ts';
import { fieldSql, lineValueSql, orderSql, pipeConditionSql } from './sql-values.ts';
import { firstErrorSeverity } from '#model/severity.ts';
import type { CompiledSql } from '../compile-sql.ts';
import type { GroupStep, Measure, OrderKey, OutputColumn, PipePlan, Ref, Step } from './plan-nodes.ts';
import type { LinesQuery, Rows } from './sql-rows.ts';

/** A group of counts: by a field of lines. */
export interface CountGroup {
  readonly field: string;
  readonly sql: string;
}

export interface CountsQuery {
  readonly groups: readonly CountGroup[];
  readonly intervalMs?: number;
  /** Adds a column `lvl`. */
  readonly byLevel: boolean;
  /** Parameters of the groups. */
  readonly params: CompiledSql['params'];
}

export interface PipeSource {
  /** Lines of the plan's condition, from all tables. */
  lines(query: LinesQuery): string;
  /** Their counts: `bucket` (milliseconds), `g0` …, `weight`, `line_count`; a group may be in several rows. */
  counts(query: CountsQuery): string;
  /** Counts by pattern: `pattern_id`, `lines`, `first`, `last`. */
  patterns(): string;
  /** The id that stands for the `pattern_id` of a row. */
  readonly patternSql: string;
  /** Expressions that make up a whole line. */
  readonly lineColumns: readonly string[];
  /** Width of the range. */
  readonly rangeSeconds: number;
}

export interface CompiledPipes extends CompiledSql {
  /**
   * The SELECT list: of lines the whole line and then the added columns; of a table its columns, and last whether lines were
   * counted by weight.
   */
  readonly columns: readonly OutputColumn[];
}

/** Of at most `maxRows` rows, which is no value from outside. */
export function compilePipes(plan: PipePlan, source: PipeSource, maxRows: number, prefix = 'q'): CompiledPipes {
  return new PipeCompiler(plan, source, prefix).compile(maxRows);
}

/** Newest first; a key that no two lines share. */
const lineOrder = ['ts', 'origin', 'seq', 'row_no'];
/** Name of the column that says whether lines were counted by weight. */
const weighedColumn = 'weighed';

class PipeCompiler {
  readonly #plan: PipePlan;
  readonly #source: PipeSource;
  readonly #params: Params;
  #lines: LineSelect;
  #top: CutSelect;
  #isTable = false;
  /** Lines were left out by LIMIT BY, which reads whatever it is given to the end. */
  #hasLimitBy = false;
  /** Keys of the order, the strongest first; undefined: lines, newest first. */
  #order: readonly OrderKey[] = [];

  constructor(plan: PipePlan, source: PipeSource, prefix: string) {
    this.#plan = plan;
    this.#source = source;
    this.#params = new Params(prefix);
    this.#lines = new LineSelect((query) => source.lines(query));
    this.#top = new CutSelect(this.#lines);
  }

  compile(maxRows: number): CompiledPipes {
    for (const step of this.#plan.steps) this.#add(step);
    const { output } = this.#plan;
    if (output.kind === 'lines' && this.#hasLimitBy) this.#readChosen(maxRows);
    const columns = output.kind === 'table' ? output.columns : output.added;
    const passed = [
      ...(output.kind === 'lines' ? this.#source.lineColumns.map((sql) => this.#top.pass(this.#lines.column(sql))) : []),
      ...columns.map(({ value }) => this.#pass(value)),
      ...(output.kind === 'table' ? [this.#top.pass(weighedColumn)] : []),
    ];
    this.#limit(maxRows);
    this.#pushDown();
    const order = this.#orderTerms();
    const sql = `SELECT ${passed.join(', ')} FROM (${this.#top.sql()})${order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`}`;
    return { sql, params: this.#params.values, columns };
  }

  /** Sorted lines of which some are left out are read whole only where they were chosen: what orders them is computed again. */
  #readChosen(maxRows: number): void {
    const keys = this.#keyColumns();
    this.#limit(maxRows);
    this.#pushDown();
    this.#restart(`SELECT ${keys.join(', ')} FROM (${this.#top.sql()})`);
  }

  /** Of lines in their own order the newest of each kind is its greatest key: nothing needs to be sorted. */
  #newestOfEach(values: readonly Ref[]): void {
    const names = values.map((value) => this.#pass(value));
    const keys = this.#keyColumns();
    const chosen = `SELECT max((${keys.join(', ')})) AS newest FROM (${this.#top.sql()}) GROUP BY ${names.join(', ')}`;
    this.#restart(`SELECT ${keys.map((_, i) => `newest.${i + 1}`).join(', ')} FROM (${chosen})`);
  }

  #keyColumns(): string[] {
    return lineOrder.map((column) => this.#top.pass(this.#lines.column(column)));
  }

  /** The lines with these keys, as if they were all. */
  #restart(keys: string): void {
    this.#lines = new LineSelect((query) => this.#source.lines(query));
    this.#lines.conditions.push(`(${lineOrder.join(', ')}) IN (${keys})`);
    this.#top = new CutSelect(this.#lines);
  }

  #add(step: Step): void {
    switch (step.kind) {
      case 'filter':
        return this.#filter(step);
      case 'sort':
        if (this.#top.isCut) this.#nest();
        this.#order = [...step.keys, ...this.#order];
        return;
      case 'dedup':
        return this.#dedup(step.values);
      case 'limit':
        return this.#limit(step.count);
      case 'group':
        return this.#group(step);
      default:
        return step satisfies never;
    }
  }

  /** Conditions on lines stand where the lines are read, as far as nothing was cut before. */
  #filter({ condition }: Step & { readonly kind: 'filter' }): void {
    if (this.#top.isCut) this.#nest();
    const isFirst = this.#top.inner === this.#lines;
    if (isFirst) {
      this.#lines.conditions.push(pipeConditionSql(condition, this.#params, (value) => this.#lineSql(value)));
      return;
    }
    if (this.#isTable) {
      this.#top.conditions.push(pipeConditionSql(condition, this.#params, (value) => this.#pass(value)));
      return;
    }
    // of a line, even behind a cut: computed with the line
    const passes = this.#lines.column(pipeConditionSql(condition, this.#params, (value) => this.#lineSql(value)));
    this.#top.conditions.push(this.#top.pass(passes));
  }

  #dedup(values: readonly Ref[]): void {
    const isOfAllLines = !this.#isTable && this.#order.length === 0 && this.#top.inner === this.#lines && !this.#top.isCut;
    if (isOfAllLines) return this.#newestOfEach(values);
    if (this.#top.isCut) this.#nest();
    this.#top.limitBy = values.map((value) => this.#pass(value));
    this.#top.order = this.#orderTerms();
    this.#hasLimitBy = true;
  }

  #limit(count: number): void {
    if (this.#top.limit !== undefined && this.#top.limit <= count) return;
    this.#top.limit = count;
    this.#top.order = this.#orderTerms();
  }

  #nest(): void {
    this.#pushDown();
    this.#top = new CutSelect(this.#top);
  }

  /** Where the top takes the first of all lines, each source need give no more. */
  #pushDown(): void {
    const { inner, limit, limitBy, order } = this.#top;
    if (inner !== this.#lines || limit === undefined || limitBy !== undefined) return;
    this.#lines.tail = `ORDER BY ${order.join(', ')} LIMIT ${limit}`;
  }

  /** Terms of ORDER BY over the columns of the top. */
  #orderTerms(): string[] {
    const keys = this.#order.flatMap(({ value, descending }) => orderSql(this.#pass(value), value, descending));
    const base = this.#isTable ? [] : lineOrder.map((column) => `${this.#top.pass(this.#lines.column(column))} DESC`);
    return [...keys, ...base];
  }

  #lineSql(value: Ref): string {
    return lineValueSql(this.#plan, value, this.#params, this.#source.patternSql);
  }

  /** Name of the value's column in the top. */
  #pass(value: Ref): string {
    return this.#top.pass(this.#isTable ? columnOf(value) : this.#lines.column(this.#lineSql(value)));
  }

  #group(step: GroupStep): void {
    const table = this.#fromCounts(step) ?? this.#fromRows(step);
    this.#pushDown();
    this.#isTable = true;
    this.#order = step.order;
    this.#top = new CutSelect(table);
  }

  #fromRows({ keys, measures, share, weighted }: GroupStep): Rows {
    const rows = this.#top;
    const weight = weighted ? rows.pass(this.#lines.column('1 / sample_rate')) : '1';
    const bin = keys.find((key) => key.kind === 'bin');
    const measured = {
      weight,
      seconds: () => this.#seconds(bin?.intervalMs),
      sqlOf: (value: Ref) => this.#pass(value),
      timeOrder: () => `(${lineOrder.map((column) => rows.pass(this.#lines.column(column))).join(', ')})`,
    };
    const groups = keys.map((key) => {
      if (key.kind === 'value') return `${this.#pass(key.value)} AS ${columnOf(key.out)}`;
      const step = this.#params.integer(String(key.intervalMs));
      const start = rows.pass(this.#lines.column(`intDiv(toUnixTimestamp64Milli(ts), ${step}) * ${step}`));
      return `${start} * 1000000 AS ${columnOf(key.out)}`;
    });
    const wasWeighed = this.#isTable ? `max(${rows.pass(weighedColumn)})` : weighted ? `abs(sum(${weight}) - count()) > 0.5` : 'toUInt8(0)';
    const columns = [
      ...groups,
      ...measures.map((measure) => `${measureSql(measure, measured)} AS ${columnOf(measure.out)}`),
      ...shareColumn(share),
      `${wasWeighed} AS ${weighedColumn}`,
    ];
    return new GroupSelect(
      () => rows.sql(),
      columns,
      keys.map(({ out }) => columnOf(out)),
    );
  }

  /** From kept sums, where only lines are counted. */
  #fromCounts(step: GroupStep): Rows | undefined {
    const isWhole = !this.#isTable && this.#top.inner === this.#lines && !this.#top.isCut && this.#lines.conditions.length === 0;
    if (!isWhole) return undefined;
    return this.#isByPattern(step) ? this.#patternCounts(step) : this.#fieldCounts(step);
  }

  #fieldCounts(step: GroupStep): Rows | undefined {
    const { keys, measures, share } = step;
    const counts = countsOfGroup(step, this.#plan);
    if (counts === undefined) return undefined;
    const { fields, intervalMs, byLevel } = counts;
    const params = new Params('g');
    const groups = fields.map((field) => ({ field, sql: fieldSql(field, params) }));
    const query = { groups, byLevel, params: params.values, ...(intervalMs === undefined ? {} : { intervalMs }) };
    let next = 0;
    const columns = [
      ...keys.map(({ kind, out }) => `${kind === 'bin' ? 'bucket * 1000000' : `g${next++}`} AS ${columnOf(out)}`),
      ...measures.map((measure) => `${countedSql(measure, () => this.#seconds(intervalMs))} AS ${columnOf(measure.out)}`),
      ...shareColumn(share),
      `abs(sum(weight) - sum(line_count)) > 0.5 AS ${weighedColumn}`,
    ];
    return new GroupSelect(
      () => this.#source.counts(query),
      columns,
      keys.map(({ out }) => columnOf(out)),
    );
  }

  #isByPattern({ keys }: GroupStep): boolean {
    return keys.length === 1 && keys[0].kind === 'value' && this.#plan.lineValues[keys[0].value.id]?.kind === 'pattern';
  }

  /** The measures are those of the stage `patterns`: lines, first and last. */
  #patternCounts({ keys: [key], measures: [count, first, last], share }: GroupStep): Rows {
    const columns = [
      `${this.#source.patternSql} AS ${columnOf(key.out)}`,
      `${countSql('sum(lines)')} AS ${columnOf(count.out)}`,
      `toUnixTimestamp64Nano(min(first)) AS ${columnOf(first.out)}`,
      `toUnixTimestamp64Nano(max(last)) AS ${columnOf(last.out)}`,
      ...shareColumn(share),
      `toUInt8(0) AS ${weighedColumn}`,
    ];
    return new GroupSelect(() => this.#source.patterns(), columns, [columnOf(key.out)]);
  }

  #seconds(intervalMs: number | undefined): string {
    return this.#params.float(intervalMs === undefined ? this.#source.rangeSeconds : intervalMs / 1000);
  }
}

const columnOf = ({ id }: Ref): string => `c${id}`;

function shareColumn(share: GroupStep['share']): string[] {
  if (share === undefined) return [];
  const [part, all] = [columnOf(share.of), `sum(${columnOf(share.of)}) OVER ()`];
  return [`${shareSql(`100 * ${part}`, all)} AS ${columnOf(share.out)}`];
}

/** Over partial sums. */
function countedSql({ function: name }: Measure, seconds: () => string): string {
  switch (name) {
    case 'count':
      return countSql('sum(weight)');
    case 'rate':
      return `sum(weight) / ${seconds()}`;
    default:
      return shareSql(`sumIf(weight, lvl >= ${firstErrorSeverity})`, 'sum(weight)');
  }
}
