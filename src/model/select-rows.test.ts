import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LogBatchBuilder } from './log-batch.ts';
import type { LogLine } from './log-line.ts';
import { lineOfRow, readNativeBlock } from './native-block.ts';
import { RecordWriter } from './record-writer.ts';
import { restampRows } from './restamp-rows.ts';
import { selectRows } from './select-rows.ts';

const stamp = { tenant: 't', receivedMs: 1_750_000_000_000, origin: 1, seq: 2, maxClockSkewMs: 30_000 };

const text = fc.string({ unit: 'grapheme', maxLength: 8 });
const record = fc.record({
  message: text,
  service: fc.constantFrom('', 'a', 'b', 'c'),
  trace: text,
  attributes: fc.dictionary(text, text, { maxKeys: 4 }),
  resource: fc.dictionary(text, text, { maxKeys: 2 }),
  tags: fc.array(text, { maxLength: 2 }),
  raw: fc.constantFrom('', 'raw'),
});

function blockOf(records: readonly (typeof record extends fc.Arbitrary<infer R> ? R : never)[]): Uint8Array {
  const builder = new LogBatchBuilder();
  const writer = new RecordWriter({ maxAttributes: 100, maxNameBytes: 100, maxOverflowBytes: 1000 });
  writer.into(builder);
  for (const { message, service, trace, attributes, resource, tags, raw } of records) {
    writer.begin();
    writer.messageText(message);
    if (service !== '') writer.putText(writer.names.own('service'), service);
    if (trace !== '') writer.putText(writer.names.own('trace_id'), trace);
    for (const [name, value] of Object.entries(attributes)) if (name !== '') writer.attributeText(writer.names.own(name), value);
    for (const [name, value] of Object.entries(resource)) if (name !== '') writer.resourceText(writer.names.own(name), value);
    for (const tag of tags) {
      const bytes = Buffer.from(tag);
      writer.from(bytes);
      writer.tag(0, bytes.length);
    }
    if (raw !== '') {
      writer.from(Buffer.from(raw));
      writer.raw(0, raw.length);
    }
    assert.equal(writer.commit(), undefined);
  }
  return builder.finish(stamp);
}

function linesOf(block: Uint8Array): LogLine[] {
  const view = readNativeBlock(block);
  assert.equal(view.byteLength, block.length);
  return Array.from({ length: view.rowCount }, (_, row) => lineOfRow(view, row));
}

test('what stays is as it was, ids included', () => {
  const rows = fc.array(fc.tuple(record, fc.boolean()), { minLength: 1, maxLength: 30 }).filter((all) => all.some(([, kept]) => kept));
  fc.assert(
    fc.property(rows, (all) => {
      const block = blockOf(all.map(([one]) => one));
      const expected = linesOf(block).filter((_, row) => all[row][1]);
      const selected = selectRows(
        block,
        Uint8Array.from(all, ([, kept]) => (kept ? 1 : 0)),
      );
      assert.deepEqual(linesOf(selected), expected);
    }),
  );
});

test('rates are written, and written over', () => {
  const block = blockOf(fc.sample(record, 4));
  const once = selectRows(block, Uint8Array.of(1, 0, 1, 1), Float32Array.of(1, 1, 0.5, 0.25));
  assert.deepEqual(
    linesOf(once).map(({ sampleRate }) => sampleRate),
    [1, 0.5, 0.25],
  );
  const twice = selectRows(once, Uint8Array.of(0, 1, 1), Float32Array.of(1, 0.125, 0.25));
  assert.deepEqual(
    linesOf(twice).map(({ sampleRate }) => sampleRate),
    [0.125, 0.25],
  );
  const kept = selectRows(twice, Uint8Array.of(1, 0));
  assert.deepEqual(
    linesOf(kept).map(({ sampleRate }) => sampleRate),
    [0.125],
  );
});

test('restamped rows have other ids and are the same lines', () => {
  const block = blockOf(fc.sample(record, 5));
  const selected = selectRows(block, Uint8Array.of(0, 1, 1, 0, 1));
  const before = linesOf(selected);
  const after = linesOf(restampRows(selected, { origin: 77, seq: 2 ** 40 }));
  assert.deepEqual(
    after.map((line) => ({ ...line, id: '' })),
    before.map((line) => ({ ...line, id: '' })),
  );
  assert.equal(new Set([...before, ...after].map(({ id }) => id)).size, 6);
  assert.deepEqual(linesOf(selected), before);
});
