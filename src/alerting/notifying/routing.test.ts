import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LabelSet, Route } from '../notification-rules.ts';
import { createRouter, groupLabelsOf } from './routing.ts';

const defaults = { groupWaitMs: 1, groupIntervalMs: 2, repeatIntervalMs: 3 };
const is = (label: string, value: string) => ({ label, value });

const tree: Route = {
  channels: ['inbox'],
  group_by: ['rule_id'],
  group_interval_ms: 20,
  routes: [
    { name: 'audit', match: [is('audit', 'yes')], channels: ['archive'], continue: true },
    {
      name: 'payments',
      match: [{ label: 'service', operator: '=~', value: 'pay.*|checkout' }],
      channels: ['pay-chat'],
      group_by: ['service'],
      routes: [
        {
          name: 'pay day',
          match: [is('severity', 'critical')],
          active: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00', zone: 'Europe/Berlin' }],
          channels: ['pay-office'],
        },
        {
          name: 'pay night',
          match: [is('severity', 'critical')],
          channels: ['pay-pager'],
          escalation: [{ after_ms: 5000, channels: ['boss'] }],
        },
      ],
    },
    {
      name: 'not prod',
      match: [
        { label: 'env', operator: '!=', value: 'prod' },
        { label: 'env', operator: '!~', value: '' },
      ],
      channels: [],
    },
  ],
};

const noon = Date.UTC(2026, 0, 7, 11);
const night = Date.UTC(2026, 0, 7, 23);
const sunday = Date.UTC(2026, 0, 11, 11);

const cases: readonly (readonly [what: string, labels: LabelSet, atMs: number, paths: readonly string[], channels: readonly string[]])[] = [
  ['nothing matches: the root', { service: 'other' }, noon, ['/'], ['inbox']],
  ['by an expression over the whole value', { service: 'payment' }, noon, ['/1'], ['pay-chat']],
  ['the expression must match all of it', { service: 'my-checkout' }, noon, ['/'], ['inbox']],
  ['within hours', { service: 'checkout', severity: 'critical' }, noon, ['/1/0'], ['pay-office']],
  ['outside of them the next', { service: 'checkout', severity: 'critical' }, night, ['/1/1'], ['pay-pager']],
  ['on a day off the next', { service: 'checkout', severity: 'critical' }, sunday, ['/1/1'], ['pay-pager']],
  ['continue: both', { service: 'pay', audit: 'yes' }, noon, ['/0', '/1'], ['archive', 'pay-chat']],
  ['continue, and nothing behind it', { audit: 'yes' }, noon, ['/0'], ['archive']],
  ['not equal, and there at all', { env: 'test' }, noon, ['/2'], []],
  ['a label that is not there is empty', {}, noon, ['/'], ['inbox']],
  ['a value that looks like a prototype member', { service: 'constructor' }, noon, ['/'], ['inbox']],
];

for (const [what, labels, atMs, paths, channels] of cases) {
  test(`routing: ${what}`, () => {
    const plans = createRouter({ route: tree }, defaults).route(labels, atMs);
    assert.deepEqual(
      plans.map(({ path }) => path),
      paths,
    );
    assert.deepEqual(
      plans.flatMap((plan) => plan.channels),
      channels,
    );
  });
}

test('what a route does not say it has from its parent, the root from the settings', () => {
  const [plan] = createRouter({ route: tree }, defaults).route({ service: 'pay', severity: 'critical' }, night);
  const { groupBy, groupWaitMs, groupIntervalMs, repeatIntervalMs, escalation } = plan;
  assert.deepEqual([groupBy, groupWaitMs, groupIntervalMs, repeatIntervalMs], [['service'], 1, 20, 3]);
  assert.deepEqual(escalation, [{ after_ms: 5000, channels: ['boss'] }]);
});

test('every route that was looked at says why', () => {
  const { steps } = createRouter({ route: tree }, defaults).explain({ service: 'pay', severity: 'critical' }, night);
  assert.deepEqual(
    steps.map(({ path, isMatched, isTaken, reason }) => [path, isMatched, isTaken, reason]),
    [
      ['/', true, false, 'takes everything'],
      ['/0', false, false, 'audit is "", not audit="yes"'],
      ['/1', true, false, 'all its matchers hold'],
      ['/1/0', false, false, 'it is outside its hours'],
      ['/1/1', true, true, 'all its matchers hold'],
    ],
  );
});

test('groups are by the labels, or each apart', () => {
  const labels = { service: 'a', host: 'h' };
  assert.deepEqual(groupLabelsOf({ groupBy: ['service', 'region'] }, labels), { service: 'a', region: '' });
  assert.deepEqual(groupLabelsOf({ groupBy: ['...'] }, labels), labels);
  assert.deepEqual(groupLabelsOf({ groupBy: [] }, labels), {});
});

test('expressions that could run for ever are refused', () => {
  for (const value of ['(', '(?=a)b', '(a)\\1']) {
    assert.throws(() => createRouter({ route: { routes: [{ match: [{ label: 'a', operator: '=~', value }] }] } }, defaults), {
      code: 'bad_request',
    });
  }
});
