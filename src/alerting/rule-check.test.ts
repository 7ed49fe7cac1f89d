import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultQueryConfig } from '#language/config.ts';
import type { AlertRuleBody, SimpleCondition } from './alert-rule.ts';
import { checkRule } from './rule-check.ts';
import type { RuleSurroundings } from './rule-check.ts';

const surroundings: RuleSurroundings = {
  config: { max_window: 3_600_000, max_group_by: 2, max_rule_bytes: 10_000 },
  queryConfig: defaultQueryConfig,
  channels: new Map([
    ['ops', 'slack'],
    ['night', 'pagerduty'],
  ]),
  fields: new Set(['latency_ms', 'order_id', 'http.status']),
};
const count: SimpleCondition = { kind: 'count', window_ms: 300_000, operator: '>', threshold: 100 };
const sequence: SimpleCondition = {
  ...{ kind: 'sequence', first: 'begin', then: 'end', key: 'trace_id', within_ms: 60_000, expect: 'missing' },
  ...{ window_ms: 300_000, operator: '>', threshold: 0 },
};
const rule = (members: Partial<AlertRuleBody>): AlertRuleBody => ({ name: 'a', condition: count, ...members });

test('rules that are right have neither problems nor warnings', () => {
  const right: Partial<AlertRuleBody>[] = [
    {},
    { filter: 'service:payment-service AND level:ERROR', group_by: ['host', 'order_id'] },
    { condition: sequence, group_by: ['service'] },
    { condition: { kind: 'ratio', part: 'level:>=ERROR', window_ms: 300_000, operator: '>', threshold: 0.01, recover_threshold: 0.005 } },
    { condition: { ...count, operator: '<', threshold: 1, recover_threshold: 5 }, no_data: 'fire' },
    { condition: { kind: 'metric', attribute: 'latency_ms', aggregate: 'p99', window_ms: 60_000, operator: '>', threshold: 5000 } },
    { condition: { kind: 'any', conditions: [count, { kind: 'absence', window_ms: 60_000 }] } },
    { condition: { kind: 'silent_source', source: 'host', minimum_silence_ms: 60_000, forget_after_ms: 3_600_000 } },
    { summary: '{{rule}}: {{value}} of {{group.host}} for {{labels.team}}', group_by: ['host'], labels: { team: 'pay' } },
    {
      actions: [
        { channel: 'ops' },
        { channel: 'inbox' },
        { type: 'slack', to: '#a' },
        { type: 'webhook', url: 'https://example.com/a' },
        { type: 'inbox' },
      ],
    },
    { runbook_url: 'https://wiki.example.com/a?b=c' },
    { condition: { kind: 'silent_source', source: 'host' }, summary: '{{group.host}} {{labels.host}} is silent' },
  ];
  for (const members of right)
    assert.deepEqual(checkRule(rule(members), surroundings), { problems: [], warnings: [] }, JSON.stringify(members));
});

/** What is wrong, where, and how it is told. */
const wrong: readonly (readonly [what: string, members: Partial<AlertRuleBody>, field: string, message: RegExp])[] = [
  ['a blank name', { name: ' ' }, 'name', /blank/],
  ['a filter that does not parse', { filter: 'service:(a OR' }, 'filter', /./],
  ['a filter of the condition that does not parse', { condition: { ...count, filter: '(a' } }, 'condition.filter', /not closed/],
  ['a filter with pipes', { filter: 'error | stats count()' }, 'filter', /pipes/],
  ['an unknown level', { filter: 'level:LOUD' }, 'filter', /levels are/],
  [
    'a part that is everything',
    { condition: { kind: 'ratio', part: '', window_ms: 1000, operator: '>', threshold: 0.5 } },
    'condition.part',
    /every line/,
  ],
  [
    'a window over the bound',
    { condition: { ...count, window_ms: 7_200_000 } },
    'condition.window_ms',
    /2h is over.*1h.*alerts\.max_window/,
  ],
  ['a hold over the bound', { for_ms: 7_200_000 }, 'for_ms', /alerts\.max_window/],
  ['a cooldown of a month', { cooldown_ms: 30 * 86_400_000 }, 'cooldown_ms', /mute/],
  ['too many fields', { group_by: ['host', 'service', 'order_id'] }, 'group_by', /alerts\.max_group_by/],
  ['a field twice', { group_by: ['host', 'host'] }, 'group_by.1', /twice/],
  ['a channel that is not there', { actions: [{ channel: 'opss' }] }, 'actions.0.channel', /did you mean "ops"/],
  ['an action of nothing', { actions: [{ severity: 'info' }] }, 'actions.0', /needs "channel"/],
  ['an unknown type of channel', { actions: [{ type: 'pagerdutty' }] }, 'actions.0.type', /did you mean "pagerduty"/],
  ['an address for PagerDuty', { actions: [{ type: 'pagerduty', url: 'https://x.example' }] }, 'actions.0.url', /only a webhook/],
  ['a webhook that is no address', { actions: [{ type: 'webhook', url: 'ftp://x' }] }, 'actions.0.url', /must be an address/],
  ['a password in an address', { actions: [{ type: 'webhook', url: 'https://a:b@x.example' }] }, 'actions.0.url', /password/],
  ['a place for PagerDuty', { actions: [{ type: 'pagerduty', to: 'x' }] }, 'actions.0.to', /no place/],
  ['a mail to nobody', { actions: [{ type: 'email', to: 'oncall' }] }, 'actions.0.to', /oncall@example\.com/],
  ['a template with an unknown name', { summary: 'x {{valu}}' }, 'summary', /did you mean "value"/],
  ['a template with a field that is no group', { summary: '{{group.host}}' }, 'summary', /does not know/],
  ['a template that is not closed', { summary: 'x {{value' }, 'summary', /not closed/],
  ['a runbook that is a script', { runbook_url: 'javascript:alert(1)' }, 'runbook_url', /address/],
  ['a label that means the rule itself', { labels: { severity: 'x' } }, 'labels.severity', /rule's own/],
  ['a label with blanks', { labels: { 'a b': 'x' } }, 'labels.a b', /begins with/],
  [
    'a ratio over 1',
    { condition: { kind: 'ratio', part: 'a', window_ms: 1000, operator: '>', threshold: 1 } },
    'condition.threshold',
    /never.*1 % is 0\.01/,
  ],
  ['a count below nothing', { condition: { ...count, operator: '<', threshold: 0 } }, 'condition.threshold', /never/],
  ['a count that is always met', { condition: { ...count, operator: '>=', threshold: 0 } }, 'condition.threshold', /always/],
  [
    'a fall by more than everything',
    { condition: { kind: 'change', window_ms: 1000, against: 'day_before', measure: 'percent', operator: '<', threshold: -150 } },
    'condition.threshold',
    /never/,
  ],
  ['hysteresis above', { condition: { ...count, recover_threshold: 101 } }, 'condition.recover_threshold', /not be over/],
  ['hysteresis below', { condition: { ...count, operator: '<', recover_threshold: 99 } }, 'condition.recover_threshold', /not be under/],
  [
    'hysteresis of equality',
    { condition: { ...count, operator: '=', recover_threshold: 99 } },
    'condition.recover_threshold',
    /no hysteresis/,
  ],
  [
    'a sequence longer than its window',
    { condition: { ...sequence, within_ms: 600_000 } as SimpleCondition },
    'condition.within_ms',
    /not be longer/,
  ],
  [
    'forgotten before it is silent',
    { condition: { kind: 'silent_source', source: 'host', minimum_silence_ms: 60_000, forget_after_ms: 60_000 } },
    'condition.forget_after_ms',
    /longer/,
  ],
  ['absence that fires on no data', { condition: { kind: 'absence', window_ms: 60_000 }, no_data: 'fire' }, 'no_data', /already/],
  [
    'one condition of several',
    { condition: { kind: 'all', conditions: [count, { ...count, filter: '"a' }] } },
    'condition.conditions.1.filter',
    /./,
  ],
  ['a rule that is too large', { description: 'x'.repeat(10_000) }, '', /alerts\.max_rule_bytes/],
];

for (const [what, members, field, message] of wrong) {
  test(`refused: ${what}`, () => {
    const { problems } = checkRule(rule(members), surroundings);
    assert.equal(problems.length, 1, JSON.stringify(problems));
    assert.equal(problems[0].field, field);
    assert.match(problems[0].message, message);
  });
}

const doubtful: readonly (readonly [what: string, members: Partial<AlertRuleBody>, field: string, message: RegExp])[] = [
  ['an unknown field', { filter: 'latency:>5' }, 'filter', /no line has a field "latency"/],
  ['a misspelt field', { filter: 'lantency_ms:>5' }, 'filter', /did you mean "latency_ms"/],
  [
    'an unknown attribute',
    { condition: { kind: 'metric', attribute: 'latencyms', aggregate: 'p99', window_ms: 1000, operator: '>', threshold: 5 } },
    'condition.attribute',
    /did you mean "latency_ms"/,
  ],
  ['an unknown group', { group_by: ['ordr_id'] }, 'group_by.0', /did you mean "order_id"/],
  ['groups by trace', { group_by: ['trace_id'] }, 'group_by.0', /only the largest/],
  ['a type without a channel', { actions: [{ type: 'opsgenie' }] }, 'actions.0', /nobody is told/],
  [
    'equality of a measure',
    { condition: { kind: 'rate', window_ms: 1000, operator: '=', threshold: 5 } },
    'condition.operator',
    /hardly ever/,
  ],
  ['few lines, but not none', { condition: { ...count, operator: '<' } }, 'no_data', /counts as ok/],
  ['a sequence of the same', { condition: { ...sequence, then: 'begin' } as SimpleCondition }, 'condition.then', /same query/],
];

for (const [what, members, field, message] of doubtful) {
  test(`warned of: ${what}`, () => {
    const { problems, warnings } = checkRule(rule(members), surroundings);
    assert.deepEqual(problems, []);
    assert.equal(warnings.length, 1, JSON.stringify(warnings));
    assert.equal(warnings[0].field, field);
    assert.match(warnings[0].message, message);
  });
}

test('the place in a query is told', () => {
  const [problem] = checkRule(rule({ filter: 'service:a AND' }), surroundings).problems;
  assert.deepEqual([problem.field, problem.code, problem.position], ['filter', 'query_syntax', 13]);
  const [warning] = checkRule(rule({ filter: 'a AND ordr_id:5' }), surroundings).warnings;
  assert.deepEqual([warning.position, warning.length], [6, 9]);
  const [unknown] = checkRule(rule({ summary: 'a {{b}}' }), surroundings).problems;
  assert.deepEqual([unknown.position, unknown.length], [2, 5]);
});

test('where neither channels nor fields are known, they are not checked', () => {
  const { config, queryConfig } = surroundings;
  const body = rule({ filter: 'nothing.has.this:5', actions: [{ channel: 'x' }, { type: 'teams' }] });
  assert.deepEqual(checkRule(body, { config, queryConfig }), { problems: [], warnings: [] });
});
