import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createAccess } from '#access/access.ts';
import type { AccessConfig } from '#access/config.ts';
import { silentLogger } from '#platform/logger.ts';
import { Metrics } from '#platform/metrics.ts';
import { SimulatedClock } from '../faults/simulated-clock.ts';
import { admitOwnClients } from '#consumers/internal-access.ts';
import { Canary } from '#consumers/canary/canary.ts';
import type { PublicEndpoint } from '#consumers/canary/endpoint.ts';
import { registerCanaryMetrics } from '#consumers/canary/metrics.ts';

const config = { enabled: true, interval: 1000, timeout: 5000, confirm_after: 20_000 };

/** An endpoint whose faults a test chooses. */
class FakeEndpoint implements PublicEndpoint {
  readonly stored = new Map<string, number>();
  readonly tails = new Set<(id: string) => void>();
  refuses = false;
  tailCopies = 1;
  searchCopies = 1;
  tailOpens = true;

  async send({ id }: { readonly id: string }): Promise<void> {
    if (this.refuses) throw new Error('ingest answered 503');
    this.stored.set(id, this.searchCopies);
    for (const onLine of this.tails) for (let copy = 0; copy < this.tailCopies; copy += 1) onLine(id);
  }

  async count(id: string): Promise<number> {
    return this.stored.get(id) ?? 0;
  }

  tail(onLine: (id: string) => void, onOpen: () => void, signal: AbortSignal): Promise<void> {
    if (!this.tailOpens) return Promise.reject(new Error('tail answered 503'));
    this.tails.add(onLine);
    onOpen();
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
  }

  close(): void {}
}

function start(t: TestContext, prepare: (endpoint: FakeEndpoint) => void = () => undefined) {
  const endpoint = new FakeEndpoint();
  prepare(endpoint);
  const clock = new SimulatedClock();
  const canary = new Canary({ endpoint, config, clock, logger: silentLogger, runId: 'run' });
  canary.start();
  t.after(() => canary.stop());
  const pass = async (durationMs: number): Promise<void> => {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 100) {
      clock.advance(100);
      await setImmediate();
    }
  };
  return { endpoint, canary, pass };
}

test('all is well: rounds, delays, nothing missing or doubled', async (t) => {
  const { canary, pass } = start(t);
  await pass(60_000);
  const status = canary.status();
  assert.ok(status.rounds >= 50);
  assert.deepEqual(
    [status.failed, status.missing_in_tail, status.missing_in_search, status.doubled_in_tail, status.doubled_in_search],
    [0, 0, 0, 0, 0],
  );
  assert.equal(status.tailing, true);
  assert.deepEqual([status.ack.count, status.tail.count], [status.rounds, status.rounds]);
  assert.equal(status.last_problem, null);
});

const faults: readonly { readonly name: string; readonly break: (endpoint: FakeEndpoint) => void; readonly counted: string }[] = [
  { name: 'not acknowledged', break: (endpoint) => (endpoint.refuses = true), counted: 'failed' },
  { name: 'not tailed', break: (endpoint) => (endpoint.tailCopies = 0), counted: 'missing_in_tail' },
  { name: 'tailed twice', break: (endpoint) => (endpoint.tailCopies = 2), counted: 'doubled_in_tail' },
  { name: 'not found', break: (endpoint) => (endpoint.searchCopies = 0), counted: 'missing_in_search' },
  { name: 'found twice', break: (endpoint) => (endpoint.searchCopies = 2), counted: 'doubled_in_search' },
];
for (const { name, break: breakIt, counted } of faults) {
  test(`a line that is ${name} is counted as ${counted}, and nothing else`, async (t) => {
    const { endpoint, canary, pass } = start(t);
    await pass(10_000);
    breakIt(endpoint);
    await pass(40_000);
    const { counts } = canary;
    const problems = Object.entries(counts).filter(([key, count]) => key !== 'rounds' && count > 0);
    assert.deepEqual(
      problems.map(([key]) => key),
      [counted],
    );
    assert.notEqual(canary.status().last_problem, null);
  });
}

test('a line that was found and then is gone is missing', async (t) => {
  const { endpoint, canary, pass } = start(t);
  await pass(5000);
  endpoint.stored.clear();
  await pass(20_000);
  assert.ok(canary.counts.missing_in_search > 0);
});

test('while tail cannot be opened, nothing is expected of it, and it is tried again', async (t) => {
  const { endpoint, canary, pass } = start(t, (unopened) => (unopened.tailOpens = false));
  await pass(10_000);
  assert.equal(canary.status().tailing, false);
  assert.equal(canary.counts.missing_in_tail, 0);
  endpoint.tailOpens = true;
  await pass(10_000);
  assert.equal(canary.status().tailing, true);
  assert.ok(canary.status().tail.count > 0);
});

test('what it measured is on the metrics page', async (t) => {
  const { canary, pass } = start(t);
  const metrics = new Metrics();
  registerCanaryMetrics(metrics, canary);
  await pass(10_000);
  const page = await metrics.text();
  assert.match(page, /^millrace_canary_ack_seconds_count [1-9]/m);
  assert.match(page, /^millrace_canary_problems_total\{problem="missing_in_tail"\} 0$/m);
});

test('it is let in with and without keys, into its own tenant only', () => {
  const open: AccessConfig = { keys: [] };
  const whileOpen = admitOwnClients(open);
  assert.equal(createAccess(whileOpen.access).authenticate({ tenant: whileOpen.canaryHeaders['x-tenant-id'] }, 'ingest').tenant, '_canary');
  const keyed: AccessConfig = {
    keys: [
      {
        name: 'k',
        key_sha256: 'a'.repeat(64),
        tenant: 'acme',
        may_ingest: true,
        may_read: true,
        may_prioritise: false,
        may_act_for_others: false,
      },
    ],
  };
  const { access, canaryHeaders: headers, actingHeaders } = admitOwnClients(keyed);
  const entrance = createAccess(access);
  assert.equal(entrance.authenticate({ apiKey: headers['x-api-key'] }, 'read').tenant, '_canary');
  assert.throws(() => entrance.authenticate({ apiKey: headers['x-api-key'], tenant: 'acme' }, 'read'));
  assert.throws(() => entrance.authenticate({ tenant: '_canary' }, 'read'));
  assert.equal(entrance.authenticate({ apiKey: actingHeaders['x-api-key'], tenant: 'acme' }, 'ingest').tenant, 'acme');
});
