/** The lines behind a rule and its incidents, as a query and as an address of the Explorer. */
import type { AlertRule, Incident, SimpleCondition } from '../api/operations.ts';
import { explorerHref } from '../app/explorer-link.ts';
import { addTerm } from '../query-editor/edit-filters.ts';
import { isCombined } from './rule-model.ts';

/** Lines that a rule looks at: its filter and its condition's, with what a ratio counts and a sequence begins with. */
export function queryOfRule({ filter = '', condition }: Pick<AlertRule, 'filter' | 'condition'>): string {
  const conditions: readonly SimpleCondition[] = isCombined(condition) ? condition.conditions : [condition];
  const own = conditions.map(queryOfCondition).filter((query) => query !== '');
  const joined = conditions.length > 1 && own.length === conditions.length ? own.map((query) => `(${query})`).join(' OR ') : (own[0] ?? '');
  const condensed = conditions.length > 1 && own.length < conditions.length ? '' : joined;
  return [filter, condensed].reduce((query, term) => (term === '' ? query : addTerm(query, term)), '');
}

function queryOfCondition(condition: SimpleCondition): string {
  const { filter = '' } = condition;
  const further = condition.kind === 'ratio' ? condition.part : condition.kind === 'sequence' ? condition.first : '';
  return [filter, further].reduce((query, term) => (term === '' ? query : query === '' ? term : addTerm(query, term)), '');
}

/** Before an incident began, and after it was over. */
const marginMs = 120_000;

/** The frozen view of an incident's lines: the range is fixed, so it shows the same for ever. */
export function linesHref(incident: Incident, rule: AlertRule | undefined, nowMs: number): string {
  const windowMs = rule === undefined ? 0 : longestWindowMs(rule);
  const endMs = incident.resolved_at === undefined ? nowMs : Date.parse(incident.resolved_at) + marginMs;
  const range = {
    from: new Date(Date.parse(incident.began_at) - windowMs - marginMs).toISOString(),
    to: new Date(endMs).toISOString(),
  };
  return explorerHref({ query: rule === undefined ? '' : queryOfRule(rule), fields: incident.group, range });
}

export function longestWindowMs({ condition }: Pick<AlertRule, 'condition'>): number {
  const conditions: readonly SimpleCondition[] = isCombined(condition) ? condition.conditions : [condition];
  return Math.max(0, ...conditions.map((one) => ('window_ms' in one ? one.window_ms : 0)));
}
