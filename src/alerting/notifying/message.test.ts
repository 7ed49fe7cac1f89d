import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Incident } from '#metadata/alert-records.ts';
import { incidentOf } from '#metadata/alert-records.contract.ts';
import type { AlertRuleBody } from '../alert-rule.ts';
import { linesQueryOf, linesUrlOf, windowMsOf } from './explorer-links.ts';
import { composeNotification, fillTemplate, fitToChannel } from './message.ts';
import type { MessageFacts } from './message.ts';

const firedMs = Date.UTC(2026, 0, 7, 12);
const sample = {
  id: '1',
  timestamp: '2026-01-07T11:59:00.000Z',
  level: 'ERROR',
  service: 'pay',
  host: 'h',
  message: 'boom',
  traceId: 'abc',
  patternId: 'f00d',
};
const incident = (facts: Partial<Incident> = {}): Incident =>
  incidentOf('i1', {
    ruleName: 'Errors',
    group: { service: 'pay', region: '' },
    beganMs: firedMs - 60_000,
    firedMs,
    value: 312,
    samples: [sample, sample, sample],
    ...facts,
  });
const rule: AlertRuleBody = {
  name: 'Errors',
  filter: 'level:ERROR',
  runbook_url: 'https://runbooks.example/errors',
  condition: { kind: 'count', window_ms: 300_000, operator: '>', threshold: 100, filter: 'timeout OR refused' },
  sample_lines: 2,
};

const options = { publicUrl: 'https://logs.example.com/', linesMarginMs: 60_000, sampleLines: 5 };

function compose(facts: Partial<MessageFacts> = {}, body: AlertRuleBody | undefined = rule) {
  const all = {
    kind: 'fired',
    groupKey: 'g',
    id: 'g-1',
    atMs: firedMs + 90_000,
    incidents: [incident()],
    firingCount: 1,
    resolvedCount: 0,
    ruleOf: () => body,
    ...facts,
  } as const;
  return composeNotification(all, options);
}

test('one incident: what, since when, how bad', () => {
  const { title, text, severity, moreIncidents, incidents } = compose();
  assert.equal(title, 'Errors: pay');
  assert.equal(text, 'Value 312, > 100 over 5m.\nFiring since 2026-01-07 12:00:00 UTC (1 min 30 s), severity critical.');
  assert.deepEqual([severity, moreIncidents], ['critical', 0]);
  const [{ incident: told, runbookUrl, incidentUrl }] = incidents;
  assert.deepEqual([told.samples.length, runbookUrl, incidentUrl], [2, rule.runbook_url, 'https://logs.example.com/alerts/incidents/i1']);
});

const texts: readonly (readonly [what: string, facts: Partial<MessageFacts>, text: RegExp])[] = [
  ['escalated', { kind: 'escalated' }, /Nobody has acknowledged it\.$/],
  ['repeated', { kind: 'repeated' }, /Still firing, and nobody has acknowledged it\.$/],
  ['acknowledged', { kind: 'acknowledged', incidents: [incident({ acknowledgedBy: 'ann: on it' })] }, /Acknowledged by ann: on it\.$/],
  [
    'resolved',
    { kind: 'resolved', incidents: [incident({ state: 'ok', resolvedMs: firedMs + 7_500_000 })], firingCount: 0, resolvedCount: 1 },
    /Resolved 2026-01-07 14:05:00 UTC after 2 h 5 min; it fired 2026-01-07 12:00:00 UTC\.$/,
  ],
  ['told late', { incidents: [incident({ lateMs: 10_800_000 })] }, /Told late: the evaluation was 3 h behind\.$/],
  ['several', { firingCount: 3, resolvedCount: 2 }, /3 firing, 2 resolved\.$/],
  ['a detail', { incidents: [incident({ value: undefined, detail: 'new pattern: <*> failed' })] }, /^new pattern: <\*> failed\nFiring/],
  ['failed', { incidents: [incident({ state: 'failed' })] }, /The rule cannot be evaluated since/],
  ['no data', { incidents: [incident({ state: 'no_data' })] }, /No data since/],
];

for (const [what, facts, text] of texts) test(`the text of a message: ${what}`, () => assert.match(compose(facts).text, text));

test('several incidents are counted; the worst says how bad', () => {
  const incidents = [incident({ severity: 'info' }), incident({ id: 'i2', severity: 'warning', ruleName: 'Others' })];
  const { title, severity, moreIncidents } = compose({ incidents, firingCount: 40, resolvedCount: 2 });
  assert.deepEqual([title, severity, moreIncidents], ['Errors and others: 40 firing, 2 resolved', 'warning', 40]);
});

test('templates put values in and run nothing', () => {
  const body = {
    ...rule,
    summary: '{{group.service}}: {{value}} over {{threshold}} in {{window}} ({{labels.team}}{{labels.constructor}}{{group.nothing}})',
  };
  assert.equal(compose({}, body).title, 'pay: 312 over 100 in 5m (money)');
  const hostile = incident({ group: { service: '{{value}}' } });
  assert.equal(
    fillTemplate('{{group.service}} {{state}} {{severity}} {{rule}} {{since}}', hostile, rule),
    '{{value}} firing critical Errors 2026-01-07 12:00:00 UTC',
  );
  const fitted = fitToChannel(
    compose(),
    { type: 'webhook', settings: {}, title: '[{{severity}}] {{rule}}', text: '{{detail}}', sample_lines: 1 },
    () => rule,
  );
  assert.deepEqual([fitted.title, fitted.text, fitted.incidents[0].incident.samples.length], ['[critical] Errors', '', 1]);
});

test('the frozen view has the filter, the group and the time', () => {
  const url = new URL(linesUrlOf(incident(), rule, firedMs, options));
  assert.equal(url.pathname, '/explore');
  assert.equal(url.searchParams.get('q'), 'level:ERROR AND (timeout OR refused) AND service:pay AND NOT region:*');
  assert.equal(url.searchParams.get('from'), '2026-01-07T11:53:00.000Z');
  assert.equal(url.searchParams.get('to'), '2026-01-07T12:01:00.000Z');
  assert.equal(linesUrlOf(incident(), rule, firedMs, { ...options, publicUrl: '' }), '');
});

test('a query of a group without a rule, with values that need quotes, or with a filter that cannot be read', () => {
  assert.equal(linesQueryOf({ group: {} }, undefined), '');
  assert.equal(linesQueryOf({ group: { path: 'a b"c', level: 'ERROR' } }, undefined), 'path:"a b\\"c" AND level:ERROR');
  assert.equal(linesQueryOf({ group: { host: 'h' } }, { ...rule, filter: '((' }), '(timeout OR refused) AND host:h');
});

test('how far back a condition looks', () => {
  const combined = { kind: 'all', conditions: [rule.condition, { ...rule.condition, window_ms: 3_600_001 }] } as AlertRuleBody['condition'];
  assert.deepEqual([windowMsOf(rule.condition), windowMsOf(combined), windowMsOf(undefined)], [300_000, 3_600_001, 3_600_000]);
});
