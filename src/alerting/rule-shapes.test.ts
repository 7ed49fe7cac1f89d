import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AlertRuleBody } from './alert-rule.ts';
import { readRule } from './rule-input.ts';
import { shapeOf } from './rule-shapes.ts';

const spike: AlertRuleBody = {
  name: 'Payment errors spike',
  filter: 'service:payment-service AND level:ERROR',
  condition: { kind: 'count', window_ms: 300_000, operator: '>', threshold: 100 },
  actions: [
    { type: 'pagerduty', severity: 'critical' },
    { type: 'slack', to: '#payments-oncall' },
  ],
  severity: 'critical',
  cooldown_ms: 900_000,
};

test('a rule is told in the words of each design', () => {
  const { actions, ...a } = shapeOf(spike, 'A');
  const further = { name: 'Payment errors spike', severity: 'critical', cooldown: '15m' };
  assert.deepEqual(a, {
    ...further,
    query: 'service:payment-service AND level:ERROR',
    condition: { threshold: 100, window: '5m', operator: '>' },
  });
  assert.deepEqual(shapeOf({ ...spike, actions: [{ type: 'webhook', url: 'https://example.com' }] }, 'B'), {
    ...further,
    condition: { service: 'payment-service', level: 'ERROR', threshold: 100, window_seconds: 300, aggregation: 'count' },
    action: { type: 'webhook', url: 'https://example.com' },
  });
  assert.deepEqual(shapeOf(spike, 'C'), {
    ...further,
    condition: { filter: { service: 'payment-service', level: 'ERROR' }, threshold: 100, window: '5m', comparison: 'above' },
    actions: [
      { type: 'pagerduty', severity: 'critical' },
      { type: 'slack', channel: '#payments-oncall' },
    ],
  });
  assert.deepEqual(actions, [
    { type: 'pagerduty', severity: 'critical' },
    { type: 'slack', channel: '#payments-oncall' },
  ]);
});

test('what a design has no words for is told as the model says it', () => {
  const condition = { kind: 'absence', window_ms: 60_000, filter: 'host:a' } as const;
  assert.deepEqual(shapeOf({ name: 'a', filter: 'x', condition }, 'C'), { name: 'a', filter: 'x', condition });
});

const span = fc.integer({ min: 1, max: 86_400 }).map((seconds) => seconds * 1000);
const threshold = fc.oneof(
  fc.integer({ min: -1000, max: 1_000_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }).map((value) => value + 0),
);
const compared = {
  window_ms: span,
  operator: fc.constantFrom('>', '>=', '<', '<=', '='),
  threshold,
};
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const simple = fc.oneof(
  fc.record({ kind: fc.constant('count'), ...compared, recover_threshold: optional(threshold) }),
  fc.record({ kind: fc.constant('rate'), ...compared, filter: optional(fc.constant('service:b')) }),
  fc.record({
    kind: fc.constant('ratio'),
    part: fc.constantFrom('level:>=ERROR', 'timeout'),
    ...compared,
    minimum_lines: optional(fc.nat()),
  }),
  fc.record({
    kind: fc.constant('metric'),
    attribute: fc.constantFrom('latency_ms', 'a.b'),
    aggregate: fc.constantFrom('avg', 'p99', 'p99.9', 'distinct'),
    ...compared,
  }),
  fc.record({ kind: fc.constant('absence'), window_ms: span }),
);
const action = fc.oneof(
  fc.record({ channel: fc.constantFrom('ops', 'night') }),
  fc.record({ type: fc.constant('slack'), to: fc.constantFrom('#a', '#b'), severity: optional(fc.constantFrom('info', 'warning')) }),
  fc.record({ type: fc.constant('webhook'), url: fc.webUrl() }),
);
const rule = fc.record({
  name: fc.string({ minLength: 1, maxLength: 50 }),
  enabled: optional(fc.boolean()),
  severity: fc.constantFrom('info', 'warning', 'critical'),
  labels: optional(fc.dictionary(fc.constantFrom('team', 'tier'), fc.string())),
  filter: optional(
    fc.constantFrom('service:a', 'service:a AND level:ERROR', 'timeout', 'service:(a OR b)', 'NOT host:x', 'level>=WARN "a b"'),
  ),
  group_by: optional(fc.constantFrom(['service'], ['service', 'host'])),
  condition: fc.oneof(
    simple,
    fc.record({ kind: fc.constantFrom('all', 'any'), conditions: fc.array(simple, { minLength: 2, maxLength: 3 }) }),
  ),
  for_ms: optional(span),
  keep_firing_ms: optional(span),
  cooldown_ms: fc.oneof(span, fc.constant(0)),
  no_data: optional(fc.constantFrom('ok', 'keep', 'fire')),
  actions: optional(fc.array(action, { maxLength: 3 })),
});

/** As JSON has it: nothing undefined in it. */
const plain = (value: unknown): AlertRuleBody => JSON.parse(JSON.stringify(value)) as AlertRuleBody;

for (const design of ['A', 'B', 'C'] as const) {
  test(`what is told in the shape of ${design} and read back is the same rule`, () => {
    fc.assert(
      fc.property(rule, (made) => {
        const body = plain(made);
        assert.deepEqual(readRule(plain(shapeOf(body, design)), design), { body });
      }),
    );
  });
}

test('the model reads as itself', () => {
  fc.assert(
    fc.property(rule, (made) => {
      assert.deepEqual(readRule(plain(made)), { body: plain(made) });
    }),
  );
});

test('reading never throws, whatever is given', () => {
  fc.assert(
    fc.property(
      fc.object({
        key: fc.constantFrom('name', 'condition', 'kind', 'threshold', 'window', 'actions', 'filter', 'rule', 'type', '0'),
        maxDepth: 4,
      }),
      (given) => {
        readRule(given);
        readRule({ name: 'a', ...given });
      },
    ),
  );
});
