import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppError } from '#base/errors.ts';
import { parseMetric } from './metric.ts';

for (const [text, metric] of [
  ['count', { kind: 'count' }],
  [' COUNT ', { kind: 'count' }],
  ['count()', { kind: 'count' }],
  ['rate', { kind: 'rate' }],
  ['error_rate', { kind: 'error_rate' }],
  ['distinct(user_id)', { kind: 'distinct', field: 'user_id' }],
  ['sum(metadata.latency_ms)', { kind: 'sum', field: 'metadata.latency_ms' }],
  ['avg( latency_ms )', { kind: 'avg', field: 'latency_ms' }],
  ['min(a b)', { kind: 'min', field: 'a b' }],
  ['max("odd)name ")', { kind: 'max', field: 'odd)name ' }],
  ['max("a\\"b")', { kind: 'max', field: 'a"b' }],
  ['p50(latency_ms)', { kind: 'percentile', percentile: 50, field: 'latency_ms' }],
  ['p99.9(latency_ms)', { kind: 'percentile', percentile: 99.9, field: 'latency_ms' }],
  ['P5(x)', { kind: 'percentile', percentile: 5, field: 'x' }],
  ["sum(x') FROM logs --)", { kind: 'sum', field: "x') FROM logs --" }],
] as const) {
  test(`reads ${text}`, () => assert.deepEqual(parseMetric(text), metric));
}

for (const [text, message] of [
  ['', /expected a name/],
  ['cuont', /did you mean "count"/],
  ['median(x)', /there is no metric "median".*known: count/],
  ['sum', /sum needs a field/],
  ['sum()', /sum needs a field/],
  ['count(x)', /count takes no field/],
  ['p0(x)', /between 0 and 100/],
  ['p100(x)', /there is no metric "p100"/],
  ['p99', /p99 needs a field/],
  ['p99.9.9(x)', /expected a name/],
  ['count; DROP TABLE logs', /expected a name/],
  ['sum(x', /expected a name/],
  ['x'.repeat(500), /…/],
] as const) {
  test(`refuses ${text.slice(0, 30)}`, () => {
    assert.throws(
      () => parseMetric(text),
      (error: AppError) => error.code === 'bad_request' && message.test(error.message),
    );
  });
}
