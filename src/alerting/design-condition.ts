/**
 * Conditions as designs A, B and C write them, without a kind → a condition of the model and the filter of its lines:
 * `{service, level, threshold, window, aggregation}`, `{filter: {…}, comparison: "above"}`, `{operator: ">"}`.
 */
import { AppError } from '#base/errors.ts';
import { parseFilters } from '#language/filters.ts';
import { printQuery } from '#language/printer.ts';
import { fieldSpellings } from '#model/field-names.ts';
import { isMembers, operatorOf } from './rule-members.ts';
import type { Members } from './rule-members.ts';
import { joinPath, problem, queryProblem, unknownMember } from './rule-problems.ts';
import type { RuleProblem } from './rule-problems.ts';

/** What the error rate counts against all lines. */
export const errorsOnly = 'level:>=ERROR';

/** Fields that a condition may name beside `filter`. */
const selectingFields = [...fieldSpellings.service, ...fieldSpellings.level, ...fieldSpellings.host, ...fieldSpellings.environment];
const ownMembers = ['filter', 'query', 'threshold', 'window_ms', 'operator', 'comparison', 'aggregation', 'metric', 'field'];
const furtherMembers = ['recover_threshold', 'minimum_lines'];

interface DesignCondition {
  readonly condition: Members;
  readonly filter: string | undefined;
}

/** Pushes what is wrong; what is made then is not to be used. */
export function readDesignCondition(given: Members, ruleFilter: unknown, problems: RuleProblem[]): DesignCondition {
  const { filter, query, threshold, window_ms: windowMs, operator, comparison, aggregation, metric, field, ...rest } = given;
  const fields: Record<string, unknown> = {};
  const further: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (furtherMembers.includes(name)) further[name] = value;
    else if (selectingFields.includes(name)) fields[name] = value;
    else problems.push(unknownMember('condition', name, ['kind', ...ownMembers, ...furtherMembers, 'window', 'service', 'level', 'host']));
  }
  if (operator !== undefined && comparison !== undefined)
    problems.push(problem('condition.comparison', 'give either "operator" or "comparison"'));
  if (aggregation !== undefined && metric !== undefined)
    problems.push(problem('condition.metric', 'give either "aggregation" or "metric"'));
  if (filter !== undefined && query !== undefined) problems.push(problem('condition.query', 'give either "filter" or "query"'));
  const filters = [
    filterText(ruleFilter, 'query', problems),
    filterText(filter ?? query, filter === undefined ? 'condition.query' : 'condition.filter', problems),
    filterText(Object.keys(fields).length === 0 ? undefined : fields, 'condition', problems),
  ].filter((text): text is string => text !== undefined);
  const compared = { window_ms: windowMs, operator: operatorOf(operator ?? comparison ?? '>'), threshold, ...further };
  const kind = aggregationKind(aggregation ?? metric ?? 'count', field, problems);
  return {
    condition: withoutUndefined({ ...kind, ...compared }),
    filter: filters.length > 1 ? filters.map((text) => `(${text})`).join(' AND ') : filters[0],
  };
}

/** A query, or an object of fields and values as in a search. */
export function filterText(given: unknown, path: string, problems: RuleProblem[]): string | undefined {
  if (given === undefined || typeof given === 'string') return given === undefined || given.trim() === '' ? undefined : given;
  if (!isMembers(given)) {
    problems.push(problem(path, 'must be a query, or an object of fields and values'));
    return undefined;
  }
  try {
    const present = Object.entries(given).filter(([, value]) => value !== null);
    return present.length === 0 ? undefined : printQuery(parseFilters(Object.fromEntries(present)));
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    const at = typeof thrown.details['field'] === 'string' ? joinPath(path, thrown.details['field']) : path;
    problems.push(queryProblem(at, thrown));
    return undefined;
  }
}

const simpleAggregations: Readonly<Record<string, Members>> = {
  count: { kind: 'count' },
  rate: { kind: 'rate' },
  error_rate: { kind: 'ratio', part: errorsOnly },
};
const ofField = /^(avg|sum|min|max|distinct|p\d{1,2}(?:\.\d)?)\s*(?:\(\s*(.+?)\s*\))?$/s;

/** `p99(latency_ms)`, or `p99` with a `field`. */
function aggregationKind(given: unknown, field: unknown, problems: RuleProblem[]): Members {
  const path = 'condition.aggregation';
  const text = typeof given === 'string' ? given.trim() : '';
  const simple = Object.hasOwn(simpleAggregations, text.toLowerCase()) ? simpleAggregations[text.toLowerCase()] : undefined;
  if (simple !== undefined) {
    if (field !== undefined) problems.push(problem('condition.field', `"${text}" is of lines, not of a field`));
    return simple;
  }
  const match = ofField.exec(text);
  if (match === null) {
    problems.push(
      problem(
        path,
        'must be count, rate, error_rate, or avg, sum, min, max, distinct, p50, p75, p90, p95, p99 or p99.9 of a field: "p99(latency_ms)"',
      ),
    );
    return simpleAggregations['count'];
  }
  const attribute = match[2] ?? field;
  if (typeof attribute !== 'string' || attribute === '')
    problems.push(problem(path, `${match[1]} of which field: "${match[1]}(latency_ms)"`));
  return { kind: 'metric', attribute, aggregate: match[1] };
}

function withoutUndefined(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
