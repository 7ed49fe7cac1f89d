import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordCounter } from './record-counter.ts';

function count(isCsv: boolean, ...chunks: string[]): number {
  const counter = new RecordCounter(isCsv);
  for (const chunk of chunks) counter.add(new TextEncoder().encode(chunk));
  return counter.records;
}

test('records are counted however the bytes are cut', () => {
  assert.equal(count(true), 0);
  assert.equal(count(true, 'time,message\r\n'), 0);
  assert.equal(count(true, 'time,message\r\n1,a\r\n2,"b\nc ""d"" \n"\r\n'), 2);
  assert.equal(count(true, 'time,mess', 'age\r\n1,"', 'a\n', 'b"\r', '\n'), 1);
  assert.equal(count(false, '{"a":1}\n{"a"', ':2}\n'), 2);
});
