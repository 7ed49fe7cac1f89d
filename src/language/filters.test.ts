import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { parseFilters } from './filters.ts';
import { printQuery } from './printer.ts';

const accepted: readonly (readonly [unknown, string])[] = [
  [undefined, '*'],
  [null, '*'],
  [{}, '*'],
  [{ service: 'payment-service' }, 'service:payment-service'],
  [{ service: 'payment-service', level: ['ERROR', 'WARN'] }, 'service:payment-service AND level:(ERROR OR WARN)'],
  [{ 'meta.trace_id': 'abc-123-def' }, 'meta.trace_id:abc-123-def'],
  [{ latency_ms: 5000, retried: true, ratio: 0.5 }, 'latency_ms:5000 AND retried:true AND ratio:0.5'],
  [{ status: [200, '200', 404] }, 'status:(200 OR 404)'],
  [{ user: 'pay* OR x' }, 'user:"pay* OR x"'],
  [{ 'weird "key': '' }, '"weird \\"key":""'],
  [{ _exists_: 'x' }, '"_exists_":x'],
];

for (const [filters, printed] of accepted) {
  test(`takes ${JSON.stringify(filters)}`, () => assert.equal(printQuery(parseFilters(filters)), printed));
}

const refused: readonly (readonly [unknown, string, string])[] = [
  ['service:x', 'bad_request', 'filters'],
  [[], 'bad_request', 'filters'],
  [5, 'bad_request', 'filters'],
  [{ service: null }, 'bad_request', 'service'],
  [{ service: {} }, 'bad_request', 'service'],
  [{ service: [['x']] }, 'bad_request', 'service'],
  [{ service: [] }, 'bad_request', 'service'],
  [{ '': 'x' }, 'bad_request', ''],
  [{ level: 'loud' }, 'query_unsupported', 'level'],
  [{ level: [] }, 'bad_request', 'level'],
  [{ timestamp: 'soon' }, 'query_unsupported', 'timestamp'],
];

for (const [filters, code, field] of refused) {
  test(`refuses ${JSON.stringify(filters)}`, () => {
    assert.throws(
      () => parseFilters(filters),
      (error: AppError) => error instanceof AppError && error.code === code && error.details.field === field,
    );
  });
}

test('the number of values is bounded', () => {
  assert.throws(
    () => parseFilters({ a: Array.from({ length: 501 }, (_, i) => i) }),
    (error: AppError) => error.code === 'limit_exceeded' && error.details.setting === 'query.max_terms',
  );
});

test('names of Object.prototype are plain names', () => {
  assert.equal(printQuery(parseFilters(JSON.parse('{"__proto__":"x","constructor":"y"}'))), '__proto__:x AND constructor:y');
});
