import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBatchBuilder } from './log-batch.ts';
import { lineOfRow, readNativeBlock } from './native-block.ts';

const stamp = { tenant: 'acme', receivedMs: 1_752_575_025_000, origin: 1, seq: 2, maxClockSkewMs: 30_000 };

interface Content {
  readonly message?: string;
  readonly service?: string;
  readonly tsMs?: number;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  readonly resource?: Readonly<Record<string, string>>;
  readonly traceId?: string;
}

type Setter = (source: Uint8Array, view: DataView, start: number, end: number) => void;

/** Hands the text over as part of a larger buffer, as decoders do. */
function give(text: string, take: Setter): void {
  const bytes = new Uint8Array(Buffer.from(`..${text}..`));
  take(bytes, new DataView(bytes.buffer), 2, bytes.length - 2);
  bytes.fill(0x21);
}

function fill(builder: LogBatchBuilder, content: Content): void {
  const row = builder.rowCount;
  builder.begin();
  if (content.tsMs !== undefined) {
    const ns = BigInt(content.tsMs) * 1_000_000n;
    builder.setTime(Number(ns >> 32n), Number(ns & 0xffff_ffffn));
  }
  give(content.message ?? '', (...source) => builder.message.append(row, ...source));
  if (content.traceId !== undefined) give(content.traceId, (...source) => builder.traceId.append(row, ...source));
  if (content.service !== undefined)
    give(content.service, (...source) => (builder.serviceIndexes[row] = builder.services.indexOf(...source)));
  for (const [name, value] of Object.entries(content.attributes ?? {})) {
    let key = 0;
    give(name, (...source) => (key = builder.attributes.keys.indexOf(...source)));
    give(value, (...source) => builder.addAttribute(key, 0x73, ...source));
  }
  for (const [name, value] of Object.entries(content.resource ?? {})) {
    let key = 0;
    give(name, (...source) => (key = builder.resource.keys.indexOf(...source)));
    give(value, (...source) => builder.resource.add(key, ...source));
  }
  for (const tag of content.tags ?? []) give(tag, (...source) => builder.tags.add(...source));
}

function add(builder: LogBatchBuilder, content: Content): void {
  fill(builder, content);
  builder.commit();
}

const rich: Content = {
  message: 'm',
  service: 's',
  tsMs: 1_752_575_024_000,
  attributes: { a: '1', b: '2' },
  tags: ['t'],
  resource: { region: 'eu' },
  traceId: 'abc',
};
const other: Content = {
  message: 'other',
  service: 'z',
  attributes: { c: '3', a: 'x'.repeat(1000) },
  tags: ['u', 'v'],
  resource: { pod: 'p' },
  traceId: 'q',
};

function blockOf(contents: readonly Content[]): Buffer {
  const builder = new LogBatchBuilder();
  for (const content of contents) add(builder, content);
  return Buffer.from(builder.finish(stamp));
}

test('an aborted record leaves nothing behind, not even dictionary entries', () => {
  const builder = new LogBatchBuilder();
  const aborted = (): void => {
    fill(builder, other);
    builder.abort();
  };
  aborted();
  add(builder, rich);
  aborted();
  aborted();
  add(builder, { message: 'bare' });
  add(builder, rich);
  aborted();
  assert.deepEqual(Buffer.from(builder.finish(stamp)), blockOf([rich, { message: 'bare' }, rich]));
});

test('rolling back to a mark takes whole records back', () => {
  const builder = new LogBatchBuilder();
  add(builder, rich);
  const mark = builder.mark();
  for (let i = 0; i < 5000; i++) add(builder, { ...other, service: `s${i}`, attributes: { [`k${i}`]: 'v' } });
  builder.rollback(mark);
  add(builder, rich);
  assert.deepEqual(Buffer.from(builder.finish(stamp)), blockOf([rich, rich]));
});

test('a finished block is not touched by the next batch, which begins empty', () => {
  const builder = new LogBatchBuilder();
  add(builder, rich);
  const first = builder.finish(stamp);
  const copy = Buffer.from(first);
  for (let i = 0; i < 3000; i++) add(builder, other);
  builder.finish(stamp);
  assert.deepEqual(Buffer.from(first), copy);
  add(builder, rich);
  assert.deepEqual(Buffer.from(builder.finish(stamp)), copy);
});

test('a builder that grew past its bound gives memory back and goes on', () => {
  const builder = new LogBatchBuilder(64 * 1024);
  for (let i = 0; i < 20_000; i++) add(builder, { message: 'm'.repeat(100), service: `s${i}`, attributes: { [`k${i}`]: 'v' } });
  builder.finish(stamp);
  assert.ok(builder.message.arena.bytes.length <= 65 * 1024);
  add(builder, rich);
  assert.deepEqual(Buffer.from(builder.finish(stamp)), blockOf([rich]));
});

test('columns of defaults are left out; a missing time is the receive time; skew is flagged beyond the bound', () => {
  const builder = new LogBatchBuilder();
  for (const tsMs of [undefined, stamp.receivedMs, stamp.receivedMs - 30_000, stamp.receivedMs + 30_001, 0]) {
    add(builder, tsMs === undefined ? {} : { tsMs });
  }
  const view = readNativeBlock(builder.finish(stamp));
  assert.deepEqual([...view.skewed], [0, 0, 0, 1, 1]);
  assert.deepEqual(
    [...view.ts].map((ns) => Number(ns / 1_000_000n)),
    [stamp.receivedMs, stamp.receivedMs, stamp.receivedMs - 30_000, stamp.receivedMs + 30_001, 0],
  );
  const bare = blockOf([{ message: 'only' }]).toString('latin1');
  for (const name of [
    'skewed',
    'service',
    'host',
    'trace_id',
    'folded',
    'attributes',
    'kinds',
    'resource',
    'tags',
    'raw',
    'sample_rate',
    'pattern_id',
  ]) {
    assert.ok(!bare.includes(name), name);
  }
  const line = lineOfRow(readNativeBlock(blockOf([{ message: 'only' }])), 0);
  assert.deepEqual([line.service, line.attributes, line.tags, line.sampleRate], ['', { names: [], values: [], kinds: '' }, [], 1]);
});

test('patterns: 64 bits a row; a record without one, or taken back, leaves none behind', () => {
  const builder = new LogBatchBuilder();
  const addWith = (pattern?: readonly [number, number]): void => {
    builder.begin();
    if (pattern) builder.setPattern(builder.rowCount, ...pattern);
    builder.commit();
  };
  addWith([0xffff_ffff, 1]);
  builder.begin();
  builder.setPattern(builder.rowCount, 7, 7);
  builder.abort();
  addWith();
  addWith([0, 0x8000_0000]);
  assert.deepEqual([...readNativeBlock(builder.finish(stamp)).patternId], [0xffff_ffff_0000_0001n, 0n, 0x8000_0000n]);
  addWith();
  assert.ok(!Buffer.from(builder.finish(stamp)).toString('latin1').includes('pattern_id'));
});

test('a full batch takes no more rows, an empty one makes no block', () => {
  const builder = new LogBatchBuilder();
  assert.throws(() => builder.finish(stamp), /must have rows/);
  for (let i = 0; i < 65_536; i++) add(builder, {});
  assert.throws(() => builder.begin(), /takes 65536 rows/);
  assert.equal(readNativeBlock(builder.finish(stamp)).rowNo[65_535], 65_535);
});
