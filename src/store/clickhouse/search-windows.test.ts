import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQuery } from '#language/parser.ts';
import { firstWindowRows } from './search-windows.ts';

for (const [query, wantedLines, rows] of [
  ['', 100, 16_384],
  ['', 10_000, 80_000],
  ['service:api', 101, 16_384],
  ['service:api', 1001, 128_128],
  ['service:api host:a', 51, 417_792],
  ['service:(a OR b)', 1000, 64_000],
  ['level:ERROR service:api environment:prod', 101, 206_848],
  ['service:api host:a level:FATAL', 10_000, 1_048_576],
  ['-service:api', 100, 65_536],
  ['host:a*', 100, 65_536],
  ['service:api latency_ms>5', 100, 65_536],
  ['timeout', 100, 262_144],
  ['service:api timeout', 100, 262_144],
  ['trace_id:abc', 100, 16_777_216],
  ['ord-7029cde2668e25d2', 100, 16_777_216],
] as const) {
  test(`the first window for ${wantedLines} lines of "${query}"`, () =>
    assert.equal(firstWindowRows(parseQuery(query), wantedLines), rows));
}
