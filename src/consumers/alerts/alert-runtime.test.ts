import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { alertsConfig } from '#alerting/config.ts';
import type { AlertsConfig } from '#alerting/config.ts';
import type { AlertRule } from '#alerting/alert-rule.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLogger } from '#platform/logger.ts';
import { AlertRuntime } from './alert-runtime.ts';
import type { AlertThread } from './alert-runtime.ts';
import type { AlertWorkerData, FromAlertWorker, ToAlertWorker } from './messages.ts';

const defaults = Object.fromEntries(
  Object.entries(alertsConfig.properties).map(([name, setting]) => [name, (setting as { default?: unknown }).default]),
) as AlertsConfig;

function ruleOf(id: string, enabled = true): AlertRule {
  const condition = { kind: 'count', window_ms: 60_000, operator: '>', threshold: 1 } as const;
  return { id, tenant: 't', version: 1, updatedMs: 0, updatedBy: '', body: { name: id, enabled, condition } };
}

class FakeThread extends EventEmitter {
  readonly data: AlertWorkerData;
  readonly heard: ToAlertWorker[] = [];

  constructor(data: AlertWorkerData) {
    super();
    this.data = data;
  }

  postMessage(message: ToAlertWorker): void {
    this.heard.push(message);
    if (message.type === 'stop') setImmediate(() => this.emit('exit', 0));
  }

  tell(message: FromAlertWorker): void {
    this.emit('message', message);
  }

  async terminate(): Promise<number> {
    this.emit('exit', 1);
    return 1;
  }
}

function started(
  t: TestContext,
  { config = {}, hasOpenIncidents = false }: { config?: Partial<AlertsConfig>; hasOpenIncidents?: boolean } = {},
) {
  const threads: FakeThread[] = [];
  const runtime = new AlertRuntime({
    config: { ...defaults, restart_backoff: 10, ...config },
    startThread: (data) => {
      const thread = new FakeThread(data);
      threads.push(thread);
      return thread as unknown as AlertThread;
    },
    data: { logDirectory: '/log', incarnation: 1, readBufferBytes: 4096, directory: '/alerts' },
    ends: () => [{ shard: 0, sequence: 7, rows: 7, bytes: 7 }],
    hasOpenIncidents,
    clock: systemClock,
    logger: silentLogger,
  });
  t.after(() => runtime.stop());
  return { runtime, threads };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}

test('there is no thread before there is something to evaluate', async (t) => {
  const { runtime, threads } = started(t);
  runtime.setRules([]);
  runtime.setRules([ruleOf('a', false)]);
  runtime.advance({ shard: 0, sequence: 8, rows: 8, bytes: 8 });
  assert.deepEqual([threads.length, runtime.status().state], [0, 'idle']);
  runtime.setRules([ruleOf('a')]);
  assert.equal(threads.length, 1);
  assert.deepEqual(
    threads[0].data.rules.map(({ id }) => id),
    ['a'],
  );
  assert.equal(threads[0].data.ends[0].sequence, 7);
});

test('open incidents alone are looked after too; and nothing is where alerts are off', async (t) => {
  const open = started(t, { hasOpenIncidents: true });
  open.runtime.setRules([]);
  assert.equal(open.threads.length, 1);
  const off = started(t, { hasOpenIncidents: true, config: { enabled: false } });
  off.runtime.setRules([ruleOf('a')]);
  assert.deepEqual([off.threads.length, off.runtime.status().state], [0, 'disabled']);
});

test('ends and rules are told together, the newest of each', async (t) => {
  const { runtime, threads } = started(t);
  runtime.setRules([ruleOf('a')]);
  for (let sequence = 8; sequence < 100; sequence += 1) runtime.advance({ shard: 0, sequence, rows: sequence, bytes: sequence });
  for (const id of ['b', 'c', 'd']) runtime.setRules([ruleOf(id)]);
  await until(() => threads[0].heard.length >= 2);
  const [ends, rules, ...more] = threads[0].heard;
  assert.deepEqual(ends, { type: 'ends', ends: [{ shard: 0, sequence: 99, rows: 99, bytes: 99 }] });
  assert.ok(rules.type === 'rules' && rules.rules[0].id === 'd');
  assert.deepEqual(more, []);
});

test('a thread that dies is started again with what holds now', async (t) => {
  const { runtime, threads } = started(t);
  runtime.setRules([ruleOf('a')]);
  threads[0].emit('error', new Error('out of memory'));
  threads[0].emit('exit', 1);
  assert.equal(runtime.status().state, 'ended');
  runtime.setRules([ruleOf('b')]);
  await until(() => threads.length === 2);
  assert.deepEqual(
    threads[1].data.rules.map(({ id }) => id),
    ['b'],
  );
  assert.equal(runtime.restarts, 1);
});

test('a thread that gives no sign is ended and started again', async (t) => {
  const { runtime, threads } = started(t, { config: { hang_timeout: 1 } });
  runtime.setRules([ruleOf('a')]);
  await until(() => threads.length === 2);
  assert.ok(runtime.restarts >= 1);
});

test('states of rules are told by tenant, as they change', (t) => {
  const { runtime, threads } = started(t);
  runtime.setRules([ruleOf('a')]);
  const state = { ruleId: 'a', tenant: 't', state: 'firing', value: 3, groups: 1, firingGroups: 1, pendingGroups: 0 } as const;
  const all = { ...state, linesWithoutGroup: 0, bytes: 1, reason: undefined };
  const status = { tickMs: 5000, state: 'running' } as Extract<FromAlertWorker, { type: 'status' }>['status'];
  threads[0].tell({ type: 'status', status, changed: [all, { ...all, tenant: 'u' }], removed: [] });
  assert.deepEqual(runtime.ofRules('t').get('a'), {
    state: 'firing',
    value: 3,
    evaluatedMs: 5000,
    groups: 1,
    pendingGroups: 0,
    firingGroups: 1,
    linesWithoutGroup: 0,
    problem: undefined,
  });
  threads[0].tell({ type: 'status', status, changed: [], removed: ['t/a'] });
  assert.deepEqual([runtime.ofRules('t').size, runtime.ofRules('u').size], [0, 1]);
});

test('who listens is woken when something is recorded', (t) => {
  const { runtime, threads } = started(t);
  runtime.setRules([ruleOf('a')]);
  let woken = 0;
  runtime.onRecorded(() => (woken += 1));
  threads[0].tell({ type: 'recorded' });
  assert.equal(woken, 1);
});
