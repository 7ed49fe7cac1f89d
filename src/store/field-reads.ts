/**
 * What a store is asked about the fields of lines: which there are, how often, with which values. Part of the storage port.
 * Over more lines than `maxLines` the answer is estimated from a sample, and says so.
 */
import type { Completeness, LineQuery, ReadOptions } from './log-store.ts';

export type FieldSource = 'column' | 'attribute' | 'resource';

/** A field, by where it lies; the names of the query language are made of it by search. */
export interface FieldName {
  readonly source: FieldSource;
  readonly key: string;
}

/** Columns of a line that are told as fields. */
export const fieldColumns = ['service', 'host', 'environment', 'level'] as const;

/** How the answer came about. */
export interface Sample {
  /** Lines that match. */
  readonly totalLines: number;
  /** Lines that were looked at; all where it is `totalLines`. */
  readonly sampledLines: number;
}

export interface FieldStatisticsQuery extends Pick<LineQuery, 'tenant' | 'where' | 'range'> {
  /** Lines looked at, at most, on average. */
  readonly maxLines: number;
  /** Only these. */
  readonly fields?: readonly FieldName[];
  readonly maxFields: number;
  readonly maxValues: number;
}

export interface ValueCount {
  /** A level as its name. */
  readonly value: string;
  /** Lines, estimated where the lines are a sample. */
  readonly lineCount: number;
}

export interface NumberSummary {
  readonly lineCount: number;
  readonly min: number;
  readonly max: number;
  readonly average: number;
  /** At 50, 90, 95 and 99 percent. */
  readonly quantiles: readonly number[];
}

export interface FieldStatistics extends FieldName {
  /** Lines that have the field, estimated where the lines are a sample. */
  readonly lineCount: number;
  /** Letters of `attributeKinds` → lines. Empty for columns and resource entries, which are texts. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Of the lines looked at: in a sample at least so many. */
  readonly distinctValues: number;
  /** The most frequent first; without those that are too long to be shown. */
  readonly values: readonly ValueCount[];
  readonly numbers?: NumberSummary;
}

export interface FieldStatisticsAnswer extends Completeness, Sample {
  /** Columns first, then by lines. */
  readonly fields: readonly FieldStatistics[];
  /** There are more fields than `maxFields`. */
  readonly hasMoreFields: boolean;
}

/** Values of one field, or names of fields, that begin with a text. */
export interface CompletionQuery extends Pick<LineQuery, 'tenant' | 'where' | 'range'> {
  readonly maxLines: number;
  /** Absent: names. */
  readonly field?: FieldName;
  /** Without regard to case. */
  readonly prefix: string;
  readonly limit: number;
}

export interface CompletionAnswer extends Completeness, Sample {
  readonly values: readonly (ValueCount & { readonly source: FieldSource })[];
}

export interface ComparisonQuery {
  readonly tenant: string;
  readonly selection: Pick<LineQuery, 'where' | 'range'>;
  readonly baseline: Pick<LineQuery, 'where' | 'range'>;
  /** Lines of each side, at most, on average. */
  readonly maxLines: number;
  readonly limit: number;
}

/** How often a value, or the field at all, occurs on either side; of the lines looked at. */
export interface ValueDifference extends FieldName {
  /** Absent: the presence of the field. */
  readonly value?: string;
  readonly selectionLines: number;
  readonly baselineLines: number;
}

export interface ComparisonAnswer extends Completeness {
  readonly selection: Sample;
  readonly baseline: Sample;
  /** The most frequent of the selection first. */
  readonly differences: readonly ValueDifference[];
}

export interface FieldReads {
  fieldStatistics(query: FieldStatisticsQuery, options: ReadOptions): Promise<FieldStatisticsAnswer>;
  completions(query: CompletionQuery, options: ReadOptions): Promise<CompletionAnswer>;
  compareFields(query: ComparisonQuery, options: ReadOptions): Promise<ComparisonAnswer>;
}
