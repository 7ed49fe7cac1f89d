/** Whatever bytes come, the decoder ends in a batch or an AppError, every item has an outcome, and it works on afterwards. */
import assert from 'node:assert/strict';
import { AppError } from '#base/errors.ts';
import { testHostileBodies } from '#receivers/hostile-bodies.test-support.ts';
import { createFakeIntake } from '#receivers/intake.fake.ts';
import { BulkDecoder } from './decode.ts';

const source = { tenant: 'default', receiver: 'elasticsearch', sender: 'fuzz', content: 'records', format: 'json' } as const;
const fake = createFakeIntake({ ingest: { max_records: 20, max_record_bytes: 2048, max_attributes_per_record: 4 } });
const decoder = new BulkDecoder(fake.context.ingestConfig);

interface Counts {
  readonly taken: number;
  readonly failed: number;
  readonly lines: number;
  readonly rejected: number;
}

/** What became of the items, or the error's code. */
async function decode(body: Uint8Array): Promise<Counts | string> {
  const batch = fake.intake.open(source);
  let taken = 0;
  let failed = 0;
  try {
    decoder.decodeBulk(body, 'i', batch, { taken: () => taken++, failed: () => failed++ });
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.code;
    throw thrown;
  }
  fake.batches.length = 0;
  await fake.intake.submit(batch);
  const [{ lines, quarantined, refusedCount }] = fake.batches;
  return { taken, failed, lines: lines.length, rejected: quarantined.length + refusedCount };
}

const good = new TextEncoder().encode('{"create":{"_index":"a-b"}}\n{"message":"still here"}\n');

async function checkBody(body: Uint8Array): Promise<void> {
  const outcome = await decode(body);
  if (typeof outcome === 'string') assert.ok(['malformed_body', 'too_many_records'].includes(outcome), outcome);
  else assert.deepEqual([outcome.lines, outcome.rejected], [outcome.taken, outcome.failed]);
  assert.deepEqual(await decode(good), { taken: 1, failed: 0, lines: 1, rejected: 0 });
}

const pieces = [
  '{"create":{"_index":"logs-a-b"}}',
  '{"create":{}}',
  '{"index":{"_index":"x","_id":"7"}}',
  '{"update":{"_id":7}}',
  '{"delete":{"_id":"1"}}',
  '{"message":"a","@timestamp":"2026-06-01T10:00:00Z","log":{"level":"warn"}}',
  '{"a":1,"a":2,"b":{"c":[1,{}]},"overflow":null,"d":1,"e":2,"f":3}',
  '{"@timestamp":"bad"}',
  '{"message":"caf\\u00e9 \\ud83d\\ude00 \\ud800"}',
];

testHostileBodies({
  pieces,
  whole: [`${pieces.join('\n')}\n${new TextDecoder().decode(good)}`],
  around: (value) => [
    `{"create":{}}\n${value}\n`,
    `{"create":{}}\n{"a":${value}}\n`,
    `{"create":${value}}\n{}\n`,
    `{"create":{"_index":${value}}}\n{}\n`,
    `${value}\n{}\n`,
  ],
  checkBody,
});
