import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zeroOutcomes } from '#log/outcomes.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import type { LogLine } from '#model/log-line.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { RecordWriter } from '#model/record-writer.ts';
import { RejectedRecords } from '../rejected-records.ts';
import type { IncomingBatch } from '../pipeline.ts';
import { Policies } from '../policies.ts';
import { policiesConfig } from '../policies-config.ts';
import { configuredPolicyRule, policyRulesOf, readPolicyRule } from './configured-rules.ts';
import type { ConfiguredPolicyRule } from './configured-rules.ts';
import type { PoliciesConfig } from '../policies-config.ts';
import type { PolicyRule } from '../policy-rules.ts';

type Record_ = Readonly<Record<string, string>>;

const defaults = Object.fromEntries(
  Object.entries(policiesConfig.properties).map(([name, schema]) => [name, (schema as unknown as { default: unknown }).default]),
) as PoliciesConfig;
const limits = { maxAttributes: 1000, maxNameBytes: 500, maxOverflowBytes: 100_000 };

function setUp(rules: readonly PolicyRule[], settings: Partial<PoliciesConfig> = {}) {
  let nowMs = 1_750_000_000_000;
  const counted = new Map<string, number>();
  const policies = new Policies({
    config: { ...defaults, ...settings },
    nowMs: () => nowMs,
    random: () => 0.5,
    count: (rule, lines) => counted.set(rule, (counted.get(rule) ?? 0) + lines),
  });
  policies.replace(rules);
  const builder = new LogBatchBuilder();
  const writer = new RecordWriter(limits);

  /** Sends records through everything that the policies do; returns the lines that are left. */
  const send = (records: readonly Record_[], { tenant = 't', receiver = 'native' } = {}) => {
    writer.into(builder);
    builder.finisher = policies.finisherOf(tenant);
    for (const record of records) {
      writer.begin();
      for (const [name, value] of Object.entries(record)) writer.putText(writer.names.own(name), value);
      assert.equal(writer.commit(), undefined);
    }
    const rejected = new RejectedRecords({ isEnabled: false, maxRecordBytes: 0, maxBatchBytes: 0, maxReportedErrors: 0 });
    const batch: IncomingBatch = { tenant, receiver, sender: 's', rows: builder, rejected };
    const { rowCount } = builder;
    const policy = policies.policyOf(batch);
    const block = builder.finish({ tenant, receivedMs: nowMs, origin: 1, seq: 1, maxClockSkewMs: 30_000 });
    const outcomes = zeroOutcomes();
    const left = policy === undefined ? { block, rowCount } : policy.apply(block, rowCount, { tenant, receivedMs: nowMs, outcomes });
    outcomes.accepted = left?.rowCount ?? 0;
    return { lines: left === undefined ? [] : linesOf(left.block), outcomes };
  };
  return { policies, send, counted, advance: (ms: number) => (nowMs += ms) };
}

function linesOf(block: Uint8Array): LogLine[] {
  const view = readNativeBlock(block);
  return Array.from({ length: view.rowCount }, (_, row) => lineOfRow(view, row));
}

const messages = (lines: readonly LogLine[]): string[] => lines.map(({ message }) => message);
const some = (count: number, record: (i: number) => Record_): Record_[] => Array.from({ length: count }, (_, i) => record(i));

test('drop rules speak the query language; the first that matches decides', () => {
  const { send, counted } = setUp([
    { name: 'keep-errors', action: 'keep', levels: ['ERROR', 'FATAL'] },
    { name: 'health', action: 'drop', match: '"GET /health"' },
  ]);
  const { lines, outcomes } = send([
    { message: 'GET /health 200', level: 'info' },
    { message: 'GET /health 500', level: 'error' },
    { message: 'GET /orders 200', level: 'info' },
  ]);
  assert.deepEqual(messages(lines), ['GET /health 500', 'GET /orders 200']);
  assert.deepEqual([outcomes.accepted, outcomes.dropped], [2, 1]);
  assert.deepEqual([...counted], [['health', 1]]);
});

test('rules are about their tenant, services and receivers', () => {
  const { send } = setUp([{ name: 'd', action: 'drop', tenant: 'a', services: ['s'], receivers: ['loki'] }]);
  const left = (service: string, tenant: string, receiver: string): number =>
    send([{ message: 'm', service }], { tenant, receiver }).outcomes.accepted;
  assert.deepEqual([left('s', 'a', 'loki'), left('x', 'a', 'loki'), left('s', 'b', 'loki'), left('s', 'a', 'native')], [0, 1, 1, 1]);
});

test('sampling keeps traces whole, about the share asked for, and notes the rate', () => {
  const { send } = setUp([{ name: 's', action: 'sample', levels: ['DEBUG'], rate: 0.25 }]);
  const records = some(4000, (i) => ({ message: `line ${i}`, level: 'debug', trace_id: `trace-${i >> 2}` }));
  const { lines, outcomes } = send([...records, { message: 'info', level: 'info' }]);
  assert.equal(outcomes.sampled + outcomes.accepted, 4001);
  const byTrace = Map.groupBy(
    lines.filter(({ traceId }) => traceId !== ''),
    ({ traceId }) => traceId,
  );
  for (const [trace, { length }] of byTrace) assert.equal(length, 4, trace);
  assert.ok(Math.abs(byTrace.size - 250) < 60, String(byTrace.size));
  assert.deepEqual([lines[0].sampleRate, lines.at(-1)?.sampleRate], [0.25, 1]);
  const weight = lines.reduce((sum, { sampleRate }) => sum + 1 / sampleRate, 0);
  assert.ok(Math.abs(weight - 4001) < 1000, String(weight));
});

test('lines of a trace that has an error after all are kept, once, whole', () => {
  const rule: PolicyRule = { name: 's', action: 'sample', rate: 0.000001, levels: ['INFO'], keep_traces_with_error_for_ms: 5000 };
  const { send, policies, advance } = setUp([rule]);
  const first = send(some(20, (i) => ({ message: `line ${i}`, level: 'info', trace_id: `t${i % 2}` })));
  assert.equal(first.outcomes.sampled, 20);
  assert.deepEqual(policies.rescue(), []);
  advance(1000);
  send([{ message: 'failed', level: 'error', trace_id: 't1' }]);
  const rescued = policies.rescue();
  assert.deepEqual(
    rescued.map(({ tenant, rowCount }) => [tenant, rowCount]),
    [['t', 10]],
  );
  const lines = linesOf(rescued[0].block);
  assert.ok(lines.every(({ traceId, sampleRate }) => traceId === 't1' && sampleRate === 1));
  assert.deepEqual(policies.rescue(), []);
  assert.equal(send([{ message: 'after', level: 'info', trace_id: 't1' }]).outcomes.accepted, 1);
  advance(10_000);
  assert.deepEqual(policies.rescue(), []);
  assert.equal(send([{ message: 'long after', level: 'info', trace_id: 't1' }]).outcomes.accepted, 0);
});

test('what is held for its trace stays within its bytes', () => {
  const rule: PolicyRule = { name: 's', action: 'sample', rate: 0.000001, keep_traces_with_error_for_ms: 60_000 };
  const { send, policies } = setUp([rule], { max_held_bytes: 2000 });
  for (let i = 0; i < 50; i++) send([{ message: 'x'.repeat(200), trace_id: `t${i}` }]);
  send([{ message: 'e', level: 'error', trace_id: 't0' }]);
  assert.deepEqual(policies.rescue(), []);
  send([{ message: 'e', level: 'error', trace_id: 't49' }]);
  assert.equal(policies.rescue().length, 1);
});

test('a throttle is of each service, lets errors pass, and fills again', () => {
  const { send, advance } = setUp([{ name: 'th', action: 'throttle', lines_per_second: 10 }]);
  const burst = (service: string) => send(some(30, (i) => ({ message: 'm', service, level: i === 29 ? 'error' : 'info' }))).outcomes;
  assert.deepEqual([burst('a').accepted, burst('b').accepted, burst('a').accepted], [11, 11, 1]);
  advance(500);
  assert.deepEqual([burst('a').accepted, burst('a').dropped], [6, 29]);
});

test('a line that comes again is a duplicate only with the same time, host and message, within the window', () => {
  const { send, advance } = setUp([{ name: 'd', action: 'deduplicate', window_ms: 5000 }]);
  const line = { message: 'm', host: 'h', timestamp: '2025-06-15T14:23:01.123Z' };
  assert.deepEqual(send([line, line, { ...line, message: 'n' }, { ...line, host: 'i' }]).outcomes.duplicate, 1);
  assert.equal(send([line, { ...line, timestamp: '2025-06-15T14:23:01.124Z' }]).outcomes.duplicate, 1);
  assert.equal(send([{ message: 'm' }, { message: 'm' }]).outcomes.duplicate, 0);
  advance(5001);
  assert.equal(send([line]).outcomes.duplicate, 0);
});

test('above its rate DEBUG is sampled by itself', () => {
  const { send, advance } = setUp([], { auto_sample_above: 100 });
  const debug = (count: number) => send(some(count, (i) => ({ message: 'm', level: 'debug', trace_id: `t${i}` }))).outcomes;
  assert.equal(debug(90).sampled, 0);
  assert.ok(debug(90).sampled > 60);
  advance(5000);
  assert.equal(debug(90).sampled, 0);
});

test('enrichment adds what is not there', () => {
  const { send, policies } = setUp([
    {
      name: 'e',
      action: 'enrich',
      services: ['s'],
      environment: 'prod',
      host: 'h',
      tags: ['x'],
      attributes: { team: 'a' },
      resource: { region: 'eu' },
      geoip: 'client_ip',
    },
  ]);
  policies.useGeoip((address) => (address === '1.2.3.4' ? { country: 'DE', city: 'Berlin' } : undefined));
  const { lines } = send([
    { message: '1', service: 's', client_ip: '1.2.3.4' },
    { message: '2', service: 's', host: 'own', team: 'b', environment: 'dev', client_ip: 'unknown' },
    { message: '3', service: 'other' },
  ]);
  const [first, second, third] = lines;
  assert.deepEqual([first.environment, first.host, first.tags, { ...first.resource }], ['prod', 'h', ['x'], { region: 'eu' }]);
  assert.deepEqual(first.attributes.names, ['client_ip', 'team', 'client_ip.geo.country', 'client_ip.geo.city']);
  assert.deepEqual([second.environment, second.host, second.attributes.values], ['dev', 'own', ['b', 'unknown']]);
  assert.deepEqual([third.environment, third.tags, third.attributes.names], ['', [], []]);
});

const overflowOf = ({ attributes }: LogLine): unknown => {
  const at = attributes.names.indexOf('overflow');
  return at < 0 ? undefined : JSON.parse(attributes.values[at]);
};

test('names beyond the bound of a service are found in overflow', () => {
  const { send, policies } = setUp([], { max_attribute_names: 3 });
  const { lines } = send([
    { message: '1', service: 's', a: '1', b: '2' },
    { message: '2', service: 's', c: '3', d: '4', a: '5', e: '6' },
    { message: '3', service: 'other', d: '7' },
  ]);
  assert.deepEqual(
    lines.map(({ attributes }) => attributes.names.join()),
    ['a,b', 'c,a,overflow', 'd'],
  );
  assert.deepEqual(overflowOf(lines[1]), { d: '4', e: '6' });
  assert.deepEqual(send([{ message: '4', service: 's', d: '8', b: '9' }]).lines.map(overflowOf), [{ d: '8' }]);
  assert.deepEqual(policies.fields(1), [{ tenant: 't', streams: [{ service: 's', names: 3, overflowing: 2 }] }]);
});

test('strict: only the names that are known', () => {
  const { send } = setUp([{ name: 'f', action: 'limit_fields', services: ['s'], max_names: 10, known: ['a'] }]);
  const { lines } = send([{ message: 'm', service: 's', a: '1', z: '2', overflow: 'own' }]);
  assert.deepEqual(lines[0].attributes.names, ['a', 'overflow']);
  assert.deepEqual(overflowOf(lines[0]), { z: '2', overflow: 'own' });
});

test('a rule that cannot be read is refused, and the old ones stay', () => {
  const { send, policies } = setUp([{ name: 'd', action: 'drop', match: 'gone' }]);
  assert.throws(() => policies.replace([{ name: 'bad', action: 'drop', match: '"open' }]), { code: 'query_syntax' });
  assert.equal(send([{ message: 'gone' }]).outcomes.dropped, 1);
});

test('a batch id is known once the batch is durable, for a while', async () => {
  const { recentBatches } = setUp([], { max_batches: 2 }).policies;
  const state = (id: string, nowMs = 1000): string => recentBatches.stateOf('t', id, nowMs);
  const durable = Promise.withResolvers<void>();
  recentBatches.track('t', 'b', 1000, durable.promise);
  assert.equal(state('b'), 'under_way');
  durable.resolve();
  await durable.promise;
  assert.deepEqual([state('b'), recentBatches.stateOf('u', 'b', 1000)], ['known', 'new']);
  assert.deepEqual([state('b', 1000 + defaults.batch_window), state('b', 1001 + defaults.batch_window)], ['known', 'new']);
  const failing = Promise.withResolvers<void>();
  recentBatches.track('t', 'c', 1000, failing.promise);
  failing.reject(new Error('full'));
  await failing.promise.catch(() => undefined);
  assert.equal(state('c'), 'new');
  for (const id of ['d', 'e']) recentBatches.remember('t', id, 2000);
  assert.deepEqual(
    ['b', 'd', 'e'].map((id) => state(id)),
    ['new', 'known', 'known'],
  );
});

const flat = Object.fromEntries(
  Object.entries(configuredPolicyRule.properties).map(([name, schema]) => [name, (schema as unknown as { default: unknown }).default]),
) as ConfiguredPolicyRule;

test('rules of the configuration are those of the API, written flat', () => {
  const [sample, enrich] = policyRulesOf([
    { ...flat, name: 's', action: 'sample', services: 'a, b', rate: 0.1 },
    { ...flat, name: 'e', action: 'enrich', attributes: 'team=x,url=a=b', tags: 'one' },
  ]);
  assert.deepEqual(sample, { name: 's', action: 'sample', services: ['a', 'b'], rate: 0.1, keep_traces_with_error_for_ms: 0 });
  assert.deepEqual(enrich, { name: 'e', action: 'enrich', attributes: { team: 'x', url: 'a=b' }, tags: ['one'] });
});

const badRules: readonly [name: string, rule: unknown, expected: RegExp][] = [
  ['no name', { action: 'drop' }, /policy "" cannot be read/],
  ['an unknown action', { name: 'x', action: 'delete' }, /policy "x" cannot be read/],
  ['a rate over 1', { name: 'x', action: 'sample', rate: 2 }, /policy "x" cannot be read/],
  ['a query that is none', { name: 'x', action: 'drop', match: '(' }, /policy "x": /],
  ['an unknown level', { name: 'x', action: 'drop', levels: ['LOUD'] }, /policy "x": .*LOUD/],
  ['nothing', null, /policy "" cannot be read/],
];
for (const [name, rule, expected] of badRules) test(`refused: ${name}`, () => assert.throws(() => readPolicyRule(rule), expected));
