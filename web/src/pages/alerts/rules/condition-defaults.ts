/** What a condition of each kind begins with, and what its kind is called. */
import type { ConditionKind, ConditionOf } from '../../../alerts/rule-model.ts';
import type { SimpleCondition } from '../../../api/operations.ts';

const minuteMs = 60_000;

const defaults: { readonly [K in ConditionKind]: ConditionOf<K> } = {
  count: { kind: 'count', window_ms: 5 * minuteMs, operator: '>', threshold: 100 },
  rate: { kind: 'rate', window_ms: 5 * minuteMs, operator: '>', threshold: 10 },
  ratio: { kind: 'ratio', part: 'level>=ERROR', window_ms: 5 * minuteMs, operator: '>', threshold: 0.01, minimum_lines: 100 },
  change: {
    kind: 'change',
    window_ms: 60 * minuteMs,
    against: 'day_before',
    measure: 'percent',
    operator: '>',
    threshold: 100,
    minimum_lines: 100,
  },
  metric: { kind: 'metric', attribute: 'duration_ms', aggregate: 'p99', window_ms: 5 * minuteMs, operator: '>', threshold: 5000 },
  absence: { kind: 'absence', window_ms: 10 * minuteMs },
  silent_source: { kind: 'silent_source', source: 'host' },
  sequence: {
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
  new_pattern: { kind: 'new_pattern', window_ms: 10 * minuteMs },
  budget: { kind: 'budget', unit: 'bytes', period: 'day', threshold: 10_000_000_000, warn_at: 0.8 },
  anomaly: { kind: 'anomaly', signal: 'volume', direction: 'both', sensitivity: 'medium' },
};

export const kindNames: readonly (readonly [ConditionKind, string])[] = [
  ['count', 'number of lines'],
  ['rate', 'lines a second'],
  ['ratio', 'share of lines'],
  ['change', 'change against before'],
  ['metric', 'figure of a field'],
  ['absence', 'no lines'],
  ['silent_source', 'silent host or service'],
  ['sequence', 'A, then B'],
  ['new_pattern', 'new pattern'],
  ['budget', 'budget of volume'],
  ['anomaly', 'anomaly'],
];

/** Another kind keeps what both have: filter, window, operator. */
export function ofKind(kind: ConditionKind, before?: SimpleCondition): SimpleCondition {
  const fresh = defaults[kind];
  if (before === undefined) return fresh;
  const shared = Object.fromEntries(
    Object.entries(before).filter(
      ([name]) => (name === 'filter' || name === 'window_ms' || name === 'operator') && (name === 'filter' || name in fresh),
    ),
  );
  return { ...fresh, ...shared } as SimpleCondition;
}
