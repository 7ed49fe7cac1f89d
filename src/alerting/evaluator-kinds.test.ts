/** The kinds about silence, sequences, patterns and volume, in the evaluator: from the lines of the log to incidents. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownInstant } from '#base/shown-times.ts';
import type { AlertRuleBody, SimpleCondition } from './alert-rule.ts';
import type { KnownBefore } from './condition-state.ts';
import type { EvaluatorOptions } from './evaluator.ts';
import { Evaluator } from './evaluator.ts';
import { batchOf, defaults, ruleOf, Scene, startMs } from './evaluator.test-support.ts';
import type { Line } from './evaluator.test-support.ts';

const secondMs = 1000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

type Body = Partial<AlertRuleBody> & Pick<AlertRuleBody, 'condition'>;

const absence = (windowMs: number): SimpleCondition => ({ kind: 'absence', window_ms: windowMs });
const silentHost: SimpleCondition = { kind: 'silent_source', source: 'host', learn_ms: 0, minimum_silence_ms: minuteMs };
const unanswered: SimpleCondition = {
  kind: 'sequence',
  first: 'message:begun',
  then: 'message:done',
  key: 'order_id',
  within_ms: 10_000,
  expect: 'missing',
  window_ms: minuteMs,
  operator: '>',
  threshold: 0,
};
const newPattern: SimpleCondition = { kind: 'new_pattern', window_ms: minuteMs, learn_ms: 0 };
const newError: Body = {
  filter: 'level:>=ERROR',
  group_by: ['service'],
  condition: newPattern,
};
const hourlyBudget: Body = {
  group_by: ['service'],
  condition: { kind: 'budget', unit: 'lines', period: 'hour', threshold: 10, warn_at: 0.8 },
};

/** A line each second of each host. */
function chatter(scene: Scene, seconds: number, ...hosts: string[]): string[] {
  const told: string[] = [];
  for (let second = 0; second < seconds; second++) {
    if (hosts.length > 0) scene.lines(hosts.map((host) => ({ host, service: 'web' })));
    told.push(...scene.pass(secondMs));
  }
  return told;
}

test('absence: a group that vanishes fires, and resolves with its next line', () => {
  const scene = new Scene([ruleOf('r', { group_by: ['host'], condition: absence(30_000) })]);
  assert.deepEqual(chatter(scene, 10, 'a', 'b'), []);
  assert.deepEqual(chatter(scene, 40, 'b'), ['+39s fired r a']);
  assert.deepEqual(scene.state('r')?.firingGroups, 1);
  assert.equal(scene.told[0].incident.detail, `last line at ${shownInstant(startMs + 9000)}`);
  assert.deepEqual(chatter(scene, 1, 'a', 'b'), ['+50.5s resolved r a']);
});

test('absence: without groups also what never came since the rule began', () => {
  const scene = new Scene([ruleOf('r', { filter: 'message:heartbeat', condition: absence(30_000) })]);
  assert.deepEqual(chatter(scene, 60, 'a'), ['+30s fired r']);
  scene.lines([{ message: 'the heartbeat' }]);
  assert.deepEqual(scene.pass(secondMs), ['+60.5s resolved r']);
});

test('absence: neither no_data nor the retention of groups takes a silent one away; its time is a setting', () => {
  const limits = { ...defaults, group_retention: minuteMs, forget_silent_after: 10 * minuteMs };
  for (const noData of ['ok', 'keep', 'fire'] as const) {
    const scene = new Scene([ruleOf('r', { group_by: ['host'], condition: absence(30_000), no_data: noData })], { limits });
    chatter(scene, 1, 'a', 'b');
    assert.deepEqual(chatter(scene, 300, 'b'), ['+30s fired r a'], noData);
    assert.deepEqual(chatter(scene, 400, 'b'), ['+630s resolved r a'], noData);
    assert.match(scene.told[1].event.detail ?? '', /^silent since .*: forgotten \(setting "alerts.forget_silent_after"\)$/);
    assert.equal(scene.state('r')?.groups, 1);
  }
});

test('silent_source: its sources are groups without being named as such, and carry their name as a label', () => {
  const scene = new Scene([ruleOf('r', { condition: silentHost })]);
  chatter(scene, 60, 'a', 'b', '');
  assert.deepEqual(chatter(scene, 120, 'b'), ['+119.5s fired r a']);
  assert.deepEqual(scene.told[0].incident.labels, { host: 'a' });
  assert.deepEqual(chatter(scene, 1, 'a', 'b'), ['+180.5s resolved r a']);
});

test('silent_source: after the server was down nobody fires, however long that was', () => {
  for (const downMs of [5 * minuteMs, 3 * hourMs, 10 * dayMs]) {
    const scene = new Scene([ruleOf('r', { condition: silentHost }), ruleOf('s', { group_by: ['host'], condition: absence(30_000) })]);
    const hosts = Array.from({ length: 20 }, (_, host) => `host-${host}`);
    chatter(scene, 60, ...hosts);
    const backMs = scene.nowMs + downMs;
    // the evaluator catches up with ticks of five seconds and more, behind by what is left
    for (let tickMs = scene.nowMs; tickMs < backMs - 30_000; tickMs += Math.max(5000, downMs / 1000)) {
      scene.evaluator.setLate(backMs - tickMs);
      assert.deepEqual(scene.evaluator.tick(tickMs), []);
    }
    scene.evaluator.setLate(0);
    scene.nowMs = backMs;
    assert.deepEqual(chatter(scene, 5), []);
    assert.deepEqual(chatter(scene, 20, ...hosts.slice(0, 19)), []);
    const told = chatter(scene, 120, ...hosts.slice(0, 19)).map((text) => text.replace(/^\S+ /, ''));
    assert.deepEqual(told.sort(), ['fired r host-19', 'fired s host-19']);
  }
});

test('silent_source: taken out of service it ends with the reason, whatever the rule says of no data', () => {
  const condition = { ...silentHost, forget_after_ms: 10 * minuteMs } as SimpleCondition;
  for (const noData of ['ok', 'keep', 'fire'] as const) {
    const scene = new Scene([ruleOf('r', { condition, no_data: noData, keep_firing_ms: 5000 })]);
    chatter(scene, 10, 'a', 'b');
    chatter(scene, 1200, 'b');
    assert.deepEqual(
      scene.told.map(({ event }) => event.kind),
      ['fired', 'resolved'],
      noData,
    );
    assert.match(scene.told[1].event.detail ?? '', /^silent since .*: taken out of service$/);
    assert.equal(scene.state('r')?.groups, 1);
  }
});

test('sequence: an order that is not answered fires with the order in the detail', () => {
  const scene = new Scene([ruleOf('r', { condition: unanswered })]);
  const order = (id: string, message: string): Omit<Line, 'atMs'> => ({ message, attributes: { order_id: id } });
  scene.lines([order('o-1', 'order begun'), order('o-2', 'order begun')]);
  assert.deepEqual(scene.pass(8000), []);
  // it was done in time, and is told late
  scene.lines([{ ...order('o-1', 'order done'), atMs: startMs + 9000 }], startMs + 30_000);
  assert.deepEqual(scene.pass(40_000), ['+40.5s fired r']);
  assert.deepEqual([scene.told[0].incident.value, scene.told[0].incident.detail], [1, 'order_id o-2']);
  assert.deepEqual(scene.pass(2 * minuteMs), ['+100.5s resolved r']);
});

test('sequence: A, then B on the same trace', () => {
  const condition = {
    ...unanswered,
    first: 'message:login level:>=WARN',
    then: 'message:"password changed"',
    key: 'trace_key',
    expect: 'both',
  } as SimpleCondition;
  const scene = new Scene([ruleOf('r', { condition })]);
  const attributes = { trace_key: 'x' };
  scene.lines([
    { message: 'login from a new place', level: 13, attributes },
    { message: 'password changed', attributes: { trace_key: 'y' } },
  ]);
  assert.deepEqual(scene.pass(secondMs), []);
  scene.lines([{ message: 'password changed', attributes }]);
  assert.deepEqual(scene.pass(secondMs), ['+1.5s fired r']);
});

test('new_pattern: an error never seen in its service fires once; what the catalogue knew does not', () => {
  const known: KnownBefore[] = [{ id: '00000000000000aa', services: ['pay'], firstSeenMs: startMs - dayMs }];
  const patternsBefore: EvaluatorOptions['patternsBefore'] = (tenant, beforeMs) => {
    assert.equal(tenant, 't');
    return known.filter(({ firstSeenMs }) => firstSeenMs < beforeMs);
  };
  const scene = new Scene([ruleOf('r', newError)], { patternsBefore });
  const error = (service: string, pattern: bigint): Omit<Line, 'atMs'> => ({ service, pattern, level: 17, message: 'disk 7 failed' });
  scene.lines([error('pay', 0xaan), { ...error('pay', 0xbbn), level: 9 }]);
  assert.deepEqual(scene.pass(secondMs), []);
  scene.lines([error('pay', 0xbbn), error('web', 0xaan)]);
  assert.deepEqual(scene.pass(secondMs), ['+1.5s fired r pay', '+1.5s fired r web']);
  assert.equal(scene.told[0].incident.detail, 'pay: "disk <*> failed" (pattern 00000000000000bb)');
  assert.deepEqual(scene.pass(minuteMs), ['+61s resolved r pay', '+61s resolved r web']);
  // the groups are gone, and what is known of the services is not
  scene.pass(10 * minuteMs);
  scene.lines([error('pay', 0xbbn), error('web', 0xaan)]);
  assert.deepEqual(scene.pass(minuteMs), []);
});

test('new_pattern: a service is learned since its first line of any level', () => {
  const body: Body = { ...newError, condition: { kind: 'new_pattern', window_ms: minuteMs, learn_ms: 5 * minuteMs } };
  const scene = new Scene([ruleOf('r', body)]);
  scene.lines([{ service: 'old', level: 9 }]);
  scene.pass(5 * minuteMs);
  scene.lines([
    { service: 'old', level: 17, pattern: 1n },
    { service: 'new', level: 17, pattern: 1n },
  ]);
  assert.deepEqual(scene.pass(minuteMs), ['+300.5s fired r old', '+360s resolved r old']);
});

test('budget: warns at its share, and is over with the hour', () => {
  const scene = new Scene([ruleOf('r', hourlyBudget)]);
  scene.times(7, { service: 'web' }).times(3, { service: 'pay' });
  assert.deepEqual(scene.pass(secondMs), []);
  scene.times(1, { service: 'web' });
  assert.deepEqual(scene.pass(hourMs), ['+1.5s fired r web', '+3600s resolved r web']);
  assert.match(scene.told[0].incident.detail ?? '', /^80 % of the budget of 10 lines for the hour from 20\d\d-/);
});

test('all of several kinds: silent, and an order unanswered', () => {
  const condition: AlertRuleBody['condition'] = { kind: 'all', conditions: [absence(30_000), unanswered] };
  const scene = new Scene([ruleOf('r', { filter: 'service:shop', condition })]);
  scene.lines([{ service: 'shop', message: 'order begun', attributes: { order_id: 'o' } }]);
  assert.deepEqual(scene.pass(minuteMs), ['+40.5s fired r']);
});

const mixed = [
  ruleOf('absence', { group_by: ['host'], condition: absence(20_000) }),
  ruleOf('budget', hourlyBudget),
  ruleOf('pattern', newError),
  ruleOf('sequence', { condition: unanswered }),
  ruleOf('silent', { condition: { ...silentHost, minimum_silence_ms: 15_000 } as SimpleCondition }),
  ruleOf('several', { group_by: ['service'], condition: { kind: 'any', conditions: [absence(20_000), newPattern] } }),
];

/** One batch a second over some minutes, all kinds in it, some of it late. */
function course(second: number): Line[] {
  const atMs = startMs + second * secondMs;
  const lines: Line[] = [];
  for (const [i, host] of ['a', 'b', 'c'].entries()) {
    if (second % (i + 2) !== 0 || (i === 1 && second % 90 > 40)) continue;
    const message = second % 7 === 0 ? 'order begun' : second % 7 === 3 && second % 2 === 0 ? 'order done' : 'else';
    const attributes = { order_id: `o-${Math.floor(second / 7)}` };
    lines.push({
      atMs: atMs - (second % 5) * 3000,
      host,
      service: host === 'c' ? 'c' : 'ab',
      level: 17,
      message,
      attributes,
      pattern: BigInt(Math.floor(second / 11)),
    });
  }
  return lines;
}

function run(restartEvery: number | undefined): string[] {
  const create = (): Evaluator => {
    const evaluator = new Evaluator({ limits: defaults });
    evaluator.setRules(mixed, startMs);
    return evaluator;
  };
  let evaluator = create();
  const told: string[] = [];
  for (let second = 1; second < 400; second++) {
    const lines = course(second);
    const nowMs = startMs + second * secondMs;
    if (lines.length > 0) evaluator.take('t', batchOf(lines, nowMs, second), nowMs);
    for (const { key, incident } of evaluator.tick(nowMs))
      told.push(`${second} ${incident.ruleId} ${key} ${incident.value} ${incident.detail}`);
    if (restartEvery === undefined || second % restartEvery !== 0) continue;
    const saved = [...evaluator.save()];
    evaluator = create();
    evaluator.restore(saved);
    assert.deepEqual([...evaluator.save()], saved);
  }
  return told;
}

test('saved and restored after any second, all kinds tell the same', () => {
  const whole = run(undefined);
  assert.deepEqual([...new Set(whole.map((text) => text.split(' ')[1]))].sort(), mixed.map(({ id }) => id).sort());
  for (const restartEvery of [1, 7]) assert.deepEqual(run(restartEvery), whole);
});
