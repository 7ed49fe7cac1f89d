/** OTLP's JSON, and what Node's own SDK writes in both encodings. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import fc from 'fast-check';
import type { LogLine } from '#model/log-line.ts';
import { fakeRequest } from '#receivers/intake.fake.ts';
import { openTestReceiver } from './otlp.test-support.ts';

async function exportBody(
  body: string | Uint8Array,
  type = 'application/json',
): Promise<{ lines: readonly LogLine[]; codes: readonly string[] }> {
  const { fake, receiver } = openTestReceiver();
  const { status } = await receiver.routes[0].handle(fakeRequest('POST', '/v1/logs', { body, headers: { 'content-type': type } }));
  assert.equal(status, 200);
  return { lines: fake.lines(), codes: fake.batches.flatMap(({ quarantined }) => quarantined.map(({ code }) => code)) };
}

const requestOf = (...logRecords: readonly object[]): string => JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
/** The same with a LogRecord as it is written. */
const requestOfText = (logRecord: string): string => `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${logRecord}]}]}]}`;

const attributesOf = ({ attributes: { names, values, kinds } }: LogLine): string[] =>
  names.map((name, i) => `${name}: ${kinds[i]} ${values[i]}`);

test('both spellings of names, numbers as numbers and as text', async () => {
  const camel = requestOf({
    timeUnixNano: '1750000000123456789',
    severityNumber: 17,
    severityText: 'ERROR',
    body: { stringValue: 'gr\u00fc\u00dfe "x"\n' },
    attributes: [
      { key: 'big', value: { intValue: '9007199254740993' } },
      { key: 'list', value: { arrayValue: { values: [{ boolValue: true }, { doubleValue: 1.5 }] } } },
      { key: 'map', value: { kvlistValue: { values: [{ key: 'a', value: { bytesValue: 'AQID' } }] } } },
    ],
    droppedAttributesCount: 2,
    flags: 1,
    traceId: '0AF7651916CD43DD8448EB211C80319C',
    spanId: 'b7ad6b7169203331',
    eventName: 'e',
  });
  const snake = requestOfText(`{
    "time_unix_nano": 1750000000123456789, "severity_number": "SEVERITY_NUMBER_ERROR", "severity_text": "ERROR",
    "body": {"string_value": "gr\\u00fc\\u00dfe \\"x\\"\\n"},
    "attributes": [
      {"key": "big", "value": {"int_value": 9007199254740993}},
      {"key": "list", "value": {"array_value": {"values": [{"bool_value": true}, {"double_value": "1.5"}]}}},
      {"key": "map", "value": {"kvlist_value": {"values": [{"key": "\\u0061", "value": {"bytes_value": "AQID"}}]}}}
    ],
    "dropped_attributes_count": 2.0, "flags": "1", "trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331",
    "event_name": "e", "unknown": {"a": [1, {}]}, "\\u0066lags": 1, "observedTimeUnixNano": null
  }`);
  const [[a], [b]] = await Promise.all([camel, snake].map(async (body) => (await exportBody(body)).lines));
  assert.deepEqual(a, b);
  assert.equal(a.tsNs, 1_750_000_000_123_456_789n);
  assert.deepEqual([a.level, a.message, a.traceId], [17, 'grüße "x"\n', '0af7651916cd43dd8448eb211c80319c']);
  assert.deepEqual(attributesOf(a).sort(), [
    'big: n 9007199254740993',
    'dropped_attributes_count: n 2',
    'event_name: s e',
    'flags: n 1',
    'list: j [true,1.5]',
    'map.a: s AQID',
  ]);
});

test('shapes that say nothing are taken', async () => {
  for (const body of [
    '{}',
    ' { "resourceLogs" : [ ] } ',
    '{"resourceLogs":null}',
    '\ufeff{"resourceLogs":[{}]}',
    '{"resourceLogs":[{"scopeLogs":[{}]}]}',
  ]) {
    assert.equal((await exportBody(body)).lines.length, 0, body);
  }
  assert.deepEqual((await exportBody(requestOfText('{}, {"body":null}, {"timeUnixNano":""}'))).lines.length, 3);
});

test('an unreadable time refuses its record alone; deep nesting too', async () => {
  const deep = `${'{"arrayValue":{"values":['.repeat(100)}${']}}'.repeat(100)}`;
  const { lines, codes } = await exportBody(
    requestOfText(`{"timeUnixNano":"noon"},{"timeUnixNano":-1},{"timeUnixNano":"1e400"},{"body":${deep}},{"body":{"stringValue":"good"}}`),
  );
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['good'],
  );
  assert.deepEqual(codes, ['invalid_timestamp', 'invalid_timestamp', 'invalid_timestamp', 'nesting_too_deep']);
});

test('anything of the wrong type refuses the body, and says where', async () => {
  const bad: readonly string[] = [
    '',
    '[]',
    'null',
    '{"resourceLogs":{}}',
    '{"resourceLogs":[1]}',
    '{"resourceLogs":[null]}',
    '{"resourceLogs":[]} x',
    '{"resourceLogs":[',
    '['.repeat(1_000_000),
    ...[
      '{"severityNumber":"loud"}',
      '{"severityNumber":-1}',
      '{"severityText":5}',
      '{"body":"text"}',
      '{"body":{"intValue":1.5}}',
      '{"body":{"intValue":""}}',
      '{"body":{"boolValue":1}}',
      '{"body":{"doubleValue":"x"}}',
      '{"flags":4294967296}',
      '{"traceId":"xyz"}',
      '{"traceId":"abc"}',
      '{"attributes":{"k":"v"}}',
      '{"attributes":[{"key":1}]}',
    ].map(requestOfText),
  ];
  for (const body of bad) {
    await assert.rejects(exportBody(body), { code: 'malformed_body', message: /byte \d+/ }, body.slice(0, 200));
  }
});

/** What the SDK's exporters are given, made of parts that fast-check varies. */
const attributeValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.toWellFormed()),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true, noInteger: true }),
    fc.boolean(),
    fc.uint8Array({ maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), tie('value'), { maxKeys: 3 }),
  ),
})).value;
const attributes = fc.dictionary(fc.stringMatching(/^[a-z]{1,4}(\.[a-z]{1,4}){0,2}$/), attributeValue, { maxKeys: 5 });
const hrTime = fc.tuple(fc.integer({ min: 1, max: 4_000_000_000 }), fc.nat(999_999_999));
const sdkRecord = fc.record({
  hrTime,
  hrTimeObserved: hrTime,
  severityNumber: fc.option(fc.integer({ min: 1, max: 24 }), { nil: undefined }),
  severityText: fc.option(fc.constantFrom('INFO', 'warn', 'audit'), { nil: undefined }),
  body: attributeValue,
  attributes,
  droppedAttributesCount: fc.nat(9),
  spanContext: fc.option(
    fc.record({
      traceId: fc.constant('0af7651916cd43dd8448eb211c80319c'),
      spanId: fc.constant('b7ad6b7169203331'),
      traceFlags: fc.constantFrom(0, 1),
    }),
    { nil: undefined },
  ),
});

test("both encodings of Node's SDK give the same lines, with what was logged", async () => {
  const resource = {
    attributes: { 'service.name': 'checkout', 'k8s.pod.name': 'p-1' },
    getRawAttributes: () => [['service.name', 'checkout']],
  };
  const instrumentationScope = { name: 'lib', version: '1' };
  await fc.assert(
    fc.asyncProperty(fc.array(sdkRecord, { minLength: 1, maxLength: 4 }), async (parts) => {
      const records = parts.map((part) => ({ ...part, resource, instrumentationScope })) as unknown as Parameters<
        typeof ProtobufLogsSerializer.serializeRequest
      >[0];
      const protobuf = ProtobufLogsSerializer.serializeRequest(records);
      const json = JsonLogsSerializer.serializeRequest(records);
      assert.ok(protobuf !== undefined && json !== undefined);
      const fromProtobuf = await exportBody(protobuf, 'application/x-protobuf');
      assert.deepEqual(fromProtobuf, await exportBody(json));
      assert.deepEqual(
        fromProtobuf.lines.map(({ tsNs, service, level, traceId }) => [tsNs, service, level, traceId]),
        parts.map(({ hrTime: [s, ns], severityNumber, severityText, spanContext }) => [
          BigInt(s) * 1_000_000_000n + BigInt(ns),
          'checkout',
          severityNumber ?? { INFO: 9, warn: 13, audit: 0 }[severityText ?? 'audit'],
          spanContext?.traceId ?? '',
        ]),
      );
      for (const [i, { body }] of parts.entries()) if (typeof body === 'string') assert.equal(fromProtobuf.lines[i].message, body);
    }),
    { numRuns: 200 },
  );
});
