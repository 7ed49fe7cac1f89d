/** Rules to begin with: what most people want to hear of, each a rule that can be saved as it is or changed. */
import type { AlertRule } from '../../../api/operations.ts';

export interface Recipe {
  /** As the address names it. */
  readonly name: string;
  readonly title: string;
  readonly tells: string;
  readonly rule: AlertRule;
}

const minuteMs = 60_000;

export const recipes: readonly Recipe[] = [
  {
    name: 'error-share',
    title: 'Error share of a service',
    tells: 'ERROR or worse above 1 % for five minutes, with enough lines to mean something',
    rule: {
      name: 'Error share above 1 %',
      severity: 'critical',
      group_by: ['service'],
      condition: {
        kind: 'ratio',
        part: 'level>=ERROR',
        window_ms: 5 * minuteMs,
        operator: '>',
        threshold: 0.01,
        recover_threshold: 0.005,
        minimum_lines: 100,
      },
      for_ms: 5 * minuteMs,
    },
  },
  {
    name: 'error-spike',
    title: 'Many errors at once',
    tells: 'more than 100 errors of a service within five minutes',
    rule: {
      name: 'Errors spike',
      severity: 'critical',
      filter: 'level>=ERROR',
      group_by: ['service'],
      condition: { kind: 'count', window_ms: 5 * minuteMs, operator: '>', threshold: 100 },
      cooldown_ms: 10 * minuteMs,
    },
  },
  {
    name: 'slow',
    title: 'Slow answers',
    tells: 'p99 of a duration above 5 s over five minutes',
    rule: {
      name: 'p99 above 5 s',
      severity: 'warning',
      group_by: ['service'],
      condition: {
        kind: 'metric',
        attribute: 'duration_ms',
        aggregate: 'p99',
        window_ms: 5 * minuteMs,
        operator: '>',
        threshold: 5000,
        minimum_lines: 20,
      },
    },
  },
  {
    name: 'slow-and-failing',
    title: 'Slow and failing together',
    tells: 'p99 above 5 s and errors above 10 % across two services within an hour',
    rule: {
      name: 'Payments slow and failing',
      severity: 'critical',
      filter: 'service:(payment OR gateway)',
      condition: {
        kind: 'all',
        conditions: [
          { kind: 'metric', attribute: 'duration_ms', aggregate: 'p99', window_ms: 60 * minuteMs, operator: '>', threshold: 5000 },
          { kind: 'ratio', part: 'level>=ERROR', window_ms: 60 * minuteMs, operator: '>', threshold: 0.1, minimum_lines: 100 },
        ],
      },
    },
  },
  {
    name: 'silent',
    title: 'A host gone silent',
    tells: 'a host that used to send has stopped; its usual pauses are learned',
    rule: { name: 'Host gone silent', severity: 'warning', condition: { kind: 'silent_source', source: 'host' } },
  },
  {
    name: 'new-error',
    title: 'An error never seen before',
    tells: 'a pattern of ERROR that its service never logged until now',
    rule: {
      name: 'New error pattern',
      severity: 'warning',
      filter: 'level>=ERROR',
      group_by: ['service'],
      condition: { kind: 'new_pattern', window_ms: 10 * minuteMs, learn_ms: 1440 * minuteMs },
    },
  },
  {
    name: 'sequence',
    title: 'A without B',
    tells: 'an order was placed, and no payment came within 60 s on the same trace',
    rule: {
      name: 'Orders without a payment',
      severity: 'warning',
      condition: {
        kind: 'sequence',
        first: '"order placed"',
        then: '"payment confirmed"',
        key: 'trace_id',
        within_ms: minuteMs,
        expect: 'missing',
        window_ms: 10 * minuteMs,
        operator: '>',
        threshold: 0,
      },
    },
  },
  {
    name: 'absence',
    title: 'A job that did not run',
    tells: 'no line of the nightly backup within 24 hours',
    rule: {
      name: 'Backup did not finish',
      severity: 'warning',
      filter: '"backup finished"',
      condition: { kind: 'absence', window_ms: 1440 * minuteMs },
    },
  },
  {
    name: 'budget',
    title: 'Too much logged',
    tells: 'a service has logged 80 % of its budget for the day',
    rule: {
      name: 'Log budget of a service',
      severity: 'info',
      group_by: ['service'],
      condition: { kind: 'budget', unit: 'bytes', period: 'day', threshold: 10_000_000_000, warn_at: 0.8 },
    },
  },
  {
    name: 'anomaly',
    title: 'Unlike its own past',
    tells: 'volume of a service far from what it usually is at this hour of the week',
    rule: {
      name: 'Volume unlike its past',
      severity: 'info',
      group_by: ['service'],
      condition: { kind: 'anomaly', signal: 'volume', direction: 'both', sensitivity: 'medium' },
    },
  },
];

/** What the editor begins with. */
export function beginning(recipe: string, query: string): AlertRule {
  const rule = recipes.find(({ name }) => name === recipe)?.rule;
  if (rule !== undefined) return rule;
  const count = { kind: 'count', window_ms: 5 * minuteMs, operator: '>', threshold: 100 } as const;
  return { name: '', severity: 'warning', ...(query === '' ? {} : { filter: query }), condition: count };
}
