import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LogLine } from '#model/log-line.ts';
import { renderOnce, toRecordA, toRecordB, toRecordC } from './record-shapes.ts';

const line: LogLine = {
  id: '0197f3a2-6c41-8a3f-8000-000000000000',
  tsNs: 1_752_574_625_123_000_000n,
  receivedMs: 1_752_574_625_200,
  skewed: false,
  tenant: 'acme',
  service: 'payment-service',
  host: 'h-1',
  environment: '',
  level: 17,
  traceId: 't-1',
  spanId: '',
  message: 'a "quoted"\nmessage',
  attributes: {
    names: ['s', 'n', 'big', 'b', 'z', 'list', 'ev"il'],
    values: ['5000', '5.10', '18446744073709551616', 'true', 'null', '[1, {"a":2}]', 'x'],
    kinds: 'snnbzjs',
  },
  resource: { region: 'eu' },
  tags: [],
  raw: '',
  sampleRate: 1,
  patternId: 0n,
};

test('A, B and C have the fields of their designs, in their names', () => {
  const common = { resource: { region: 'eu' }, receive_ts: '2025-07-15T10:17:05.200Z' };
  const metadata = { s: '5000', n: 5.1, big: 2 ** 64, b: true, z: null, list: [1, { a: 2 }], 'ev"il': 'x' };
  const base = { level: 'ERROR', service: 'payment-service', host: 'h-1' };
  assert.deepEqual(JSON.parse(toRecordA(line)), {
    id: line.id,
    timestamp: '2025-07-15T10:17:05.123Z',
    ...base,
    trace_id: 't-1',
    span_id: '',
    message: line.message,
    metadata,
    ...common,
  });
  assert.deepEqual(JSON.parse(toRecordB(line)), {
    log_id: line.id,
    timestamp: '2025-07-15T10:17:05.123Z',
    ...base,
    message: line.message,
    metadata,
    trace_id: 't-1',
    ...common,
  });
  assert.deepEqual(JSON.parse(toRecordC(line)), {
    id: line.id,
    ts: '2025-07-15T10:17:05.123Z',
    ...base,
    msg: line.message,
    meta: { trace_id: 't-1', ...metadata },
    ...common,
  });
});

test('numbers come back digit by digit, and a text stays a text', () => {
  assert.match(toRecordA(line), /"s":"5000","n":5\.10,"big":18446744073709551616,/);
});

test('what a line does not have is left out, a level that nobody gave is null', () => {
  const bare: LogLine = { ...line, level: 0, traceId: '', resource: {}, attributes: { names: [], values: [], kinds: '' } };
  assert.deepEqual(Object.keys(JSON.parse(toRecordC(bare)) as object), [
    'id',
    'ts',
    'level',
    'service',
    'host',
    'msg',
    'meta',
    'receive_ts',
  ]);
  assert.equal((JSON.parse(toRecordA(bare)) as { level: unknown }).level, null);
  const full: LogLine = { ...line, environment: 'prod', tags: ['a'], raw: 'r', sampleRate: 0.5, patternId: 0x1f2en, skewed: true };
  for (const shape of [toRecordA, toRecordB, toRecordC])
    assert.equal((JSON.parse(shape(full)) as { pattern: string }).pattern, '0000000000001f2e');
  assert.deepEqual(Object.keys(JSON.parse(toRecordB(full)) as object).slice(-7), [
    'resource',
    'tags',
    'raw',
    'sample_rate',
    'pattern',
    'receive_ts',
    'skewed',
  ]);
});

test('any text makes valid JSON and comes back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (message, name) => {
      const odd: LogLine = { ...line, message, attributes: { names: [name], values: [message], kinds: 's' } };
      const parsed = JSON.parse(toRecordA(odd)) as { message: string; metadata: Record<string, string> };
      assert.equal(parsed.message, message);
      assert.equal(Object.entries(parsed.metadata)[0]?.[1] ?? message, message);
    }),
  );
});

test('a line is rendered once however many readers it has', () => {
  let renders = 0;
  const render = renderOnce(({ id }) => `${id} ${++renders}`);
  assert.equal(render(line), render(line));
  assert.equal(renders, 1);
  render({ ...line });
  assert.equal(renders, 2);
});
