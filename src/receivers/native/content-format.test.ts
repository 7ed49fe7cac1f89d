import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentFormat } from './content-format.ts';

test('content types that are taken', () => {
  const cases: readonly (readonly [string | undefined, string])[] = [
    [undefined, 'json'],
    ['application/json', 'json'],
    ['Application/JSON; charset=UTF-8', 'json'],
    ['application/json;charset="utf-8"', 'json'],
    ['application/x-ndjson', 'ndjson'],
    ['application/ndjson; charset=utf8', 'ndjson'],
    ['application/jsonl', 'ndjson'],
    ['application/x-jsonlines', 'ndjson'],
  ];
  for (const [header, expected] of cases) assert.equal(contentFormat(header), expected);
});

test('content types that are not', () => {
  for (const header of [
    '',
    'text/plain',
    'application/xml',
    'application/json; charset=utf-16',
    'constructor',
    'application/x-www-form-urlencoded',
  ]) {
    assert.throws(() => contentFormat(header), { code: 'unsupported_content_type' });
  }
});
