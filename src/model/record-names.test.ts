import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordNames } from './record-names.ts';

const idOf = (names: RecordNames, name: string): number => {
  const bytes = new TextEncoder().encode(name);
  return names.of(bytes, new DataView(bytes.buffer), 0, bytes.length);
};

test('names of senders are forgotten between batches once they are many, or take much; our own never', () => {
  const cases: readonly (readonly [string, number, number, boolean])[] = [
    ['few', 100, 10, false],
    ['many', 20_000, 10, true],
    ['few that are long', 20, 100_000, true],
  ];
  for (const [name, count, length, isForgotten] of cases) {
    const names = new RecordNames();
    const own = names.own('level');
    for (let i = 0; i < count; i++) idOf(names, `${i}`.padEnd(length, 'x'));
    names.forget();
    assert.equal(idOf(names, 'another'), isForgotten ? own + 1 : own + 1 + count, name);
    assert.equal(idOf(names, 'level'), own);
    assert.equal(names.textOf(own), 'level');
  }
});
