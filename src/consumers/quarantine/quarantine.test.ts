import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { RejectedRecords } from '#ingest/rejected-records.ts';
import { frameKinds } from '#log/durable-log.ts';
import type { Frame } from '#log/durable-log.ts';
import { zeroOutcomes } from '#log/outcomes.ts';
import { silentLogger } from '#platform/logger.ts';
import type { ReplayRequest } from '#consumers/quarantined-records.ts';
import { QuarantineDatabase } from './quarantine-database.ts';
import { QuarantineKeeper } from './quarantine.ts';
import type { Resubmission, Resubmit } from './quarantine.ts';

const config = { enabled: true, max_record_bytes: 16, max_batch_bytes: 1000, max_bytes: 100_000, max_age: 10_000 };

function frame(sequence: number, texts: readonly string[], { tenant = 't', receivedMs = 1000 } = {}): Frame {
  const rejected = new RejectedRecords({ isEnabled: true, maxRecordBytes: 16, maxBatchBytes: 1000, maxReportedErrors: 10 });
  rejected.request = { service: 'shop' };
  for (const [index, text] of texts.entries()) rejected.add(index, 'invalid_timestamp', Buffer.from(text), 0, text.length);
  const payload = Buffer.concat(rejected.encode({ receiver: 'native', sender: 'key@::1', content: 'text' }));
  const outcomes = { ...zeroOutcomes(), quarantined: texts.length };
  return { kind: frameKinds.quarantine, tenant, rowCount: 0, outcomes, receivedMs, shard: 0, sequence, payload };
}

interface SetUp {
  readonly settings?: Partial<typeof config>;
  readonly resubmit?: Resubmit;
}

function setUp({ settings, resubmit }: SetUp = {}) {
  const database = new QuarantineDatabase(':memory:');
  const sent: Resubmission[][] = [];
  let nowMs = 2000;
  const keeper = new QuarantineKeeper({
    database,
    incarnation: 9,
    config: { ...config, ...settings },
    resubmit:
      resubmit ??
      (async (_, records) => {
        sent.push([...records]);
        return records.map(({ id }) => ({ id }));
      }),
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: () => Promise.resolve() },
    logger: silentLogger,
  });
  return { database, keeper, sent, setNow: (ms: number) => (nowMs = ms) };
}

const replayOf = (request: Partial<ReplayRequest> = {}): ReplayRequest => ({
  filter: { tenant: 't' },
  preview: false,
  edits: new Map(),
  limit: 100,
  ...request,
});

const textsOf = (records: readonly { bytes: Uint8Array }[]): string[] => records.map(({ bytes }) => Buffer.from(bytes).toString());

test('records are found with their reason, newest first, page by page, each tenant its own', () => {
  const { keeper } = setUp();
  keeper.take([frame(0, ['a', 'b']), frame(1, ['other'], { tenant: 'u' }), frame(2, ['c'])]);
  const first = keeper.find({ tenant: 't' }, 2);
  assert.deepEqual(textsOf(first.records), ['c', 'b']);
  assert.equal(first.total, 3);
  const second = keeper.find({ tenant: 't' }, 2, first.next);
  assert.deepEqual([textsOf(second.records), second.next], [['a'], undefined]);
  const { id, receiver, sender, format, code, length, state } = first.records[0];
  assert.deepEqual(
    [id, receiver, sender, format, code, length, state],
    ['q-9-0-2-0', 'native', 'key@::1', 'json', 'invalid_timestamp', 1, 'waiting'],
  );
});

test('a record goes back with all that reading it again needs; an edit says that it is one', async () => {
  const { keeper, sent } = setUp();
  keeper.take([frame(0, ['a', 'b'])]);
  await keeper.replay(replayOf({ edits: new Map([['q-9-0-0-1', Buffer.from('mended')]]) }));
  const kept = { receiver: 'native', sender: 'key@::1', format: 'json', context: { content: 'text', request: { service: 'shop' } } };
  assert.deepEqual(
    sent[0].map(({ bytes, ...record }) => ({ ...record, text: Buffer.from(bytes).toString() })),
    [
      { ...kept, id: 'q-9-0-0-0', receivedMs: 1000, isEdited: false, text: 'a' },
      { ...kept, id: 'q-9-0-0-1', receivedMs: 1000, isEdited: true, text: 'mended' },
    ],
  );
});

test('a file of an earlier version, without what requests said, is read on', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-quarantine-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'quarantine.db');
  const first = new QuarantineDatabase(path);
  first.take(9, [frame(0, ['old'])]);
  first.close();
  const file = new DatabaseSync(path);
  file.exec('ALTER TABLE records DROP COLUMN context');
  file.close();
  const database = new QuarantineDatabase(path);
  t.after(() => database.close());
  assert.equal(database.keptBytes, 'old'.length + '{}'.length);
  database.take(9, [frame(1, ['new'])]);
  const { records } = database.find({ tenant: 't' }, 10);
  assert.deepEqual(
    records.map(({ bytes, context }) => [Buffer.from(bytes).toString(), context]),
    [
      ['new', { content: 'text', request: { service: 'shop' } }],
      ['old', {}],
    ],
  );
});

test('filters', () => {
  const { keeper } = setUp();
  keeper.take([frame(0, ['alpha', 'beta'], { receivedMs: 1000 }), frame(1, ['alphabet'], { receivedMs: 3000 })]);
  const found = (filter: object): string[] => textsOf(keeper.find({ tenant: 't', ...filter }, 10).records);
  assert.deepEqual(found({ contains: 'alpha' }), ['alphabet', 'alpha']);
  assert.deepEqual(found({ ids: ['q-9-0-0-1'] }), ['beta']);
  assert.deepEqual(found({ fromMs: 1001 }), ['alphabet']);
  assert.deepEqual(found({ toMs: 3000 }), ['beta', 'alpha']);
  assert.deepEqual(found({ code: 'not_an_object' }), []);
  assert.deepEqual(found({ state: 'replayed' }), []);
});

test('a frame that is read again after a crash is not taken twice', () => {
  const { keeper } = setUp();
  for (let pass = 0; pass < 3; pass++) keeper.take([frame(5, ['a']), frame(6, ['b'])]);
  assert.deepEqual(keeper.totals().get('t'), { taken: 2, waiting: 2, replaying: 0, replayed: 0, expired: 0 });
});

test('over the bounds the oldest go, counted', () => {
  const { keeper, database, setNow } = setUp({ settings: { max_bytes: 300 } });
  for (let sequence = 0; sequence < 50; sequence++) keeper.take([frame(sequence, ['0123456789', 'x'.repeat(40)], { receivedMs: 1500 })]);
  assert.ok(database.keptBytes <= 300, String(database.keptBytes));
  const { taken, waiting, expired } = keeper.totals().get('t') ?? assert.fail();
  assert.deepEqual([taken, waiting + expired], [100, 100]);
  setNow(11_501);
  keeper.expire();
  assert.deepEqual([keeper.totals().get('t')?.expired, database.keptBytes], [100, 0]);
});

test('a replay sends the oldest first, and each record once', async () => {
  const { keeper, sent } = setUp();
  keeper.take([frame(0, ['a', 'b']), frame(1, ['c'])]);
  const [first, second] = await Promise.all([keeper.replay(replayOf({ limit: 2 })), keeper.replay(replayOf())]);
  assert.deepEqual([first.map(({ id }) => id), second.map(({ id }) => id)], [['q-9-0-0-0', 'q-9-0-0-1'], ['q-9-0-1-0']]);
  assert.deepEqual(sent.map(textsOf), [['a', 'b'], ['c']]);
  assert.deepEqual(await keeper.replay(replayOf()), []);
  assert.equal(keeper.totals().get('t')?.replayed, 3);
  assert.equal(keeper.find({ tenant: 't' }, 1).records[0].replayedMs, 2000);
});

test('what still cannot be taken waits on; a preview changes nothing', async () => {
  const problem = { code: 'invalid_timestamp', message: 'no' };
  const { keeper } = setUp({
    resubmit: async (_, records) => records.map(({ id, bytes }) => (Buffer.from(bytes).toString() === 'bad' ? { id, problem } : { id })),
  });
  keeper.take([frame(0, ['good', 'bad'])]);
  await keeper.replay(replayOf({ preview: true }));
  assert.equal(keeper.totals().get('t')?.waiting, 2);
  await keeper.replay(replayOf());
  assert.deepEqual(textsOf(keeper.find({ tenant: 't', state: 'waiting' }, 10).records), ['bad']);
  await keeper.replay(replayOf({ edits: new Map([['q-9-0-0-1', Buffer.from('mended')]]) }));
  assert.equal(keeper.totals().get('t')?.replayed, 2);
});

test('a record that was cut is not replayed, unless it is given whole', async () => {
  const { keeper, sent } = setUp();
  keeper.take([frame(0, ['longer than sixteen bytes'])]);
  const [refused] = await keeper.replay(replayOf());
  assert.equal(refused.problem?.code, 'record_too_large');
  assert.equal(keeper.totals().get('t')?.waiting, 1);
  await keeper.replay(replayOf({ edits: new Map([['q-9-0-0-0', Buffer.from('whole')]]) }));
  assert.deepEqual(sent.map(textsOf).flat(), ['whole']);
});

test('a refusal is an answer; silence is settled by looking for the line', async () => {
  let failure: Error = new AppError('log_full', 'full');
  const { keeper } = setUp({ resubmit: () => Promise.reject(failure) });
  keeper.take([frame(0, ['a', 'b'])]);
  await assert.rejects(keeper.replay(replayOf()), { code: 'log_full' });
  assert.equal(keeper.totals().get('t')?.waiting, 2);
  failure = new Error('socket hang up');
  await assert.rejects(keeper.replay(replayOf()), /hang up/);
  assert.equal(keeper.totals().get('t')?.replaying, 2);
  await keeper.settle(async (_, id) => (id === 'q-9-0-0-0' ? 1 : 0));
  const { replayed, waiting } = keeper.totals().get('t') ?? assert.fail();
  assert.deepEqual([replayed, waiting], [1, 1]);
});
