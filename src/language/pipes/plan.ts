/** Pipeline → plan: names resolved, types checked, and every condition that can be one on the lines moved to the front. */
import { allOf } from '../ast.ts';
import { withFixedTimes } from '../query-times.ts';
import { checkLineCondition, isLineCondition, pipeCondition } from './conditions.ts';
import { groupStep, patternsStep, rateStep, topSteps } from './group-steps.ts';
import { Values, unsupportedAt, valueOf } from './scope.ts';
import type { QueryNode, Span } from '../ast.ts';
import type { ColumnName, ParseStage, Pipeline, SortStage, Stage } from './nodes.ts';
import type { OutputColumn, PipePlan, Ref, Step, Template } from './plan-nodes.ts';
import type { Scope } from './scope.ts';

export interface PlanContext {
  /** The query as it was written, for errors. */
  readonly text: string;
  /** What `now` is. */
  readonly nowMs: number;
}

/** Throws AppError `query_unsupported` with its place: a column that is not there, a function that its values do not allow. */
export function planPipeline(pipeline: Pipeline, context: PlanContext): PipePlan {
  const planner = new Planner(pipeline.query, context);
  for (const stage of pipeline.stages) planner.add(stage);
  return planner.finish();
}

class Planner {
  readonly #context: PlanContext;
  readonly #values = new Values();
  readonly #conditions: QueryNode[];
  readonly #templates: Template[] = [];
  readonly #steps: Step[] = [];
  #scope: Scope = { rows: 'lines', columns: [] };
  /** Chosen by `fields`. */
  #shown: readonly OutputColumn[] | undefined;
  /** True where a row stands for one line that was not taken out of its kind: then it weighs by its sample rate. */
  #weighted = true;

  constructor(query: QueryNode, context: PlanContext) {
    this.#context = context;
    this.#conditions = [query];
  }

  add(stage: Stage): void {
    switch (stage.kind) {
      case 'where':
        return this.#where(stage.condition);
      case 'parse':
        return this.#parse(stage);
      case 'fields':
        return this.#fields(stage.columns);
      case 'sort':
        return this.#sort(stage);
      case 'limit':
        this.#weighted = false;
        this.#steps.push({ kind: 'limit', count: stage.count });
        return;
      case 'dedup':
        this.#weighted = false;
        this.#steps.push({ kind: 'dedup', values: stage.columns.map((name) => this.#value(name)) });
        return;
      default:
        return this.#group(stage);
    }
  }

  finish(): PipePlan {
    const { rows, columns } = this.#scope;
    return {
      where: allOf(this.#conditions.map((node) => withFixedTimes(node, this.#context.nowMs))),
      lineValues: this.#values.lineValues,
      templates: this.#templates,
      steps: this.#steps,
      output:
        rows === 'lines' ? { kind: 'lines', columns: this.#shown, added: columns } : { kind: 'table', columns: this.#shown ?? columns },
    };
  }

  #value(name: ColumnName): Ref {
    return valueOf(name, this.#scope, this.#values, this.#context.text);
  }

  /** A condition on lines goes to the front where nothing before it depends on which lines there are. */
  #where(condition: QueryNode): void {
    const { text, nowMs } = this.#context;
    const ofLines = isLineCondition(condition, this.#scope);
    if (ofLines) checkLineCondition(condition, text);
    if (ofLines && this.#steps.every(({ kind }) => kind === 'filter' || kind === 'sort')) {
      this.#conditions.push(condition);
      return;
    }
    const read = pipeCondition(condition, { scope: this.#scope, text, nowMs });
    this.#steps.push({ kind: 'filter', condition: read });
  }

  #parse({ texts, places, from, span }: ParseStage & { readonly span?: Span }): void {
    const { text } = this.#context;
    if (this.#scope.rows === 'table') throw unsupportedAt(text, '"parse" reads lines; put it before what makes a table of them', span);
    const value = from === undefined ? this.#values.field('message') : this.#value(from);
    if (value.type !== 'text') throw unsupportedAt(text, `"${from?.name}" is no text that could be parsed`, from?.span);
    this.#templates.push({ texts, from: value });
    const template = this.#templates.length - 1;
    const added = places.flatMap((column, place): OutputColumn[] =>
      column === undefined ? [] : [{ name: column.name, value: this.#values.ofLine({ kind: 'place', template, place }, 'text') }],
    );
    const kept = this.#scope.columns.filter(({ name }) => !added.some((column) => column.name === name));
    this.#scope = { rows: 'lines', columns: [...kept, ...added] };
    this.#shown = this.#shown && [...this.#shown.filter(({ name }) => !added.some((column) => column.name === name)), ...added];
  }

  #fields(names: readonly ColumnName[]): void {
    this.#shown = names.map((name) => ({ name: name.name, value: this.#value(name) }));
  }

  #sort({ keys }: SortStage): void {
    const resolved = keys.map(({ column, order }) => ({ column, value: this.#value(column), descending: order === 'desc' }));
    const textual = resolved.find(({ value }) => value.type === 'template');
    if (textual !== undefined)
      throw unsupportedAt(this.#context.text, 'patterns are not sorted by their text; sort by pattern or count', textual.column.span);
    this.#steps.push({ kind: 'sort', keys: resolved.map(({ value, descending }) => ({ value, descending })) });
  }

  #group(stage: Stage & { readonly kind: 'stats' | 'top' | 'rate' | 'patterns' }): void {
    const { text } = this.#context;
    const parts = { scope: this.#scope, values: this.#values, text, weighted: this.#weighted && this.#scope.rows === 'lines' };
    const made = this.#made(stage, parts);
    this.#steps.push(...made.steps);
    this.#scope = { rows: 'table', columns: made.columns };
    this.#shown = undefined;
    this.#weighted = false;
    checkNames(made.columns, stage, text);
  }

  #made(stage: Stage & { readonly kind: 'stats' | 'top' | 'rate' | 'patterns' }, parts: Parameters<typeof groupStep>[1]) {
    switch (stage.kind) {
      case 'stats':
        return groupStep(stage, parts);
      case 'top':
        return topSteps(stage, parts);
      case 'rate':
        return rateStep(stage, parts);
      case 'patterns':
        return patternsStep(stage, parts);
      default:
        return stage satisfies never;
    }
  }
}

function checkNames(columns: readonly OutputColumn[], { span }: Stage, text: string): void {
  const repeated = columns.find(({ name }, i) => columns.findIndex((other) => other.name === name) !== i);
  if (repeated === undefined) return;
  throw unsupportedAt(text, `two columns are called "${repeated.name}"; give one another name with "as"`, span);
}
