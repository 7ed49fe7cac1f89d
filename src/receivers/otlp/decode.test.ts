import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogLine } from '#model/log-line.ts';
import { fakeRequest } from '#receivers/intake.fake.ts';
import type { FakeIntakeOptions } from '#receivers/intake.fake.ts';
import { attribute, messageOf, nested, openTestReceiver, requestOf, textRecord, textValue } from './otlp.test-support.ts';
import type { Parts, TestConfig, TestReceiver } from './otlp.test-support.ts';

interface Exported extends TestReceiver {
  readonly lines: readonly LogLine[];
  readonly status: number;
}

async function exportBody(body: Uint8Array, config: Partial<TestConfig> = {}, options: FakeIntakeOptions = {}): Promise<Exported> {
  const opened = openTestReceiver(config, options);
  const headers = { 'content-type': 'application/x-protobuf' };
  const { status } = await opened.receiver.routes[0].handle(fakeRequest('POST', '/v1/logs', { body, headers }));
  return { ...opened, lines: opened.fake.lines(), status };
}

async function exportOne(record: Parts, resource?: Parts, scope?: Parts): Promise<LogLine> {
  const { lines } = await exportBody(requestOf([record], resource, scope));
  assert.equal(lines.length, 1);
  return lines[0];
}

/** Attributes as `name: kind text`. */
function attributesOf({ attributes: { names, values, kinds } }: LogLine): Record<string, string> {
  return Object.fromEntries(names.map((name, i) => [name, `${kinds[i]} ${values[i]}`]));
}

const list =
  (...values: readonly Parts[]): Parts =>
  (any) =>
    nested(any, 5, (array) => {
      for (const value of values) nested(array, 1, value);
    });
const map =
  (entries: Readonly<Record<string, Parts>>): Parts =>
  (any) =>
    nested(any, 6, (keyValues) => {
      for (const [key, value] of Object.entries(entries)) attribute(keyValues, 1, key, value);
    });
const int =
  (value: bigint): Parts =>
  (any) =>
    any.varint(3, value);
const double =
  (value: number): Parts =>
  (any) =>
    any.double(4, value);
const bool =
  (value: boolean): Parts =>
  (any) =>
    any.varint(2, value ? 1 : 0);
const bytes =
  (...value: readonly number[]): Parts =>
  (any) =>
    any.range(7, Uint8Array.from(value), 0, value.length);
const none: Parts = () => undefined;

test('a value of every type, as attribute and as body', async () => {
  const cases: readonly (readonly [string, Parts, string | undefined, string])[] = [
    ['text', textValue('grüße "x"'), 's grüße "x"', 'grüße "x"'],
    ['empty text', textValue(''), 's ', ''],
    ['long text', textValue('a'.repeat(300)), `s ${'a'.repeat(300)}`, 'a'.repeat(300)],
    ['true', bool(true), 'b true', 'true'],
    ['false', bool(false), 'b false', 'false'],
    ['0', int(0n), 'n 0', '0'],
    ['-1', int(-1n), 'n -1', '-1'],
    ['an int over 2^53', int(9_007_199_254_740_993n), 'n 9007199254740993', '9007199254740993'],
    ['the smallest int', int(-(2n ** 63n)), 'n -9223372036854775808', '-9223372036854775808'],
    ['a double', double(1.5), 'n 1.5', '1.5'],
    ['a large double', double(1e300), 'n 1e+300', '1e+300'],
    ['NaN', double(NaN), 's NaN', 'NaN'],
    ['infinity', double(-Infinity), 's -Infinity', '-Infinity'],
    ['bytes', bytes(1, 2, 255), 's AQL/', 'AQL/'],
    ['nothing', none, 'z null', ''],
    [
      'a list',
      list(textValue('é"'), int(1n), bool(true), none, double(NaN), bytes(1), list()),
      'j ["é\\"",1,true,null,"NaN","AQ==",[]]',
      '["é\\"",1,true,null,"NaN","AQ==",[]]',
    ],
    ['a list of maps', list(map({ a: int(1n), b: map({}) })), 'j [{"a":1,"b":{}}]', '[{"a":1,"b":{}}]'],
    ['an empty list', list(), 'j []', '[]'],
    ['an empty map', map({}), 'j {}', '{}'],
    ['a map', map({ a: textValue('x'), b: map({ c: int(2n) }) }), undefined, '{"a":"x","b":{"c":2}}'],
    ['the last of several members', (any) => (textValue('first')(any), int(2n)(any)), 'n 2', '2'],
    ['text after a number', (any) => (int(2n)(any), textValue('last')(any)), 's last', 'last'],
  ];
  for (const [name, value, expected, message] of cases) {
    const line = await exportOne((record) => {
      nested(record, 5, value);
      attribute(record, 6, 'x', value);
    });
    if (expected !== undefined) assert.deepEqual(attributesOf(line), { x: expected }, name);
    assert.equal(line.message, message, name);
  }
});

test('maps are flattened to dotted names, which keep their own dots', async () => {
  const line = await exportOne((record) => {
    attribute(
      record,
      6,
      'http',
      map({ 'request.method': textValue('GET'), response: map({ status: int(200n), headers: list(textValue('a')) }) }),
    );
    attribute(record, 6, 'http.route', textValue('/'));
    attribute(record, 6, 'n'.repeat(600), map({ a: int(1n) }));
  });
  const { overflow, ...rest } = attributesOf(line);
  assert.deepEqual(rest, {
    'http.request.method': 's GET',
    'http.response.status': 'n 200',
    'http.response.headers': 'j ["a"]',
    'http.route': 's /',
  });
  assert.equal(overflow, `j {"${'n'.repeat(600)}":{"a":1}}`);
});

test('severity: the number wins, a text that says something else stays', async () => {
  const cases: readonly (readonly [number, string, number, Record<string, string>])[] = [
    [9, 'INFO', 9, {}],
    [9, 'Information', 9, {}],
    [10, 'INFO2', 10, {}],
    [17, '', 17, {}],
    [13, 'ERROR', 13, { severity_text: 's ERROR' }],
    [9, 'audit', 9, { severity_text: 's audit' }],
    [0, 'warning', 13, {}],
    [0, 'audit', 0, { severity_text: 's audit' }],
    [24, 'FATAL4', 24, {}],
    [25, 'error', 17, { severity_number: 'n 25' }],
    [0, '', 0, {}],
  ];
  for (const [number, text, level, attributes] of cases) {
    const line = await exportOne((record) => {
      if (number !== 0) record.varint(2, number);
      if (text !== '') record.text(3, text);
    });
    assert.equal(line.level, level, `${number} ${text}`);
    assert.deepEqual(attributesOf(line), attributes, `${number} ${text}`);
  }
});

const second = 1_000_000_000n;
const noon = 1_750_000_000n * second;

test('time, else observed time; the observed one is kept only where it is a second away', async () => {
  const cases: readonly (readonly [bigint, bigint, bigint | undefined, Record<string, string>])[] = [
    [noon + 123_456_789n, 0n, noon + 123_456_789n, {}],
    [0n, noon + 5n, noon + 5n, {}],
    [noon, noon + second - 1n, noon, {}],
    [noon, noon + second, noon, { observed_timestamp: 's 2025-06-15T15:06:41.000Z' }],
    [noon, noon - 60n * second, noon, { observed_timestamp: 's 2025-06-15T15:05:40.000Z' }],
    [noon, 2n ** 63n, noon, {}],
    [2n ** 63n - 1n, 0n, 2n ** 63n - 1n, {}],
    [0n, 0n, undefined, {}],
  ];
  for (const [time, observed, tsNs, attributes] of cases) {
    const line = await exportOne((record) => {
      record.fixed64(1, time);
      record.fixed64(11, observed);
    });
    assert.equal(line.tsNs, tsNs ?? BigInt(line.receivedMs) * 1_000_000n);
    assert.deepEqual(attributesOf(line), attributes);
  }
});

test('ids in hexadecimal, zeros are none; counts, flags and the name of the event', async () => {
  const id = (field: number, hex: string): Parts => {
    const value = Buffer.from(hex, 'hex');
    return (record) => record.range(field, value, 0, value.length);
  };
  const trace = '0af7651916cd43dd8448eb211c80319c';
  const line = await exportOne((record) => {
    id(9, trace)(record);
    id(10, 'b7ad6b7169203331')(record);
    record.fixed32(8, 257);
    record.varint(7, 3);
    record.text(12, 'user.login');
  });
  assert.deepEqual([line.traceId, line.spanId], [trace, 'b7ad6b7169203331']);
  assert.deepEqual(attributesOf(line), { event_name: 's user.login', flags: 'n 257', dropped_attributes_count: 'n 3' });
  const empty = await exportOne((record) => {
    id(9, '00'.repeat(16))(record);
    id(10, '')(record);
    record.fixed32(8, 0);
  });
  assert.deepEqual([empty.traceId, empty.spanId, empty.attributes.names], ['', '', []]);
  const twice = await exportOne((record) => {
    id(9, trace)(record);
    id(9, 'ff')(record);
  });
  assert.equal(twice.traceId, trace);
});

test('resource, scope and record stay apart', async () => {
  const line = await exportOne(
    (record) => {
      attribute(record, 6, 'service.name', textValue('of the record'));
      attribute(record, 6, 'k', textValue('v'));
    },
    (resource) => {
      attribute(resource, 1, 'service.name', textValue('checkout'));
      attribute(resource, 1, 'host.name', textValue('web-1'));
      attribute(resource, 1, 'deployment.environment.name', textValue('prod'));
      attribute(resource, 1, 'deployment.environment', textValue('old name'));
      attribute(resource, 1, 'k8s', map({ pod: map({ name: textValue('p-1') }) }));
      attribute(resource, 1, 'process.command_args', list(textValue('node'), textValue('x.js')));
      attribute(resource, 1, 'process.pid', int(42n));
      attribute(resource, 1, 'nothing', none);
      resource.varint(2, 7);
    },
    (scope) => {
      scope.text(1, 'my.library');
      scope.text(2, '1.2.3');
      attribute(scope, 3, 'lib', map({ color: textValue('red') }));
      scope.varint(4, 1);
    },
  );
  assert.deepEqual([line.service, line.host, line.environment], ['checkout', 'web-1', 'prod']);
  assert.deepEqual(
    { ...line.resource },
    {
      'deployment.environment': 'old name',
      'k8s.pod.name': 'p-1',
      'process.command_args': '["node","x.js"]',
      'process.pid': '42',
      dropped_attributes_count: '7',
    },
  );
  assert.deepEqual(attributesOf(line), {
    'service.name': 's of the record',
    k: 's v',
    'otel.scope.name': 's my.library',
    'otel.scope.version': 's 1.2.3',
    'scope.lib.color': 's red',
    'otel.scope.dropped_attributes_count': 'n 1',
  });
});

test('attributes fill fields that the record has left empty, but never its time', async () => {
  const line = await exportOne((record) => {
    attribute(record, 6, 'trace_id', textValue('abc'));
    attribute(record, 6, 'host.name', textValue('h'));
    attribute(record, 6, 'level', textValue('warn'));
    attribute(record, 6, 'message', textValue('no body'));
    attribute(record, 6, 'time', textValue('12 ms'));
    attribute(record, 6, 'service', list(textValue('a')));
  });
  assert.deepEqual([line.traceId, line.host, line.level, line.message, line.service], ['abc', 'h', 13, 'no body', '']);
  assert.deepEqual(attributesOf(line), { time: 's 12 ms', service: 'j ["a"]' });
});

test('resource and scope behind their records, schema URLs, unknown fields', async () => {
  const body = messageOf((request) => {
    request.text(15, 'unknown');
    nested(request, 1, (resourceLogs) => {
      nested(resourceLogs, 2, (scopeLogs) => {
        nested(scopeLogs, 2, textRecord('one'));
        scopeLogs.text(3, 'https://scope');
        nested(scopeLogs, 1, (scope) => scope.text(1, 'late'));
      });
      resourceLogs.text(3, 'https://resource');
      nested(resourceLogs, 1, (resource) => attribute(resource, 1, 'service.name', textValue('s1')));
    });
    nested(request, 1, (resourceLogs) => nested(resourceLogs, 2, (scopeLogs) => nested(scopeLogs, 2, textRecord('two'))));
  });
  const { lines } = await exportBody(body);
  assert.deepEqual(
    lines.map((line) => [line.message, line.service, { ...line.resource }, attributesOf(line)]),
    [
      ['one', 's1', { schema_url: 'https://resource' }, { 'otel.scope.schema_url': 's https://scope', 'otel.scope.name': 's late' }],
      ['two', '', {}, {}],
    ],
  );
});

test('bad UTF-8 becomes U+FFFD', async () => {
  const bad = Uint8Array.from([0x61, 0xff, 0x62]);
  const line = await exportOne((record) => {
    nested(record, 5, (any) => any.range(1, bad, 0, 3));
    nested(record, 6, (keyValue) => {
      keyValue.range(1, bad, 0, 3);
      nested(
        keyValue,
        2,
        list((any) => any.range(1, bad, 0, 3)),
      );
    });
  });
  assert.equal(line.message, 'a\ufffdb');
  assert.deepEqual(attributesOf(line), { 'a\ufffdb': 'j ["a\ufffdb"]' });
});

function deepList(levels: number): Parts {
  let value = list();
  for (let level = 1; level < levels; level++) value = list(value);
  return value;
}

test('records that cannot be taken are rejected alone, and can be sent again with their resource and scope', async () => {
  const resource: Parts = (message) => attribute(message, 1, 'service.name', textValue('checkout'));
  const scope: Parts = (message) => message.text(1, 'lib');
  const options = { ingest: { max_record_bytes: 2000, max_nesting: 8 } };
  const bad: readonly (readonly [string, Parts])[] = [
    ['invalid_timestamp', (record) => record.fixed64(1, 2n ** 63n)],
    ['record_too_large', textRecord('x'.repeat(2000))],
    ['nesting_too_deep', (record) => nested(record, 5, deepList(9))],
    [
      'nesting_too_deep',
      (record) => attribute(record, 6, 'deep', map({ a: map({ a: map({ a: map({ a: map({ a: map({ a: none }) }) }) }) }) })),
    ],
    ['malformed_record', (record) => record.range(5, Uint8Array.from([0x0a, 9]), 0, 2)],
    ['malformed_record', (record) => record.range(9, new Uint8Array(33).fill(1), 0, 33)],
  ];
  const records = bad.flatMap(([, record], i) => [textRecord(`good ${i}`), record]);
  const { lines, fake } = await exportBody(requestOf(records, resource, scope), {}, options);
  assert.deepEqual(
    lines.map(({ message }) => message),
    bad.map((_, i) => `good ${i}`),
  );
  const { quarantined } = fake.batches[0];
  assert.deepEqual(
    quarantined.map(({ code, index }) => [code, index]),
    bad.map(([code], i) => [code, i * 2 + 1]),
  );
  const [deep] = (await exportBody(Buffer.from(quarantined[2].text))).lines;
  assert.deepEqual([deep.service, deep.message, deep.attributes.values], ['checkout', '[[[[[[[[[]]]]]]]]]', ['lib']]);
});

test('a request is refused whole where it cannot be walked or goes over a bound', async () => {
  const many = requestOf(Array.from({ length: 11 }, () => textRecord('x')));
  const wide: Parts = (resource) => attribute(resource, 1, 'k', textValue('v'.repeat(30_000)));
  const cases: readonly (readonly [string, Uint8Array, object])[] = [
    ['no protobuf', Buffer.from('hello, world'), { code: 'malformed_body' }],
    ['JSON', Buffer.from('{"resourceLogs":[]}'), { code: 'malformed_body' }],
    ['cut short', many.subarray(0, -1), { code: 'malformed_body', details: { position: 1 } }],
    ['too many records', many, { code: 'too_many_records' }],
    [
      'a small request that would be a large batch',
      requestOf([textRecord('a'), textRecord('b'), textRecord('c')], wide),
      { code: 'limit_exceeded', details: { setting: 'receivers.otlp.max_repeated_bytes', maxBytes: 65_536 } },
    ],
  ];
  for (const [name, body, error] of cases) {
    await assert.rejects(exportBody(body, { max_repeated_bytes: 65_536 }, { ingest: { max_records: 10 } }), error, name);
  }
});

test('after a refused request the next one has only its own rows', async () => {
  const { fake, receiver } = openTestReceiver();
  const send = (body: Uint8Array): Promise<unknown> =>
    receiver.routes[0].handle(fakeRequest('POST', '/v1/logs', { body, headers: { 'content-type': 'application/x-protobuf' } }));
  const good = requestOf([textRecord('good')]);
  await assert.rejects(send(Buffer.concat([good, Buffer.from([0x0a, 9])])));
  await send(good);
  assert.equal(fake.lines().length, 1);
});
