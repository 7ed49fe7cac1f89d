import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RenderedLines } from '../bulk-reads.ts';
import { FramedLines, LineBuffers } from './framed-lines.ts';

interface Row {
  readonly line: string;
  readonly rowNo: number;
}

function framed({ line, rowNo }: Row): Buffer {
  const text = Buffer.from(line);
  const length: number[] = [];
  for (let left = text.length; ; left = Math.floor(left / 128)) {
    length.push(left < 128 ? left : (left % 128) + 128);
    if (left < 128) break;
  }
  const key = Buffer.alloc(22);
  key.writeBigInt64LE(BigInt(rowNo) - 5n, 0);
  key.writeUInt32LE(rowNo + 1, 8);
  key.writeBigUInt64LE(BigInt(rowNo + 2), 12);
  key.writeUInt16LE(rowNo, 20);
  return Buffer.concat([Buffer.from([1, ...length]), text, key]);
}

/** Reads the pieces, each of which lies where the one before lay; what comes is taken in time, and its buffer given back. */
function readAll(pieces: readonly Buffer[]): { text: string; lineCount: number; lastRows: number[] } {
  const reader = new FramedLines(new LineBuffers(1));
  const place = Buffer.alloc(pieces.reduce((most, { length }) => Math.max(most, length), 1));
  let [text, lineCount] = ['', 0];
  const lastRows: number[] = [];
  const take = ({ bytes, lastKey, release, ...lines }: RenderedLines): void => {
    text += Buffer.from(bytes).toString();
    lineCount += lines.lineCount;
    assert.deepEqual(lastKey, {
      tsNs: BigInt(lastKey.rowNo) - 5n,
      origin: lastKey.rowNo + 1,
      seq: lastKey.rowNo + 2,
      rowNo: lastKey.rowNo,
    });
    lastRows.push(lastKey.rowNo);
    release?.();
  };
  for (const piece of pieces) {
    piece.copy(place);
    for (const lines of reader.read(place.subarray(0, piece.length))) take(lines);
  }
  for (const lines of reader.end()) take(lines);
  return { text, lineCount, lastRows };
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return edges.slice(1).map((to, index) => bytes.subarray(edges[index], to));
}

const rowOf = fc.record({
  line: fc.oneof(
    fc.string(),
    fc.integer({ min: 0, max: 20_000 }).map((length) => 'x'.repeat(length)),
  ),
  rowNo: fc.nat({ max: 60_000 }),
});

test('rows come whole and in order however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(rowOf, { maxLength: 40 }), fc.array(fc.nat(), { maxLength: 60 }), (rows, places) => {
      const { text, lineCount, lastRows } = readAll(cut(Buffer.concat(rows.map(framed)), places));
      assert.equal(text, rows.map(({ line }) => line).join(''));
      assert.deepEqual([lineCount, lastRows.at(-1)], [rows.length, rows.at(-1)?.rowNo]);
    }),
  );
});

test('byte by byte, with lines larger than a buffer, each full buffer with the key of its last line', () => {
  const sizes = [3, 0, 127, 128, 300_000, 5, 200_000, 100_000, 1, 262_144, 2];
  const rows = sizes.map((length, rowNo) => ({ line: String.fromCharCode(97 + rowNo).repeat(length), rowNo }));
  const bytes = Buffer.concat(rows.map(framed));
  const whole = readAll([bytes]);
  assert.equal(whole.text, rows.map(({ line }) => line).join(''));
  assert.deepEqual(whole.lastRows, [3, 4, 6, 8, 9, 10]);
  assert.deepEqual(readAll(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))), whole);
});

test('a row that is not whole is not given, and what is no row is a defect', () => {
  const first = framed({ line: 'whole', rowNo: 1 });
  const second = framed({ line: 'cut', rowNo: 2 });
  for (let length = 0; length < second.length; length++)
    assert.deepEqual(readAll([first, second.subarray(0, length)]), { text: 'whole', lineCount: 1, lastRows: [1] });
  assert.throws(() => readAll([first, Buffer.from('Code: 241')]), /begins with/);
});
