/** The native decoder's rules, one by one (docs/specs/log-batch.md, "From JSON to columns"). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import type { LogLine } from '#model/log-line.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { BatchDecoder } from './decode.ts';
import type { BatchLimits, DecodeOutcome } from './decode.ts';
import { stamp } from './decode-compare.test-support.ts';
import type { RequestDefaults } from '#ingest/json-records.ts';

const limits: BatchLimits = {
  max_records: 1000,
  max_record_bytes: 20_000,
  max_attributes_per_record: 50,
  max_attribute_name_bytes: 64,
  max_source_bytes: 200,
  max_nesting: 8,
};

interface Options extends RequestDefaults {
  readonly ndjson?: boolean;
}

function decode(body: unknown, { ndjson = false, ...request }: Options = {}): { outcome: DecodeOutcome; lines: LogLine[] } {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const decoder = new BatchDecoder(limits);
  const builder = new LogBatchBuilder();
  const outcome = ndjson ? decoder.decodeNdjson(bytes, request, builder) : decoder.decodeJson(bytes, request, builder);
  assert.equal(outcome.received, outcome.taken + outcome.failed);
  assert.equal(builder.rowCount, outcome.taken);
  if (builder.rowCount === 0) return { outcome, lines: [] };
  const view = readNativeBlock(builder.finish(stamp));
  return { outcome, lines: Array.from({ length: view.rowCount }, (_, row) => lineOfRow(view, row)) };
}

/** The one line of a record. */
function line(record: unknown): LogLine {
  const text = typeof record === 'string' ? record : JSON.stringify(record);
  const { lines, outcome } = decode(`{"logs":[${text}]}`);
  assert.deepEqual(outcome.errors, []);
  assert.equal(lines.length, 1);
  return lines[0];
}

/** name → [kind, text] */
function attributes(record: unknown): Record<string, readonly [string, string]> {
  const { names, values, kinds } = line(record).attributes;
  return Object.fromEntries(names.map((name, i) => [name, [kinds[i], values[i]] as const]));
}

function errorOf(body: unknown, options?: Options): AppError {
  try {
    decode(body, options);
  } catch (thrown) {
    assert.ok(thrown instanceof AppError);
    return thrown;
  }
  assert.fail('no error');
}

test('design A: every field of a record', () => {
  const body =
    '{"logs":[{"timestamp":"2025-07-15T10:23:45.123Z","level":"ERROR","service":"payment-service","host":"prod-web-042","trace_id":"abc123def456","span_id":"span-789","message":"Failed to process payment","metadata":{"user_id":"u-123","error_code":"TIMEOUT"}}]}';
  const { id, ...rest } = decode(body).lines[0];
  assert.equal(id, '01980d9c-9fe3-8000-8208-0000004d0000');
  assert.deepEqual(
    { ...rest, resource: { ...rest.resource } },
    {
      tsNs: 1_752_575_025_123_000_000n,
      receivedMs: stamp.receivedMs,
      skewed: true,
      tenant: 'acme',
      service: 'payment-service',
      host: 'prod-web-042',
      environment: '',
      level: 17,
      traceId: 'abc123def456',
      spanId: 'span-789',
      message: 'Failed to process payment',
      attributes: { names: ['user_id', 'error_code'], values: ['u-123', 'TIMEOUT'], kinds: 'ss' },
      resource: {},
      tags: [],
      raw: '',
      sampleRate: 1,
      patternId: 0n,
    },
  );
});

test('design B: headers are defaults', () => {
  const { lines } = decode('{"logs":[{"message":"a","metadata":{"latency_ms":5000}},{"message":"b","service":"own","host":""}]}', {
    service: 'payment-service',
    host: 'host-042',
  });
  assert.deepEqual(
    lines.map(({ service, host }) => [service, host]),
    [
      ['payment-service', 'host-042'],
      ['own', 'host-042'],
    ],
  );
});

test('design C: source before or after the logs, and meta ids', () => {
  const source =
    '"source":{"service":"pay","host":"ip-10","region":"us-east-1","environment":"production","k8s":{"pod":"p"},"zones":[1, 2],"none":null}';
  const logs =
    '"logs":[{"ts":"2025-06-15T14:23:01.123Z","level":"ERROR","msg":"m","meta":{"trace_id":"abc-123-def","latency_ms":342}},{"msg":"n","env":"dev","resource":{"region":"own"}}]';
  const [first, second] = [decode(`{${source},${logs}}`), decode(`{${logs},${source}}`)];
  assert.deepEqual(first.lines, second.lines);
  const [a, b] = first.lines;
  assert.deepEqual([a.service, a.host, a.environment, a.traceId, a.message], ['pay', 'ip-10', 'production', 'abc-123-def', 'm']);
  assert.deepEqual(a.attributes, { names: ['latency_ms'], values: ['342'], kinds: 'n' });
  assert.deepEqual({ ...a.resource }, { region: 'us-east-1', 'k8s.pod': 'p', zones: '[1, 2]' });
  assert.deepEqual([b.environment, { ...b.resource }], ['dev', { region: 'own', 'k8s.pod': 'p', zones: '[1, 2]' }]);
});

test('other shapes: a bare array, one record, an empty batch, a byte order mark, space everywhere', () => {
  assert.equal(decode('[{"msg":"a"},{"msg":"b"}]').lines.length, 2);
  assert.equal(decode('{"message":"one","source":"nginx","logsource":1}').lines[0].message, 'one');
  const { bytes: _, ...empty } = decode('{"logs":[]}').outcome;
  assert.deepEqual(empty, { received: 0, taken: 0, failed: 0, errors: [], hadInvalidUtf8: false });
  assert.equal(decode('\ufeff{"logs":[{"msg":"a"}]}').lines.length, 1);
  assert.equal(decode(' \n{ "logs" : [ { "msg" : "a" , "meta" : { "k" : 1 } } , { } ] , "x" : [ ] }\r\n').lines.length, 2);
  assert.equal(decode('{"logs":[{"msg":"a"}],"logs":[{"msg":"b"},{"msg":"c"}]}').lines[0].message, 'b');
});

test('refused bodies: nothing taken, and why', () => {
  const malformed: readonly (readonly [string, number])[] = [
    ['', 0],
    ['{', 1],
    ['{"logs":[', 9],
    ['{"logs":[{"a":1}', 16],
    ['{"logs":[{"a":1}]}x', 18],
    ['{"logs":[{"a":1},]}', 17],
    ['{"logs":[{"a":01}]}', 15],
    ['{"logs":[{"a":"\n"}]}', 15],
    ['{"logs":[{"a":"\\x"}]}', 16],
    ['{"logs":[{"a":tru}]}', 14],
    ['{"logs":[{a:1}]}', 10],
    ['{"logs":[{"a" 1}]}', 14],
    ['{"logs":[{"a":1 "b":2}]}', 16],
    ["{'logs':[]}", 1],
    ['{"logs":[{"a":[1,2}]}', 18],
    ['{"logs":[{"a":"\\u12g4"}]}', 19],
    ['nul', 0],
    ['[1}', 2],
    ['{"logs":[{"msg":"a","x":1.}]}', 26],
    ['{"logs":[{"msg":"a"},{"msg":"b"]}', 31],
  ];
  for (const [body, position] of malformed) {
    const error = errorOf(body);
    assert.deepEqual([error.code, error.details['position']], ['malformed_body', position], body);
  }
  for (const body of [
    'null',
    '5',
    '"text"',
    '{}',
    '{"log":[]}',
    '{"logs":{}}',
    '{"logs":null}',
    '{"logs":[],"source":5}',
    '{"message":5}',
  ]) {
    assert.equal(errorOf(body).code, 'bad_request', body);
  }
  const many = errorOf({ logs: Array(1001).fill({}) });
  assert.deepEqual([many.code, many.details['setting']], ['too_many_records', 'ingest.max_records']);
  const big = errorOf({ source: { a: 'x'.repeat(300) }, logs: [] });
  assert.deepEqual([big.code, big.details['setting']], ['limit_exceeded', 'ingest.max_source_bytes']);
});

test('a builder keeps what it had when a body is refused', () => {
  const decoder = new BatchDecoder(limits);
  const builder = new LogBatchBuilder();
  decoder.decodeJson(Buffer.from('[{"msg":"kept"}]'), {}, builder);
  assert.throws(() => decoder.decodeJson(Buffer.from('[{"msg":"x","meta":{"k":1}},{"msg":'), {}, builder), AppError);
  decoder.decodeNdjson(Buffer.from('{"msg":"also"}'), {}, builder);
  const view = readNativeBlock(builder.finish(stamp));
  assert.deepEqual(
    [0, 1].map((row) => lineOfRow(view, row).message),
    ['kept', 'also'],
  );
  assert.equal(view.rowCount, 2);
});

test('bad records fail alone, with their place in the body', () => {
  const deep = `{"a":${'['.repeat(20)}${']'.repeat(20)}}`;
  const { outcome, lines } = decode(
    `{"logs":[{"msg":"a"},5,{"msg":"b","ts":"yesterday"},${deep},{"msg":"${'x'.repeat(20_000)}"},[{}],null,{"msg":"c"}]}`,
  );
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['a', 'c'],
  );
  assert.equal(outcome.failed, 6);
  assert.deepEqual(
    outcome.errors.map(({ index, code }) => [index, code]),
    [
      [1, 'not_an_object'],
      [2, 'invalid_timestamp'],
      [3, 'nesting_too_deep'],
      [4, 'record_too_large'],
      [5, 'not_an_object'],
      [6, 'not_an_object'],
    ],
  );
  const [number, , , , list] = outcome.errors.map(({ start, end }) => Buffer.from(outcome.bytes.subarray(start, end)).toString());
  assert.deepEqual([number, list], ['5', '[{}]']);
  const large = decode(`[{"msg":"${'x'.repeat(20_000)}"}]`).outcome.errors[0];
  assert.deepEqual([large.index, large.code], [0, 'record_too_large']);
});

test('NDJSON: blank lines, CRLF, malformed lines fail alone', () => {
  const body = '{"msg":"a"}\r\n\n  \n{"msg":"b"\n{"msg":"c"} {}\n[1]\n{"msg":"d","x":\n1}\n{"msg":"e"}';
  const { outcome, lines } = decode(body, { ndjson: true, service: 's' });
  assert.deepEqual(
    lines.map(({ message, service }) => [message, service]),
    [
      ['a', 's'],
      ['e', 's'],
    ],
  );
  assert.equal(outcome.received, 7);
  assert.deepEqual(
    outcome.errors.map(({ index, code }) => [index, code]),
    [
      [1, 'malformed_record'],
      [2, 'malformed_record'],
      [3, 'not_an_object'],
      [4, 'malformed_record'],
      [5, 'malformed_record'],
    ],
  );
  assert.equal(decode('', { ndjson: true }).outcome.received, 0);
});

test('spellings: the first with a value fills the field, others stay attributes', () => {
  const {
    message,
    level,
    service,
    host,
    environment,
    traceId,
    spanId,
    attributes: rest,
  } = line(
    '{"msg":null,"body":"b","message":"m","severityText":"warn","log":{"level":"info","logger":"x"},"service":{"name":"s","version":2},"host.name":"h","deployment.environment":"e","traceId":"t","span":{"id":"i"}}',
  );
  assert.deepEqual([message, level, service, host, environment, traceId, spanId], ['b', 13, 's', 'h', 'e', 't', 'i']);
  assert.deepEqual(rest, {
    names: ['message', 'log.level', 'log.logger', 'service.version'],
    values: ['m', 'info', 'x', '2'],
    kinds: 'sssn',
  });
});

test('metadata of any shape: dotted names, exact numbers, kinds', () => {
  const record =
    '{"metadata":{"s":"x","n":1.50,"huge":123456789012345678901234567890,"e":-1E+2,"t":true,"f":false,"z":null,"a":[1, {"b":"\\u00e9"}],"o":{"p":{"q":1}},"empty":{},"":"no name","é":"ü"}}';
  assert.deepEqual(attributes(record), {
    s: ['s', 'x'],
    n: ['n', '1.50'],
    huge: ['n', '123456789012345678901234567890'],
    e: ['n', '-1E+2'],
    t: ['b', 'true'],
    f: ['b', 'false'],
    z: ['z', 'null'],
    a: ['j', '[1, {"b":"\\u00e9"}]'],
    'o.p.q': ['n', '1'],
    empty: ['j', '{}'],
    '': ['s', 'no name'],
    é: ['s', 'ü'],
  });
  assert.deepEqual(attributes('{"metadata":"text","meta":null,"attributes":[1],"resource":7}'), {
    metadata: ['s', 'text'],
    attributes: ['j', '[1]'],
    resource: ['n', '7'],
  });
});

test('what finds no place is collected in overflow', () => {
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i]).slice(0, 500)) as Record<string, number>;
  const found = attributes({ metadata: many });
  assert.equal(Object.keys(found).length, 51);
  assert.deepEqual(JSON.parse(found['overflow'][1]), Object.fromEntries(Object.entries(many).slice(50)));
  const long = 'n'.repeat(65);
  assert.deepEqual(attributes(`{"${long}":{"deep":[1]},"ok":1}`), { ok: ['n', '1'], overflow: ['j', `{"${long}":{"deep":[1]}}`] });
  assert.deepEqual(attributes('{"a":{"b":1},"a.b":2,"metadata":{"a.b":"3"}}'), {
    'a.b': ['n', '1'],
    overflow: ['j', '{"a.b":2,"a.b":"3"}'],
  });
  assert.deepEqual(attributes('{"overflow":"mine"}'), { overflow: ['s', 'mine'] });
  assert.deepEqual(attributes('{"overflow":"mine","a":1,"metadata":{"a":2}}'), {
    a: ['n', '1'],
    overflow: ['j', '{"a":2,"overflow":"mine"}'],
  });
});

test('names that repeat a long prefix cannot blow a small body up', () => {
  const prefix = 'p'.repeat(60);
  const members = Array.from({ length: 45 }, (_, i) => `"${i}":0`).join(',');
  const body = `[${Array.from({ length: 900 }, (_, i) => `{"${i}${prefix.slice(String(i).length)}":{${members}}}`).join(',')}]`;
  const decoder = new BatchDecoder(limits);
  const builder = new LogBatchBuilder();
  decoder.decodeJson(Buffer.from(body), {}, builder);
  assert.equal(builder.rowCount, 900);
  assert.ok(builder.finish(stamp).length < body.length * 16 + 200_000);
});

test('duplicate keys: the last value at the place of the first, at every level', () => {
  assert.deepEqual(line('{"message":"a","meta":{"x":1,"y":2,"\\u0078":3},"message":"b"}').attributes.values, ['3', '2']);
  assert.equal(line('{"message":"a","message":"b"}').message, 'b');
  assert.deepEqual(
    attributes('{"meta":{"a":{"b":1},"a":{"c":2}}}'),
    { c: undefined, 'a.c': ['n', '2'] }.c === undefined ? { 'a.c': ['n', '2'] } : {},
  );
  assert.equal(line('{"ts":"bad","ts":"2025-07-15T10:23:45Z"}').tsNs, 1_752_575_025_000_000_000n);
  assert.equal(decode('[{"ts":"2025-07-15T10:23:45Z","ts":"bad"}]').outcome.errors[0].code, 'invalid_timestamp');
  assert.deepEqual(attributes('{"meta":{"a":[{"k":1,"k":2}]}}'), { a: ['j', '[{"k":1,"k":2}]'] });
});

test('levels: numbers, unknown ones keep their text', () => {
  assert.deepEqual(
    ['"INFO"', '17', '30', '20', '"20"', '"w"', 'null', '0', '""'].map((level) => line(`{"level":${level}}`).level),
    [9, 17, 9, 5, 20, 13, 0, 0, 0],
  );
  assert.deepEqual(attributes('{"level":"weird"}'), { level: ['s', 'weird'] });
  assert.deepEqual(attributes('{"severity":99}'), { level: ['n', '99'] });
  assert.deepEqual(attributes('{"level":true}'), { level: ['b', 'true'] });
  assert.deepEqual(attributes('{"level":"INFO"}'), {});
});

test('timestamps: missing is the receive time; objects, booleans and texts of no time fail', () => {
  assert.equal(line('{"ts":null}').tsNs, BigInt(stamp.receivedMs) * 1_000_000n);
  assert.equal(line('{"time":1752575025.5}').tsNs, 1_752_575_025_500_000_000n);
  for (const value of ['{}', '[]', 'true', '""', '"x"', '-5', '1e300', '{"$date":1}']) {
    assert.equal(decode(`[{"timestamp":${value}}]`).outcome.errors[0]?.code, 'invalid_timestamp', value);
  }
});

test('messages: missing, empty, scalars, JSON, folded where not ASCII', () => {
  assert.deepEqual(
    ['{}', '{"message":""}', '{"message":5.0}', '{"message":true}', '{"msg":{"a": [1]}}', '{"log":"x"}'].map(
      (record) => line(record).message,
    ),
    ['', '', '5.0', 'true', '{"a": [1]}', 'x'],
  );
  const { folded } = foldedOf('[{"message":"Größe ÄÖ"},{"message":"ASCII"},{"message":"\\u00c9"}]');
  assert.deepEqual(folded, ['grosse ao', '', 'e']);
  assert.equal(line(`{"message":"${'x'.repeat(19_000)}"}`).message.length, 19_000);
});

function foldedOf(body: string): { folded: string[] } {
  const builder = new LogBatchBuilder();
  new BatchDecoder(limits).decodeJson(Buffer.from(body), {}, builder);
  const view = readNativeBlock(builder.finish(stamp));
  const { bytes, starts, ends } = view.text('folded');
  return { folded: Array.from({ length: view.rowCount }, (_, row) => Buffer.from(bytes.subarray(starts[row], ends[row])).toString()) };
}

test('escapes, surrogates, NUL, invalid UTF-8', () => {
  assert.equal(line('{"message":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u00e9\\u20ac\\ud83d\\ude00"}').message, '"\\/\b\f\n\r\t\0é€😀');
  assert.equal(line('{"message":"\\ud83d x \\ude00 \\ud83d\\ud83d\\ude00"}').message, '\ufffd x \ufffd \ufffd😀');
  const body = Buffer.concat([Buffer.from('[{"message":"a'), Buffer.from([0xff, 0xc3]), Buffer.from('b\\u0000"}]')]);
  const { outcome, lines } = decode(body);
  assert.deepEqual([outcome.hadInvalidUtf8, lines[0].message], [true, body.toString('utf8').slice(13, -9) + '\0']);
});

test('ids in the metadata become the record’s where it has none', () => {
  assert.deepEqual(
    [line('{"meta":{"trace_id":"t","span_id":7}}')].map(({ traceId, spanId, attributes: { names } }) => [traceId, spanId, names]),
    [['t', '7', []]],
  );
  assert.deepEqual(attributes('{"meta":{"trace_id":"t"},"trace_id":"own"}'), { trace_id: ['s', 't'] });
  assert.equal(line('{"meta":{"trace_id":"\\u0074"}}').traceId, 't');
  assert.deepEqual(attributes('{"meta":{"trace_id":null,"span_id":"","deep":{"trace_id":"x"}}}'), {
    trace_id: ['z', 'null'],
    span_id: ['s', ''],
    'deep.trace_id': ['s', 'x'],
  });
});

test('tags: a list or one text', () => {
  assert.deepEqual(line('{"tags":["a","\\u00e9",3,null,[1, 2],{"k":1}]}').tags, ['a', 'é', '3', 'null', '[1, 2]', '{"k":1}']);
  assert.deepEqual(line('{"tags":"solo"}').tags, ['solo']);
  assert.deepEqual(line('{"tags":[ ]}').tags, []);
  assert.deepEqual(attributes('{"tags":{"a":"b"}}'), { 'tags.a': ['s', 'b'] });
});

test('keys that are special to JavaScript are plain names', () => {
  assert.deepEqual(line('{"__proto__":1,"constructor":"c","meta":{"toString":2}}').attributes.names, [
    '__proto__',
    'constructor',
    'toString',
  ]);
});
