import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { ByteBudget } from './byte-budget.ts';
import { createFakeIntake } from './intake.fake.ts';
import type { FakeIntake } from './intake.fake.ts';
import { StreamBatcher } from './stream-batcher.ts';
import type { StreamBatcherOptions } from './stream-batcher.ts';

const encoder = new TextEncoder();

function createBatcher(fake: FakeIntake, options: Partial<StreamBatcherOptions> = {}): StreamBatcher {
  return new StreamBatcher({
    receiver: 'test',
    tenant: 'acme',
    content: 'text',
    format: 'text',
    maxRecords: 3,
    maxBytes: 1 << 20,
    maxDelayMs: 5,
    maxHeldBytes: 8 << 20,
    context: fake.context,
    decode(writer, { bytes, start, end }) {
      if (bytes[start] === 0x21) return 'malformed_record';
      if (bytes[start] === 0x3f) throw new Error('defect');
      writer.message(start, end);
      return undefined;
    },
    ...options,
  });
}

function add(batcher: StreamBatcher, text: string | Uint8Array, peer = '10.0.0.1'): boolean {
  const bytes = typeof text === 'string' ? encoder.encode(text) : text;
  return batcher.add(bytes, 0, bytes.length, peer);
}

const messages = (fake: FakeIntake): string[][] => fake.batches.map(({ lines }) => lines.map(({ message }) => message));

test('a batch is cut by its records, by its bytes and by time', async () => {
  const fake = createFakeIntake();
  const batcher = createBatcher(fake, { maxBytes: 100_000 });
  for (const text of ['a', 'b', 'c', 'd']) assert.equal(add(batcher, text), true);
  await batcher.durable();
  assert.deepEqual(messages(fake), [['a', 'b', 'c'], ['d']]);
  const large = 'x'.repeat(99_999);
  add(batcher, large);
  add(batcher, 'yy');
  await batcher.durable();
  assert.deepEqual(messages(fake).slice(2), [[large], ['yy']]);
  assert.deepEqual(fake.batches.map(({ tenant, receiver, content, sender }) => [tenant, receiver, content, sender])[0], [
    'acme',
    'test',
    'text',
    '10.0.0.1',
  ]);
});

test('a batch of several senders says how many', async () => {
  const fake = createFakeIntake();
  const batcher = createBatcher(fake);
  add(batcher, 'a', '10.0.0.1');
  add(batcher, 'b', '10.0.0.2');
  await batcher.durable();
  assert.equal(fake.batches[0].sender, '2 senders');
});

test('refused records and those on which the decoder fails are kept with their bytes, the others are taken', async () => {
  const fake = createFakeIntake();
  const batcher = createBatcher(fake);
  for (const text of ['good', '!bad', '?defect']) add(batcher, text);
  await batcher.durable();
  assert.deepEqual(messages(fake), [['good']]);
  assert.deepEqual(
    fake.batches[0].quarantined.map(({ index, code, text }) => [index, code, text]),
    [
      [1, 'malformed_record', '!bad'],
      [2, 'malformed_record', '?defect'],
    ],
  );
});

test('what is no UTF-8 is repaired, record by record, also where two halves look sound together', async () => {
  const fake = createFakeIntake();
  const batcher = createBatcher(fake, { maxRecords: 100 });
  add(batcher, Uint8Array.of(0x47, 0x72, 0xfc, 0xdf, 0x65)); // Grüße in Latin 1
  add(batcher, 'Grüße');
  add(batcher, Uint8Array.of(...encoder.encode('ü'), 0xc3));
  await batcher.durable();
  add(batcher, Uint8Array.of(...encoder.encode('naïf'), 0xc3));
  add(batcher, Uint8Array.of(0xbc, ...encoder.encode('é')));
  await batcher.durable();
  assert.deepEqual(messages(fake), [
    ['Grüße', 'Grüße', 'ü\ufffd'],
    ['naïf\ufffd', '\ufffdé'],
  ]);
});

test('a batch that the log refuses is kept and submitted again', async () => {
  const fake = createFakeIntake();
  const batcher = createBatcher(fake);
  fake.submitError = new AppError('log_unavailable', 'disk full', { retryAfterMs: 5 });
  for (const text of ['a', 'b', 'c', 'd']) add(batcher, text);
  const durable = batcher.durable();
  while (!(Number(fake.counts.get('test batches_delayed')) > 1)) await new Promise((resolve) => setImmediate(resolve));
  fake.submitError = undefined;
  await durable;
  assert.deepEqual(messages(fake).flat().sort(), ['a', 'b', 'c', 'd']);
});

test('nothing is taken beyond what may be held, and it goes on when something is durable', async () => {
  const fake = createFakeIntake();
  const log = Promise.withResolvers<void>();
  fake.durable = log.promise;
  const batcher = createBatcher(fake, { maxRecords: 1, maxHeldBytes: 200_000 });
  const taken: string[] = [];
  for (let i = 0; i < 10; i++) if (add(batcher, `line ${i}`)) taken.push(`line ${i}`);
  assert.equal(taken.length, 3);
  const room = batcher.whenRoom();
  log.resolve();
  await room;
  assert.equal(add(batcher, 'later'), true);
  await batcher.durable();
  assert.deepEqual(messages(fake).flat(), [...taken, 'later']);
});

test('the budget of the worker bounds it too, and one record is always taken', async () => {
  const fake = createFakeIntake();
  const budget = new ByteBudget(200_000, 'ingest.max_inflight_bytes', 1000);
  const others = budget.reserve();
  others.resize(150_000);
  const batcher = createBatcher({ ...fake, context: { ...fake.context, budget } }, { maxHeldBytes: 10 });
  assert.equal(add(batcher, 'x'), false);
  const room = batcher.whenRoom();
  others.release();
  await room;
  assert.equal(add(batcher, 'x'), true);
  await batcher.durable();
  assert.deepEqual(messages(fake), [['x']]);
});

test('a stop makes durable what was gathered; what the log does not take is counted as lost', async () => {
  const fake = createFakeIntake();
  const batcher = createBatcher(fake, { maxDelayMs: 60_000 });
  add(batcher, 'a');
  await batcher.stop(1000);
  assert.deepEqual(messages(fake), [['a']]);

  const failing = createBatcher(fake, { maxDelayMs: 60_000 });
  fake.submitError = new AppError('log_unavailable', 'disk full', { retryAfterMs: 60_000 });
  add(failing, 'b');
  add(failing, 'c');
  const durable = failing.durable();
  await Promise.all([failing.stop(1), assert.rejects(durable)]);
  assert.equal(fake.counts.get('test records_lost_at_stop'), 2);
  await assert.rejects(failing.whenRoom(), { code: 'shutting_down' });
});
