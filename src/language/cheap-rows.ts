/** Conditions that a matcher answers for a whole batch at the cost of some nanoseconds a row: dictionary values, numbers, times. */
import type { BatchView, DictionaryColumn } from '#model/batch-view.ts';
import { latestNs } from '#base/instant.ts';
import { RowSet } from './row-set.ts';
import { resolveEdge } from './time-spans.ts';
import { textPredicate } from './value-tests.ts';
import type { Condition, ValueTest } from './conditions.ts';

function flagsOf(count: number, passes: (index: number) => boolean): Uint8Array {
  const flags = new Uint8Array(count);
  for (let index = 0; index < count; index++) if (passes(index)) flags[index] = 1;
  return flags;
}

export function patternRows({ patternId, rowCount }: BatchView, id: bigint): RowSet {
  const rows = new RowSet(rowCount);
  for (let row = 0; row < rowCount; row++) if (patternId[row] === id) rows.add(row);
  return rows;
}

export function levelRows(from: number, to: number): (view: BatchView) => RowSet {
  const flags = flagsOf(256, (level) => level >= from && level <= to);
  return ({ level, rowCount }) => numberRows(level, flags, rowCount);
}

export function skewedRows(isSkewed: boolean): (view: BatchView) => RowSet {
  const flags = flagsOf(2, (value) => (value !== 0) === isSkewed);
  return ({ skewed, rowCount }) => numberRows(skewed, flags, rowCount);
}

/** Date math is reckoned from the moment of receipt: a stream has no other now, and reading it again gives the same. */
export function timeRows({ ts, receiveTs, rowCount }: BatchView, { from, to }: Condition & { kind: 'time' }): RowSet {
  const set = new RowSet(rowCount);
  let nowMs: bigint | undefined;
  let [fromNs, toNs] = [0n, 0n];
  for (let row = 0; row < rowCount; row++) {
    if (receiveTs[row] !== nowMs) {
      nowMs = receiveTs[row];
      fromNs = from === undefined ? -latestNs : resolveEdge(from, Number(nowMs));
      toNs = to === undefined ? 2n * latestNs : resolveEdge(to, Number(nowMs));
    }
    if (ts[row] >= fromNs && ts[row] < toNs) set.add(row);
  }
  return set;
}

export function dictionaryRows({ values, indexes }: DictionaryColumn, test: ValueTest, rowCount: number): RowSet {
  if (test.op === 'equals') return valueRows(indexes, values.indexOf(test.value), rowCount);
  const passes = textPredicate(test);
  const flags = flagsOf(values.length, (index) => passes(values[index]));
  return flags.includes(1) ? numberRows(indexes, flags, rowCount) : new RowSet(rowCount);
}

/** Rows that have the number; -1 is nobody's. */
function valueRows(numbers: Uint8Array | Uint16Array | Uint32Array, number: number, rowCount: number): RowSet {
  const set = new RowSet(rowCount);
  if (number < 0) return set;
  for (let row = 0; row < rowCount; row++) if (numbers[row] === number) set.add(row);
  return set;
}

/** Rows whose number is flagged. */
function numberRows(numbers: Uint8Array | Uint16Array | Uint32Array, flags: Uint8Array, rowCount: number): RowSet {
  const set = new RowSet(rowCount);
  const { words } = set;
  for (let word = 0, row = 0; word < words.length; word++) {
    let bits = 0;
    for (const last = Math.min(row + 32, rowCount); row < last; row++) bits |= flags[numbers[row]] << (row & 31);
    words[word] = bits;
  }
  return set;
}

export function tagRows(view: BatchView, test: ValueTest): RowSet {
  const set = new RowSet(view.rowCount);
  const { offsets, values } = view.list('tags');
  if (test.op === 'present') {
    for (let row = 0; row < view.rowCount; row++) if (offsets[row + 1] > offsets[row]) set.add(row);
    return set;
  }
  const passes = textPredicate(test);
  const flags = flagsOf(values.values.length, (index) => passes(values.values[index]));
  if (!flags.includes(1)) return set;
  for (let row = 0; row < view.rowCount; row++) {
    for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) if (flags[values.indexes[entry]] === 1) set.add(row);
  }
  return set;
}
