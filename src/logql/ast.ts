/**
 * LogQL, Grafana Loki's query language, as data (grafana.com/docs/loki/latest/query). The parser builds it, the printer
 * writes it, `pipeline.ts` and `evaluate.ts` run it; nothing here knows where lines come from.
 *
 * `parseLogQl(printLogQl(expression))` equals the expression: parentheses are not kept, what they did is.
 */

export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** A label and what its text must be; expressions match the whole value. */
export interface LabelMatcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
}

export type LineFilterOperator = '|=' | '!=' | '|~' | '!~' | '|>' | '!>';

/** A text, an expression or a pattern; or an address or network that stands somewhere in the line, `ip("…")`. */
export interface LineFilterTerm {
  readonly text: string;
  readonly isAddress: boolean;
}

/** The line has any of the terms; for `!=`, `!~` and `!>` none of them. */
export interface LineFilterStage {
  readonly kind: 'line-filter';
  readonly operator: LineFilterOperator;
  readonly terms: readonly LineFilterTerm[];
}

/** `json first="servers[0]"`, `logfmt d="duration"`: the label and where its value comes from. */
export interface Extraction {
  readonly label: string;
  readonly source: string;
}

/** No extractions: all there are. */
export interface JsonStage {
  readonly kind: 'json';
  readonly extractions: readonly Extraction[];
}
export interface LogfmtStage {
  readonly kind: 'logfmt';
  readonly strict: boolean;
  readonly keepEmpty: boolean;
  readonly extractions: readonly Extraction[];
}
export interface PatternStage {
  readonly kind: 'pattern';
  readonly pattern: string;
}
export interface RegexpStage {
  readonly kind: 'regexp';
  readonly pattern: string;
}
export interface PlainStage {
  readonly kind: 'unpack' | 'decolorize';
}
export interface LineFormatStage {
  readonly kind: 'line-format';
  readonly template: string;
}
/** `dst=src` renames, `dst="…"` is a template. */
export interface LabelAssignment {
  readonly label: string;
  readonly from: { readonly kind: 'label' | 'template'; readonly text: string };
}
export interface LabelFormatStage {
  readonly kind: 'label-format';
  readonly assignments: readonly LabelAssignment[];
}
/** A label by its name, or only where its value matches. */
export interface LabelChoice {
  readonly name: string;
  readonly matcher?: LabelMatcher;
}
export interface LabelChoiceStage {
  readonly kind: 'drop' | 'keep';
  readonly labels: readonly LabelChoice[];
}
export interface LabelFilterStage {
  readonly kind: 'label-filter';
  readonly filter: LabelFilter;
}

export type Stage =
  | LineFilterStage
  | JsonStage
  | LogfmtStage
  | PatternStage
  | RegexpStage
  | PlainStage
  | LineFormatStage
  | LabelFormatStage
  | LabelChoiceStage
  | LabelFilterStage;

export type CompareOperator = '==' | '!=' | '>' | '>=' | '<' | '<=';

export type LabelFilter =
  | { readonly kind: 'and' | 'or'; readonly left: LabelFilter; readonly right: LabelFilter }
  | { readonly kind: 'text'; readonly matcher: LabelMatcher }
  | { readonly kind: 'number'; readonly name: string; readonly operator: CompareOperator; readonly value: number }
  /** `text` as it was written; `value` in seconds, or bytes. */
  | {
      readonly kind: 'duration' | 'bytes';
      readonly name: string;
      readonly operator: CompareOperator;
      readonly value: number;
      readonly text: string;
    }
  | { readonly kind: 'address'; readonly name: string; readonly operator: '=' | '!='; readonly network: string };

/** Lines: a selector of streams and what is done to each line. */
export interface LogExpression {
  readonly kind: 'log';
  readonly matchers: readonly LabelMatcher[];
  readonly stages: readonly Stage[];
}

export const rangeOperations = [
  'rate',
  'rate_counter',
  'count_over_time',
  'bytes_rate',
  'bytes_over_time',
  'avg_over_time',
  'sum_over_time',
  'min_over_time',
  'max_over_time',
  'stdvar_over_time',
  'stddev_over_time',
  'quantile_over_time',
  'first_over_time',
  'last_over_time',
  'absent_over_time',
] as const;
export type RangeOperation = (typeof rangeOperations)[number];

export const vectorOperations = [
  'sum',
  'avg',
  'max',
  'min',
  'count',
  'stddev',
  'stdvar',
  'bottomk',
  'topk',
  'approx_topk',
  'sort',
  'sort_desc',
] as const;
export type VectorOperation = (typeof vectorOperations)[number];

export interface Grouping {
  readonly without: boolean;
  readonly labels: readonly string[];
}

/** The label whose number a range aggregation takes, and filters on the labels behind it. */
export interface Unwrap {
  readonly label: string;
  readonly conversion?: 'bytes' | 'duration' | 'duration_seconds';
  readonly filters: readonly LabelFilter[];
}

export interface RangeExpression {
  readonly kind: 'range';
  readonly operation: RangeOperation;
  /** Of `quantile_over_time`. */
  readonly parameter?: number;
  readonly log: LogExpression;
  readonly unwrap?: Unwrap;
  readonly rangeMs: number;
  readonly offsetMs: number;
  readonly grouping?: Grouping;
}

export interface VectorExpression {
  readonly kind: 'vector';
  readonly operation: VectorOperation;
  /** Of `topk` and its kin. */
  readonly parameter?: number;
  readonly operand: MetricExpression;
  readonly grouping?: Grouping;
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^';
export type SetOperator = 'and' | 'or' | 'unless';
export type BinaryOperator = ArithmeticOperator | CompareOperator | SetOperator;

/** Which samples of the two sides belong together. */
export interface VectorMatching {
  readonly on: boolean;
  readonly labels: readonly string[];
  /** The side of which several samples may match one of the other. */
  readonly group?: 'left' | 'right';
  /** Labels of the one side that the answer takes over. */
  readonly include: readonly string[];
}

export interface BinaryExpression {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: MetricExpression;
  readonly right: MetricExpression;
  /** A comparison answers 1 or 0 rather than filtering. */
  readonly isBool: boolean;
  readonly matching?: VectorMatching;
}

export interface NumberExpression {
  readonly kind: 'number';
  readonly value: number;
}

/** `vector(1)`: one sample without labels. */
export interface VectorOfExpression {
  readonly kind: 'vector-of';
  readonly value: number;
}

export interface LabelReplaceExpression {
  readonly kind: 'label-replace';
  readonly operand: MetricExpression;
  readonly target: string;
  readonly replacement: string;
  readonly source: string;
  readonly pattern: string;
}

export type MetricExpression =
  | RangeExpression
  | VectorExpression
  | BinaryExpression
  | NumberExpression
  | VectorOfExpression
  | LabelReplaceExpression;
export type Expression = LogExpression | MetricExpression;
