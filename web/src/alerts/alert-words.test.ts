import assert from 'node:assert/strict';
import test from 'node:test';
import type { Condition, Incident } from '../api/operations.ts';
import { conditionWords, groupWords, thresholdsOf, valueWords } from './condition-words.ts';
import { alertsProblems } from './evaluation-problems.ts';
import { flagsOf } from './incident-flags.ts';
import { byUrgency, suppressionOf } from './incident-words.ts';
import { isAlertRule } from './rule-model.ts';

const count: Condition = { kind: 'count', window_ms: 300_000, operator: '>', threshold: 100 };
const share: Condition = {
  kind: 'ratio',
  part: 'level>=ERROR',
  window_ms: 300_000,
  operator: '>',
  threshold: 0.01,
  recover_threshold: 0.005,
};

test('conditions, their values and thresholds in words', () => {
  const cases: readonly (readonly [Condition, string])[] = [
    [count, 'lines in 5 min > 100'],
    [{ ...count, filter: 'service:a' }, 'lines of service:a in 5 min > 100'],
    [share, 'share of level>=ERROR over 5 min > 1 %'],
    [{ kind: 'all', conditions: [count, { kind: 'absence', window_ms: 60_000 }] }, 'lines in 5 min > 100 and no line for 1 min'],
    [{ kind: 'budget', unit: 'bytes', period: 'day', threshold: 1e10, warn_at: 0.8 }, 'bytes of a day over 80 % of 10 GB'],
    [{ kind: 'silent_source', source: 'host' }, 'a host has gone silent'],
  ];
  for (const [condition, words] of cases) assert.equal(conditionWords(condition), words);
  assert.equal(valueWords(share, 0.25), '25 %');
  assert.equal(valueWords({ kind: 'absence', window_ms: 1000 }, 90), '1 min 30 s');
  assert.equal(valueWords({ ...count, kind: 'change', against: 'day_before', measure: 'percent' }, 120), '+120 %');
  assert.deepEqual(thresholdsOf({ condition: share }), [
    { value: 0.01, label: '> 1 %' },
    { value: 0.005, label: 'back at 0.5 %' },
  ]);
  assert.deepEqual(thresholdsOf({ condition: { kind: 'all', conditions: [count, count] } }), []);
  assert.equal(groupWords({ service: 'cart', host: '' }), 'service cart, host (none)');
});

test('what people type as JSON is a rule only where a form can show it', () => {
  const cases: readonly (readonly [unknown, boolean])[] = [
    [{ name: 'a', condition: count }, true],
    [{ name: 'a', condition: { kind: 'any', conditions: [count] } }, true],
    [{ name: 'a', query: 'x', condition: { threshold: 1, window: '5m' } }, false],
    [{ name: 'a', condition: { kind: 'any', conditions: [{ kind: 'no such kind' }] } }, false],
    [{ condition: count }, false],
    [[], false],
    [null, false],
  ];
  for (const [value, expected] of cases) assert.equal(isAlertRule(value), expected, JSON.stringify(value));
});

const incident = (facts: Partial<Incident>): Incident => ({
  id: 'i',
  rule_id: 'r',
  rule_version: 1,
  rule_name: 'rule',
  severity: 'warning',
  group: {},
  labels: {},
  state: 'firing',
  began_at: '2026-11-21T10:00:00.000Z',
  fired_at: '2026-11-21T10:00:00.000Z',
  late_ms: 0,
  samples: [],
  suppressed_by: [],
  ...facts,
});

test('what needs somebody first: open, not taken, worse, newer', () => {
  const over = incident({ id: 'over', state: 'resolved', severity: 'critical' });
  const taken = incident({ id: 'taken', severity: 'critical', acknowledged_at: '2026-11-21T10:01:00Z' });
  const mild = incident({ id: 'mild', severity: 'info' });
  const older = incident({ id: 'older', severity: 'critical', began_at: '2026-11-21T09:00:00.000Z' });
  const newer = incident({ id: 'newer', severity: 'critical' });
  const order = [over, mild, taken, older, newer].toSorted(byUrgency).map(({ id }) => id);
  assert.deepEqual(order, ['newer', 'older', 'mild', 'taken', 'over']);
});

test('why nobody is told leads to what keeps them from it', () => {
  const hrefOf = (reason: string): string | undefined => suppressionOf(reason, { rule_id: 'r 1' }).href;
  assert.equal(hrefOf('silence:s1'), '/alerts/silences?id=s1');
  assert.equal(hrefOf('mute'), '/alerts/rules/r%201');
  assert.equal(hrefOf('maintenance:weekly: database'), '/alerts/maintenance');
  assert.equal(hrefOf('inhibited:i2'), '/alerts/incidents/i2');
  assert.deepEqual(suppressionOf('moon:full', { rule_id: 'r' }), { text: 'moon:full', href: undefined });
});

test('incidents that fire closely together share a flag; what has not fired has none', () => {
  const range = { fromMs: Date.parse('2026-11-21T10:00:00Z'), toMs: Date.parse('2026-11-21T11:00:00Z') };
  const at = (minute: string, facts: Partial<Incident> = {}): Incident =>
    incident({ id: minute, fired_at: `2026-11-21T10:${minute}:00.000Z`, ...facts });
  const flags = flagsOf(
    [
      at('30'),
      at('10', { resolved_at: '2026-11-21T10:40:00.000Z' }),
      at('31'),
      incident({ fired_at: undefined }),
      incident({ fired_at: '2026-11-21T12:00:00Z' }),
    ],
    range,
  );
  assert.deepEqual(
    flags.map(({ incidents }) => incidents.map(({ id }) => id)),
    [['10'], ['30'], ['31']],
  );
  assert.deepEqual([flags[0].isOver, flags[0].spans[0].to.toFixed(3), flags[1].spans[0].to], [true, '0.667', 1]);
  const close = flagsOf([at('30', { id: 'a' }), at('30', { id: 'b', severity: 'critical' })], range);
  assert.deepEqual([close.length, close[0].severity], [1, 'critical']);
  const before = flagsOf([incident({ fired_at: '2026-11-21T09:00:00.000Z' })], range);
  assert.equal(before[0].at, 0, 'what fired before the range stands at its edge');
});

test('what keeps alerts from being in time is told; nothing where all is well, or where nothing is known', () => {
  const textsOf = (status: unknown): readonly string[] => alertsProblems(status).map(({ text }) => text);
  assert.deepEqual(textsOf(undefined), []);
  assert.deepEqual(textsOf({ state: 'running', lag_ms: 800, notifications: { dead_channels: 0 } }), []);
  assert.deepEqual(textsOf({ state: 'catching_up', lag_ms: 120_000 }), ['the evaluation of alerts is 2 min behind: incidents come late']);
  assert.deepEqual(textsOf({ problem: 'no space left', lag_ms: 120_000, notifications: { dead_channels: 2 } }), [
    'alerts are not evaluated: no space left',
    '2 channels of alerts take no messages',
  ]);
  assert.deepEqual(textsOf({ state: 'disabled' }), ['alerts are switched off (setting alerts.enabled)']);
});
