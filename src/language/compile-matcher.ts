/**
 * Queries → in-memory matcher over decoded batches, for live tail and alerts. The same condition tree as for SQL
 * (conditions.ts), so both select the same rows (test/language/trinity.test.ts).
 *
 * A set evaluates all its queries on a batch together. Equal conditions are one node, computed once. First the cheap
 * conditions (dictionary values, level) bound each query's rows; then one pass a column answers the expensive ones of
 * all queries, over only the rows that some query still needs; last the bits are combined.
 */
import type { BatchView } from '#model/batch-view.ts';
import { invariant } from '#base/errors.ts';
import { dictionaryRows, levelRows, patternRows, skewedRows, tagRows, timeRows } from './cheap-rows.ts';
import { conditionOf } from './conditions.ts';
import { printQuery } from './printer.ts';
import { RowSet } from './row-set.ts';
import type { FoundRows } from './row-set.ts';
import { TokenScan } from './token-scan.ts';
import { FoldedScan, MapScan, TextScan } from './value-scan.ts';
import type { QueryNode } from './ast.ts';
import type { Condition, ValueTest } from './conditions.ts';

export interface Matcher {
  /** The rows of the batch that the query selects. */
  match(view: BatchView): RowSet;
}

/** A query's place in a MatcherSet. */
export interface MatcherHandle {
  /** Canonical text of the query. */
  readonly key: string;
}

/** One pass over a column for the conditions of all queries. */
interface Scan {
  run(view: BatchView, rows: RowSet): FoundRows;
}

type Combination =
  | { readonly kind: 'and' | 'or'; readonly children: readonly PlanNode[] }
  | { readonly kind: 'not'; readonly child: PlanNode };
/** `scans`: bit s is set where the node needs scan s. */
type PlanNode = { readonly id: number; readonly scans: number } & (
  | Combination
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'cheap'; readonly rows: (view: BatchView) => RowSet }
  | { readonly kind: 'scanned'; readonly scan: number; readonly answer: number }
);
type PlanShape = PlanNode extends infer N ? (N extends PlanNode ? Omit<N, 'id'> : never) : never;

const scanNumbers = { tokens: 0, trace_id: 1, span_id: 2, message: 3, attributes: 4, resource: 5, folded: 6, line: 7 } as const;

/** The compiled form of all queries of a set. */
class Program {
  readonly tokens = new TokenScan();
  readonly texts = {
    trace_id: new TextScan('trace_id'),
    span_id: new TextScan('span_id'),
    message: new TextScan('message'),
    line: new TextScan('line'),
  };
  readonly maps = { attributes: new MapScan('attributes'), resource: new MapScan('resource') };
  readonly folded = new FoldedScan();
  /** In the order of scanNumbers. */
  readonly scans: readonly Scan[] = [
    this.tokens,
    this.texts.trace_id,
    this.texts.span_id,
    this.texts.message,
    this.maps.attributes,
    this.maps.resource,
    this.folded,
    this.texts.line,
  ];
  readonly #nodes = new Map<string, PlanNode>();

  get nodeCount(): number {
    return this.#nodes.size;
  }

  /** Node of a condition; equal conditions share one. */
  plan(condition: Condition): PlanNode {
    switch (condition.kind) {
      case 'and':
      case 'or':
        return this.#combine({ kind: condition.kind, children: condition.children.map((child) => this.plan(child)) });
      case 'not':
        return this.#combine({ kind: 'not', child: this.plan(condition.child) });
      default: {
        const key = JSON.stringify(condition);
        return this.#nodes.get(key) ?? this.#add(key, this.#leaf(condition));
      }
    }
  }

  #combine(combination: Combination): PlanNode {
    const children = combination.kind === 'not' ? [combination.child] : combination.children;
    const key = `${combination.kind}(${children.map((child) => child.id).join()})`;
    return this.#nodes.get(key) ?? this.#add(key, { ...combination, scans: children.reduce((bits, child) => bits | child.scans, 0) });
  }

  #add(key: string, shape: PlanShape): PlanNode {
    const node: PlanNode = { ...shape, id: this.#nodes.size };
    this.#nodes.set(key, node);
    return node;
  }

  #leaf(condition: Exclude<Condition, { kind: 'and' | 'or' | 'not' }>): PlanShape {
    switch (condition.kind) {
      case 'true':
      case 'false':
        return { kind: 'constant', value: condition.kind === 'true', scans: 0 };
      case 'tokens':
        return scanned('tokens', this.tokens.add(condition.tokens, condition.lastIsPrefix));
      // every match has what is required: only the engine's indexes need it said
      case 'pattern':
        return condition.text === 'folded'
          ? scanned('folded', this.folded.add(condition.pattern))
          : scanned('message', this.texts.message.addPattern(condition.pattern));
      case 'any-attribute':
        return scanned('attributes', this.maps.attributes.addAny(condition.value));
      case 'entry':
        return scanned(condition.map, this.maps[condition.map].addEntry(condition.key, condition.test));
      case 'column':
        return this.#columnLeaf(condition.column, condition.test);
      case 'tag':
        return { kind: 'cheap', rows: (view) => tagRows(view, condition.test), scans: 0 };
      case 'level':
        return { kind: 'cheap', rows: levelRows(condition.from, condition.to), scans: 0 };
      case 'time':
        return { kind: 'cheap', rows: (view) => timeRows(view, condition), scans: 0 };
      case 'message-pattern':
        return { kind: 'cheap', rows: (view) => patternRows(view, BigInt(`0x${condition.id}`)), scans: 0 };
      case 'skewed':
        return { kind: 'cheap', rows: skewedRows(condition.value), scans: 0 };
      default:
        return condition satisfies never;
    }
  }

  #columnLeaf(column: (Condition & { kind: 'column' })['column'], test: ValueTest): PlanShape {
    switch (column) {
      case 'trace_id':
      case 'span_id':
      case 'message':
      case 'line':
        return scanned(column, this.texts[column].add(test));
      default:
        return { kind: 'cheap', rows: (view) => dictionaryRows(view.dictionary(column), test, view.rowCount), scans: 0 };
    }
  }
}

function scanned(name: keyof typeof scanNumbers, answer: number): PlanShape {
  const scan = scanNumbers[name];
  return { kind: 'scanned', scan, answer, scans: 1 << scan };
}

/** All queries of a program on one batch. */
class Evaluation {
  readonly #program: Program;
  readonly #view: BatchView;
  readonly #all: RowSet;
  readonly #within: RowSet;
  readonly #none: RowSet;
  readonly #exact: (RowSet | undefined)[];
  readonly #bounds: (RowSet | undefined)[];
  #answers: (FoundRows | undefined)[] = [];

  constructor(program: Program, view: BatchView, within?: RowSet) {
    this.#program = program;
    this.#view = view;
    this.#all = RowSet.all(view.rowCount);
    this.#within = within ?? this.#all;
    this.#none = new RowSet(view.rowCount);
    this.#exact = new Array(program.nodeCount);
    this.#bounds = new Array(program.nodeCount);
  }

  /** All of them: each column is looked at only where some query still needs it. */
  run(roots: readonly PlanNode[]): RowSet[] {
    const bounds = roots.map((root) => this.#bound(root));
    this.#answers = this.#program.scans.map((scan, number) => {
      let needed = this.#none;
      for (let i = 0; i < roots.length; i++) if (((roots[i].scans >>> number) & 1) === 1) needed = this.#union(needed, bounds[i]);
      return needed.isEmpty() ? undefined : scan.run(this.#view, needed);
    });
    // outside its bound a query's scanned conditions were not looked at
    return roots.map((root, i) => (bounds[i].isEmpty() ? this.#none : this.#intersection(bounds[i], this.#rows(root))));
  }

  /** One of them, on few rows: columns are looked at when first needed. */
  rowsOf(root: PlanNode): RowSet {
    return this.#intersection(this.#within, this.#rows(root));
  }

  #answer(scan: number): FoundRows | undefined {
    if (this.#within === this.#all) return this.#answers[scan];
    return (this.#answers[scan] ??= this.#program.scans[scan].run(this.#view, this.#within));
  }

  /** A superset of the node's rows, from cheap conditions only. */
  #bound(node: PlanNode): RowSet {
    if (node.scans === 0) return this.#rows(node);
    const known = this.#bounds[node.id];
    if (known !== undefined) return known;
    const bound = this.#computeBound(node);
    this.#bounds[node.id] = bound;
    return bound;
  }

  #computeBound(node: PlanNode): RowSet {
    switch (node.kind) {
      case 'and':
        return node.children.reduce((rows, child) => this.#intersection(rows, this.#bound(child)), this.#all);
      case 'or':
        return node.children.reduce((rows, child) => this.#union(rows, this.#bound(child)), this.#none);
      default:
        return this.#all;
    }
  }

  #rows(node: PlanNode): RowSet {
    const known = this.#exact[node.id];
    if (known !== undefined) return known;
    const rows = this.#compute(node);
    this.#exact[node.id] = rows;
    return rows;
  }

  #compute(node: PlanNode): RowSet {
    switch (node.kind) {
      case 'constant':
        return node.value ? this.#all : this.#none;
      case 'cheap':
        return node.rows(this.#view);
      case 'scanned':
        return this.#answer(node.scan)?.of(node.answer) ?? this.#none;
      case 'and': {
        let rows = this.#all;
        for (const child of node.children) if (rows !== this.#none) rows = this.#intersection(rows, this.#rows(child));
        return rows;
      }
      case 'or':
        return node.children.reduce((rows, child) => this.#union(rows, this.#rows(child)), this.#none);
      case 'not':
        return this.#rows(node.child).not();
      default:
        return node satisfies never;
    }
  }

  #intersection(a: RowSet, b: RowSet): RowSet {
    return a === this.#all ? b : b === this.#all || a === this.#none ? a : b === this.#none ? b : a.and(b);
  }

  #union(a: RowSet, b: RowSet): RowSet {
    return a === this.#none ? b : b === this.#none || a === this.#all ? a : b === this.#all ? b : a.or(b);
  }
}

/** The rows found for each query of a set in one batch; valid after the batch's bytes are gone. */
export type BatchMatches = (handle: MatcherHandle) => RowSet;

interface CompiledSet {
  readonly program: Program;
  readonly roots: readonly PlanNode[];
  readonly places: ReadonlyMap<string, number>;
}

function placeOf({ places }: CompiledSet, { key }: MatcherHandle): number {
  const place = places.get(key);
  invariant(place !== undefined, `matcher set had no query ${key} when the batch was matched`);
  return place;
}

/** Many queries evaluated together. Equal queries share one handle and are counted. */
export class MatcherSet {
  readonly #queries = new Map<string, { readonly handle: MatcherHandle; readonly condition: Condition; users: number }>();
  #compiled: CompiledSet | undefined;

  get size(): number {
    return this.#queries.size;
  }

  /** Throws AppError `query_unsupported` for what does not exist. */
  add(query: QueryNode): MatcherHandle {
    const key = printQuery(query);
    const known = this.#queries.get(key);
    if (known !== undefined) {
      known.users++;
      return known.handle;
    }
    const handle = Object.freeze({ key });
    this.#queries.set(key, { handle, condition: conditionOf(query), users: 1 });
    this.#compiled = undefined;
    return handle;
  }

  /** Takes back one `add`. */
  remove(handle: MatcherHandle): void {
    const entry = this.#queries.get(handle.key);
    invariant(entry !== undefined, `matcher set has no query ${handle.key}`);
    entry.users--;
    if (entry.users > 0) return;
    this.#queries.delete(handle.key);
    this.#compiled = undefined;
  }

  /** Evaluates every query on the batch. */
  match(view: BatchView): BatchMatches {
    const compiled = (this.#compiled ??= this.#compile());
    const found = new Evaluation(compiled.program, view).run(compiled.roots);
    return (handle) => found[placeOf(compiled, handle)];
  }

  /**
   * For a few rows of the batch, of which a few queries are asked: a query is evaluated when it is asked for, so the view
   * must still be valid then.
   */
  matchWithin(view: BatchView, within: RowSet): BatchMatches {
    const compiled = (this.#compiled ??= this.#compile());
    const evaluation = new Evaluation(compiled.program, view, within);
    return (handle) => evaluation.rowsOf(compiled.roots[placeOf(compiled, handle)]);
  }

  #compile(): CompiledSet {
    const program = new Program();
    const entries = [...this.#queries.values()];
    const roots = entries.map(({ condition }) => program.plan(condition));
    return { program, roots, places: new Map(entries.map(({ handle }, place) => [handle.key, place])) };
  }
}

/** Matcher of one query; where several look at the same batches a MatcherSet shares the work. */
export function compileMatcher(query: QueryNode): Matcher {
  const set = new MatcherSet();
  const handle = set.add(query);
  return { match: (view) => set.match(view)(handle) };
}
