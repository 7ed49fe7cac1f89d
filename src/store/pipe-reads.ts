/** What a store is asked of a query with pipes: the rows that it makes, by one statement. Part of the storage port. */
import type { PipePlan, PipeValue } from '#language/pipes.ts';
import type { LogLine } from '#model/log-line.ts';
import type { Completeness, ReadOptions, TimeRange } from './log-store.ts';
import type { PatternId } from './pattern-reads.ts';

export interface PipeQuery {
  readonly tenant: string;
  readonly plan: PipePlan;
  readonly range: TimeRange;
  /** Rows of the answer. */
  readonly maxRows: number;
  /** Ids of patterns that are counted as another one. */
  readonly aliases: ReadonlyMap<PatternId, PatternId>;
}

export interface PipeAnswer extends Completeness {
  /** Where rows are lines. */
  readonly lines: readonly LogLine[];
  /** Values of the columns: of a table all of them, of lines those that were added. */
  readonly rows: readonly (readonly PipeValue[])[];
  readonly hasMore: boolean;
  /** True where lines with a sample rate under 1 were counted by weight. */
  readonly extrapolated: boolean;
  /** Where lines were searched and the search stopped early: no line before this moment was looked at. */
  readonly searchedToNs?: bigint;
}

/** The statement as the engine gets it. */
export interface PipeStatement {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface PipeReads {
  runPipes(query: PipeQuery, options: ReadOptions): Promise<PipeAnswer>;
  /** Of the whole range; runs nothing. */
  pipeStatement(query: PipeQuery, options: ReadOptions): Promise<PipeStatement>;
}
