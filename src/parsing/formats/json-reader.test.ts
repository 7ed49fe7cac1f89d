/** Objects read from lines are what JSON.parse makes of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LogBatchBuilder } from '#model/log-batch.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { RecordWriter } from '#model/record-writer.ts';
import { TextTimes } from '../timestamp-formats.ts';
import { JsonParser } from './json.ts';

const writer = new RecordWriter({ maxAttributes: 1000, maxNameBytes: 512, maxOverflowBytes: 1 << 20 });
const parser = new JsonParser({ names: writer.names, times: new TextTimes({ zone: 'UTC', nowMs: () => 0 }) });
const rows = new LogBatchBuilder();

/** name → kind and text of the attributes; undefined where the line is no object. */
function attributesOf(text: string): Map<string, string> | undefined {
  const bytes = new TextEncoder().encode(text);
  const view = new DataView(bytes.buffer);
  rows.clear();
  writer.into(rows);
  writer.begin();
  writer.from(bytes, view);
  if (!parser.parse(bytes, view, 0, bytes.length, writer)) {
    writer.abort();
    return undefined;
  }
  assert.equal(writer.commit(), undefined);
  const { attributes } = lineOfRow(readNativeBlock(rows.finish({ tenant: 't', receivedMs: 1, origin: 0, seq: 0, maxClockSkewMs: 0 })), 0);
  return new Map(attributes.names.map((name, i) => [name, `${attributes.kinds[i]} ${attributes.values[i]}`]));
}

type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

function flatten(value: Record<string, Value>, prefix: string, into: Map<string, string>): Map<string, string> {
  for (const [name, inner] of Object.entries(value)) {
    const path = prefix + name;
    if (inner === null) into.set(path, 'z null');
    else if (typeof inner === 'string') into.set(path, `s ${inner}`);
    else if (typeof inner === 'number') into.set(path, `n ${JSON.stringify(inner)}`);
    else if (typeof inner === 'boolean') into.set(path, `b ${inner}`);
    else if (Array.isArray(inner) || Object.keys(inner).length === 0) into.set(path, `j ${JSON.stringify(inner)}`);
    else flatten(inner as Record<string, Value>, `${path}.`, into);
  }
  return into;
}

/** Names that spell no field, and do not meet when joined with dots. */
const name = fc.string({ unit: 'grapheme', maxLength: 6 }).map((text) => `k${text.replaceAll('.', '')}`);
const tree = fc.letrec<{ object: Record<string, Value>; value: Value }>((tie) => ({
  object: fc.dictionary(name, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'grapheme' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
}));

test('objects of any shape, with and without blanks', () => {
  fc.assert(
    fc.property(tree.object, fc.boolean(), (object, isIndented) => {
      const plain = JSON.parse(JSON.stringify(object)) as Record<string, Value>;
      const expected = flatten(plain, '', new Map());
      if (!isIndented) return assert.deepEqual(attributesOf(JSON.stringify(plain)), expected);
      const found = attributesOf(` ${JSON.stringify(plain, undefined, 2)}\n`);
      // arrays are kept as they were written
      assert.deepEqual([...(found ?? new Map<string, string>()).keys()], [...expected.keys()]);
    }),
    { numRuns: 3000 },
  );
});

test('what JSON.parse refuses is refused, and the other way round', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    '"a"',
    '"b":',
    '1',
    '-0',
    '0.5',
    '1e5',
    '01',
    '1.',
    'true',
    'nul',
    'null',
    ' ',
    '\\u00e9',
    '\\x',
    '\\"',
  );
  const text = fc.array(pieces, { maxLength: 12 }).map((parts) => `{"k":${parts.join('')}}`);
  fc.assert(
    fc.property(text, (line) => {
      let isObject = true;
      try {
        JSON.parse(line);
      } catch {
        isObject = false;
      }
      assert.equal(attributesOf(line) !== undefined, isObject, line);
    }),
    { numRuns: 20_000 },
  );
});

test('nesting is bounded, and so is the number of values', () => {
  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  assert.notEqual(attributesOf(nested(60)), undefined);
  assert.equal(attributesOf(nested(70)), undefined);
  assert.equal(attributesOf(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), undefined);
  assert.equal(attributesOf(`{${Array.from({ length: 30_000 }, (_, i) => `"k${i}":1`).join(',')}}`), undefined);
});
