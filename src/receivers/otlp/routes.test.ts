import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import type { ErrorCode } from '#base/errors.ts';
import { fakeRequest } from '#receivers/intake.fake.ts';
import type { FakeRequestParts } from '#receivers/intake.fake.ts';
import { ProtobufReader } from '#receivers/protobuf-reader.ts';
import { openTestReceiver, requestOf, textRecord } from './otlp.test-support.ts';

const protobuf = { 'content-type': 'application/x-protobuf' };
const json = { 'content-type': 'application/json; charset=utf-8' };
const jsonRequest = JSON.stringify({
  resourceLogs: [
    { scopeLogs: [{ logRecords: [{ body: { stringValue: 'a' } }, { timeUnixNano: 'never' }, { body: { stringValue: 'b' } }] }] },
  ],
});
const post = (parts: FakeRequestParts) => fakeRequest('POST', '/v1/logs', parts);
const textOf = (body: string | Uint8Array | undefined): string => Buffer.from(body ?? '').toString();

test('the paths, on the main port and on one of their own', () => {
  const { receiver } = openTestReceiver();
  assert.deepEqual(
    receiver.routes.map(({ methods, path }) => [methods, path]),
    [
      [['POST'], '/v1/logs'],
      [['POST'], '/otlp/v1/logs'],
    ],
  );
  assert.deepEqual(
    receiver.listeners.map(({ name }) => name),
    ['otlp-http', 'otlp-grpc'],
  );
});

test('success has an empty response in the encoding of the request', async () => {
  const { receiver, fake } = openTestReceiver();
  const [{ handle }] = receiver.routes;
  const inProtobuf = await handle(post({ body: requestOf([textRecord('one')]), headers: { ...protobuf, 'x-tenant-id': 'acme' } }));
  assert.deepEqual([inProtobuf.status, inProtobuf.headers, inProtobuf.body?.length], [200, protobuf, 0]);
  const inJson = await handle(post({ body: '{"resourceLogs":[]}', headers: json }));
  assert.deepEqual([inJson.status, inJson.headers, textOf(inJson.body)], [200, { 'content-type': 'application/json' }, '{}']);
  const [{ tenant, receiver: name, sender, content }] = fake.batches;
  assert.deepEqual([tenant, name, sender, content], ['acme', 'otlp', 'test@192.0.2.7', 'records']);
});

test('records that could not be taken are counted, and no others', async () => {
  const { receiver, fake } = openTestReceiver();
  const reply = await receiver.routes[0].handle(post({ body: jsonRequest, headers: json }));
  assert.equal(reply.status, 200);
  assert.deepEqual(JSON.parse(textOf(reply.body)), {
    partialSuccess: {
      rejectedLogRecords: '1',
      errorMessage: 'record 1: the timestamp cannot be read or is outside 1970-2262 (invalid_timestamp); kept in the quarantine',
    },
  });
  assert.equal(fake.lines().length, 2);
});

test('errors are a Status in the encoding of the request, with a status code that says whether to try again', () => {
  const { receiver } = openTestReceiver();
  const { renderError } = receiver.routes[0];
  assert.ok(renderError);
  const cases: readonly (readonly [ErrorCode, number, number])[] = [
    ['malformed_body', 400, 3],
    ['malformed_encoding', 400, 3],
    ['limit_exceeded', 400, 3],
    ['unauthenticated', 401, 16],
    ['forbidden', 403, 7],
    ['body_too_large', 413, 3],
    ['too_many_records', 413, 3],
    ['unsupported_content_type', 415, 12],
    ['log_full', 503, 14],
    ['gateway_overloaded', 503, 14],
    ['log_unavailable', 503, 14],
    ['shutting_down', 503, 14],
    ['internal', 503, 14],
  ];
  for (const [code, status, grpc] of cases) {
    const reply = renderError(new AppError(code, 'why'), 0, post({ headers: json }));
    assert.equal(reply.status, status, code);
    assert.equal((JSON.parse(textOf(reply.body)) as { code: number }).code, grpc, code);
  }
  const full = renderError(new AppError('log_full', 'full', { retryAfterMs: 1500 }), 429, post({ headers: json }));
  assert.deepEqual(JSON.parse(textOf(full.body)), {
    code: 14,
    message: 'full',
    details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' }],
  });
  const { body, headers } = renderError(new AppError('malformed_body', 'no'), 400, post({ headers: protobuf }));
  assert.deepEqual(headers, protobuf);
  const bytes = new Uint8Array(body as Uint8Array);
  const reader = new ProtobufReader();
  reader.open(bytes, new DataView(bytes.buffer));
  assert.deepEqual([reader.tag(bytes.length), reader.uint32(bytes.length), reader.tag(bytes.length)], [0x08, 3, 0x12]);
  assert.equal(Buffer.from(bytes.subarray(reader.at + 1)).toString(), 'no');
  const secret = renderError(new AppError('internal', 'at /secret/path'), 500, post({ headers: json }));
  assert.doesNotMatch(textOf(secret.body), /secret/);
});

test('what is refused before the body is read, and JSON over its bound', async () => {
  const { receiver, fake } = openTestReceiver({ max_json_bytes: 10 });
  const [{ handle }] = receiver.routes;
  const refused: readonly Record<string, string>[] = [{}, { 'content-type': 'text/plain' }, { 'content-type': 'constructor' }];
  for (const headers of refused) {
    await assert.rejects(handle(post({ body: requestOf([]), headers })), { code: 'unsupported_content_type' });
  }
  await assert.rejects(handle(post({ body: jsonRequest, headers: json })), {
    code: 'body_too_large',
    details: { setting: 'receivers.otlp.max_json_bytes', max_bytes: 10 },
  });
  fake.admitError = new AppError('log_full', 'full');
  const unread = { ...post({ headers: protobuf }), readBody: () => assert.fail('the body must not be read') };
  await assert.rejects(handle(unread), { code: 'log_full' });
});
