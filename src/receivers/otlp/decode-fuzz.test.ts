/** Whatever bytes come, both decoders end in a batch or an AppError, and work on afterwards. fast-check prints its seed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import { fakeRequest } from '#receivers/intake.fake.ts';
import { attribute, nested, openTestReceiver, requestOf, textRecord, textValue } from './otlp.test-support.ts';
import type { Parts } from './otlp.test-support.ts';

/** Time that this process used: a busy machine makes no test fail. */
const cpuMs = (): number => process.cpuUsage().user / 1000;

const { receiver, fake } = openTestReceiver(
  {},
  { ingest: { max_nesting: 16, max_attribute_name_bytes: 64, max_attributes_per_record: 8 } },
);

async function sendAny(body: Uint8Array, type: string): Promise<void> {
  try {
    await receiver.routes[0].handle(fakeRequest('POST', '/v1/logs', { body, headers: { 'content-type': type } }));
  } catch (thrown) {
    assert.ok(thrown instanceof AppError, String((thrown as Error).stack));
    assert.ok(['malformed_body', 'limit_exceeded', 'too_many_records'].includes(thrown.code), thrown.code);
  }
}

async function isStillWorking(): Promise<void> {
  fake.batches.length = 0;
  await sendAny(requestOf([textRecord('still here')]), 'application/x-protobuf');
  assert.deepEqual(
    fake.lines().map(({ message }) => message),
    ['still here'],
  );
  fake.batches.length = 0;
}

const record: Parts = (message) => {
  message.fixed64(1, 1_750_000_000_000_000_000n);
  message.varint(2, 9);
  message.text(3, 'INFO');
  nested(message, 5, textValue('grüße'));
  attribute(message, 6, 'a.b', textValue('c'));
  attribute(message, 6, 'm', (any) => nested(any, 6, (map) => attribute(map, 1, 'x', (value) => value.varint(3, 5))));
  attribute(message, 6, 'l', (any) => nested(any, 5, (list) => nested(list, 1, textValue('y'))));
  message.fixed32(8, 1);
  message.range(9, new Uint8Array(16).fill(7), 0, 16);
  message.text(12, 'event');
};
const valid = requestOf(
  [record, record, record],
  (resource) => attribute(resource, 1, 'service.name', textValue('s')),
  (scope) => scope.text(1, 'lib'),
);
const validJson = Buffer.from(
  '{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1750000000000000000","body":{"kvlistValue":{"values":[{"key":"a","value":{"intValue":1}}]}},"traceId":"0af7651916cd43dd8448eb211c80319c","flags":1}]}]}]}',
);

/** The bytes with some changed, cut off somewhere, or with a piece twice. */
const mutated = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      changes: fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 6 }),
      length: fc.oneof(fc.constant(bytes.length), fc.nat(bytes.length)),
      again: fc.tuple(fc.nat(bytes.length), fc.nat(40)),
    })
    .map(({ changes, length, again: [from, count] }) => {
      const changed = Uint8Array.from(bytes);
      for (const [at, byte] of changes) changed[at] = byte;
      return Buffer.concat([changed.subarray(0, from), changed.subarray(from, from + count), changed.subarray(from, length)]);
    });

for (const [name, bytes, type] of [
  ['protobuf', valid, 'application/x-protobuf'],
  ['JSON', validJson, 'application/json'],
] as const) {
  test(`random and mutated ${name}`, async () => {
    const body = fc.oneof({ weight: 5, arbitrary: mutated(bytes) }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }) });
    await fc.assert(
      fc.asyncProperty(body, async (given) => {
        await sendAny(given, type);
        fake.batches.length = 0;
      }),
      { numRuns: 4000 },
    );
    await isStillWorking();
  });

  test(`every truncation of ${name} is refused or a batch`, async () => {
    for (let length = 0; length < bytes.length; length++) await sendAny(bytes.subarray(0, length), type);
    await isStillWorking();
  });
}

test('small requests that would be large batches end soon and small', async () => {
  const deep: Parts = (any) => {
    let parts: Parts = textValue('bottom');
    for (let level = 0; level < 500; level++) {
      const inner = parts;
      parts = (value) => nested(value, 6, (map) => attribute(map, 1, 'k', inner));
    }
    parts(any);
  };
  const wide: Parts = (message) =>
    attribute(message, 6, 'p'.repeat(60), (any) =>
      nested(any, 6, (map) => {
        for (let i = 0; i < 20_000; i++) attribute(map, 1, `${i}`, (value) => value.varint(3, i));
      }),
    );
  const hostile: readonly (readonly [string, Uint8Array])[] = [
    ['maps in maps', requestOf([(message) => nested(message, 5, deep), (message) => attribute(message, 6, 'a', deep)])],
    ['a long prefix before many names', requestOf([wide, wide, wide])],
    [
      'a large resource',
      requestOf(
        Array<Parts>(20_000).fill(() => undefined),
        (resource) => attribute(resource, 1, 'k', textValue('v'.repeat(60_000))),
      ),
    ],
    ['records without anything', requestOf(Array<Parts>(60_000).fill(() => undefined))],
    [
      'lists in lists of JSON',
      Buffer.from(
        `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${'{"arrayValue":{"values":['.repeat(30_000)}${']}}'.repeat(30_000)}}]}]}]}`,
      ),
    ],
  ];
  for (const [name, body] of hostile) {
    const before = cpuMs();
    await sendAny(body, name.endsWith('JSON') ? 'application/json' : 'application/x-protobuf');
    assert.ok(cpuMs() - before < 5000, name);
    await isStillWorking();
  }
});
