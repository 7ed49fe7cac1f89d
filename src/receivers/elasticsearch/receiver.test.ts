import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { createFakeIntake, fakeAnswer } from '#receivers/intake.fake.ts';
import type { FakeAnswer, FakeIntake, FakeIntakeOptions, FakeRequestParts } from '#receivers/intake.fake.ts';
import type { HttpMethod } from '#receivers/http-receiver.ts';
import type { ElasticsearchConfig } from './config.ts';
import { createElasticsearchReceiver } from './receiver.ts';

const config: ElasticsearchConfig = { enabled: true, host: '127.0.0.1', port: 0, version: '9.99.0' };
const ndjson = { 'content-type': 'application/x-ndjson' };

function receiver(options: FakeIntakeOptions = {}) {
  const fake = createFakeIntake(options);
  const { routes } = createElasticsearchReceiver(fake.context, config);
  const ask = async (method: HttpMethod, path: string, parts: FakeRequestParts = {}): Promise<FakeAnswer> => {
    const answer = await fakeAnswer(routes, method, `/elasticsearch${path}`, parts);
    assert.ok(answer !== undefined, `${method} ${path} is answered`);
    assert.equal(answer.headers['x-elastic-product'], 'Elasticsearch', `${method} ${path}`);
    return answer;
  };
  return { fake, ask };
}

const messages = (fake: FakeIntake): string[] => fake.lines().map(({ message }) => message);

describe('_bulk', () => {
  const body = '{"create":{"_index":"logs-a-b","_id":"7"}}\n{"message":"one"}\n{"index":{"_index":"x"}}\n{"message":"two"}\n';

  for (const [method, path] of [
    ['POST', '/_bulk'],
    ['PUT', '/_bulk'],
    ['POST', '/some-index/_bulk'],
    ['PUT', '/some-index/_bulk'],
  ] as const) {
    test(`${method} ${path}`, async () => {
      const { fake, ask } = receiver();
      const { status, text } = await ask(method, path, { body, headers: ndjson });
      assert.equal(status, 200);
      assert.match(
        text,
        /^\{"took":\d+,"errors":false,"items":\[\{"create":\{"_index":"logs-a-b","_id":"7","status":201\}\},\{"index":\{"_index":"x","status":201\}\}\]\}$/,
      );
      assert.deepEqual(messages(fake), ['one', 'two']);
      const [batch] = fake.batches;
      assert.deepEqual([batch.receiver, batch.content, batch.sender], ['elasticsearch', 'records', 'test@192.0.2.7']);
    });
  }

  test('items stay in order, errors have type and reason', async () => {
    const { fake, ask } = receiver();
    const mixed = '{"create":{}}\n{"message":"a"}\n{"create":{}}\n[1]\n{"delete":{"_id":"1"}}\n{"create":{}}\n{"message":"b"}\n';
    const { text } = await ask('POST', '/i/_bulk', { body: mixed });
    const { errors, items } = JSON.parse(text) as { errors: boolean; items: Record<string, { status: number; error?: unknown }>[] };
    assert.equal(errors, true);
    assert.ok(text.includes('"errors":true'));
    assert.deepEqual(
      items.map((item) => Object.entries(item).map(([operation, { status }]) => `${operation} ${status}`)[0]),
      ['create 201', 'create 400', 'delete 400', 'create 201'],
    );
    assert.deepEqual(items[1]['create'].error, { type: 'document_parsing_exception', reason: 'the record is no JSON object' });
    assert.deepEqual(messages(fake), ['a', 'b']);
    assert.deepEqual(
      fake.batches[0].quarantined.map(({ index, code, text: bytes }) => [index, code, bytes]),
      [
        [1, 'not_an_object', '[1]'],
        [2, 'unsupported_action', '{"delete":{"_id":"1"}}'],
      ],
    );
  });

  const filters: readonly (readonly [filter: string, answer: RegExp])[] = [
    // Logstash
    [
      'errors,items.*.error,items.*.status',
      /^\{"errors":true,"items":\[\{"index":\{"status":201\}\},\{"index":\{"status":400,"error":\{.*\}\}\}\]\}$/,
    ],
    // the OpenTelemetry Collector
    [
      'items.*._index,items.*.status,items.*.failure_store,items.*.error.type,items.*.error.reason',
      /^\{"items":\[\{"index":\{"_index":"i","status":201\}\},\{"index":\{"_index":"i","status":400,"error":\{"type":"[a-z_]+","reason":".*"\}\}\}\]\}$/,
    ],
    ['took', /^\{"took":\d+\}$/],
    ['items.*.error.type', /^\{"items":\[\{"index":\{"error":\{"type":"[a-z_]+"\}\}\}\]\}$/],
    ['-items', /^\{"took":\d+,"errors":true\}$/],
  ];
  for (const [filter, answer] of filters) {
    test(`filter_path=${filter}`, async () => {
      const path = `/i/_bulk?filter_path=${encodeURIComponent(filter)}`;
      const { text } = await receiver().ask('POST', path, { body: '{"index":{}}\n{"message":"a"}\n{"index":{}}\n"b"\n' });
      assert.match(text, answer);
    });
  }

  test('content types', async () => {
    const taken = [
      undefined,
      'application/json',
      'application/json; charset=utf-8',
      'application/x-ndjson',
      'application/vnd.elasticsearch+x-ndjson; compatible-with=8',
      'application/vnd.elasticsearch+x-ndjson;compatible-with=9',
      'Application/X-NDJSON',
    ];
    for (const type of taken) {
      const { status } = await receiver().ask('POST', '/_bulk', { body, headers: type === undefined ? {} : { 'content-type': type } });
      assert.equal(status, 200, type);
    }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/cbor', '']) {
      const { status, text } = await receiver().ask('POST', '/_bulk', { body, headers: { 'content-type': type } });
      assert.equal(status, 406, type);
      assert.match(text, /media_type_header_exception/);
    }
  });

  test('a versioned client gets its own media type back', async () => {
    const headers = { accept: 'application/vnd.elasticsearch+json; compatible-with=9' };
    const answer = await receiver().ask('GET', '/', { headers });
    assert.equal(answer.headers['content-type'], 'application/vnd.elasticsearch+json;compatible-with=9');
    assert.equal((await receiver().ask('GET', '/')).headers['content-type'], 'application/json');
  });
});

describe('a request that is refused whole', () => {
  const body = '{"create":{}}\n{"message":"one"}\n';
  const full = new AppError('log_full', 'the log is full', { retryAfterMs: 1000, details: { setting: 'log.max_bytes' } });
  const gone = new AppError('log_unavailable', 'the disk is full');
  const table: readonly (readonly [name: string, prepare: (fake: FakeIntake) => void, status: number, type: string])[] = [
    ['the log is full before the body is read', (fake) => (fake.admitError = full), 429, 'es_rejected_execution_exception'],
    ['the log is full when it is appended', (fake) => (fake.submitError = full), 429, 'es_rejected_execution_exception'],
    ['the log cannot be written', (fake) => (fake.submitError = gone), 503, 'cluster_block_exception'],
  ];
  for (const [name, prepare, status, type] of table) {
    test(name, async () => {
      const { fake, ask } = receiver();
      prepare(fake);
      const answer = await ask('POST', '/_bulk', { body });
      assert.equal(answer.status, status);
      const { error, status: told } = JSON.parse(answer.text) as {
        error: { type: string; reason: string; root_cause: unknown[] };
        status: number;
      };
      assert.deepEqual([error.type, told, error.root_cause.length], [type, status, 1]);
      assert.deepEqual(messages(fake), []);
    });
  }

  test('the setting of a bound is named', async () => {
    const { fake, ask } = receiver();
    fake.admitError = full;
    assert.match((await ask('POST', '/_bulk', { body })).text, /log\.max_bytes/);
  });

  test('without a body', async () => assert.equal((await receiver().ask('POST', '/_bulk')).status, 400));

  test('without a key, where one is needed: everywhere', async () => {
    const { ask } = receiver({
      authenticate: () => {
        throw new AppError('unauthenticated', 'an API key is needed');
      },
    });
    for (const [method, path] of [
      ['POST', '/_bulk'],
      ['POST', '/i/_doc'],
      ['GET', '/'],
      ['GET', '/_license'],
      ['HEAD', '/_index_template/x'],
    ] as const) {
      const { status, text } = await ask(method, path, { body });
      assert.equal(status, 401, path);
      assert.match(text, /"type":"security_exception"/);
    }
  });
});

describe('single documents', () => {
  const table = [
    ['POST', '/payments-2025.07.15/_doc', undefined],
    ['POST', '/payments/_doc/5', '5'],
    ['PUT', '/payments/_doc/5', '5'],
    ['PUT', '/payments/_create/a%20b', 'a b'],
    ['POST', '/payments/_create/5', '5'],
  ] as const;
  for (const [method, path, id] of table) {
    test(`${method} ${path}`, async () => {
      const { fake, ask } = receiver();
      const { status, text } = await ask(method, path, { body: '{\n "message": "paid",\n "level": "info"\n}\n' });
      assert.equal(status, 201);
      const reply = JSON.parse(text) as { _id: string; result: string; _index: string };
      assert.equal(reply.result, 'created');
      if (id === undefined) assert.match(reply._id, /^[\w-]{20}$/);
      else assert.equal(reply._id, id);
      assert.deepEqual(
        fake.lines().map(({ message, level, service }) => [message, level, service]),
        [['paid', 9, 'payments']],
      );
    });
  }

  test('one that cannot be taken', async () => {
    const { fake, ask } = receiver();
    const { status, text } = await ask('POST', '/i/_doc', { body: '{"message":"a"}{"message":"b"}' });
    assert.equal(status, 400);
    assert.match(text, /document_parsing_exception/);
    assert.deepEqual(messages(fake), []);
    assert.equal(fake.batches[0].quarantined.length, 1);
  });
});

describe('handshakes', () => {
  const json = async (method: HttpMethod, path: string, parts: FakeRequestParts = {}): Promise<unknown> => {
    const { status, text } = await receiver().ask(method, path, parts);
    assert.equal(status, 200, path);
    return JSON.parse(text);
  };

  test('the root, with and without a slash', async () => {
    for (const path of ['/', '']) {
      const { version, tagline } = (await json('GET', path)) as { version: { number: string; build_flavor: string }; tagline: string };
      assert.deepEqual([version.number, version.build_flavor, tagline], ['9.99.0', 'default', 'You Know, for Search']);
    }
    assert.equal((await receiver().ask('HEAD', '/')).status, 200);
  });

  test('licence and health', async () => {
    const { license } = (await json('GET', '/_license?human=false')) as { license: { status: string; type: string; uid: string } };
    assert.deepEqual([license.status, license.type, license.uid.length], ['active', 'basic', 36]);
    const { features } = (await json('GET', '/_xpack')) as { features: Record<string, { available: boolean; enabled: boolean }> };
    assert.deepEqual(features['ilm'], { available: true, enabled: true });
    const health = (await json('GET', '/_cluster/health?wait_for_status=yellow')) as { status: string; timed_out: boolean };
    assert.deepEqual([health.status, health.timed_out], ['green', false]);
    const cat = await receiver().ask('GET', '/_cat/health');
    assert.match(cat.text, /^\d{10} \d\d:\d\d:\d\d millrace green 1 1 /);
    assert.match(cat.headers['content-type'], /^text\/plain/);
    assert.match((await receiver().ask('GET', '/_cat/health?v')).text, /^epoch timestamp cluster status .*\n\d{10} /);
    const [row] = (await json('GET', '/_cat/health?format=json')) as { status: string }[];
    assert.equal(row.status, 'green');
  });

  test('the address that sniffing finds is the one that was asked', async () => {
    const table: readonly (readonly [host: string | undefined, address: string, ip: string])[] = [
      ['logs.example.com:9200', 'logs.example.com:9200', 'logs.example.com'],
      ['[::1]:9200', '[::1]:9200', '[::1]'],
      ['logs', 'logs:80', 'logs'],
      ['bad host"', '127.0.0.1:9200', '127.0.0.1'],
      [undefined, '127.0.0.1:9200', '127.0.0.1'],
    ];
    for (const [host, address, ip] of table) {
      const { nodes } = (await json('GET', '/_nodes/http', { headers: host === undefined ? {} : { host } })) as {
        nodes: Record<string, { http: { publish_address: string }; ip: string }>;
      };
      const [node] = Object.values(nodes);
      assert.deepEqual([node.http.publish_address, node.ip], [address, ip]);
    }
  });

  test('what clients set up exists already, and is acknowledged', async () => {
    const kinds = ['_ilm/policy', '_index_template', '_template', '_component_template', '_ingest/pipeline', '_data_stream', '_alias'];
    for (const kind of kinds) {
      for (const method of ['HEAD', 'GET'] as const)
        assert.equal((await receiver().ask(method, `/${kind}/filebeat-9.1.0`)).status, 200, kind);
      assert.match((await receiver().ask('GET', `/${kind}/filebeat-9.1.0`)).text, /filebeat-9\.1\.0/);
      assert.deepEqual(await json('PUT', `/${kind}/filebeat-9.1.0`, { body: '{}' }), { acknowledged: true });
    }
    assert.equal((await receiver().ask('HEAD', '/filebeat')).status, 200);
    assert.deepEqual(await json('PUT', '/filebeat', { body: '{}' }), { acknowledged: true, shards_acknowledged: true, index: 'filebeat' });
  });

  test('a refresh, as bulk helpers ask for at their end', async () => {
    for (const path of ['/_refresh', '/payments/_refresh', '/a,b/_refresh']) {
      for (const method of ['GET', 'POST'] as const)
        assert.deepEqual(await json(method, path), { _shards: { total: 1, successful: 1, failed: 0 } });
    }
  });

  test('what is not there is told so in their words', async () => {
    for (const [method, path] of [
      ['GET', '/_search'],
      ['POST', '/i/_search'],
      ['GET', '/_ml/info'],
      ['HEAD', '/_nothing'],
      ['DELETE', '/i'],
      ['POST', '/'],
    ] as const) {
      const { status, text } = await receiver().ask(method, path);
      assert.equal(status, 404, path);
      assert.match(text, /^\{"error":\{"root_cause":\[\{"type":"resource_not_found_exception"/);
    }
  });
});
