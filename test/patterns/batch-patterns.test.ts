/** Patterns of whole batches: each row gets what its message alone would get, whatever stands around it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ingestConfig } from '#ingest/config.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import { readNativeBlock } from '#model/native-block.ts';
import { findPatterns } from '#patterns/batch-patterns.ts';
import { minerLimits, patternsConfig } from '#patterns/config.ts';
import { PatternMiner } from '#patterns/pattern-miner.ts';
import { BatchDecoder } from '#receivers/native/decode.ts';
import { defaultsOf } from '../support/config-defaults.ts';

const limits = minerLimits(defaultsOf(patternsConfig));
const decoder = new BatchDecoder(defaultsOf(ingestConfig));
const stamp = { receivedMs: 1_750_000_000_000, origin: 64, seq: 1, maxClockSkewMs: 30_000 };

interface Row {
  readonly service?: string;
  readonly message?: string;
  readonly level?: string;
}

function idsOf(miner: PatternMiner, rows: readonly Row[], tenant = 'acme'): bigint[] {
  const builder = new LogBatchBuilder();
  builder.completer = (batch, of) => findPatterns(miner, batch, of);
  decoder.decodeJson(Buffer.from(JSON.stringify({ logs: rows })), {}, builder);
  return [...readNativeBlock(builder.finish({ ...stamp, tenant })).patternId];
}

test('messages of all lengths, none at all, and services side by side', () => {
  const miner = new PatternMiner(limits);
  const long = `read ${'word '.repeat(60)}of file`;
  const ids = idsOf(miner, [
    { service: 'a', message: 'user 1 left' },
    { service: 'b', level: 'INFO' },
    { service: 'b', message: long },
    { service: 'a', message: 'user 22 left' },
    { service: 'b', message: `${long} again` },
    { message: 'user 3 left' },
    { service: 'a', level: 'INFO' },
  ]);
  assert.equal(ids[0], ids[3]);
  assert.equal(ids[0], ids[5], 'the id says nothing of the service');
  assert.deepEqual([ids[1], ids[6]], [0n, 0n]);
  assert.ok(ids[0] !== 0n && ids[2] !== 0n);
  assert.deepEqual(
    miner
      .drainLearnt()
      .map(({ service }) => service)
      .toSorted(),
    ['', 'a', 'b', 'b'],
  );
  assert.notEqual(idsOf(miner, [{ message: 'user 4 left' }], 'other')[0], ids[5], 'tenants have ids of their own');
});

const word = fc.constantFrom('user', 'order', 'left', 'paid', 'from', 'in', 'failed', 'bad', 'é');
const value = fc.constantFrom('1', '42', '10.0.0.1', '3fa9b2', 'u-17', 'ord-9', '/var/log/a1', '1.5', 'ms', 'blk_-1');
const message = fc.array(fc.oneof(word, value), { minLength: 1, maxLength: 8 }).map((words) => words.join(' '));
const rows = fc.array(fc.record({ service: fc.constantFrom('a', 'b', 'c'), message }), { minLength: 1, maxLength: 60 });

test('shapes that are remembered change no id', () => {
  fc.assert(
    fc.property(rows, (lines) => {
      const [with8192, with8] = [limits, { ...limits, shapeEntries: 8 }].map((bounds) => new PatternMiner(bounds));
      for (let round = 0; round < 3; round++) {
        const one = lines.map((line) => idsOf(with8, [line])[0]);
        assert.deepEqual(idsOf(with8192, lines), one, JSON.stringify(lines));
      }
    }),
    { numRuns: 150 },
  );
});
