/**
 * "What is different here": fields and values that are more frequent in a selection than in a baseline. Each candidate is
 * judged by the likelihood ratio of its two-by-two table (Dunning, "Accurate methods for the statistics of surprise and
 * coincidence", 1993), which, other than a quotient of shares, does not take three lines for a finding.
 */
import { allOf, notOf } from '#language/ast.ts';
import type { Sample, ValueDifference } from '#store/field-reads.ts';
import { fieldText } from './field-names.ts';
import { completenessOf, overBound, plainRange } from './query-runner.ts';
import type { Answer, QueryRunner, Searcher, Selection } from './query-runner.ts';

export interface CompareRequest {
  readonly selection: Selection;
  /** Absent: all other lines of the selection's time range. */
  readonly baseline?: Selection;
  readonly limit?: number;
}

export interface Difference {
  /** Name of the field as a query writes it. */
  readonly field: string;
  /** Absent: that lines have the field at all. */
  readonly value?: string;
  /** Shares of the lines of either side, 0 to 1. */
  readonly selectionShare: number;
  readonly baselineShare: number;
  /** How many times more frequent; undefined where the baseline has none. */
  readonly lift: number | undefined;
  /** Likelihood ratio (G): the larger, the less it is chance. */
  readonly significance: number;
  /** Probability of such a ratio by chance, of one comparison. */
  readonly pValue: number;
}

export interface CompareAnswer extends Answer {
  readonly selection: Sample;
  readonly baseline: Sample & Pick<Answer, 'range'>;
  /** The most significant first. */
  readonly differences: readonly Difference[];
}

/** Candidates that are judged; what fewer than half a percent of the selection have is none. */
const maxCandidates = 10_000;
/** Chance findings to be expected among all that are told. */
const acceptedErrors = 0.01;

/** AppError as `SearchService.search`. */
export function compareFields(
  runner: QueryRunner,
  request: CompareRequest,
  searcher: Searcher,
  signal: AbortSignal,
): Promise<CompareAnswer> {
  return runner.measured('fields', async (startedMs) => {
    const { config, store } = runner;
    const limit = request.limit ?? Math.min(config.field_limit, config.max_fields);
    if (limit > config.max_fields) throw overBound('limit', limit, config.max_fields, 'max_fields', 'the most telling come first');
    const range = await runner.resolveRange(request.selection, 'future-allowance', searcher);
    const where = runner.parseSelection(request.selection);
    const baseRange =
      request.baseline?.timeRange === undefined ? range : await runner.resolveRange(request.baseline, 'future-allowance', searcher);
    const baseWhere = request.baseline === undefined ? notOf(where) : runner.parseSelection(request.baseline);
    const question = {
      tenant: searcher.tenant,
      selection: { where: allOf([where]), range: plainRange(range) },
      baseline: { where: baseWhere, range: plainRange(baseRange) },
      maxLines: config.field_sample_lines,
      limit: maxCandidates,
    };
    const cost = { kind: 'aggregate', where: baseWhere, range: baseRange } as const;
    const answer = await runner.admitted(searcher, signal, (_, options) => store.compareFields(question, options), cost);
    return {
      selection: answer.selection,
      baseline: { ...answer.baseline, range: baseRange },
      differences: tellingDifferences(answer.differences, answer.selection.sampledLines, answer.baseline.sampledLines).slice(0, limit),
      ...completenessOf(answer),
      range,
      scannedRows: answer.scannedRows,
      tookMs: runner.elapsedMs(startedMs),
    };
  });
}

/** Over-represented candidates that chance does not explain, the most significant first. */
export function tellingDifferences(candidates: readonly ValueDifference[], selectionLines: number, baselineLines: number): Difference[] {
  if (selectionLines === 0 || baselineLines === 0) return [];
  const judged = candidates.map((candidate): Difference => {
    const selectionShare = candidate.selectionLines / selectionLines;
    const baselineShare = candidate.baselineLines / baselineLines;
    const significance = likelihoodRatio(candidate.selectionLines, selectionLines, candidate.baselineLines, baselineLines);
    return {
      field: fieldText(candidate),
      ...(candidate.value === undefined ? {} : { value: candidate.value }),
      selectionShare,
      baselineShare,
      lift: baselineShare === 0 ? undefined : selectionShare / baselineShare,
      significance,
      pValue: chiSquareTail(significance),
    };
  });
  return judged
    .filter(({ selectionShare, baselineShare, pValue }) => selectionShare > baselineShare && pValue * candidates.length < acceptedErrors)
    .sort((a, b) => b.significance - a.significance);
}

/** G of the table [a, A - a; b, B - b]. */
export function likelihoodRatio(a: number, ofA: number, b: number, ofB: number): number {
  const share = (a + b) / (ofA + ofB);
  const part = (observed: number, expected: number): number => (observed === 0 ? 0 : observed * Math.log(observed / expected));
  const sum = part(a, ofA * share) + part(ofA - a, ofA * (1 - share)) + part(b, ofB * share) + part(ofB - b, ofB * (1 - share));
  return Math.max(0, 2 * sum);
}

/**
 * Probability that a chi-square of one degree of freedom is larger: erfc(sqrt(x / 2)), by the rational approximation of
 * Abramowitz and Stegun, 7.1.26 (error under 1.5e-7; 0 far out, where only the order matters).
 */
export function chiSquareTail(x: number): number {
  const z = Math.sqrt(x / 2);
  const t = 1 / (1 + 0.3275911 * z);
  const polynomial = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return polynomial * Math.exp(-z * z);
}
