import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import { SearchAdmission } from './admission.ts';
import type { AdmissionSettings, Applicant } from './admission.ts';
import { ManualClock } from './manual-clock.fake.ts';

const settings: AdmissionSettings = {
  max_concurrent: 3,
  max_concurrent_urgent: 1,
  max_concurrent_expensive: 1,
  max_concurrent_old: 1,
  max_concurrent_exports: 1,
  max_concurrent_per_key: 2,
  max_concurrent_per_tenant: 2,
  max_queued: 4,
  max_queued_per_tenant: 2,
  queue_timeout: 1000,
};
const never = new AbortController().signal;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Starts searches that end when told to, and writes down who began. */
function createDriver(custom: Partial<AdmissionSettings> = {}) {
  const clock = new ManualClock(0);
  const admission = new SearchAdmission({ ...settings, ...custom }, clock);
  const begun: string[] = [];
  const enders = new Map<string, () => void>();
  const startAs = (applicant: Applicant, name: string, signal: AbortSignal = never): Promise<string> =>
    admission.run(applicant, signal, () => {
      begun.push(name);
      return new Promise((resolve) => enders.set(name, () => resolve(name)));
    });
  const start = (name: string, signal?: AbortSignal): Promise<string> =>
    startAs({ tenant: name.split('-')[0], pool: 'interactive' }, name, signal);
  const end = async (name: string): Promise<void> => {
    await settled();
    enders.get(name)?.();
    await settled();
  };
  return { clock, admission, begun, start, startAs, end };
}

const codeAndSetting = (error: AppError): unknown[] => [error.code, error.details['setting']];
const failure = (run: Promise<unknown>): Promise<unknown[]> => run.then(() => ['no error'], codeAndSetting);

test('a tenant gets its share and the next waits for it', async () => {
  const { begun, start, end, admission } = createDriver();
  const runs = ['a-1', 'a-2', 'a-3', 'b-1'].map((name) => start(name));
  await settled();
  assert.deepEqual(begun, ['a-1', 'a-2', 'b-1']);
  assert.deepEqual([admission.running, admission.waiting], [3, 1]);
  await end('b-1');
  assert.deepEqual(begun, ['a-1', 'a-2', 'b-1'], 'a freed turn of another tenant does not lift the own bound');
  await end('a-1');
  assert.deepEqual(begun.at(-1), 'a-3');
  await end('a-2');
  await end('a-3');
  assert.deepEqual(await Promise.all(runs), ['a-1', 'a-2', 'a-3', 'b-1']);
  assert.deepEqual([admission.running, admission.waiting], [0, 0]);
});

test('waiting tenants take turns, whoever came first', async () => {
  const { begun, start, end } = createDriver({ max_concurrent: 1, max_concurrent_per_tenant: 1 });
  const runs = ['a-1', 'a-2', 'a-3', 'b-1', 'c-1'].map((name) => start(name));
  await settled();
  for (let turn = 0; turn < runs.length; turn++) await end(begun[turn]);
  await Promise.all(runs);
  assert.ok(begun.indexOf('b-1') < begun.indexOf('a-3') && begun.indexOf('c-1') < begun.indexOf('a-3'), begun.join(' '));
});

test('each pool has turns of its own', async () => {
  const { begun, startAs, end, admission } = createDriver({ max_concurrent: 2, max_concurrent_per_tenant: 10, max_queued_per_tenant: 10 });
  const pools = ['expensive', 'old', 'export', 'interactive'] as const;
  const runs = pools.flatMap((pool) => [1, 2].map((number) => startAs({ tenant: 'a', pool }, `${pool}-${number}`)));
  await settled();
  assert.deepEqual(begun, ['expensive-1', 'old-1', 'export-1', 'interactive-1', 'interactive-2']);
  assert.deepEqual(admission.runningByPool(), { urgent: 0, interactive: 2, expensive: 1, old: 1, export: 1 });
  await end('old-1');
  assert.equal(begun.at(-1), 'old-2');
  for (const pool of pools) for (const number of [1, 2]) await end(`${pool}-${number}`);
  await Promise.all(runs);
});

test('a key has a bound of its own within its tenant', async () => {
  const { begun, startAs, end } = createDriver({ max_concurrent: 10, max_concurrent_per_tenant: 10 });
  const of = (keyName: string): Applicant => ({ tenant: 'a', keyName, pool: 'interactive' });
  const runs = ['x-1', 'x-2', 'x-3', 'y-1'].map((name) => startAs(of(name[0]), name));
  await settled();
  assert.deepEqual(begun, ['x-1', 'x-2', 'y-1']);
  await end('x-1');
  assert.equal(begun.at(-1), 'x-3');
  for (const name of ['x-2', 'x-3', 'y-1']) await end(name);
  await Promise.all(runs);
});

test('an incident waits for nobody but other incidents', async () => {
  const { begun, startAs, end } = createDriver();
  const runs = ['a-1', 'a-2'].map((name) => startAs({ tenant: 'a', keyName: 'k', pool: 'interactive' }, name));
  runs.push(startAs({ tenant: 'a', keyName: 'k', pool: 'urgent' }, 'p0-1'), startAs({ tenant: 'b', pool: 'urgent' }, 'p0-2'));
  await settled();
  assert.deepEqual(begun, ['a-1', 'a-2', 'p0-1']);
  await end('p0-1');
  assert.equal(begun.at(-1), 'p0-2');
  for (const name of ['a-1', 'a-2', 'p0-2']) await end(name);
  await Promise.all(runs);
});

test('a full queue refuses at once and names its bound', async () => {
  const { start, end } = createDriver({ max_concurrent: 1 });
  const runs = ['a-1', 'a-2', 'a-3'].map((name) => start(name));
  assert.deepEqual(await failure(start('a-4')), ['search_overloaded', 'search.max_queued_per_tenant']);
  runs.push(start('b-1'), start('c-1'));
  assert.deepEqual(await failure(start('d-1')), ['search_overloaded', 'search.max_queued']);
  for (let turn = 0; turn < runs.length; turn++) for (const name of ['a-1', 'a-2', 'a-3', 'b-1', 'c-1']) await end(name);
  await Promise.all(runs);
});

test('a wait ends after its time, naming the bound that was in the way', async () => {
  const { clock, start, end, admission } = createDriver();
  const running = ['a-1', 'a-2'].map((name) => start(name));
  const byTenant = failure(start('a-3'));
  clock.advance(1000);
  assert.deepEqual(await byTenant, ['search_overloaded', 'search.max_concurrent_per_tenant']);
  running.push(start('b-1'));
  const byTotal = failure(start('c-1'));
  clock.advance(1000);
  assert.deepEqual(await byTotal, ['search_overloaded', 'search.max_concurrent']);
  for (const name of ['a-1', 'a-2', 'b-1']) await end(name);
  await Promise.all(running);
  assert.deepEqual([admission.running, admission.waiting, clock.sleeping], [0, 0, 0]);
});

test('who goes away gives up the place', async () => {
  const { start, end, admission } = createDriver({ max_concurrent: 1 });
  const running = start('a-1');
  const client = new AbortController();
  const waiting = failure(start('b-1', client.signal));
  client.abort();
  assert.deepEqual((await waiting)[0], 'cancelled');
  assert.equal(admission.waiting, 0);
  assert.deepEqual((await failure(start('b-2', client.signal)))[0], 'cancelled');
  await end('a-1');
  await running;
});

test('a task that fails gives back its turn', async () => {
  const { admission, start, end } = createDriver({ max_concurrent: 1 });
  await assert.rejects(
    admission.run({ tenant: 'a', pool: 'interactive' }, never, () => Promise.reject(new AppError('query_timeout', 'slow'))),
    /slow/,
  );
  const next = start('a-1');
  await end('a-1');
  assert.equal(await next, 'a-1');
});

test('whatever happens, bounds hold and in the end nothing runs or waits', async () => {
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('start' as const), tenant: fc.constantFrom('a', 'b', 'c') }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('end' as const), index: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), index: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('advance' as const), byMs: fc.nat(1500) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
      const { clock, admission, begun, start, end } = createDriver();
      const runs: Promise<unknown>[] = [];
      const clients: AbortController[] = [];
      const ended = new Set<string>();
      const running = (): string[] => begun.filter((name) => !ended.has(name));
      const endOne = async (name: string | undefined): Promise<void> => {
        if (name === undefined) return;
        ended.add(name);
        await end(name);
      };
      for (const [index, step] of actions.entries()) {
        if (step.kind === 'start') {
          const client = new AbortController();
          clients.push(client);
          runs.push(start(`${step.tenant}-${index}`, client.signal).catch(() => undefined));
        } else if (step.kind === 'end') await endOne(running()[step.index]);
        else if (step.kind === 'leave') clients[step.index]?.abort();
        else clock.advance(step.byMs);
        await settled();
        assert.equal(admission.running, running().length);
        assert.ok(admission.running <= settings.max_concurrent && admission.waiting <= settings.max_queued);
        for (const tenant of ['a', 'b', 'c'])
          assert.ok(running().filter((name) => name.startsWith(tenant)).length <= settings.max_concurrent_per_tenant);
        const someoneCouldRun = admission.waiting > 0 && admission.running < settings.max_concurrent_per_tenant;
        assert.ok(!someoneCouldRun, 'someone waits while a turn is free');
      }
      while (running().length > 0) await endOne(running()[0]);
      await Promise.all(runs);
      assert.deepEqual([admission.running, admission.waiting, clock.sleeping], [0, 0, 0]);
    }),
    { numRuns: 200 },
  );
});
