/** Any line, by any parser: taken or not, never an error, nothing written where it is not taken, time linear in its length. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LogBatchBuilder } from '#model/log-batch.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { RecordWriter } from '#model/record-writer.ts';
import { systemClock } from '#platform/clock.ts';
import type { LineParser, ParserKit } from './line-parser.ts';
import { PlainText } from './formats/plain-text.ts';
import { parserCatalogue } from './parser-catalogue.ts';
import { createParser } from './parsers.ts';
import { parsingDefaults } from './parsing-defaults.test-support.ts';
import { testParser } from './test-parser.ts';
import { TextTimes } from './timestamp-formats.ts';

/** Time that this process used: a busy machine makes no test fail. */
const cpuMs = (): number => process.cpuUsage().user / 1000;

const limits = { maxAttributes: 50, maxNameBytes: 64, maxOverflowBytes: 1 << 20 };
const writer = new RecordWriter(limits);
const kit: ParserKit = { names: writer.names, times: new TextTimes({ zone: 'Europe/Berlin', nowMs: () => Date.now() }) };
const specified = [
  createParser({ parser: 'key-value' }, kit, new Map()),
  createParser({ parser: 'key-value', assignment: ':', separator: ',' }, kit, new Map()),
  createParser({ parser: 'csv', columns: 'a,b,message' }, kit, new Map()),
  createParser({ parser: 'grok', pattern: '%{COMBINEDAPACHELOG}' }, kit, new Map()),
  createParser({ parser: 'regex', pattern: '^(?<a>[^ ]*) (?<message>.*)' }, kit, new Map()),
];
const parsers: readonly LineParser[] = [...parserCatalogue.map(({ create }) => create(kit)), ...specified];
const rows = new LogBatchBuilder();

/** The bytes of the line end at the end of their memory, so that reading on would be seen. */
function run(parser: LineParser, text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  const view = new DataView(bytes.buffer);
  rows.clear();
  writer.into(rows);
  writer.begin();
  writer.from(bytes, view);
  const isTaken = parser.parse(bytes, view, 0, bytes.length, writer);
  if (!isTaken) {
    assert.equal(rows.attributeCount, 0, `${parser.name} wrote attributes of "${text}"`);
    assert.ok(rows.message.rows === 0 && rows.levels[0] === 0 && rows.serviceIndexes[0] === 0, `${parser.name} wrote fields of "${text}"`);
  }
  assert.equal(writer.commit(), undefined);
  lineOfRow(readNativeBlock(rows.finish({ tenant: 't', receivedMs: 1, origin: 0, seq: 0, maxClockSkewMs: 0 })), 0);
  return isTaken;
}

const examples = parserCatalogue.map(({ example }) => example);
const pieces = fc.constantFrom(
  ...' \t"\'[]{}()<>=:,;|/\\-+.#*@%\n0123456789'.split(''),
  '2025-07-15 10:23:45',
  'ERROR',
  '[main]',
  '"a":',
  'é',
  '😀',
  '\u0000',
);

/** Examples cut, doubled and mixed with what formats are made of. */
const mutated = fc
  .tuple(fc.constantFrom(...examples), fc.nat(200), fc.nat(200), fc.array(pieces, { maxLength: 6 }), fc.constantFrom(...examples))
  .map(([example, from, length, inserted, other]) => {
    const tail = example.slice(from + (length % 3)) + (length % 7 === 0 ? other : '');
    return example.slice(0, from) + inserted.join('') + tail;
  });

const lines = fc.oneof(
  mutated,
  fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

for (const parser of parsers) {
  test(`${parser.name}: any line`, () => {
    fc.assert(
      fc.property(lines, (line) => void run(parser, line.toWellFormed())),
      { numRuns: 1500 },
    );
  });
}

test('every beginning of an example is taken or left', () => {
  for (const parser of parsers)
    for (const example of examples) for (let end = 0; end <= example.length; end += 3) run(parser, example.slice(0, end));
});

test('recognition of any sequence of lines keeps what it does not understand', () => {
  fc.assert(
    fc.property(fc.array(lines, { minLength: 1, maxLength: 20 }), (sequence) => {
      const found = testParser({ parser: 'auto' }, sequence, { ...parsingDefaults, misses_before_change: 2 }, systemClock);
      found.forEach(({ parser, message }, i) => {
        if (parser === undefined) assert.equal(message, sequence[i].toWellFormed());
      });
    }),
    { numRuns: 300 },
  );
});

test('time is linear in the length of a line', () => {
  const units = [
    'a',
    ' ',
    '"',
    '[',
    '{',
    '{"a":',
    '\\',
    ':',
    '=',
    'a=',
    'a="',
    ', client: ',
    '.go:',
    '<1>',
    '(',
    '%',
    '1 ',
    '12:',
    '[[]',
    '"a" ',
    ':  ',
    '[1]',
  ];
  const heads = [
    '',
    '{"log":"',
    '203.0.113.9 - - [15/Jul/2025:12:23:45 +0200] "',
    '2025-07-15 10:23:45 ',
    '2025/07/15 10:23:45 [error] 1#1: ',
    '[15/Jul/2025:10:23:45] ',
  ];
  const plain = new PlainText(kit);
  for (const parser of [
    ...parsers,
    { name: 'plain', parse: (b: Uint8Array, _v: DataView, s: number, e: number) => (plain.readHead(b, s, e, writer), false) },
  ]) {
    for (const head of heads) {
      for (const unit of units) {
        const text = head + unit.repeat(Math.ceil(50_000 / unit.length));
        const bytes = new TextEncoder().encode(text);
        const view = new DataView(bytes.buffer);
        rows.clear();
        writer.into(rows);
        writer.begin();
        writer.from(bytes, view);
        const started = cpuMs();
        parser.parse(bytes, view, 0, bytes.length, writer);
        // a quadratic one would take many seconds
        assert.ok(cpuMs() - started < 1000, `${parser.name} on ${head}${unit}…: ${cpuMs() - started} ms`);
        writer.abort();
      }
    }
  }
});
