/** LogBatch blocks and ClickHouse's own: each reads what the other wrote, value by value. chDB runs in this process. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Session } from 'chdb';
import { logColumns } from '#model/columns.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import type { LogLine } from '#model/log-line.ts';
import { lineOfRow, readNativeBlock } from '#model/native-block.ts';
import { BatchDecoder } from '#receivers/native/decode.ts';
import { mixedLines } from '#receivers/native/sample-lines.test-support.ts';

const limits = {
  max_records: 65_536,
  max_record_bytes: 4 << 20,
  max_attributes_per_record: 1000,
  max_attribute_name_bytes: 512,
  max_source_bytes: 4096,
  max_nesting: 64,
  max_reported_errors: 100,
};
const stamp = {
  tenant: 'acme',
  receivedMs: Date.parse('2025-07-15T10:01:00.250Z'),
  origin: 4_000_001,
  seq: 2 ** 33 + 5,
  maxClockSkewMs: 30_000,
};

let directory = '';
let session: Session;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-native-'));
  session = new Session(join(directory, 'data'));
  const columns = logColumns.filter((column) => column.inBatch);
  const list = columns.map(({ name, type }) => `${name} ${type}${name === 'sample_rate' ? ' DEFAULT 1' : ''}`);
  session.query(`CREATE TABLE lines (${list.join(', ')}) ENGINE = Memory`);
});

after(async () => {
  session.close();
  await rm(directory, { recursive: true, force: true });
});

function blockOf(...bodies: string[]): Uint8Array<ArrayBuffer> {
  const builder = new LogBatchBuilder();
  const decoder = new BatchDecoder(limits);
  for (const body of bodies) decoder.decodeJson(Buffer.from(body), {}, builder);
  return builder.finish(stamp);
}

function linesOf(block: Uint8Array, start = 0): LogLine[] {
  const view = readNativeBlock(block, start);
  return Array.from({ length: view.rowCount }, (_, row) => lineOfRow(view, row));
}

interface EngineRow {
  readonly [column: string]: unknown;
  readonly attributes: [string, string][];
  readonly resource: [string, string][];
}

/** Inserts the blocks as one file into the empty table and reads all values back as JSON. */
async function throughEngine(...blocks: Uint8Array[]): Promise<EngineRow[]> {
  const path = join(directory, 'block.native');
  await writeFile(path, Buffer.concat(blocks));
  session.query('TRUNCATE TABLE lines');
  session.query(`INSERT INTO lines FROM INFILE '${path}' FORMAT Native`);
  const answer = session.query(
    `SELECT * EXCEPT (attributes, resource, ts, receive_ts, tags), arrayZip(mapKeys(attributes), mapValues(attributes)) AS attributes,
       arrayZip(mapKeys(resource), mapValues(resource)) AS resource, toString(toUnixTimestamp64Nano(ts)) AS ts_ns,
       toUnixTimestamp64Milli(receive_ts) AS received_ms, tags
     FROM lines SETTINGS output_format_json_quote_64bit_integers = 1`,
    'JSONEachRow',
  );
  return answer
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as EngineRow);
}

function asEngineRow(line: LogLine, row: number, folded: string): Record<string, unknown> {
  return {
    tenant: line.tenant,
    skewed: Number(line.skewed),
    origin: stamp.origin,
    seq: String(stamp.seq),
    row_no: row,
    service: line.service,
    host: line.host,
    environment: line.environment,
    level: line.level,
    trace_id: line.traceId,
    span_id: line.spanId,
    message: line.message,
    folded,
    kinds: line.attributes.kinds,
    raw: '',
    sample_rate: line.sampleRate,
    pattern_id: '0',
    attributes: line.attributes.names.map((name, i) => [name, line.attributes.values[i]]),
    resource: Object.entries(line.resource),
    ts_ns: String(line.tsNs),
    received_ms: String(line.receivedMs),
    tags: line.tags,
  };
}

const everything = JSON.stringify({
  source: { service: 'pay', host: 'h', environment: 'production', region: 'us-east-1', k8s: { pod: 'p-1' } },
  logs: [
    {
      timestamp: '2025-07-15T10:00:59.123456789Z',
      level: 'ERROR',
      message: 'Größe 支付 failed',
      tags: ['a', 'b', 'a'],
      trace_id: 'abc',
      span_id: 'd',
      metadata: { user: 'u', n: 1.5, ok: true, none: null, list: [1, 'x'], deep: { er: 'v' } },
    },
    {},
    { message: 'x'.repeat(70_000), service: 'other', ts: '2025-07-14T10:00:00Z', metadata: { ['k'.repeat(200)]: 'v'.repeat(300) } },
    { message: '', resource: { own: '1', region: 'eu' }, tags: 'solo', ts: 0 },
  ],
});

test('chDB reads our block: every column, empty and long values, omitted columns', async () => {
  for (const body of [
    everything,
    '{"logs":[{"message":"only a message"}]}',
    JSON.stringify({ logs: mixedLines(2000).map((line) => JSON.parse(line)) }),
  ]) {
    const block = blockOf(body);
    const view = readNativeBlock(block);
    const { bytes, starts, ends } = view.text('folded');
    const expected = linesOf(block).map((line, row) =>
      asEngineRow(line, row, Buffer.from(bytes.subarray(starts[row], ends[row])).toString()),
    );
    assert.equal(view.byteLength, block.length);
    assert.deepEqual(await throughEngine(block), expected);
  }
});

test('chDB reads concatenated blocks with different columns', async () => {
  const blocks = [blockOf(everything), blockOf('[{"message":"bare"}]'), blockOf(everything)];
  const rows = await throughEngine(...blocks);
  assert.deepEqual(
    rows.map((row) => String(row['message']).slice(0, 8)),
    [...linesOf(blocks[0]), ...linesOf(blocks[1]), ...linesOf(blocks[2])].map((line) => line.message.slice(0, 8)),
  );
});

test('dictionaries of every index width', async () => {
  for (const distinct of [255, 256, 65_536]) {
    const logs = Array.from({ length: distinct }, (_, i) => ({
      service: `service-${i}`,
      metadata: { [`key_${i}`]: i },
      tags: [`tag-${i}`],
    }));
    const bodies = [logs.slice(0, 40_000), logs.slice(40_000)].map((part) => JSON.stringify({ logs: part }));
    const block = blockOf(...bodies);
    await throughEngine(block);
    const answer = session.query(
      `SELECT count(), countIf(service = 'service-' || toString(row_no)), countIf(attributes['key_' || toString(row_no)] = toString(row_no)), countIf(tags = ['tag-' || toString(row_no)]) FROM lines`,
      'CSV',
    );
    assert.equal(answer.trim(), Array(4).fill(distinct).join(','));
    const lines = linesOf(block);
    assert.equal(lines[distinct - 1].service, `service-${distinct - 1}`);
    assert.deepEqual(lines[distinct - 1].tags, [`tag-${distinct - 1}`]);
  }
});

test('we read what chDB wrote: all columns in another order, and a block without rows', async () => {
  await throughEngine(blockOf(everything));
  const columns = logColumns
    .filter((column) => column.inBatch)
    .map((column) => column.name)
    .reverse();
  const answer = await session.queryAsync(`SELECT ${columns.join(', ')}, row_no AS unknown_name FROM lines ORDER BY row_no`, {
    format: 'Native',
  });
  assert.deepEqual(linesOf(Buffer.from(answer.bytes())), linesOf(blockOf(everything)));
  const none = await session.queryAsync(`SELECT ${columns.join(', ')} FROM lines WHERE level = 200`, { format: 'Native' });
  assert.ok(none.bytes().length === 0 || readNativeBlock(Buffer.from(none.bytes())).rowCount === 0);
});

test('a block that was cut anywhere is an error, never a read outside', () => {
  const block = blockOf(everything.replace('x'.repeat(70_000), 'x'.repeat(300)));
  for (let length = 0; length < block.length; length++) {
    assert.throws(() => linesOf(block.slice(0, length)), /BUG: native block/, `cut at ${length}`);
  }
});

test('a block with any byte changed gives lines or an error, in bounded time', () => {
  const original = blockOf(everything.replace('x'.repeat(70_000), 'x'.repeat(300)));
  for (let at = 0; at < original.length; at++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const block = original.slice();
      block[at] ^= flip;
      try {
        linesOf(block);
      } catch (thrown) {
        assert.match(String(thrown), /BUG: native block|RangeError/);
      }
    }
  }
});
