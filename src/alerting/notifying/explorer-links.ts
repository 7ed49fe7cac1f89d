/** Addresses of the interface for messages: the frozen view of an incident's lines, and its page. As web/src/app builds them. */
import { toAppError } from '#base/errors.ts';
import { allOf, leaf, notOf } from '#language/ast.ts';
import type { QueryNode } from '#language/ast.ts';
import { parseQuery } from '#language/parser.ts';
import { printQuery } from '#language/printer.ts';
import type { Incident } from '#metadata/alert-records.ts';
import type { AlertRuleBody, Condition } from '../alert-rule.ts';

export interface LinkOptions {
  /** Empty: there are no links. */
  readonly publicUrl: string;
  readonly linesMarginMs: number;
}

/** Lines that the rule looked at, of the incident's group, over the window before it fired until it was over. */
export function linesUrlOf(
  incident: Incident,
  rule: AlertRuleBody | undefined,
  atMs: number,
  { publicUrl, linesMarginMs }: LinkOptions,
): string {
  if (publicUrl === '') return '';
  const { beganMs, firedMs = beganMs, resolvedMs, samples } = incident;
  const sampleMs = samples.map(({ timestamp }) => Date.parse(timestamp)).filter((ms) => !Number.isNaN(ms));
  const fromMs = Math.min(beganMs - windowMsOf(rule?.condition), ...sampleMs) - linesMarginMs;
  const toMs = Math.max(resolvedMs ?? Math.min(firedMs, atMs), ...sampleMs) + linesMarginMs;
  const parameters = new URLSearchParams({
    q: linesQueryOf(incident, rule),
    from: new Date(Math.max(0, fromMs)).toISOString(),
    to: new Date(toMs).toISOString(),
  });
  return `${publicUrl.replace(/\/+$/, '')}/explore?${parameters}`;
}

export function incidentUrlOf({ id }: Pick<Incident, 'id'>, { publicUrl }: LinkOptions): string {
  return publicUrl === '' ? '' : `${publicUrl.replace(/\/+$/, '')}/alerts/incidents/${encodeURIComponent(id)}`;
}

/** The rule's filter, that of a single condition, and the group's values. */
export function linesQueryOf({ group }: Pick<Incident, 'group'>, rule: AlertRuleBody | undefined): string {
  const filters = rule === undefined ? [] : [rule.filter, 'filter' in rule.condition ? rule.condition.filter : undefined];
  const nodes = filters.filter((filter) => filter !== undefined && filter.trim() !== '').map((filter) => readable(filter as string));
  for (const [field, value] of Object.entries(group)) {
    nodes.push(value === '' ? notOf(leaf({ kind: 'field-exists', field })) : leaf({ kind: 'field-equals', field, values: [value] }));
  }
  const joined = allOf(nodes.filter((node) => node !== undefined));
  return joined.kind === 'all' ? '' : printQuery(joined);
}

/** A filter that can no longer be read (a rule of an older version) does not keep anybody from being told. */
function readable(filter: string): QueryNode | undefined {
  try {
    return parseQuery(filter);
  } catch (thrown) {
    if (toAppError(thrown).code === 'internal') throw thrown;
    return undefined;
  }
}

/** How far back the condition looks; an hour where it has no window of its own. */
export function windowMsOf(condition: Condition | undefined): number {
  const withoutWindowMs = 3_600_000;
  if (condition === undefined) return withoutWindowMs;
  if ('conditions' in condition) return Math.max(...condition.conditions.map(windowMsOf));
  return 'window_ms' in condition ? condition.window_ms : withoutWindowMs;
}
