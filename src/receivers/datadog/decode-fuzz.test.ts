/** Whatever bytes come, the decoder ends in a batch or an AppError, and works on afterwards. */
import assert from 'node:assert/strict';
import { AppError } from '#base/errors.ts';
import { testHostileBodies } from '#receivers/hostile-bodies.test-support.ts';
import { createFakeIntake } from '#receivers/intake.fake.ts';
import { DatadogDecoder } from './decode.ts';

const source = { tenant: 'default', receiver: 'datadog', sender: 'fuzz', content: 'text', format: 'json' } as const;
const fake = createFakeIntake({ ingest: { max_records: 20, max_record_bytes: 2048, max_attributes_per_record: 4 } });
const decoder = new DatadogDecoder(fake.context.ingestConfig);

/** Messages and rejected records; or the error's code. */
async function decode(body: Uint8Array): Promise<readonly [messages: readonly string[], rejected: number] | string> {
  const batch = fake.intake.open(source);
  try {
    decoder.decode(body, batch);
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.code;
    throw thrown;
  }
  fake.batches.length = 0;
  await fake.intake.submit(batch);
  const [{ lines, quarantined, refusedCount }] = fake.batches;
  return [lines.map(({ message, tags }) => [message, ...tags].join(' ')), quarantined.length + refusedCount];
}

const good = new TextEncoder().encode('[{"message":"still","ddtags":"env:a,b"},{"message":"here"}]');

async function checkBody(body: Uint8Array): Promise<void> {
  const outcome = await decode(body);
  if (typeof outcome === 'string') assert.ok(['malformed_body', 'too_many_records'].includes(outcome), outcome);
  assert.deepEqual(await decode(good), [['still env:a b', 'here'], 0]);
}

const pieces = [
  '{"message":"a","ddtags":"env:x,service:y,version:1,,:","status":"error","timestamp":1752575025123}',
  '{"message":"b","tags":["one:1"],"ddtags":"p,q","version":"2","a":1,"a":2}',
  '{"message":"c","ddtags":["env:z"],"dd":{"service":"s","env":"e","trace_id":"1"}}',
  '{"date":"bad"}',
  '{}',
  '[',
  ']',
  ',',
  '[{"message":"d"}]',
];

testHostileBodies({
  pieces,
  whole: [`[${pieces.slice(0, 5).join(',')}]`, pieces.slice(0, 5).join('\n')],
  around: (value) => [value, `[${value}]`, `{"message":${value}}`, `[{"ddtags":${value}}]`, `{"a":1}\n${value}\n{"a":1}`],
  checkBody,
});
