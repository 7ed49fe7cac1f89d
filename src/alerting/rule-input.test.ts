import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRule } from './rule-input.ts';
import type { RuleDesign } from './rule-input.ts';

const count = { kind: 'count', window_ms: 300_000, operator: '>', threshold: 100 };

/** What is given, by whose address, and what the model says of it. */
const accepted: readonly (readonly [what: string, given: object, expected: object, design?: RuleDesign])[] = [
  [
    'design A, as published',
    {
      name: 'Payment errors spike',
      query: 'level:ERROR AND service:payment-service',
      condition: { threshold: 100, window: '5m', operator: '>' },
      actions: [{ type: 'pagerduty', severity: 'critical' }],
    },
    {
      name: 'Payment errors spike',
      filter: 'level:ERROR AND service:payment-service',
      condition: count,
      actions: [{ type: 'pagerduty', severity: 'critical' }],
      severity: 'critical',
    },
  ],
  [
    'design B, as published',
    {
      name: 'Payment Errors Spike',
      condition: { service: 'payment-service', level: 'ERROR', threshold: 100, window_seconds: 300, aggregation: 'count' },
      action: { type: 'webhook', url: 'https://example.com/hook' },
    },
    {
      name: 'Payment Errors Spike',
      filter: 'service:payment-service AND level:ERROR',
      condition: count,
      actions: [{ type: 'webhook', url: 'https://example.com/hook' }],
      cooldown_ms: 600_000,
    },
    'B',
  ],
  [
    'design C, as published',
    {
      name: 'Payment errors spike',
      condition: { filter: { service: 'payment-service', level: 'ERROR' }, threshold: 100, window: '5m', comparison: 'above' },
      actions: [
        { type: 'pagerduty', severity: 'critical' },
        { type: 'slack', channel: '#payments-oncall' },
      ],
      cooldown: '15m',
    },
    {
      name: 'Payment errors spike',
      filter: 'service:payment-service AND level:ERROR',
      condition: count,
      actions: [
        { type: 'pagerduty', severity: 'critical' },
        { type: 'slack', to: '#payments-oncall' },
      ],
      severity: 'critical',
      cooldown_ms: 900_000,
    },
    'C',
  ],
  ['the model itself', { name: 'a', condition: count }, { name: 'a', condition: count }],
  [
    'spans as texts',
    { name: 'a', for: '2m', keep_firing: '1h30m', cooldown: 0, condition: { ...count, window_ms: undefined, window: '5m' } },
    { name: 'a', for_ms: 120_000, keep_firing_ms: 5_400_000, cooldown_ms: 0, condition: count },
  ],
  [
    'spans in seconds',
    { name: 'a', for_seconds: 90, condition: { threshold: 1, window_seconds: 0.5e3 } },
    { name: 'a', for_ms: 90_000, condition: { ...count, window_ms: 500_000, threshold: 1 } },
  ],
  ['the operator is ">" where none is given', { name: 'a', condition: { threshold: 100, window: '5m' } }, { name: 'a', condition: count }],
  ['nulls are absent', { name: 'a', description: null, condition: { ...count, recover_threshold: null } }, { name: 'a', condition: count }],
  [
    'numbers as their text, as they come of JSON',
    { name: 'a', condition: { ...count, threshold: '100.0' } },
    { name: 'a', condition: count },
  ],
  [
    'below',
    { name: 'a', condition: { threshold: 1, window: '5m', comparison: 'below' } },
    { name: 'a', no_data: 'fire', condition: { ...count, operator: '<', threshold: 1 } },
  ],
  [
    'at_least',
    { name: 'a', condition: { threshold: 1, window: '5m', comparison: 'at_least' } },
    { name: 'a', condition: { ...count, operator: '>=', threshold: 1 } },
  ],
  [
    'a comparison in the model',
    { name: 'a', condition: { kind: 'count', window: '5m', comparison: 'above', threshold: 100 } },
    { name: 'a', condition: count },
  ],
  [
    'rate',
    { name: 'a', condition: { threshold: 5, window: '1m', aggregation: 'rate' } },
    { name: 'a', condition: { kind: 'rate', window_ms: 60_000, operator: '>', threshold: 5 } },
  ],
  [
    'error_rate',
    { name: 'a', condition: { threshold: 0.01, window: '5m', aggregation: 'error_rate', minimum_lines: 100 } },
    {
      name: 'a',
      condition: { kind: 'ratio', part: 'level:>=ERROR', window_ms: 300_000, operator: '>', threshold: 0.01, minimum_lines: 100 },
    },
  ],
  [
    'p99 of a field',
    { name: 'a', condition: { threshold: 5000, window: '5m', aggregation: 'p99(latency_ms)' } },
    {
      name: 'a',
      condition: { kind: 'metric', attribute: 'latency_ms', aggregate: 'p99', window_ms: 300_000, operator: '>', threshold: 5000 },
    },
  ],
  [
    'avg with a field beside it',
    { name: 'a', condition: { threshold: 1, window: '5m', aggregation: 'avg', field: 'x.y' } },
    { name: 'a', condition: { kind: 'metric', attribute: 'x.y', aggregate: 'avg', window_ms: 300_000, operator: '>', threshold: 1 } },
  ],
  [
    'a filter as a query in C',
    { name: 'a', condition: { filter: 'timeout service:a', threshold: 100, window: '5m' } },
    { name: 'a', filter: 'timeout service:a', condition: count },
  ],
  [
    'a filter as an object beside the model',
    { name: 'a', filter: { service: ['a', 'b'] }, condition: count },
    { name: 'a', filter: 'service:(a OR b)', condition: count },
  ],
  [
    'query and fields together',
    { name: 'a', query: 'timeout', condition: { service: 'a', threshold: 100, window: '5m' } },
    { name: 'a', filter: '(timeout) AND (service:a)', condition: count },
  ],
  ['an empty query is all lines', { name: 'a', query: ' ', condition: { threshold: 100, window: '5m' } }, { name: 'a', condition: count }],
  [
    'values with blanks',
    { name: 'a', condition: { filter: { service: 'my service' }, threshold: 100, window: '5m' } },
    { name: 'a', filter: 'service:"my service"', condition: count },
  ],
  [
    'several conditions',
    {
      name: 'a',
      condition: {
        kind: 'all',
        conditions: [
          { kind: 'count', window: '5m', operator: 'above', threshold: 100 },
          { kind: 'absence', window: '1m' },
        ],
      },
    },
    { name: 'a', condition: { kind: 'all', conditions: [count, { kind: 'absence', window_ms: 60_000 }] } },
  ],
  [
    'a sequence',
    {
      name: 'a',
      condition: {
        kind: 'sequence',
        first: 'a',
        then: 'b',
        key: 'trace_id',
        within: '1m',
        expect: 'missing',
        window: '5m',
        operator: '>',
        threshold: 0,
      },
    },
    {
      name: 'a',
      condition: {
        kind: 'sequence',
        first: 'a',
        then: 'b',
        key: 'trace_id',
        within_ms: 60_000,
        expect: 'missing',
        window_ms: 300_000,
        operator: '>',
        threshold: 0,
      },
    },
  ],
  [
    'a channel by its name',
    { name: 'a', condition: count, actions: ['ops', { channel: 'night' }] },
    { name: 'a', condition: count, actions: [{ channel: 'ops' }, { channel: 'night' }] },
  ],
  [
    'severities in other words',
    {
      name: 'a',
      condition: count,
      actions: [
        { type: 'PagerDuty', severity: 'error' },
        { channel: 'x', severity: 'warn' },
      ],
    },
    {
      name: 'a',
      condition: count,
      severity: 'critical',
      actions: [
        { type: 'pagerduty', severity: 'critical' },
        { channel: 'x', severity: 'warning' },
      ],
    },
  ],
  [
    'the severity of the rule stands',
    { name: 'a', severity: 'info', condition: count, actions: [{ type: 'inbox', severity: 'critical' }] },
    { name: 'a', severity: 'info', condition: count, actions: [{ type: 'inbox', severity: 'critical' }] },
  ],
  [
    'what an answer tells besides',
    { id: '1', rule_id: '1', version: 3, state: 'ok', warnings: [], updated_at: 'x', rule: { name: 'a', condition: count } },
    { name: 'a', condition: count },
  ],
  [
    'muted until an instant',
    { name: 'a', condition: count, muted_until: '2026-03-01T12:00:00Z' },
    { name: 'a', condition: count, muted_until_ms: Date.UTC(2026, 2, 1, 12) },
  ],
  [
    'an own cooldown by address B',
    { name: 'a', cooldown: '1m', condition: count },
    { name: 'a', cooldown_ms: 60_000, condition: count },
    'B',
  ],
];

for (const [what, given, expected, design] of accepted) {
  test(`taken: ${what}`, () => {
    assert.deepEqual(readRule(given, design), { body: expected });
  });
}

const rejected: readonly (readonly [what: string, given: unknown, field: string, message: RegExp])[] = [
  ['no object', [], '', /must be an object/],
  ['no name', { condition: count }, 'name', /missing/],
  ['an empty name', { name: '', condition: count }, 'name', /must not be empty/],
  ['no condition', { name: 'a' }, 'condition', /missing/],
  ['a condition that is a text', { name: 'a', condition: 'x' }, 'condition', /must be an object/],
  ['an unknown member', { name: 'a', condition: count, cooldwn: '5m' }, 'cooldwn', /did you mean "cooldown"/],
  ['an unknown kind', { name: 'a', condition: { ...count, kind: 'counts' } }, 'condition.kind', /one of count, rate/],
  ['an unknown member of a kind', { name: 'a', condition: { ...count, treshold: 1 } }, 'condition.treshold', /did you mean "threshold"/],
  [
    'an unknown member of a design',
    { name: 'a', condition: { threshold: 1, window: '5m', servce: 'a' } },
    'condition.servce',
    /did you mean "service"/,
  ],
  ['no threshold', { name: 'a', condition: { window: '5m' } }, 'condition.threshold', /missing/],
  ['no window', { name: 'a', condition: { threshold: 1 } }, 'condition.window_ms', /missing/],
  ['a window without a unit', { name: 'a', condition: { threshold: 1, window: '300' } }, 'condition.window', /with a unit/],
  ['a window that is a number', { name: 'a', condition: { threshold: 1, window: 300 } }, 'condition.window', /with a unit/],
  ['a window that cannot be read', { name: 'a', condition: { threshold: 1, window: '5 parsecs' } }, 'condition.window', /with a unit/],
  ['a window below a second', { name: 'a', condition: { threshold: 1, window: '5ms' } }, 'condition.window_ms', /at least 1000/],
  ['a window twice', { name: 'a', condition: { threshold: 1, window: '5m', window_seconds: 300 } }, 'condition.window_seconds', /either/],
  ['a threshold that is a word', { name: 'a', condition: { ...count, threshold: 'many' } }, 'condition.threshold', /must be a number/],
  ['an unknown operator', { name: 'a', condition: { ...count, operator: '!=' } }, 'condition.operator', /one of/],
  [
    'operator and comparison',
    { name: 'a', condition: { threshold: 1, window: '5m', operator: '>', comparison: 'above' } },
    'condition.comparison',
    /either/,
  ],
  [
    'an unknown aggregation',
    { name: 'a', condition: { threshold: 1, window: '5m', aggregation: 'median' } },
    'condition.aggregation',
    /must be count/,
  ],
  [
    'an aggregation of no field',
    { name: 'a', condition: { threshold: 1, window: '5m', aggregation: 'p99' } },
    'condition.aggregation',
    /of which field/,
  ],
  [
    'an unknown quantile',
    { name: 'a', condition: { threshold: 1, window: '5m', aggregation: 'p42(x)' } },
    'condition.aggregate',
    /pattern/,
  ],
  ['a field for a count', { name: 'a', condition: { threshold: 1, window: '5m', field: 'x' } }, 'condition.field', /of lines/],
  [
    'a filter that is a number',
    { name: 'a', condition: { filter: 5, threshold: 1, window: '5m' } },
    'condition.filter',
    /a query, or an object/,
  ],
  ['a filter with an unknown level', { name: 'a', condition: { level: 'LOUD', threshold: 1, window: '5m' } }, 'condition.level', /level/],
  ['query and filter', { name: 'a', query: 'a', filter: 'b', condition: count }, 'query', /either/],
  ['action and actions', { name: 'a', action: {}, actions: [], condition: count }, 'action', /either/],
  ['actions that are no list', { name: 'a', actions: {}, condition: count }, 'actions', /must be a list/],
  [
    'an unknown member of an action',
    { name: 'a', actions: [{ type: 'slack', chanel: '#x' }], condition: count },
    'actions.0.chanel',
    /did you mean "channel"/,
  ],
  ['channel and to', { name: 'a', actions: [{ type: 'slack', channel: '#x', to: '#y' }], condition: count }, 'actions.0.channel', /either/],
  ['an unknown severity', { name: 'a', severity: 'loud', condition: count }, 'severity', /one of/],
  [
    'nested combinations',
    { name: 'a', condition: { kind: 'all', conditions: [count, { kind: 'any', conditions: [count, count] }] } },
    'condition.conditions.1.kind',
    /not nested/,
  ],
  ['a combination of one', { name: 'a', condition: { kind: 'any', conditions: [count] } }, 'condition.conditions', /2 to 10/],
  [
    'a wrong condition among several',
    { name: 'a', condition: { kind: 'any', conditions: [count, { ...count, threshold: null }] } },
    'condition.conditions.1.threshold',
    /missing/,
  ],
  ['the rule twice', { rule: { name: 'a', condition: count }, condition: count }, 'condition', /given twice/],
  ['a bad instant', { name: 'a', muted_until: 'tomorrow', condition: count }, 'muted_until', /must be a time/],
];

for (const [what, given, field, message] of rejected) {
  test(`refused: ${what}`, () => {
    const { problems = [] } = readRule(given);
    const found = problems.find((problem) => problem.field === field);
    assert.ok(found !== undefined, `no problem at "${field}": ${JSON.stringify(problems)}`);
    assert.match(found.message, message);
  });
}

test('everything that is wrong is told at once', () => {
  const { problems = [] } = readRule({ name: '', severty: 'x', condition: { kind: 'count', threshold: 'x', window: '5' } });
  assert.deepEqual(problems.map(({ field }) => field).sort(), [
    'condition.operator',
    'condition.threshold',
    'condition.window',
    'name',
    'severty',
  ]);
});
