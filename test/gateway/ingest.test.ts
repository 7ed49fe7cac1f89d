/** The ingest endpoints over real HTTP: shapes, encodings, and every bad input of the issue with its exact answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { AppError } from '#base/errors.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { post, startTestGateway } from './gateway-harness.ts';
import type { MemoryLogWriter, TestGatewayOptions } from './gateway-harness.ts';

const lineA = {
  timestamp: '2025-07-15T10:23:45.123Z',
  level: 'ERROR',
  service: 'payment-service',
  host: 'prod-web-042',
  trace_id: 'abc123def456',
  span_id: 'span-789',
  message: 'Failed to process payment',
  metadata: { user_id: 'u-123', attempts: 3 },
};
const bodyA = JSON.stringify({ logs: [lineA] });

function linesOf(writer: MemoryLogWriter) {
  return writer.frames.flatMap(({ payload }) => {
    if (payload.length === 0) return [];
    const view = readNativeBlock(payload);
    return Array.from({ length: view.rowCount }, (_, row) => lineOfRow(view, row));
  });
}

test('each design gets its own answer', async (t) => {
  const { url, writer } = await startTestGateway(t);
  const answers = [
    await post(`${url}/v1/logs/ingest`, bodyA),
    await post(`${url}/api/v1/logs/ingest`, '{"logs":[{"message":"m"}]}', { 'x-service-id': 'svc-b', 'x-host': 'host-b' }),
    await post(`${url}/v1/ingest`, '{"source":{"service":"svc-c","region":"eu"},"logs":[{"msg":"c","meta":{"trace_id":"t-1"}}]}'),
  ];
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body]),
    [
      [202, { ingested: 1, failed: 0 }],
      [202, { accepted: 1, failed: 0 }],
      [202, { accepted: 1, failed: 0, lag_hint: 'normal' }],
    ],
  );
  const lines = linesOf(writer);
  assert.deepEqual(
    lines.map(({ service, host, message, traceId }) => [service, host, message, traceId]),
    [
      ['payment-service', 'prod-web-042', 'Failed to process payment', 'abc123def456'],
      ['svc-b', 'host-b', 'm', ''],
      ['svc-c', '', 'c', 't-1'],
    ],
  );
  assert.equal(new Set(lines.map(({ id }) => id)).size, 3);
});

test('NDJSON by content type; a malformed line fails alone', async (t) => {
  const { url, writer } = await startTestGateway(t);
  const { status, body } = await post(`${url}/v1/logs/ingest`, '{"message":"a"}\n\n{oops\n{"message":"b"}\n', {
    'content-type': 'application/x-ndjson; charset=UTF-8',
  });
  assert.equal(status, 202);
  assert.equal(body.ingested, 2);
  assert.equal(body.failed, 1);
  assert.deepEqual(
    (body.errors as { index: number; code: string }[]).map(({ index, code }) => [index, code]),
    [[1, 'malformed_record']],
  );
  assert.deepEqual(
    linesOf(writer).map(({ message }) => message),
    ['a', 'b'],
  );
  assert.equal(writer.frames[0].header.rowCount, 2);
  assert.deepEqual(writer.frames[0].header.outcomes, { accepted: 2, sampled: 0, dropped: 0, duplicate: 0, quarantined: 0, refused: 1 });
});

const encodings: readonly (readonly [string, (body: string) => Buffer])[] = [
  ['zstd', zstdCompressSync],
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['identity', (body) => Buffer.from(body)],
];
for (const [encoding, compress] of encodings) {
  test(`encoding ${encoding} by ${compress.name || 'no function'}, whole and chunked`, async (t) => {
    const { url, writer } = await startTestGateway(t);
    const compressed = compress(bodyA);
    const chunked = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of compressed) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    assert.equal((await post(`${url}/v1/logs/ingest`, new Uint8Array(compressed), { 'content-encoding': encoding })).status, 202);
    const streamed = await fetch(`${url}/v1/logs/ingest`, {
      method: 'POST',
      body: chunked,
      duplex: 'half',
      headers: { 'content-type': 'application/json', 'content-encoding': encoding },
    });
    assert.equal(streamed.status, 202);
    await streamed.text();
    assert.deepEqual(
      linesOf(writer).map(({ message }) => message),
      [lineA.message, lineA.message],
    );
  });
}

interface BadInput {
  readonly name: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Record<string, string>;
  readonly options?: TestGatewayOptions;
  readonly expect: { readonly status: number; readonly code: string; readonly details?: Record<string, unknown> };
}

const refusedWhole: readonly BadInput[] = [
  { name: 'no JSON', body: '{"logs":[', expect: { status: 400, code: 'malformed_body' } },
  { name: 'an empty body', body: '', expect: { status: 400, code: 'malformed_body' } },
  { name: 'JSON of another shape', body: '"text"', expect: { status: 400, code: 'bad_request' } },
  { name: 'text behind the JSON', body: `${bodyA}x`, expect: { status: 400, code: 'malformed_body' } },
  {
    name: 'a body that is not gzip',
    body: bodyA,
    headers: { 'content-encoding': 'gzip' },
    expect: { status: 400, code: 'malformed_encoding' },
  },
  {
    name: 'a gzip body cut short',
    body: new Uint8Array(gzipSync(bodyA).subarray(0, 40)),
    headers: { 'content-encoding': 'gzip' },
    expect: { status: 400, code: 'malformed_encoding' },
  },
  {
    name: 'an unknown encoding',
    body: bodyA,
    headers: { 'content-encoding': 'snappy' },
    expect: { status: 415, code: 'unsupported_encoding' },
  },
  {
    name: 'a form',
    body: bodyA,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    expect: { status: 415, code: 'unsupported_content_type' },
  },
  {
    name: 'another character set',
    body: bodyA,
    headers: { 'content-type': 'application/json; charset=latin1' },
    expect: { status: 415, code: 'unsupported_content_type' },
  },
  {
    name: 'a body over the cap',
    body: bodyA,
    options: { ingest: { max_compressed_bytes: 64 } },
    expect: { status: 413, code: 'body_too_large', details: { setting: 'ingest.max_compressed_bytes', maxBytes: 64 } },
  },
  {
    name: 'a small body that decompresses over the cap',
    body: new Uint8Array(zstdCompressSync(' '.repeat(1_000_000))),
    headers: { 'content-encoding': 'zstd' },
    options: { ingest: { max_body_bytes: 10_000 } },
    expect: { status: 413, code: 'body_too_large' },
  },
  {
    name: 'too many records',
    body: '[{"message":"a"},{"message":"b"},{"message":"c"}]',
    options: { ingest: { max_records: 2 } },
    expect: { status: 413, code: 'too_many_records' },
  },
];
for (const { name, body, headers, options, expect } of refusedWhole) {
  test(`refused whole: ${name}`, async (t) => {
    const { url, writer } = await startTestGateway(t, options);
    const answer = await post(`${url}/v1/ingest`, body, headers);
    const error = answer.body.error as { code: string; message: string; details: Record<string, unknown> };
    assert.equal(answer.status, expect.status);
    assert.equal(error.code, expect.code);
    assert.notEqual(error.message, '');
    if (expect.details !== undefined) assert.deepEqual(error.details, expect.details);
    assert.equal(writer.frames.length, 0, 'a request that is refused whole counts no records');
    assert.equal((await post(`${url}/v1/ingest`, '[{"message":"a"}]')).status, 202, 'and harms nobody');
  });
}

const taken: readonly {
  readonly name: string;
  readonly logs: string;
  readonly failed: readonly (readonly [number, string])[];
  readonly messages: readonly string[];
}[] = [
  {
    name: 'a record that is no object',
    logs: '[{"message":"a"},17,{"message":"b"}]',
    failed: [[1, 'not_an_object']],
    messages: ['a', 'b'],
  },
  {
    name: 'a timestamp that cannot be read',
    logs: '[{"message":"a","timestamp":"yesterday"},{"message":"b"}]',
    failed: [[0, 'invalid_timestamp']],
    messages: ['b'],
  },
  { name: 'a level nobody knows', logs: '[{"message":"a","level":"LOUD"}]', failed: [], messages: ['a'] },
  { name: 'duplicate keys: the last wins', logs: '[{"message":"a","message":"b"}]', failed: [], messages: ['b'] },
  { name: 'NUL bytes', logs: '[{"message":"a\\u0000b"}]', failed: [], messages: ['a\0b'] },
  { name: 'a message of 1 MB', logs: `[{"message":"${'x'.repeat(1_000_000)}"}]`, failed: [], messages: ['x'.repeat(1_000_000)] },
  {
    name: '10,000 attributes',
    logs: `[{"message":"a","metadata":{${Array.from({ length: 10_000 }, (_, i) => `"k${i}":${i}`).join(',')}}}]`,
    failed: [],
    messages: ['a'],
  },
];
for (const { name, logs, failed, messages } of taken) {
  test(`a bad record harms no neighbour: ${name}`, async (t) => {
    const { url, writer } = await startTestGateway(t);
    const { status, body } = await post(`${url}/v1/logs/ingest`, `{"logs":${logs}}`);
    assert.equal(status, 202);
    assert.equal(body.failed, failed.length);
    assert.equal(body.ingested, messages.length);
    assert.deepEqual(
      ((body.errors ?? []) as { index: number; code: string }[]).map(({ index, code }) => [index, code]),
      failed,
    );
    assert.deepEqual(
      linesOf(writer).map(({ message }) => message),
      messages,
    );
  });
}

test('invalid UTF-8 becomes U+FFFD', async (t) => {
  const { url, writer } = await startTestGateway(t);
  const body = Buffer.concat([Buffer.from('{"logs":[{"message":"a'), Buffer.from([0xff]), Buffer.from('b"}]}')]);
  assert.equal((await post(`${url}/v1/logs/ingest`, new Uint8Array(body))).status, 202);
  assert.deepEqual(
    linesOf(writer).map(({ message }) => message),
    ['a\ufffdb'],
  );
});

test('an empty batch is taken and leaves nothing in the log', async (t) => {
  const { url, writer } = await startTestGateway(t);
  const { status, body } = await post(`${url}/v1/ingest`, '{"logs":[]}');
  assert.deepEqual([status, body], [202, { accepted: 0, failed: 0, lag_hint: 'normal' }]);
  assert.equal(writer.frames.length, 0);
});

test('a batch of refused records only: they are counted in the log all the same', async (t) => {
  const { url, writer } = await startTestGateway(t);
  const { status, body } = await post(`${url}/v1/logs/ingest`, '[1,2]');
  assert.deepEqual([status, body.ingested, body.failed], [202, 0, 2]);
  assert.equal(writer.frames[0].header.rowCount, 0);
  assert.equal(writer.frames[0].header.outcomes.refused, 2);
  assert.equal(writer.frames[0].payload.length, 0);
});

test('errors are capped, failures are all counted', async (t) => {
  const { url } = await startTestGateway(t, { ingest: { max_reported_errors: 3 } });
  const { body } = await post(`${url}/v1/logs/ingest`, `[${Array.from({ length: 50 }, (_, i) => i).join(',')}]`);
  assert.equal(body.failed, 50);
  assert.equal((body.errors as unknown[]).length, 3);
});

test('202 comes only when the frame is durable', async (t) => {
  const { url, writer } = await startTestGateway(t);
  const disk = Promise.withResolvers<void>();
  writer.durable = disk.promise;
  let answered = false;
  const answer = post(`${url}/v1/ingest`, bodyA).then((value) => {
    answered = true;
    return value;
  });
  // Another request goes all the way through meanwhile.
  assert.equal((await post(`${url}/v1/ingest`, '{"logs":[]}')).status, 202);
  assert.equal(answered, false);
  disk.resolve();
  assert.equal((await answer).status, 202);
});

const refusals = [
  { error: new AppError('log_full', 'full', { retryAfterMs: 2500, details: { setting: 'log.max_bytes' } }), status: 429, retryAfter: '3' },
  { error: new AppError('log_unavailable', 'disk full', { retryAfterMs: 1000 }), status: 503, retryAfter: '1' },
];
for (const { error, status, retryAfter } of refusals) {
  test(`${error.code} → ${status} with Retry-After; the worker lives on`, async (t) => {
    const { url, writer } = await startTestGateway(t);
    writer.refusal = error;
    const answer = await post(`${url}/v1/ingest`, bodyA);
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get('retry-after'), retryAfter);
    assert.equal((answer.body.error as { code: string }).code, error.code);
    writer.refusal = undefined;
    assert.equal((await post(`${url}/v1/ingest`, bodyA)).status, 202);
  });
}

test('a full log refuses before the body is read; lag_hint tells it earlier', async (t) => {
  const { url, writer, runtime } = await startTestGateway(t);
  writer.pressure = 'elevated';
  assert.equal((await post(`${url}/v1/ingest`, bodyA)).body.lag_hint, 'elevated');
  runtime.setPressure({ heldBytes: 5, lagMs: 61_000 });
  assert.equal(writer.heldBytes, 5);
  assert.equal((await post(`${url}/v1/ingest`, bodyA)).body.lag_hint, 'critical');
  writer.pressure = 'full';
  const answer = await post(`${url}/v1/ingest`, bodyA);
  assert.deepEqual(
    [answer.status, (answer.body.error as { code: string }).code, answer.headers.get('retry-after')],
    [429, 'log_full', '1'],
  );
});

test('the tenant comes from the sender; without a right nothing is taken', async (t) => {
  const { url, writer } = await startTestGateway(t, {
    authenticate({ apiKey }) {
      if (apiKey !== 'k') throw new AppError('unauthenticated', 'no key');
      return 'acme';
    },
  });
  const refused = await post(`${url}/v1/ingest`, bodyA);
  assert.deepEqual([refused.status, (refused.body.error as { code: string }).code], [401, 'unauthenticated']);
  assert.equal((await post(`${url}/v1/ingest`, bodyA, { 'x-api-key': 'k', 'x-tenant-id': 'other' })).status, 202);
  assert.deepEqual(
    writer.frames.map(({ header }) => header.tenant),
    ['acme'],
  );
});

test('receive times never fall in a shard, sequences are those of the ids', async (t) => {
  const { url, writer } = await startTestGateway(t);
  await Promise.all(Array.from({ length: 20 }, () => post(`${url}/v1/ingest`, bodyA)));
  const times = writer.frames.map(({ header }) => header.receivedMs);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  for (const { payload, sequence } of writer.frames) assert.equal(Number(readNativeBlock(payload).seq[0]), sequence);
});

test('what is counted: requests, outcomes by tenant, bytes, acknowledgements', async (t) => {
  const { url, runtime } = await startTestGateway(t, { gateway: { max_counted_tenants: 2 } });
  for (const tenant of ['a', 'b', 'c', 'd', 'a']) await post(`${url}/v1/ingest`, bodyA, { 'x-tenant-id': tenant });
  await post(`${url}/v1/ingest`, '{');
  const counts = runtime.takeCounts();
  assert.deepEqual({ ...counts.requests }, { '/v1/ingest 202': 5, '/v1/ingest 400': 1 });
  assert.deepEqual(
    Object.entries(counts.outcomesByTenant).map(([tenant, { accepted }]) => [tenant, accepted]),
    [
      ['a', 2],
      ['b', 1],
      ['_other', 2],
    ],
  );
  assert.equal(
    counts.ackCounts.reduce((sum, count) => sum + count, 0),
    5,
  );
  assert.equal(counts.bodyBytes, 5 * bodyA.length + 1);
  assert.equal(runtime.takeCounts().bodyBytes, 0);
});
