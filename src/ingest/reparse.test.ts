import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LogBatchBuilder } from '#model/log-batch.ts';
import type { RecordFinisher } from '#model/log-batch.ts';
import type { LogLine } from '#model/log-line.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { RecordWriter, kinds } from '#model/record-writer.ts';
import { selectRows } from '#model/select-rows.ts';
import { Reparser } from './reparse.ts';

const limits = { maxAttributes: 100, maxNameBytes: 100, maxOverflowBytes: 10_000 };
const stamp = { tenant: 't', receivedMs: 1_750_000_000_000, origin: 3, seq: 9, maxClockSkewMs: 30_000 };

/** `key=value rest`: an attribute, and the rest is the message; a version of it that reads more. */
function parser(version: number): RecordFinisher {
  const writer = new RecordWriter(limits);
  return {
    finish(open) {
      const { start, end } = open.messageRange();
      const line = Buffer.from(open.message.arena.bytes.subarray(start, end));
      writer.adopt(open);
      const match = /^(\w+)=(\w+) (.*)$/.exec(line.toString());
      if (match === null || (version === 1 && match[1] === 'new')) {
        writer.attributeText(writer.names.own('parse_error'), 'test');
        return writer.release();
      }
      writer.from(line);
      writer.raw(0, line.length);
      writer.messageText(match[3]);
      writer.attributeText(writer.names.own(version === 1 ? match[1] : `v2.${match[1]}`), match[2], kinds.string);
      if (match[1] === 'time') writer.timeNs(BigInt(version) * 1_000_000_000n);
      if (match[1] === 'fail' && version === 2) return 'malformed_record';
      return writer.release();
    },
  };
}

interface Sent {
  readonly message: string;
  readonly isText: boolean;
  readonly extra?: string;
  readonly service?: string;
}

function blockOf(lines: readonly Sent[]): Uint8Array {
  const rows = new LogBatchBuilder();
  const writer = new RecordWriter(limits);
  const first = parser(1);
  writer.into(rows);
  for (const { message, isText, extra, service } of lines) {
    rows.finisher = isText ? first : undefined;
    writer.begin();
    writer.messageText(message);
    writer.putText(writer.names.own('service'), service ?? 's');
    writer.resourceText(writer.names.own('region'), 'eu');
    if (extra !== undefined) writer.attributeText(writer.names.own('extra'), extra, kinds.number);
    if (!isText) writer.timeNs(5_000_000_000n);
    assert.equal(writer.commit(), undefined);
  }
  return rows.finish(stamp);
}

function linesOf(block: Uint8Array): LogLine[] {
  const view = readNativeBlock(block);
  return Array.from({ length: view.rowCount }, (_, row) => lineOfRow(view, row));
}

/** Only lines of text are parsed, as where no rule asks for more. */
const textOnly = (_: string, content: 'text' | 'records') => (content === 'text' ? parser(2) : undefined);

const reparsed = (block: Uint8Array): LogLine[] => linesOf(new Reparser(textOnly, limits, 30_000).reparse(block));

test('lines of text are parsed from what they were; what others gave stays', () => {
  const [line] = reparsed(blockOf([{ message: 'a=1 hello', isText: true, extra: '7' }]));
  assert.deepEqual([line.message, line.raw, line.service, { ...line.resource }], ['hello', 'a=1 hello', 's', { region: 'eu' }]);
  assert.deepEqual(line.attributes, { names: ['v2.a', 'extra', 'a'], values: ['1', '7', '1'], kinds: 'sns' });
});

test('a line that no parser took is tried again', () => {
  const [before] = linesOf(blockOf([{ message: 'new=1 x', isText: true }]));
  assert.deepEqual([before.attributes.names, before.raw], [['parse_error'], '']);
  const [line] = reparsed(blockOf([{ message: 'new=1 x', isText: true }]));
  assert.deepEqual([line.message, line.raw, line.attributes.names], ['x', 'new=1 x', ['v2.new']]);
});

test('a time that the parser finds is taken, else the line keeps its own', () => {
  const lines = reparsed(
    blockOf([
      { message: 'time=1 x', isText: true },
      { message: 'a=1 x', isText: true },
    ]),
  );
  assert.deepEqual(
    lines.map(({ tsNs }) => tsNs),
    [2_000_000_000n, BigInt(stamp.receivedMs) * 1_000_000n],
  );
});

test('a line that the parser would refuse stays as it was', () => {
  const block = blockOf([{ message: 'fail=1 x', isText: true, extra: '1' }]);
  assert.deepEqual(reparsed(block), linesOf(block));
});

test('other records are parsed where a rule asks for it, and keep what they have', () => {
  const block = blockOf([{ message: 'a=1 m', isText: false, extra: '7' }]);
  const [line] = linesOf(new Reparser(() => parser(2), limits, 30_000).reparse(block));
  assert.deepEqual([line.message, line.raw, line.tsNs], ['m', 'a=1 m', 5_000_000_000n]);
  assert.deepEqual(line.attributes.names, ['extra', 'v2.a']);
});

test('nothing to parse: the same block', () => {
  const block = blockOf([{ message: 'm', isText: false }]);
  assert.equal(new Reparser(textOnly, limits, 30_000).reparse(block), block);
  const text = blockOf([{ message: 'a=1 m', isText: true }]);
  assert.equal(new Reparser(() => undefined, limits, 30_000).reparse(text), text);
});

test('ids, rates and lines that were no text stay, whatever stands beside them', () => {
  const sent = fc.record({
    message: fc.constantFrom('a=1 b', 'plain', 'new=2 c', 'ü=x'),
    isText: fc.boolean(),
    service: fc.constantFrom('', 'x'),
  });
  const rows = fc
    .array(fc.tuple(sent, fc.boolean(), fc.constantFrom(1, 0.5)), { minLength: 1, maxLength: 20 })
    .filter((all) => all.some(([, kept]) => kept));
  fc.assert(
    fc.property(rows, (all) => {
      const keep = Uint8Array.from(all, ([, kept]) => (kept ? 1 : 0));
      const block = selectRows(
        blockOf(all.map(([one]) => one)),
        keep,
        Float32Array.from(all, ([, , rate]) => rate),
      );
      const before = linesOf(block);
      const after = reparsed(block);
      assert.deepEqual(
        after.map(({ id, sampleRate }) => [id, sampleRate]),
        before.map(({ id, sampleRate }) => [id, sampleRate]),
      );
      for (const [index, line] of before.entries()) {
        const wasText = line.raw !== '' || line.attributes.names.includes('parse_error');
        if (!wasText) assert.deepEqual(after[index], line);
      }
    }),
  );
});
