import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBatchBuilder } from './log-batch.ts';
import { lineOfRow, readNativeBlock } from './native-block.ts';
import { RecordWriter, kinds } from './record-writer.ts';
import { recordFields } from './field-names.ts';

const stamp = { tenant: 't', receivedMs: 1_750_000_000_000, origin: 1, seq: 2, maxClockSkewMs: 30_000 };
const limits = { maxAttributes: 3, maxNameBytes: 16, maxOverflowBytes: 200 };

function written(fill: (writer: RecordWriter, builder: LogBatchBuilder) => void) {
  const builder = new LogBatchBuilder();
  const writer = new RecordWriter(limits);
  writer.into(builder);
  fill(writer, builder);
  const view = readNativeBlock(builder.finish(stamp));
  return Array.from({ length: view.rowCount }, (_, row) => lineOfRow(view, row));
}

function record(writer: RecordWriter, members: Readonly<Record<string, string>>, kind = kinds.string) {
  writer.begin();
  for (const [name, value] of Object.entries(members)) writer.putText(writer.names.own(name), value, kind);
  return writer.commit();
}

test('values go where their names say; a second spelling becomes an attribute', () => {
  const [line] = written((writer) =>
    record(writer, {
      ts: '2025-07-15T10:23:45Z',
      msg: 'Zürich',
      severity: 'warn',
      'service.name': 'a',
      host: 'h',
      'trace.id': 't1',
      message: 'two',
    }),
  );
  assert.equal(line.message, 'Zürich');
  assert.equal(line.service, 'a');
  assert.equal(line.traceId, 't1');
  assert.equal(line.level, 13);
  assert.deepEqual(line.attributes, { names: ['message'], values: ['two'], kinds: 's' });
});

test('attributes over the bounds are found in overflow', () => {
  const [line] = written((writer) => record(writer, { a: '1', b: '2', c: '3', d: '4', 'a-name-over-the-bound': '5', overflow: 'x' }));
  assert.deepEqual(JSON.parse(line.attributes.values[line.attributes.names.indexOf('overflow')]), {
    d: '4',
    'a-name-over-the-bound': '5',
    overflow: 'x',
  });
});

test('a refused record leaves nothing behind', () => {
  const lines = written((writer) => {
    assert.equal(record(writer, { message: 'bad', time: 'yesterday' }), 'invalid_timestamp');
    assert.equal(record(writer, Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`n${i}`, 'value']))), 'record_too_large');
    assert.equal(record(writer, { message: 'good' }), undefined);
  });
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['good'],
  );
});

test('a finisher completes open records and may refuse them', () => {
  const lines = written((writer, builder) => {
    const parser = new RecordWriter(limits);
    const name = parser.names.own('code');
    builder.finisher = {
      finish(open) {
        const { start, end } = open.messageRange();
        const text = Buffer.from(open.message.arena.bytes.subarray(start, end));
        if (text.toString() === 'refuse') return 'malformed_record';
        parser.adopt(open);
        assert.equal(parser.isFilled(recordFields.message), true);
        parser.from(text);
        parser.raw(0, text.length);
        parser.message(0, 3);
        parser.put(name, kinds.number, 4, text.length);
        return parser.release();
      },
    };
    assert.equal(record(writer, { message: 'abc 42' }), undefined);
    assert.equal(record(writer, { message: 'refuse' }), 'malformed_record');
    assert.equal(record(writer, { message: 'déf 7' }), undefined);
  });
  assert.deepEqual(
    lines.map(({ message, raw, attributes }) => [message, raw, attributes]),
    [
      ['abc', 'abc 42', { names: ['code'], values: ['42'], kinds: 'n' }],
      ['dé', 'déf 7', { names: ['code'], values: [' 7'], kinds: 'n' }],
    ],
  );
});

test('names learnt from senders are forgotten when they become too many, the own ones never', () => {
  const writer = new RecordWriter(limits);
  const builder = new LogBatchBuilder();
  const own = writer.names.own('mine');
  for (let batch = 0; batch < 3; batch++) {
    writer.into(builder);
    for (let i = 0; i < 10_000; i++) {
      const bytes = Buffer.from(`name-${batch}-${i}`);
      writer.begin();
      writer.from(bytes);
      writer.attribute(
        writer.names.of(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length),
        kinds.string,
        0,
        1,
      );
      writer.attribute(own, kinds.string, 0, 1);
      writer.commit();
    }
    const view = readNativeBlock(builder.finish(stamp));
    const last = lineOfRow(view, view.rowCount - 1);
    assert.deepEqual(last.attributes.names, [`name-${batch}-9999`, 'mine']);
  }
});
