import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '#base/errors.ts';
import type { LogLine } from '#model/log-line.ts';
import { createFakeIntake } from '#receivers/intake.fake.ts';
import type { FakeIntake } from '#receivers/intake.fake.ts';
import type { BulkAction } from './bulk-action.ts';
import { BulkDecoder } from './decode.ts';

const source = { tenant: 'default', receiver: 'elasticsearch', sender: 'test', content: 'records', format: 'json' } as const;

interface Decoded {
  readonly items: readonly string[];
  readonly lines: readonly LogLine[];
  readonly quarantined: FakeIntake['batches'][number]['quarantined'];
}

/** Items as `operation index id status`, lines and quarantine; or the error's code. */
async function decode(body: string | Uint8Array, pathIndex = '', fake = createFakeIntake()): Promise<Decoded> {
  const items: string[] = [];
  const told = ({ operation, index, id = '"-"' }: BulkAction, what: string): number =>
    items.push(`${operation} ${index.name} ${JSON.parse(id)} ${what}`);
  const decoder = new BulkDecoder(fake.context.ingestConfig);
  const batch = fake.intake.open(source);
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  decoder.decodeBulk(bytes, pathIndex, batch, { taken: (action) => told(action, 'taken'), failed: (action, code) => told(action, code) });
  await fake.intake.submit(batch);
  return { items, lines: fake.lines(), quarantined: fake.batches[0].quarantined };
}

const attributesOf = ({ attributes: { names, values } }: LogLine): Record<string, string> =>
  Object.fromEntries(names.map((name, i) => [name, values[i]]));

describe('actions', () => {
  const table: readonly (readonly [name: string, line: string, item: string])[] = [
    ['create', '{"create":{"_index":"a","_id":"1"}}', 'create a 1 taken'],
    ['index without an index: the path says it', '{"index":{}}', 'index from-path - taken'],
    ['a type, as before version 7', '{"index":{"_index":"logs","_type":"events"}}', 'index logs - taken'],
    ['a pipeline that is null', '{"index":{"_index":"a","pipeline":null}}', 'index a - taken'],
    ['a member beside the action', '{"index":{"_index":"a"},"attempts":0}', 'index a - taken'],
    ['members that nobody knows', '{"create":{"_index":"a","dynamic_templates":{"x":"y"},"require_alias":true}}', 'create a - taken'],
    ['an id that is a number', '{"index":{"_index":"a","_id":7}}', 'index a 7 taken'],
    ['nulls', '{"index":{"_index":null,"_id":null}}', 'index from-path - taken'],
    ['blanks', ' { "index" : { "_index" : "a" } } \r', 'index a - taken'],
    ['update', '{"update":{"_index":"a","_id":"1"}}', 'update a 1 unsupported_action'],
  ];
  for (const [name, line, item] of table) {
    test(name, async () => assert.deepEqual((await decode(`${line}\n{"message":"x"}\n`, 'from-path')).items, [item]));
  }

  test('delete has no document', async () => {
    const { items, lines, quarantined } = await decode('{"delete":{"_index":"a","_id":"1"}}\n{"create":{}}\n{"message":"kept"}\n');
    assert.deepEqual(items, ['delete a 1 unsupported_action', 'create  - taken']);
    assert.deepEqual(
      lines.map(({ message }) => message),
      ['kept'],
    );
    assert.equal(quarantined[0].text, '{"delete":{"_index":"a","_id":"1"}}');
  });
});

describe('bodies that are refused whole', () => {
  const good = '{"create":{}}\n{"message":"good"}\n';
  const table: readonly (readonly [name: string, body: string, code: string, message: RegExp])[] = [
    ['no action', '{"message":"x"}\n{"message":"y"}\n', 'malformed_body', /line 1/],
    ['an action that is an array', `${good}[]\n{}\n`, 'malformed_body', /line 3/],
    ['an action that is no JSON', `${good}{"create":\n{}\n`, 'malformed_body', /line 3/],
    ['an action whose metadata is no object', '{"create":"a"}\n{}\n', 'malformed_body', /line 1/],
    ['an index that is a number', '{"create":{"_index":1}}\n{}\n', 'malformed_body', /line 1/],
    ['an action of unbounded length', `{"create":{"_id":"${'x'.repeat(20_000)}"}}\n{}\n`, 'malformed_body', /line 1/],
    ['an action without its document', `${good}{"create":{}}\n`, 'malformed_body', /line 3 has no document/],
    ['too many records', good.repeat(4), 'too_many_records', /more than 3/],
  ];
  for (const [name, body, code, message] of table) {
    test(name, async () => {
      const fake = createFakeIntake({ ingest: { max_records: 3 } });
      await assert.rejects(decode(body, '', fake), (error) => {
        assert.ok(error instanceof AppError);
        assert.equal(error.code, code);
        assert.match(error.message, message);
        return true;
      });
      assert.deepEqual((await decode(good, '', fake)).items, ['create  - taken'], 'the worker goes on, and nothing is left of the other');
      assert.equal(fake.lines().length, 1);
    });
  }
});

describe('documents that fail alone', () => {
  const table: readonly (readonly [name: string, document: string, code: string])[] = [
    ['no object', '["a"]', 'not_an_object'],
    ['a text', '"a"', 'not_an_object'],
    ['no JSON', '{"message":', 'malformed_record'],
    ['something behind it', '{"message":"a"} {"message":"b"}', 'malformed_record'],
    ['an empty line', '', 'malformed_record'],
    ['a bad timestamp', '{"@timestamp":"yesterday","message":"a"}', 'invalid_timestamp'],
    ['too large', `{"message":"${'x'.repeat(5000)}"}`, 'record_too_large'],
    ['too deep', `{"a":${'['.repeat(70)}${']'.repeat(70)}}`, 'nesting_too_deep'],
  ];
  for (const [name, document, code] of table) {
    test(name, async () => {
      const body = `{"create":{}}\n{"message":"before"}\n{"create":{}}\n${document}\n{"create":{}}\n{"message":"behind"}`;
      const { items, lines, quarantined } = await decode(body, '', createFakeIntake({ ingest: { max_record_bytes: 4096 } }));
      assert.deepEqual(items, ['create  - taken', `create  - ${code}`, 'create  - taken']);
      assert.deepEqual(
        lines.map(({ message }) => message),
        ['before', 'behind'],
      );
      assert.equal(quarantined.length, 1);
      assert.equal(quarantined[0].index, 1);
      assert.equal(quarantined[0].code, code);
      assert.equal(quarantined[0].text, document.slice(0, 1024));
    });
  }
});

test('what the index says is a default', async () => {
  const document = '{"message":"a"}';
  const { lines } = await decode(
    [
      '{"create":{"_index":"logs-checkout-production"}}',
      document,
      '{"create":{"_index":"payments-2025.07.15"}}',
      document,
      '{"create":{"_index":"payments-2025.07.15"}}',
      '{"service":{"name":"own"},"env":"test"}',
      '{"create":{"_index":"logs-checkout-default"}}',
      document,
    ].join('\n'),
  );
  assert.deepEqual(
    lines.map(({ service, environment }) => [service, environment]),
    [
      ['checkout', 'production'],
      ['payments', ''],
      ['own', 'test'],
      ['checkout', ''],
    ],
  );
});

test('the service: its own name, that of its container or module, that of the index', async () => {
  const documents = [
    { service: { name: 'own' }, kubernetes: { labels: { app: 'label' } } },
    { kubernetes: { container: { name: 'container' }, labels: { app: 'label' } } },
    { kubernetes: { container_name: 'container' } },
    { event: { module: 'nginx' } },
    { programname: 'sshd' },
    { message: 'nothing else' },
  ];
  const { lines } = await decode(
    documents.map((document) => `{"create":{"_index":"logs-index-prod"}}\n${JSON.stringify(document)}\n`).join(''),
  );
  assert.deepEqual(
    lines.map(({ service }) => service),
    ['own', 'label', 'container', 'nginx', 'sshd', 'index'],
  );
});

test('names of ECS, as Filebeat sends them', async () => {
  const document = {
    '@timestamp': '2025-07-15T10:23:45.123Z',
    '@metadata': { beat: 'filebeat', type: '_doc', version: '9.1.0' },
    log: { level: 'warn', offset: 42, file: { path: '/var/log/app.log' } },
    message: 'disk is filling',
    host: { name: 'web-1', os: { platform: 'debian' } },
    service: { name: 'shop', version: '1.2' },
    trace: { id: '4bf92f3577b34da6a3ce929d0e0e4736' },
    span: { id: '00f067aa0ba902b7' },
    kubernetes: { pod: { name: 'shop-7f' }, namespace: 'prod', labels: { 'app.kubernetes.io/name': 'shop' } },
    fields: { env: 'production' },
    tags: ['a', 'b'],
    ecs: { version: '8.0.0' },
  };
  const { lines } = await decode(`{"create":{"_index":"filebeat-9.1.0"}}\n${JSON.stringify(document)}\n`);
  const [line] = lines;
  assert.deepEqual(
    [line.tsNs, line.level, line.message, line.host, line.service, line.environment, line.traceId, line.spanId, line.tags],
    [
      1_752_575_025_123_000_000n,
      13,
      'disk is filling',
      'web-1',
      'shop',
      'production',
      '4bf92f3577b34da6a3ce929d0e0e4736',
      '00f067aa0ba902b7',
      ['a', 'b'],
    ],
  );
  const attributes = attributesOf(line);
  assert.equal(attributes['kubernetes.pod.name'], 'shop-7f');
  assert.equal(attributes['kubernetes.labels.app.kubernetes.io/name'], 'shop');
  assert.equal(attributes['log.file.path'], '/var/log/app.log');
  assert.equal(attributes['service.version'], '1.2');
});

test("rsyslog's own template", async () => {
  const document =
    '{"message":"hello","fromhost":"fw1","facility":"daemon","priority":"err","timereported":"2025-07-15T10:00:00+02:00","timegenerated":"2025-07-15T10:00:01+02:00"}';
  const { lines } = await decode(`{"index":{"_index":"system","_type":"events"}}\n${document}\n`);
  assert.equal(lines[0].host, 'fw1');
  assert.equal(lines[0].tsNs, BigInt(Date.parse('2025-07-15T10:00:00+02:00')) * 1_000_000n);
  assert.equal(attributesOf(lines[0])['facility'], 'daemon');
});

test("syslog-ng's own template", async () => {
  const document =
    '{"PROGRAM":"shop","PRIORITY":"notice","MESSAGE":"hello","ISODATE":"2025-07-15T10:00:00+02:00","HOST":"web-1","FACILITY":"user","@timestamp":"2025-07-15T10:00:00+02:00"}';
  const [line] = (await decode(`{"index":{"_index":"system"}}\n${document}\n`)).lines;
  assert.deepEqual([line.message, line.host, line.service], ['hello', 'web-1', 'shop']);
  assert.equal(line.tsNs, BigInt(Date.parse('2025-07-15T10:00:00+02:00')) * 1_000_000n);
  assert.equal(attributesOf(line)['PRIORITY'], 'notice');
});

test('bytes that are not UTF-8 become U+FFFD', async () => {
  const body = Buffer.from('{"create":{}}\n{"message":"caf\xe9"}\n', 'latin1');
  assert.equal((await decode(body)).lines[0].message, 'caf\ufffd');
});

test('a byte order mark, carriage returns, blank lines between pairs, no newline at the end', async () => {
  const body = '\ufeff{"create":{}}\r\n{"message":"a"}\r\n\r\n\n{"create":{}}\r\n{"message":"b"}';
  assert.deepEqual(
    (await decode(body)).lines.map(({ message }) => message),
    ['a', 'b'],
  );
});
