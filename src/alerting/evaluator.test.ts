import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertRuleBody } from './alert-rule.ts';
import { batchOf, ruleOf, Scene, startMs } from './evaluator.test-support.ts';

const minuteMs = 60_000;
const count = (threshold: number, more: object = {}): AlertRuleBody['condition'] => ({
  kind: 'count',
  window_ms: minuteMs,
  operator: '>',
  threshold,
  ...more,
});
const error = { level: 17, service: 'payment', message: 'card declined' };

test('a count fires at the tick after the line that passes the threshold, and resolves when lines leave the window', () => {
  const scene = new Scene([ruleOf('r', { filter: 'service:payment level>=ERROR', condition: count(3) })]);
  scene.times(3, error).lines([{ service: 'payment' }, { ...error, service: 'other' }]);
  assert.deepEqual(scene.pass(1000), []);
  scene.times(1, error);
  assert.deepEqual(scene.pass(500), ['+1.5s fired r']);
  assert.equal(scene.state('r')?.value, 4);
  assert.deepEqual(scene.pass(2 * minuteMs), ['+61s resolved r']);
  const [fired, resolved] = scene.told;
  assert.equal(fired.incident.id, resolved.incident.id);
  assert.equal(fired.incident.state, 'firing');
  assert.equal(fired.incident.samples.length, 4);
  assert.equal(fired.incident.samples[0].message, 'card declined');
  assert.equal(resolved.incident.resolvedMs, startMs + 61_000);
  assert.deepEqual(resolved.incident.samples, fired.incident.samples);
});

test('each comparison, at, below and above the threshold', () => {
  const cases: readonly [string, number, boolean][] = [
    ['>', 4, true],
    ['>', 3, false],
    ['>=', 3, true],
    ['>=', 2, false],
    ['<', 2, true],
    ['<', 3, false],
    ['<=', 3, true],
    ['<=', 4, false],
    ['=', 3, true],
    ['=', 2, false],
  ];
  for (const [operator, lines, fires] of cases) {
    const scene = new Scene([ruleOf('r', { condition: count(3, { operator }) })]);
    // the first tick sees the lines
    scene.times(lines, error);
    assert.deepEqual(scene.pass(500), fires ? ['+0.5s fired r'] : [], `${lines} ${operator} 3`);
  }
});

test('states go through pending, firing, keep firing and the cooldown', () => {
  const timing = { for_ms: 5000, keep_firing_ms: 10_000, cooldown_ms: 30_000 };
  const rule = ruleOf('r', { condition: count(0, { window_ms: 1000 }), ...timing });
  const scene = new Scene([rule]);
  scene.times(1, error);
  assert.deepEqual(scene.pass(4000), ['+0.5s pending r', '+2s cancelled r']);
  for (let second = 0; second < 7; second++) {
    scene.times(1, error);
    scene.pass(1000);
  }
  assert.deepEqual(
    scene.told.slice(2).map(({ event }) => [event.kind, event.atMs - startMs]),
    [
      ['pending', 4500],
      ['fired', 9500],
    ],
  );
  assert.equal(scene.state('r')?.state, 'firing');
  // the last line, at +10 s, leaves the window at +12 s
  assert.deepEqual(scene.pass(10_500), []);
  assert.deepEqual(scene.pass(1000), ['+22s resolved r']);
  for (let second = 0; second < 29; second++) {
    scene.times(1, error);
    assert.deepEqual(scene.pass(1000), []);
  }
  scene.times(1, error);
  assert.deepEqual(scene.pass(1000), ['+52s pending r']);
});

test('once met, a condition stays so until it has recovered', () => {
  const scene = new Scene([ruleOf('r', { condition: count(10, { recover_threshold: 5, window_ms: 2000 }) })]);
  scene.times(11, error);
  assert.deepEqual(scene.pass(1000), ['+0.5s fired r']);
  scene.times(6, error);
  scene.pass(1500);
  scene.times(6, error);
  assert.deepEqual(scene.pass(1500), []);
  assert.deepEqual(scene.pass(3000), ['+5s resolved r']);
});

test('groups are judged apart, by any fields, and forgotten when nothing is left of them', () => {
  const scene = new Scene([ruleOf('r', { group_by: ['service', 'region'], condition: count(1) })]);
  const line = (service: string, region: string) => ({ service, attributes: { region } });
  scene.lines([line('a', 'eu'), line('a', 'us'), line('b', 'eu'), line('a', 'eu'), line('b', 'eu')]);
  assert.deepEqual(scene.pass(500), ['+0.5s fired r a,eu', '+0.5s fired r b,eu']);
  assert.deepEqual(scene.told[0].incident.group, { service: 'a', region: 'eu' });
  assert.equal(scene.state('r')?.groups, 3);
  assert.equal(scene.state('r')?.firingGroups, 2);
  assert.deepEqual(scene.pass(2 * minuteMs), ['+61s resolved r a,eu', '+61s resolved r b,eu']);
  assert.equal(scene.state('r')?.groups, 0);
  const below = new Scene([ruleOf('r', { group_by: ['service'], condition: count(5, { operator: '<' }) })]);
  below.lines([line('a', 'eu')]);
  assert.deepEqual(below.pass(2 * minuteMs), ['+0.5s fired r a', '+61s resolved r a']);
  assert.equal(below.state('r')?.groups, 0);
});

test('one field makes the same groups whether its column has few values or many, long ones cut', () => {
  const hosts = ['a', 'b', '', 'x'.repeat(300), `${'x'.repeat(299)}y`, `${'x'.repeat(255)}\u{1f600}`];
  const lines = hosts.flatMap((host, i) => Array.from({ length: i + 1 }, () => ({ host, attributes: { copy: host } })));
  const groups = (field: string): unknown[] => {
    const scene = new Scene([ruleOf('r', { group_by: [field], condition: count(1) })]);
    for (const turn of [lines, lines.toReversed()]) {
      scene.lines(turn);
      scene.pass(500);
    }
    return scene.told.map(({ incident: { group, value } }) => [group[field], value]);
  };
  const byHost = groups('host');
  assert.deepEqual(byHost, groups('copy'));
  // the two of 300 are one group when cut
  assert.equal(byHost.length, hosts.length - 1);
});

test('sampled lines count by their rate', () => {
  const scene = new Scene([ruleOf('r', { condition: count(39) })]);
  scene.times(4, { ...error, sampleRate: 0.1 });
  assert.deepEqual(scene.pass(500), ['+0.5s fired r']);
  assert.ok(Math.abs((scene.state('r')?.value ?? 0) - 40) < 0.001);
});

test('a late line counts at its time, one that is too late, or from the future, when it came', () => {
  const cases: readonly [string, number, number][] = [
    ['in time', 0, 61],
    ['20 s late', -20_000, 41],
    ['31 s late', -31_000, 61],
    ['years late', -1e12, 61],
    ['an hour ahead', 3_600_000, 61],
    ['years ahead', 4e12, 61],
  ];
  for (const [name, offsetMs, leavesAfterS] of cases) {
    const scene = new Scene([ruleOf('r', { condition: count(0) })]);
    scene.pass(30_000);
    scene.times(1, { ...error, atMs: scene.nowMs + offsetMs });
    assert.deepEqual(scene.pass(200_000), ['+30.5s fired r', `+${30 + leavesAfterS}s resolved r`], name);
  }
});

test('a window shorter than the lateness counts a late line when it came', () => {
  const scene = new Scene([ruleOf('r', { condition: count(0, { window_ms: 5000 }) })]);
  scene.pass(30_000);
  scene.times(1, { ...error, atMs: scene.nowMs - 20_000 });
  assert.deepEqual(scene.pass(20_000), ['+30.5s fired r', '+36s resolved r']);
});

test('a clock that jumps ahead or back neither stops the evaluation nor counts twice', () => {
  const scene = new Scene([ruleOf('r', { condition: count(2) })]);
  scene.times(2, error);
  scene.pass(500);
  // ahead by ten years: the window is empty there
  scene.nowMs += 3e11;
  assert.deepEqual(scene.times(2, error).pass(500), []);
  assert.deepEqual(scene.times(1, error).pass(500).length, 1);
  // lines from before the jump count now
  const before = startMs + 10_000;
  scene.lines([{ ...error, atMs: before }], before);
  scene.pass(500);
  assert.equal(scene.state('r')?.value, 4);
  // a tick that falls does nothing
  assert.deepEqual(scene.evaluator.tick(startMs), []);
});

test('nothing came: ok, kept or told', () => {
  const below = count(10, { operator: '<' });
  for (const noData of [{}, { no_data: 'ok' }] as const) {
    const ok = new Scene([ruleOf('r', { condition: below, ...noData })]);
    assert.deepEqual(ok.pass(2 * minuteMs), []);
    ok.times(1, error);
    assert.deepEqual(ok.pass(2 * minuteMs), ['+120.5s fired r', '+181s resolved r']);
  }

  const keep = new Scene([ruleOf('r', { condition: count(0), no_data: 'keep' })]);
  keep.times(1, error);
  assert.deepEqual(keep.pass(5 * minuteMs), ['+0.5s fired r']);

  const fire = new Scene([ruleOf('r', { condition: count(100), no_data: 'fire' })]);
  fire.times(1, error);
  assert.deepEqual(fire.pass(3 * minuteMs), ['+61s no_data r']);
  assert.equal(fire.state('r')?.state, 'no_data');
  fire.times(1, error);
  assert.deepEqual(fire.pass(500), ['+180.5s resolved r']);
  // and never before a whole window was looked at
  const fresh = new Scene([ruleOf('r', { condition: count(100), no_data: 'fire' })]);
  assert.deepEqual(fresh.pass(2 * minuteMs), ['+60s no_data r']);
});

test('an incident that loses its data and gets it back stays one', () => {
  const scene = new Scene([ruleOf('r', { condition: count(0), no_data: 'fire' })]);
  const told: string[] = [];
  for (let round = 0; round < 2; round++) {
    scene.times(1, error);
    told.push(...scene.pass(90_000));
  }
  assert.deepEqual(told, ['+0.5s fired r', '+61s no_data r', '+90.5s fired r', '+151s no_data r']);
  assert.equal(new Set(scene.told.map(({ incident }) => incident.id)).size, 1);
  assert.equal(new Set(scene.told.map(({ key }) => key)).size, 4);
});

test('behind the present, incidents bear how late they are, and none resolves', () => {
  const scene = new Scene([ruleOf('r', { condition: count(0, { window_ms: 1000 }) })]);
  scene.evaluator.setLate(3_600_000);
  for (let round = 0; round < 5; round++) {
    scene.times(1, error);
    scene.pass(10_000);
  }
  assert.deepEqual(
    scene.told.map(({ event, incident }) => [event.kind, incident.lateMs]),
    [['fired', 3_600_000]],
  );
  scene.evaluator.setLate(0);
  assert.deepEqual(scene.pass(1000), ['+50.5s resolved r']);
  scene.evaluator.setLate(40_000);
  assert.equal(scene.state('r')?.state, 'late_data');
});

test('a rule that cannot be compiled fails with the reason, the others go on; corrected it resolves', () => {
  const problems: string[] = [];
  const good = ruleOf('good', { condition: count(0) });
  const bad = ruleOf('bad', { filter: 'level:NOSUCH', condition: count(0) });
  const scene = new Scene([bad, good], { onProblem: ({ rule, kind }) => problems.push(`${rule.id} ${kind}`) });
  scene.times(1, error);
  assert.deepEqual(scene.pass(500), ['+0.5s failed bad', '+0.5s fired good']);
  assert.equal(scene.state('bad')?.state, 'failed');
  assert.match(scene.state('bad')?.reason ?? '', /NOSUCH/);
  assert.deepEqual(problems, ['bad failed']);
  scene.evaluator.setRules([ruleOf('bad', { filter: 'level:ERROR', condition: count(0) }, 2), good], scene.nowMs);
  assert.deepEqual(scene.pass(500), ['+1s resolved bad']);
});

test('a change that is none for the evaluation keeps the state; another ends what fires', () => {
  const body = { filter: 'service:payment', condition: count(0) } as const;
  const scene = new Scene([ruleOf('r', body)]);
  scene.times(1, error);
  scene.pass(500);
  const change = (...rules: readonly ReturnType<typeof ruleOf>[]) => {
    scene.evaluator.setRules(rules, scene.nowMs);
    return scene.pass(500);
  };
  assert.deepEqual(change(ruleOf('r', { ...body, name: 'another name', muted_until_ms: 1 }, 2)), []);
  assert.equal(scene.state('r')?.state, 'firing');
  assert.deepEqual(change(ruleOf('r', { ...body, condition: count(5) }, 3)), ['+1.5s resolved r']);
  scene.times(6, error);
  assert.deepEqual(scene.pass(500), ['+2s fired r']);
  assert.deepEqual(change(ruleOf('r', { ...body, condition: count(5), enabled: false }, 4)), ['+2.5s resolved r']);
  assert.equal(scene.told.at(-1)?.event.detail, 'the rule was disabled');
  assert.equal(scene.state('r'), undefined);
  assert.deepEqual(change(), []);
});

test('more groups than are judged: the largest stay, a flood of small ones drives out nobody, and it says so', () => {
  const problems: string[] = [];
  const rule = ruleOf('r', { group_by: ['user'], condition: count(50) });
  const scene = new Scene([rule], { limits: { max_groups_per_rule: 10 }, onProblem: ({ kind }) => problems.push(kind) });
  const user = (name: string) => ({ attributes: { user: name } });
  const told: string[] = [];
  for (let second = 0; second < 30; second++) {
    const lines = Array.from({ length: 200 }, (_, i) => user(`once-${second}-${i}`));
    for (let heavy = 0; heavy < 5; heavy++) lines.push(...Array.from({ length: 5 }, () => user(`heavy-${heavy}`)));
    scene.lines(lines);
    told.push(...scene.pass(1000));
  }
  assert.equal(scene.state('r')?.groups, 10);
  assert.deepEqual(problems, ['too_many_groups']);
  assert.match(scene.state('r')?.reason ?? '', /alerts\.max_groups_per_rule/);
  assert.ok((scene.state('r')?.linesWithoutGroup ?? 0) > 5000);
  assert.deepEqual(
    new Set(told.map((text) => text.replace(/^\S+ /, ''))),
    new Set([0, 1, 2, 3, 4].map((heavy) => `fired r heavy-${heavy}`)),
  );
});

test('rules of another tenant see nothing; one service in several rules, several services in one rule', () => {
  const rules = [
    { ...ruleOf('foreign', { condition: count(0) }), tenant: 'other' },
    ruleOf('one', { filter: 'service:payment declined', condition: count(1) }),
    ruleOf('two', { filter: '(service:payment OR service:gateway) level>=ERROR', condition: count(2) }),
    ruleOf('three', { filter: 'service:(payment OR gateway) AND NOT declined', condition: count(0) }),
    ruleOf('any', { filter: 'declined', condition: count(2) }),
    ruleOf('level', { filter: 'level:ERROR', condition: count(3) }),
    ruleOf('none', { filter: 'service:payment service:gateway', condition: count(0) }),
  ];
  const scene = new Scene(rules);
  scene.lines([error, { ...error, service: 'gateway' }, { service: 'cart' }, error, { ...error, service: 'cart' }]);
  assert.deepEqual(scene.pass(500), ['+0.5s fired any', '+0.5s fired level', '+0.5s fired one', '+0.5s fired two']);
  scene.lines([{ service: 'gateway', message: 'timeout' }]);
  assert.deepEqual(scene.pass(500), ['+1s fired three']);
});

test('too much memory: the rule that holds the most fails, and the error names the setting', () => {
  const rules = [
    ruleOf('small', { condition: count(0) }),
    ruleOf('large', {
      group_by: ['user'],
      condition: { ...count(0), kind: 'metric', attribute: 'n', aggregate: 'p99' } as AlertRuleBody['condition'],
    }),
  ];
  const scene = new Scene(rules, { limits: { max_state_bytes: 200_000 } });
  scene.lines(Array.from({ length: 500 }, (_, i) => ({ attributes: { user: `u-${i}`, n: String(i) } })));
  const told = scene.pass(40_000);
  assert.ok(told.includes('+32s failed large'), told.slice(-5).join());
  assert.match(scene.state('large')?.reason ?? '', /alerts\.max_state_bytes/);
  assert.equal(scene.state('small')?.state, 'firing');
});

test('samples: so many as the rule wants, none where it wants none, within the bounds of all', () => {
  const rules = [
    ruleOf('two', { condition: count(0), sample_lines: 2 }),
    ruleOf('none', { condition: count(0), sample_lines: 0 }),
    ruleOf('share', {
      filter: 'level>=ERROR',
      condition: { kind: 'ratio', part: 'declined', window_ms: minuteMs, operator: '>', threshold: 0.1 },
    }),
  ];
  const scene = new Scene(rules);
  scene.lines([error, { ...error, message: 'other' }, { ...error, message: 'x'.repeat(5000) }]);
  scene.pass(500);
  const samples = new Map(scene.told.map(({ incident }) => [incident.ruleId, incident.samples]));
  assert.deepEqual(samples.get('none'), []);
  assert.deepEqual(
    samples.get('two')?.map(({ message }) => message.length),
    [5, 2001],
  );
  assert.deepEqual(
    samples.get('share')?.map(({ message }) => message),
    ['card declined'],
  );
  const bounded = new Scene([ruleOf('r', { group_by: ['user'], condition: count(0) })], { limits: { max_kept_samples: 3 } });
  bounded.lines(Array.from({ length: 50 }, (_, i) => ({ attributes: { user: `u-${i}` } })));
  bounded.pass(500);
  assert.equal(
    bounded.told.reduce((sum, { incident }) => sum + incident.samples.length, 0),
    3,
  );
});

test('a state of another format, or none, is refused and changes nothing', () => {
  for (const lines of [[], ['x'], ['{"format":99}'], ['null']]) {
    const scene = new Scene([ruleOf('r', { condition: count(0) })]);
    assert.throws(() => scene.evaluator.restore(lines), { code: 'conflict' }, JSON.stringify(lines));
    scene.times(1, error);
    assert.deepEqual(scene.pass(500), ['+0.5s fired r']);
  }
  const scene = new Scene([ruleOf('r', { condition: count(0) })]);
  const saved = [...scene.evaluator.save()];
  saved[2] = saved[2].replace(/"groups":.*/, '"groups":[{"values":[],"size":0,"condition":7,"progress":null}]}');
  assert.throws(() => scene.evaluator.restore(saved), { code: 'conflict' });
  assert.deepEqual(scene.times(1, error).pass(500), ['+0.5s fired r']);
});

test('an empty batch and a batch of nobody do no harm', () => {
  const scene = new Scene([]);
  scene.evaluator.take('t', batchOf([{ atMs: startMs }], startMs), startMs);
  scene.evaluator.take('nobody', batchOf([{ atMs: startMs }], startMs), startMs);
  assert.deepEqual(scene.pass(1000), []);
  assert.deepEqual(scene.evaluator.ruleStates(), []);
  assert.deepEqual(scene.evaluator.groupStates('r'), []);
});
