/**
 * Tests values of many queries in one pass over a column: texts (ids, message) and maps (attributes, resource). An
 * index given by `add…` names the answer in what `run` returns.
 */
import type { BatchView, DictionaryColumn, MapColumn, TextColumn } from '#model/batch-view.ts';
import { bytesStartWith, filterSlotOf, utf8, ValueTable } from './byte-patterns.ts';
import { FoundRows, RowSet } from './row-set.ts';
import { bytePredicate, isInRange, numberOfBytes, regexMatcher } from './value-tests.ts';
import type { ValueTest } from './conditions.ts';
import type { RegexMatcher } from './regex-matcher.ts';
import type { BytePredicate, NumberTest } from './value-tests.ts';

/** Tests of values, all of which are tried on each value. */
class ValueTests {
  readonly #equals = new ValueTable();
  /** Index in #equals → answer. */
  readonly #equalsAnswers: number[] = [];
  readonly #prefixes: { readonly bytes: Uint8Array; readonly answer: number }[] = [];
  readonly #numbers: { readonly test: NumberTest; readonly answer: number }[] = [];
  readonly #others: { readonly passes: BytePredicate; readonly answer: number }[] = [];

  add(test: Exclude<ValueTest, { op: 'present' }>, answer: number): void {
    if (test.op === 'equals') this.#equalsAnswers[this.#equals.add(test.value)] = answer;
    else if (test.op === 'starts-with') this.#prefixes.push({ bytes: utf8(test.prefix), answer });
    else if (test.op === 'number') this.#numbers.push({ test, answer });
    else this.#others.push({ passes: bytePredicate(test), answer });
  }

  /** Adds the row to the answers of the tests that the value passes. */
  mark(bytes: Uint8Array, start: number, end: number, row: number, found: FoundRows): void {
    if (this.#equals.size > 0) {
      const index = this.#equals.find(bytes, start, end);
      if (index >= 0) found.add(this.#equalsAnswers[index], row);
    }
    for (let i = 0; i < this.#prefixes.length; i++) {
      const prefix = this.#prefixes[i];
      if (bytesStartWith(bytes, start, end, prefix.bytes)) found.add(prefix.answer, row);
    }
    for (let i = 0; i < this.#others.length; i++) {
      const other = this.#others[i];
      if (other.passes(bytes, start, end)) found.add(other.answer, row);
    }
    if (this.#numbers.length > 0) this.#markNumbers(numberOfBytes(bytes, start, end), row, found);
  }

  #markNumbers(value: number, row: number, found: FoundRows): void {
    for (let i = 0; i < this.#numbers.length; i++) {
      const { test, answer } = this.#numbers[i];
      if (isInRange(value, test)) found.add(answer, row);
    }
  }
}

/** `line`: the line as it came, which is `raw` where that is not empty, else the message. */
type TextName = 'trace_id' | 'span_id' | 'message' | 'line';

export class TextScan {
  readonly #column: TextName;
  readonly #tests = new ValueTests();
  readonly #patterns: { readonly matcher: RegexMatcher; readonly answer: number }[] = [];
  /** Answers of `present`. */
  readonly #present: number[] = [];
  #count = 0;

  constructor(column: TextName) {
    this.#column = column;
  }

  /** The expression is found in the value, which may be empty. */
  addPattern(pattern: string): number {
    this.#patterns.push({ matcher: regexMatcher(pattern), answer: this.#count });
    return this.#count++;
  }

  add(test: ValueTest): number {
    if (test.op === 'present') this.#present.push(this.#count);
    else this.#tests.add(test, this.#count);
    return this.#count++;
  }

  run(view: BatchView, rows: RowSet): FoundRows {
    const found = new FoundRows(view.rowCount, this.#count);
    if (this.#column !== 'line') {
      this.#scan(view.text(this.#column), rows, found);
      return found;
    }
    const raw = view.text('raw');
    const [differing, same] = [new RowSet(view.rowCount), new RowSet(view.rowCount)];
    rows.forEach((row) => (raw.ends[row] > raw.starts[row] ? differing : same).add(row));
    this.#scan(raw, differing, found);
    this.#scan(view.text('message'), same, found);
    return found;
  }

  #scan({ bytes, starts, ends }: TextColumn, rows: RowSet, found: FoundRows): void {
    for (const row of rows.rows()) {
      this.#tests.mark(bytes, starts[row], ends[row], row, found);
      for (const { matcher, answer } of this.#patterns) if (matcher.test(bytes, starts[row], ends[row])) found.add(answer, row);
      if (ends[row] > starts[row]) for (let i = 0; i < this.#present.length; i++) found.add(this.#present[i], row);
    }
  }
}

/** Regular expressions over the searched text of a row: the folded one, else the message with ASCII letters in lower case. */
export class FoldedScan {
  readonly #matchers: RegexMatcher[] = [];

  add(pattern: string): number {
    return this.#matchers.push(regexMatcher(pattern, true)) - 1;
  }

  run(view: BatchView, rows: RowSet): FoundRows {
    const found = new FoundRows(view.rowCount, this.#matchers.length);
    const message = view.text('message');
    const folded = view.text('folded');
    for (const row of rows.rows()) {
      const source = folded.ends[row] > folded.starts[row] ? folded : message;
      for (let i = 0; i < this.#matchers.length; i++) {
        if (this.#matchers[i].test(source.bytes, source.starts[row], source.ends[row])) found.add(i, row);
      }
    }
    return found;
  }
}

interface KeyTests {
  readonly tests: ValueTests;
  readonly present: number[];
}

export class MapScan {
  readonly #column: 'attributes' | 'resource';
  readonly #anyValue = new ValueTable();
  /** Index in #anyValue → answer. */
  readonly #anyAnswers: number[] = [];
  readonly #keyNumbers = new Map<string, number>();
  readonly #keys: KeyTests[] = [];
  #count = 0;

  constructor(column: 'attributes' | 'resource') {
    this.#column = column;
  }

  /** Any entry has the value. */
  addAny(value: string): number {
    this.#anyAnswers[this.#anyValue.add(value)] = this.#count;
    return this.#count++;
  }

  /** The entry of the key passes the test; of several with the same key the first counts, as in ClickHouse. */
  addEntry(key: string, test: ValueTest): number {
    let number = this.#keyNumbers.get(key);
    if (number === undefined) {
      number = this.#keys.push({ tests: new ValueTests(), present: [] }) - 1;
      this.#keyNumbers.set(key, number);
    }
    if (test.op === 'present') this.#keys[number].present.push(this.#count);
    else this.#keys[number].tests.add(test, this.#count);
    return this.#count++;
  }

  run(view: BatchView, rows: RowSet): FoundRows {
    const found = new FoundRows(view.rowCount, this.#count);
    const map = view.map(this.#column);
    const list = rows.rows();
    if (this.#anyValue.size > 0) this.#markAny(map, list, found);
    const wanted = this.#wantedKeys(map.keys);
    if (wanted !== undefined) this.#markEntries(map, wanted, list, found);
    return found;
  }

  #markAny({ offsets, values: { bytes, starts, ends } }: MapColumn, rows: Uint32Array, found: FoundRows): void {
    const table = this.#anyValue;
    const { filter } = table;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      for (let entry = offsets[row], last = offsets[row + 1]; entry < last; entry++) {
        if (filter[filterSlotOf(bytes, starts[entry], ends[entry])] === 0) continue;
        const index = table.find(bytes, starts[entry], ends[entry]);
        if (index >= 0) found.add(this.#anyAnswers[index], row);
      }
    }
  }

  #markEntries({ offsets, keys, values }: MapColumn, wanted: Uint16Array, rows: Uint32Array, found: FoundRows): void {
    const { indexes } = keys;
    /** By wanted key: the last row that had it. */
    const seenIn = new Int32Array(this.#keys.length + 1).fill(-1);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      for (let entry = offsets[row], last = offsets[row + 1]; entry < last; entry++) {
        const key = wanted[indexes[entry]];
        if (key === 0 || seenIn[key] === row) continue;
        seenIn[key] = row;
        const { tests, present } = this.#keys[key - 1];
        tests.mark(values.bytes, values.starts[entry], values.ends[entry], row, found);
        for (let p = 0; p < present.length; p++) found.add(present[p], row);
      }
    }
  }

  /** By dictionary index: 1 + number of the wanted key, 0 for others; undefined where the batch has none of them. */
  #wantedKeys({ values }: DictionaryColumn): Uint16Array | undefined {
    if (this.#keyNumbers.size === 0) return undefined;
    const wanted = new Uint16Array(values.length);
    let isAnyWanted = false;
    for (let i = 0; i < values.length; i++) {
      const number = this.#keyNumbers.get(values[i]);
      if (number === undefined) continue;
      wanted[i] = number + 1;
      isAnyWanted = true;
    }
    return isAnyWanted ? wanted : undefined;
  }
}
