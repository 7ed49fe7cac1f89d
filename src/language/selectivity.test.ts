import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQuery } from './parser.ts';
import { isLookup, isNarrow } from './selectivity.ts';

for (const [query, narrow, lookup] of [
  ['', false, false],
  ['level>=ERROR', false, false],
  ['service:payment-api', false, false],
  ['timeout', true, false],
  ['"connection reset by peer"', true, false],
  ['"order ord-12345678"', true, false],
  ['payment', true, false],
  ['pay*', false, false],
  ['a1', true, false],
  ['ord-12345678', true, true],
  ['4bf92f3577b34da6a3ce929d0e0e4736', true, true],
  ['trace_id:x', true, true],
  ['span_id:(x OR y)', true, true],
  ['order_id:ord-12345678', true, true],
  ['user_id:u1', true, false],
  ['user_id:(ord-12345678 OR u1)', true, false],
  ['service:svc-12345678', false, false],
  ['level:ERROR ord-12345678', true, true],
  ['timeout OR ord-12345678', true, false],
  ['trace_id:x OR ord-12345678', true, true],
  ['level:ERROR OR ord-12345678', false, false],
  ['NOT ord-12345678', false, false],
] as const)
  test(`${query || 'all lines'}: ${narrow ? 'narrow' : 'wide'}${lookup ? ', a lookup' : ''}`, () => {
    const node = parseQuery(query);
    assert.deepEqual({ narrow: isNarrow(node), lookup: isLookup(node) }, { narrow, lookup });
  });
