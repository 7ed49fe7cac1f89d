/** Plain text over HTTP, through the gateway with its parsers, as people send it: `cat file | curl -T - …/v1/logs/raw`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { AppError } from '#base/errors.ts';
import { frameKinds } from '#log/durable-log.ts';
import type { LogLine } from '#model/log-line.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { startTestGateway } from './gateway-harness.ts';
import type { TestGateway, TestGatewayOptions } from './gateway-harness.ts';
import { defaultsOf } from '../support/config-defaults.ts';
import { rawConfig } from '#receivers/raw/config.ts';

function linesOf({ writer }: TestGateway): LogLine[] {
  return writer.frames
    .filter(({ header }) => header.kind === frameKinds.logs && header.rowCount > 0)
    .flatMap(({ payload }) => {
      const view = readNativeBlock(payload);
      return Array.from({ length: view.rowCount }, (_, row) => lineOfRow(view, row));
    });
}

async function put(gateway: TestGateway, query: string, body: NonNullable<RequestInit['body']>, headers: Record<string, string> = {}) {
  const response = await fetch(`${gateway.url}/v1/logs/raw${query}`, { method: 'PUT', body, headers, duplex: 'half' } as RequestInit);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const withRaw = (raw: Partial<ReturnType<typeof defaultsOf<typeof rawConfig>>>): TestGatewayOptions => ({
  receivers: { raw: { ...defaultsOf(rawConfig), ...raw } },
});

test('a line is a record, its format recognised', async (t) => {
  const gateway = await startTestGateway(t);
  const body = [
    '\ufeff2025-07-15 10:23:45,123 ERROR [main] com.example.Pay: Charge failed',
    'java.lang.IllegalStateException: declined',
    '\tat com.example.Pay.charge(Pay.java:12)',
    '',
    '{"level":"warn","msg":"low on disk","free":7}\r',
    'just some text',
  ].join('\n');
  assert.deepEqual(await put(gateway, '?service=pay&host=web-1&environment=test', body), { status: 202, body: { ingested: 3, failed: 0 } });
  const [java, json, text] = linesOf(gateway);
  assert.equal(java.message, 'Charge failed\njava.lang.IllegalStateException: declined\n\tat com.example.Pay.charge(Pay.java:12)');
  assert.equal(java.raw, body.slice(1).split('\n\n')[0]);
  assert.equal(new Date(Number(java.tsNs / 1_000_000n)).toISOString(), '2025-07-15T10:23:45.123Z');
  assert.deepEqual([java.level, java.service, java.host, java.environment], [17, 'pay', 'web-1', 'test']);
  assert.deepEqual([json.message, json.level, json.attributes.names, json.service], ['low on disk', 13, ['free'], 'pay']);
  assert.deepEqual([text.message, text.raw, text.level], ['just some text', '', 0]);
});

test('the sender may choose a parser; what it cannot take is kept whole and says so', async (t) => {
  const gateway = await startTestGateway(t);
  await put(gateway, '?parser=json', '{"msg":"one"}\nnot json');
  const [one, two] = linesOf(gateway);
  assert.equal(one.message, 'one');
  assert.deepEqual([two.message, two.attributes], ['not json', { names: ['parse_error'], values: ['json'], kinds: 's' }]);
});

test('zones and joining are the sender’s to say', async (t) => {
  const gateway = await startTestGateway(t);
  const body = 'START 2025-07-15 12:00:00 one\nmore\nSTART 2025-07-15 12:00:01 two';
  const answer = await put(gateway, `?multiline=${encodeURIComponent('/^START/')}`, body);
  assert.deepEqual(answer.body, { ingested: 2, failed: 0 });
  await put(gateway, '?timezone=Europe/Berlin', '2025-07-15 12:00:00 three');
  const times = linesOf(gateway).map(
    ({ message, tsNs }) => [message.slice(-3), new Date(Number(tsNs / 1_000_000n)).toISOString()] as const,
  );
  assert.deepEqual(times[2], ['ree', '2025-07-15T10:00:00.000Z']);
});

test('requests that cannot be taken', async (t) => {
  const gateway = await startTestGateway(t);
  for (const [query, headers, code] of [
    ['?parser=jsonn', {}, 'bad_request'],
    ['?timezone=Mars/Base', {}, 'bad_request'],
    ['?multiline=jawa', {}, 'bad_request'],
    ['?multiline=/(a)\\1/', {}, 'bad_request'],
    ['', { 'content-type': 'multipart/form-data; boundary=x' }, 'unsupported_content_type'],
  ] as const) {
    const { status, body } = await put(gateway, query, 'a line', headers);
    assert.equal((body.error as { code: string }).code, code, query);
    assert.ok(status >= 400 && status < 500);
  }
  assert.deepEqual(linesOf(gateway), []);
});

test('compressed, chunked and larger than a batch', async (t) => {
  const gateway = await startTestGateway(t, withRaw({ batch_bytes: 1024 }));
  const text = Array.from({ length: 2000 }, (_, i) => `line number ${i} of many`).join('\n');
  const chunks = new ReadableStream({
    start(controller) {
      const bytes = gzipSync(text);
      for (let at = 0; at < bytes.length; at += 100) controller.enqueue(bytes.subarray(at, at + 100));
      controller.close();
    },
  });
  const answer = await put(gateway, '', chunks, { 'content-encoding': 'gzip' });
  assert.deepEqual(answer.body, { ingested: 2000, failed: 0 });
  assert.deepEqual(
    linesOf(gateway).map(({ message }) => message),
    text.split('\n'),
  );
  assert.ok(gateway.writer.frames.length > 20);
});

test('a line over the bound fails alone', async (t) => {
  const gateway = await startTestGateway(t, { ingest: { max_record_bytes: 1024 } });
  const { body } = await put(gateway, '', `one\n${'x'.repeat(5000)}\nthree`);
  assert.deepEqual([body.ingested, body.failed], [2, 1]);
  assert.deepEqual(body.errors, [{ index: 1, code: 'record_too_large', message: 'the record is larger than ingest.max_record_bytes' }]);
  assert.deepEqual(
    linesOf(gateway).map(({ message }) => message),
    ['one', 'three'],
  );
});

test('bytes that are no UTF-8 become text', async (t) => {
  const gateway = await startTestGateway(t);
  await put(gateway, '', Buffer.concat([Buffer.from('good é\n'), Buffer.from('gr\xfcn\n', 'latin1')]));
  assert.deepEqual(
    linesOf(gateway).map(({ message }) => message),
    ['good é', 'grün'],
  );
});

test('a slow body is found before it ends', async (t) => {
  const gateway = await startTestGateway(t, withRaw({ max_delay: 20 }));
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const answer = put(gateway, '', readable);
  const writer = writable.getWriter();
  await writer.write(Buffer.from('first\n'));
  while (gateway.writer.frames.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(linesOf(gateway)[0].message, 'first');
  await writer.write(Buffer.from('second'));
  await writer.close();
  assert.deepEqual((await answer).body, { ingested: 2, failed: 0 });
});

test('a full log refuses a body at its beginning, and slows it down later', async (t) => {
  const gateway = await startTestGateway(t, withRaw({ batch_bytes: 1024, max_delay: 20 }));
  gateway.writer.refusal = new AppError('log_full', 'full', { retryAfterMs: 10 });
  assert.equal((await put(gateway, '', 'a line')).status, 429);
  gateway.writer.refusal = undefined;
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const answer = put(gateway, '', readable);
  const writer = writable.getWriter();
  await writer.write(Buffer.from('first\n'));
  while (gateway.writer.frames.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  gateway.writer.refusal = new AppError('log_full', 'full', { retryAfterMs: 10 });
  await writer.write(Buffer.from('second\n'));
  setTimeout(() => (gateway.writer.refusal = undefined), 50);
  await writer.close();
  assert.deepEqual((await answer).body, { ingested: 2, failed: 0 });
  assert.deepEqual(
    linesOf(gateway).map(({ message }) => message),
    ['first', 'second'],
  );
});
