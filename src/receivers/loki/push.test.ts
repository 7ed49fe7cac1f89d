import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import type { LogLine } from '#model/log-line.ts';
import { compressSnappy } from '#platform/snappy.test-support.ts';
import { createFakeIntake, fakeRequest } from '#receivers/intake.fake.ts';
import type { FakeIntake, FakeIntakeOptions } from '#receivers/intake.fake.ts';
import type { Receiver } from '#receivers/receiver.ts';
import type { LokiConfig } from './config.ts';
import { pushRequest } from './loki.test-support.ts';
import type { PushStream } from './loki.test-support.ts';
import { createLokiReceiver } from './routes.ts';

const config: LokiConfig = { enabled: true, max_labels_bytes: 4096, max_repeated_bytes: 65_536 };

interface Opened {
  readonly fake: FakeIntake;
  readonly receiver: Receiver;
}

function open(options: FakeIntakeOptions = {}): Opened {
  const fake = createFakeIntake(options);
  return { fake, receiver: createLokiReceiver(fake.context, config) };
}

const json = { 'content-type': 'application/json' };

function push({ receiver }: Opened, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) {
  return receiver.routes[0].handle(fakeRequest('POST', '/loki/api/v1/push', { body, headers }));
}

async function pushOnce(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}, options: FakeIntakeOptions = {}) {
  const opened = open(options);
  assert.deepEqual(await push(opened, body, headers), { status: 204 });
  return opened.fake;
}

const pushStreams = (streams: readonly PushStream[], options?: FakeIntakeOptions) =>
  pushOnce(compressSnappy(pushRequest(streams)), { 'content-type': 'application/x-protobuf' }, options);

const attributesOf = ({ attributes: { names, values, kinds } }: LogLine): string[] =>
  names.map((name, i) => `${name}: ${kinds[i]} ${values[i]}`);

test('both encodings, with labels and structured metadata', async () => {
  const inProtobuf = await pushStreams([
    {
      labels: '{service_name="checkout", pod="p-1", level="warn"}',
      entries: [
        {
          nanos: 123_456_789,
          line: 'grüße "x"\n',
          metadata: { trace_id: '0af7', span_id: 'b7', user: '7', message: 'no line', ts: 'no time' },
        },
        { seconds: 1_750_000_001, line: '' },
      ],
    },
    { labels: '{job="varlogs"}', entries: [{ line: 'plain' }] },
  ]);
  const inJson = await pushOnce(
    JSON.stringify({
      streams: [
        {
          values: [
            ['1750000000123456789', 'grüße "x"\n', { trace_id: '0af7', span_id: 'b7', user: '7', message: 'no line', ts: 'no time' }],
            ['1750000001000000000', ''],
          ],
          stream: { service_name: 'checkout', pod: 'p-1', level: 'warn' },
        },
        { stream: { job: 'varlogs' }, values: [['1750000000000000000', 'plain', {}]] },
      ],
    }),
    json,
  );
  assert.deepEqual(inProtobuf.lines(), inJson.lines());
  const [first, second, third] = inJson.lines();
  assert.deepEqual(
    [first.tsNs, first.service, first.level, first.traceId, first.spanId, first.message],
    [1_750_000_000_123_456_789n, 'checkout', 13, '0af7', 'b7', 'grüße "x"\n'],
  );
  assert.deepEqual({ ...first.resource }, { pod: 'p-1', level: 'warn' });
  assert.deepEqual(attributesOf(first), ['user: s 7', 'message: s no line', 'ts: s no time']);
  assert.deepEqual([second.message, second.level, second.traceId], ['', 13, '']);
  assert.deepEqual([third.service, { ...third.resource }], ['varlogs', { job: 'varlogs' }]);
  assert.deepEqual([inJson.batches[0].receiver, inJson.batches[0].content, inJson.batches[0].sender], ['loki', 'text', 'test@192.0.2.7']);
});

test('which labels say what', async () => {
  const cases: readonly (readonly [string, readonly [string, string, string, number], Readonly<Record<string, string>>])[] = [
    ['{app="a", service_name="s", job="j"}', ['s', '', '', 0], { app: 'a', job: 'j' }],
    ['{job="j", container="c", app="a"}', ['a', '', '', 0], { job: 'j', container: 'c', app: 'a' }],
    ['{service="", app="a"}', ['a', '', '', 0], { app: 'a' }],
    ['{instance="h:80", hostname="h"}', ['', 'h', '', 0], { instance: 'h:80', hostname: 'h' }],
    ['{host="h", hostname="g"}', ['', 'h', '', 0], { hostname: 'g' }],
    ['{environment="e"}', ['', '', 'e', 0], { environment: 'e' }],
    ['{env="e", environment="f"}', ['', '', 'e', 0], { environment: 'f' }],
    ['{instance="h:80"}', ['', 'h:80', '', 0], { instance: 'h:80' }],
    ['{node_name="n", env="prod"}', ['', 'n', 'prod', 0], { node_name: 'n' }],
    ['{level="loud", detected_level="error"}', ['', '', '', 17], { level: 'loud', detected_level: 'error' }],
    ['{level="loud"}', ['', '', '', 0], { level: 'loud' }],
    ['{}', ['', '', '', 0], {}],
  ];
  for (const [labels, expected, resource] of cases) {
    const [line] = (await pushStreams([{ labels, entries: [{ line: 'x' }] }])).lines();
    assert.deepEqual([line.service, line.host, line.environment, line.level], expected, labels);
    assert.deepEqual({ ...line.resource }, resource, labels);
  }
});

test('JSON as people write it: any order, numbers, escapes, the older form', async () => {
  const { batches } = await pushOnce(
    ` { "x" : [ {} ], "streams" : [
      { "stream" : { "\\u0061pp" : "\\u00e9" , "n" : 5 , "nil" : null }, "values" : [ [ 1750000000000000001 , "a\\tb" , { "k\\n" : 5 , "b" : true , "l" : [ 1 ] , "z" : null } ] ] } ,
      { "labels" : "{app=\\"old\\"}", "entries" : [ { "line" : "first", "ts" : "2025-06-15T15:06:40.5Z" , "other" : 1 } ] } ,
      { "stream" : {} } ] } `,
    json,
  );
  const [line, old] = batches[0].lines;
  assert.deepEqual(
    [line.service, { ...line.resource }, line.tsNs, line.message],
    ['é', { app: 'é', n: '5' }, 1_750_000_000_000_000_001n, 'a\tb'],
  );
  assert.deepEqual(attributesOf(line), ['k\n: n 5', 'b: b true', 'l: j [ 1 ]']);
  assert.deepEqual([old.service, old.tsNs, old.message], ['old', 1_750_000_000_500_000_000n, 'first']);
});

test('an entry that cannot be taken is rejected alone, as a push of its own', async () => {
  const fake = await pushOnce(
    JSON.stringify({
      streams: [
        {
          stream: { app: 'a' },
          values: [
            ['1750000000000000000', 'good'],
            ['yesterday', 'x'],
            ['-1', 'x'],
            ['1750000000000000000', 5],
            ['1750000000000000000'],
            'x',
            ['1750000000000000000', 'x', 'meta'],
            ['1750000000000000000', 'y'.repeat(3000)],
            ['1750000000000000000', 'x', { deep: [[[[[[1]]]]]] }],
          ],
        },
      ],
    }),
    json,
    { ingest: { max_record_bytes: 2000, max_nesting: 6 } },
  );
  const [{ lines, quarantined }] = fake.batches;
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['good'],
  );
  assert.deepEqual(
    quarantined.map(({ index, code }) => `${index} ${code}`),
    [
      '1 invalid_timestamp',
      '2 invalid_timestamp',
      '3 malformed_record',
      '4 malformed_record',
      '5 malformed_record',
      '6 malformed_record',
      '7 record_too_large',
      '8 nesting_too_deep',
    ],
  );
  assert.deepEqual(JSON.parse(quarantined[0].text), { streams: [{ stream: { app: 'a' }, values: [['yesterday', 'x']] }] });
  const inProtobuf = await pushStreams(
    [
      {
        labels: '{app="a"}',
        entries: [
          { line: 'good' },
          { nanos: 1_000_000_000, line: 'x' },
          { seconds: -1, line: 'x' },
          { seconds: 2 ** 40, line: 'x' },
          { line: 'y'.repeat(3000) },
        ],
      },
    ],
    { ingest: { max_record_bytes: 2000 } },
  );
  assert.deepEqual(
    inProtobuf.batches[0].quarantined.map(({ index, code }) => `${index} ${code}`),
    ['1 invalid_timestamp', '2 invalid_timestamp', '3 invalid_timestamp', '4 record_too_large'],
  );
  assert.equal(inProtobuf.lines().length, 1);
});

test('a push is refused whole where it is none, or goes over a bound', async () => {
  const tooMany = { streams: [{ stream: {}, values: Array.from({ length: 4 }, () => ['1', 'x']) }] };
  const wide = { streams: [{ stream: { a: 'v'.repeat(4000) }, values: Array.from({ length: 30 }, () => ['1', 'x']) }] };
  const inJson: readonly (readonly [string, string])[] = [
    ['', 'malformed_body'],
    ['[]', 'malformed_body'],
    ['{"streams":{}}', 'malformed_body'],
    ['{"streams":[5]}', 'malformed_body'],
    ['{"streams":[{"stream":5,"values":[]}]}', 'malformed_body'],
    ['{"streams":[{"stream":{},"values":5}]}', 'malformed_body'],
    ['{"streams":[{"labels":"{a","entries":[]}]}', 'malformed_body'],
    ['{"streams":[]', 'malformed_body'],
    [`{"streams":[{"stream":{"a":"${'x'.repeat(5000)}"},"values":[]}]}`, 'limit_exceeded'],
    [JSON.stringify(wide), 'limit_exceeded'],
    [JSON.stringify(tooMany), 'too_many_records'],
  ];
  for (const [body, code] of inJson)
    await assert.rejects(push(open({ ingest: { max_records: code === 'too_many_records' ? 3 : 100 } }), body, json), { code }, body);
  const inProtobuf: readonly (readonly [string, Uint8Array, string])[] = [
    ['not compressed', pushRequest([{ labels: '{}', entries: [{ line: 'x' }] }]), 'malformed_encoding'],
    ['no protobuf', compressSnappy(Buffer.from([0x0a, 9])), 'malformed_body'],
    ['no labels', compressSnappy(pushRequest([{ labels: 'app=x', entries: [] }])), 'malformed_body'],
    ['long labels', compressSnappy(pushRequest([{ labels: `{a="${'x'.repeat(5000)}"}`, entries: [] }])), 'limit_exceeded'],
    ['a bomb', compressSnappy(Buffer.alloc(20_000)), 'body_too_large'],
  ];
  for (const [name, body, code] of inProtobuf) {
    const opened = open({ ingest: { max_body_bytes: 10_000 } });
    await assert.rejects(push(opened, body), { code }, name);
    assert.equal(opened.fake.context.budget.usedBytes, 0);
    assert.equal(opened.fake.batches.length, 0);
  }
});

test('snappy around JSON, unknown content types', async () => {
  const body = '{"streams":[{"stream":{},"values":[["1750000000000000000","x"]]}]}';
  assert.equal((await pushOnce(compressSnappy(Buffer.from(body)), { ...json, 'content-encoding': 'snappy' })).lines().length, 1);
  await assert.rejects(push(open(), body, { 'content-type': 'text/plain' }), { code: 'unsupported_content_type' });
});

test('the tenant comes from X-Scope-OrgID, else from X-Tenant-ID', async () => {
  const body = '{"streams":[{"stream":{},"values":[["1","x"]]}]}';
  for (const [headers, tenant] of [
    [{ 'x-scope-orgid': 'acme', 'x-tenant-id': 'other' }, 'acme'],
    [{ 'x-tenant-id': 'other' }, 'other'],
    [{}, 'default'],
  ] as const) {
    assert.equal((await pushOnce(body, { ...json, ...headers })).batches[0].tenant, tenant);
  }
});

test('readiness, version, and errors as a line of text', async () => {
  const { receiver } = open();
  const route = (path: string) => receiver.routes.find((candidate) => candidate.path === path) ?? assert.fail(path);
  const ready = await route('/ready').handle(fakeRequest('GET', '/ready'));
  assert.deepEqual([ready.status, ready.body], [200, 'ready\n']);
  const info = await route('/loki/api/v1/status/buildinfo').handle(fakeRequest('GET', '/loki/api/v1/status/buildinfo'));
  assert.match((JSON.parse(String(info.body)) as { version: string }).version, /^3\.\d+\.\d+$/);
  const refused = route('/loki/api/v1/push').renderError?.(new AppError('log_full', 'the log is full'), 429, fakeRequest('POST', '/'));
  assert.deepEqual(refused, { status: 429, body: 'the log is full\n', headers: { 'content-type': 'text/plain; charset=utf-8' } });
});

test('any bytes end in a batch or an error, and the next push is taken', async () => {
  const opened = open({ ingest: { max_body_bytes: 100_000, max_attributes_per_record: 4, max_nesting: 8 } });
  const protobuf = pushRequest([
    { labels: '{app="a\\n", level="info"}', entries: [{ nanos: 5, line: 'one', metadata: { trace_id: 'x', k: 'v' } }, { line: 'two' }] },
  ]);
  const text = Buffer.from('{"streams":[{"stream":{"app":"a"},"values":[["1750000000000000000","a\\u00e9",{"k":"v","n":[1]}]]}]}');
  const mutated = (bytes: Uint8Array) =>
    fc
      .tuple(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.oneof(fc.constant(bytes.length), fc.nat(bytes.length)),
      )
      .map(([changes, length]) => {
        const changed = Uint8Array.from(bytes);
        for (const [at, byte] of changes) changed[at] = byte;
        return changed.subarray(0, length);
      });
  const sendAny = async (body: Uint8Array, headers: Readonly<Record<string, string>>): Promise<void> => {
    try {
      await push(opened, body, headers);
    } catch (thrown) {
      assert.ok(thrown instanceof AppError, String((thrown as Error).stack));
      assert.ok(['malformed_body', 'malformed_encoding', 'body_too_large', 'limit_exceeded'].includes(thrown.code), thrown.code);
    }
    opened.fake.batches.length = 0;
  };
  const inside = fc.oneof({ weight: 4, arbitrary: mutated(protobuf) }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }) });
  await fc.assert(
    fc.asyncProperty(inside, (body) => sendAny(compressSnappy(body), {})),
    { numRuns: 2000 },
  );
  await fc.assert(
    fc.asyncProperty(mutated(compressSnappy(protobuf)), (body) => sendAny(body, {})),
    { numRuns: 1000 },
  );
  await fc.assert(
    fc.asyncProperty(mutated(text), (body) => sendAny(body, json)),
    { numRuns: 2000 },
  );
  await push(opened, compressSnappy(protobuf));
  assert.deepEqual(
    opened.fake.lines().map(({ message }) => message),
    ['one', 'two'],
  );
});
