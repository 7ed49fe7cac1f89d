/** Whatever bytes come, the decoder ends in a batch or an AppError, every event has an outcome, and it works on afterwards. */
import assert from 'node:assert/strict';
import { AppError } from '#base/errors.ts';
import { testHostileBodies } from '#receivers/hostile-bodies.test-support.ts';
import { createFakeIntake } from '#receivers/intake.fake.ts';
import { HecDecoder } from './decode.ts';

const source = { tenant: 'default', receiver: 'splunk', sender: 'fuzz', content: 'records', format: 'json' } as const;
const fake = createFakeIntake({ ingest: { max_records: 20, max_record_bytes: 2048, max_attributes_per_record: 4 } });
const decoder = new HecDecoder(fake.context.ingestConfig);

/** Lines, rejected records and the first of them; or the error's code. */
async function decode(
  body: Uint8Array,
  isRaw: boolean,
): Promise<readonly [lines: number, rejected: number, first: number | undefined] | string> {
  const batch = fake.intake.open(source);
  let first: number | undefined;
  try {
    first = (isRaw ? decoder.decodeRaw(body, { source: 's' }, batch) : decoder.decodeEvents(body, {}, batch))?.index;
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.code;
    throw thrown;
  }
  fake.batches.length = 0;
  await fake.intake.submit(batch);
  const [{ lines, quarantined, refusedCount }] = fake.batches;
  return [lines.length, quarantined.length + refusedCount, first];
}

const good = new TextEncoder().encode('{"event":{"message":"still","k":1,"k":2},"host":"h"}{"event":"here","fields":{"a":1}}');

async function checkBody(body: Uint8Array): Promise<void> {
  for (const isRaw of [false, true]) {
    const outcome = await decode(body, isRaw);
    if (typeof outcome === 'string') assert.equal(outcome, 'too_many_records');
    else {
      const [lines, rejected, first] = outcome;
      assert.equal(first === undefined, rejected === 0);
      assert.ok(first === undefined || first < lines + rejected);
    }
  }
  assert.deepEqual(await decode(good, false), [2, 0, undefined]);
}

const pieces = [
  '{"event":"a","time":1752575025.1,"host":"h","source":"s"}',
  '{"event":{"message":"m","a":1,"a":2,"service":"x"},"fields":{"level":"warn","q\\"":"\\u00e9","l":[1]}}',
  '{"event":"caf\\u00e9 \\ud800","sourcetype":null,"index":7}',
  '{"event":["x"],"time":"bad"}',
  '{"event":""}',
  '{"time":1}',
  '{"event":{"a":1,"b":2,"c":3,"d":4,"e":5},"fields":{"f":6},"overflow":1}',
];

testHostileBodies({
  pieces,
  whole: [pieces.join('')],
  around: (value) => [
    value,
    `{"event":${value}}`,
    `{"event":"a","fields":${value}}`,
    `{"event":"a","fields":{"f":${value}}}`,
    `{"event":"a","host":${value}}`,
  ],
  checkBody,
});
