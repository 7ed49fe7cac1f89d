/**
 * Lines as exports give them, on the real engine: rendered byte by byte as search renders them, each line once and in
 * order over memtables and parts, whatever the size of windows and of the engine's blocks.
 */
import assert from 'node:assert/strict';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { ClickHouseHttp } from '#engine/clickhouse-http.ts';
import { parseQuery } from '#language/parser.ts';
import type { LogLine } from '#model/log-line.ts';
import { severityName } from '#model/severity.ts';
import { parseTimestamp } from '#model/timestamps.ts';
import { nextPageKey } from '#search/next-page.ts';
import type { BulkQuery, LineFormat } from '#store/bulk-reads.ts';
import type { LineKey, LineQuery, ReadOptions } from '#store/log-store.ts';
import { toRecordA } from '../../src/api/record-shapes.ts';
import type { ClickHouseStore } from '../../src/store/clickhouse/clickhouse-store.ts';
import { objectOf, rowOf } from './rendered-lines.ts';
import type { RecordFinisher } from '../../src/model/log-batch.ts';
import { batchOf, batchOfTexts, storeBed } from './store-harness.ts';
import type { StoreBed } from './store-harness.ts';

const options: ReadOptions = { limits: { timeoutMs: 30_000, maxMemoryBytes: 2 ** 30, maxScannedRows: 10_000_000 } };
const startMs = Date.parse('2026-03-01T10:00:00Z');
const rangeMs = 40 * 60_000;
const range = { fromNs: BigInt(startMs) * 1_000_000n, toNs: BigInt(startMs + rangeMs) * 1_000_000n };

const query = (text: string, change: Partial<LineQuery> = {}): BulkQuery => ({
  tenant: 'default',
  where: parseQuery(text),
  range,
  order: 'desc',
  limit: 100_000,
  ...change,
});

/** All of it, read window after window. */
async function exported(
  store: ClickHouseStore,
  request: BulkQuery,
  format: LineFormat,
): Promise<{ text: string; lines: number; windows: number }> {
  const parts: Uint8Array[] = [];
  let lines = 0;
  let windows = 0;
  for (let after: LineKey | undefined, goesOn = true; goesOn; windows++) {
    const page = { ...request, ...(after ? { after } : {}) };
    const reading = store.bulkLines(page, format, options);
    let lastKey: LineKey | undefined;
    let step = await reading.next();
    for (; !step.done; step = await reading.next()) {
      parts.push(step.value.bytes);
      lines += step.value.lineCount;
      lastKey = step.value.lastKey;
    }
    after = nextPageKey({ ...step.value, ...(lastKey ? { lastKey } : {}) }, page);
    goesOn = after !== undefined;
  }
  return { text: Buffer.concat(parts).toString(), lines, windows };
}

async function found(store: ClickHouseStore, request: BulkQuery): Promise<readonly LogLine[]> {
  return (await store.findLines({ ...request, limit: 20_000 }, options)).lines;
}

/** Texts that are quoted, escaped, cut or misread by somebody. */
const oddText = fc.oneof(
  fc.constantFrom(
    '',
    '"',
    '\\',
    '/',
    '</script>',
    "'",
    ',',
    '\r\n',
    '\t',
    '\u0000',
    '\u0001\u001f\u007f',
    '\u2028\u2029',
    '😀\u{10ffff}',
    'é',
    '\ufeff',
    'NaN',
    'null',
    '{"a":1}',
    '\\N',
    '{x:String}',
    '%',
    '$1 \\0',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
);
const oddJson = fc.oneof(
  oddText.map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '0',
    '-0',
    '1.50',
    '1e400',
    '-1E-7',
    '18446744073709551616',
    '123456789012345678901234567890.5',
    'true',
    'false',
    'null',
    '[]',
    '[1, {"a":"\\u0001"}]',
    '"NaN"',
    '"Infinity"',
    '0.1',
  ),
);
const names = fc.oneof(
  fc.constantFrom('status', 'user.id', 'overflow', '0', '10', 'region', 'é"', 'a\\b', '__proto__'),
  fc.string({ minLength: 1, maxLength: 10 }),
);

const oddRecord = fc
  .record({
    offsetNs: fc.bigInt({ min: 0n, max: BigInt(rangeMs) * 1_000_000n - 1n }),
    precision: fc.constantFrom(1n, 1000n, 1_000_000n),
    level: fc.constantFrom('', 'INFO', 'error', 'NOTICE', 'trace4', 'none'),
    texts: fc.tuple(oddText, oddText, oddText, oddText, oddText),
    metadata: fc.array(fc.tuple(names, oddJson), { maxLength: 6 }),
    resource: fc.array(fc.tuple(fc.constantFrom('region', '0', 'pod'), oddText), { maxLength: 2 }),
    tags: fc.array(oddText, { maxLength: 3 }),
  })
  .map(({ offsetNs, precision, level, texts, metadata, resource, tags }) => {
    const ns = range.fromNs + (offsetNs / precision) * precision;
    const [service, host, environment, traceId, message] = texts.map((text) => JSON.stringify(text));
    const members = [
      `"timestamp":${ns}`,
      `"level":${JSON.stringify(level)}`,
      `"service":${service},"host":${host},"environment":${environment},"trace_id":${traceId},"message":${message}`,
      `"tags":${JSON.stringify(tags)}`,
      `"resource":{${resource.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
      `"metadata":{${metadata.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`,
    ];
    return `{${members.join(',')}}`;
  });

/** Members and digits are the same; how a control character is escaped may differ. */
function sameJson(given: string, wanted: string): void {
  if (given === wanted) return;
  const exact = (text: string): unknown =>
    JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' ? `number ${context?.source}` : value,
    );
  assert.deepEqual(exact(given), exact(wanted), `${given}\n${wanted}`);
}

/** Ids with leading zeros, with all bits, and none. */
const patternsOfAllKinds: RecordFinisher = {
  finish(builder) {
    const turn = builder.rowCount % 4;
    if (turn > 0) builder.setPattern(builder.rowCount, turn === 1 ? 0 : 0xffff_fff0 + turn, builder.rowCount + 1);
    return undefined;
  },
};

test('the engine renders lines as search and its columns give them', { timeout: 420_000 }, async (t) => {
  const bed = await storeBed(t);
  const store = await bed.openStore();
  await store.prepare();
  await store.sink.recover();
  const seed = Number(process.env['MILLRACE_TEST_SEED'] ?? Date.now());
  t.diagnostic(`seed ${seed}`);
  const records = fc.sample(oddRecord, { seed, numRuns: 600 });
  await store.sink.insert(batchOfTexts(records.slice(0, 400), 0, 'default', Date.now(), patternsOfAllKinds));
  await store.sink.flush();
  await store.sink.insert(batchOfTexts(records.slice(400), 1, 'default', Date.now(), patternsOfAllKinds));
  const lines = await found(store, query(''));
  assert.ok(lines.length > 500, `${lines.length} of 600 odd lines were taken`);

  await t.test('NDJSON in the shape of search', async () => {
    const { text } = await exported(store, query(''), { kind: 'ndjson' });
    const rows = text.split('\n');
    assert.equal(rows.pop(), '');
    assert.equal(rows.length, lines.length);
    for (const [index, line] of lines.entries()) sameJson(rows[index], toRecordA(line));
  });
  const columns = [
    'id',
    'timestamp',
    'receive_ts',
    'level',
    'service',
    'message',
    'env',
    'tags',
    'skewed',
    'trace_id',
    'span_id',
    'metadata',
    'resource',
    'raw',
    '@line',
  ];
  const fields = [
    'status',
    'metadata.status',
    'resource.region',
    'region',
    '0',
    'é"',
    'a\\b',
    '{x:String}',
    'nowhere',
    '__proto__',
    'overflow',
  ];

  await t.test('NDJSON by columns', async () => {
    for (const chosen of [columns, fields]) {
      const { text } = await exported(store, query(''), { kind: 'ndjson', columns: chosen });
      const rows = text.split('\n');
      for (const [index, line] of lines.entries()) sameJson(rows[index], objectOf(line, chosen));
    }
  });
  await t.test('CSV', async () => {
    for (const chosen of [columns.filter((name) => !['metadata', 'resource'].includes(name)), fields]) {
      const { text } = await exported(store, query(''), { kind: 'csv', columns: chosen });
      assert.equal(text, lines.map((line) => rowOf(line, chosen)).join(''));
    }
  });
  await t.test('raw text', async () => {
    const { text } = await exported(store, query(''), { kind: 'raw' });
    assert.equal(text, lines.map(({ raw, message }) => `${raw === '' ? message : raw}\n`).join(''));
  });
});

/** What the engine itself reads in a file. */
async function parquetRows(bed: StoreBed, path: string): Promise<readonly Record<string, unknown>[]> {
  const client = new ClickHouseHttp({ endpoint: { socketPath: bed.engine.socketPath } });
  const settings = { output_format_json_quote_64bit_integers: 1, date_time_output_format: 'iso' };
  const sql = 'SELECT * FROM file({path:String}) SETTINGS max_threads = 1';
  const { body } = await client.run({ sql, parameters: { path }, settings, format: 'JSONEachRow' });
  client.close();
  return body
    .toString()
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as Record<string, unknown>);
}

test('Parquet: from the engine at once and from rows, read back by the engine', { timeout: 420_000 }, async (t) => {
  const bed = await storeBed(t);
  const store = await bed.openStore();
  await store.prepare();
  await store.sink.recover();
  const seed = Number(process.env['MILLRACE_TEST_SEED'] ?? Date.now());
  t.diagnostic(`seed ${seed}`);
  await store.sink.insert(batchOfTexts(fc.sample(oddRecord, { seed, numRuns: 300 }), 0, 'default', Date.now(), patternsOfAllKinds));
  const lines = await found(store, query(''));
  const [direct, rows, made] = ['direct.parquet', 'rows.bin', 'made.parquet'].map((name) => join(bed.directory, name));
  const { bytes } = await store.parquetLines(query(''), options);
  assert.equal(Buffer.from(bytes.subarray(0, 4)).toString(), 'PAR1');
  await writeFile(direct, bytes);
  const reading = store.bulkLines(query(''), { kind: 'rows' }, options);
  for await (const { bytes: part } of reading) await appendFile(rows, part);
  await store.writeParquet(rows, made, options);
  for (const path of [direct, made]) {
    const given = await parquetRows(bed, path);
    assert.equal(given.length, lines.length);
    for (const [index, line] of lines.entries()) {
      const { id, timestamp, level, message, metadata, attributes, tags, skewed, pattern } = given[index];
      assert.deepEqual([id, message, level, tags, skewed], [line.id, line.message, severityName(line.level), line.tags, line.skewed]);
      assert.equal(parseTimestamp(String(timestamp)), line.tsNs);
      assert.equal(pattern, line.patternId === 0n ? '' : line.patternId.toString(16).padStart(16, '0'));
      sameJson(String(metadata), String(objectOf(line, ['metadata']).slice('{"metadata":'.length, -2)));
      assert.equal(Object.keys(attributes as object).length, new Set(line.attributes.names).size);
    }
  }
});

test('each line once and in order, over windows, parts and memtables, also long ones', { timeout: 420_000 }, async (t) => {
  const bed = await storeBed(t);
  const store = await bed.openStore();
  await store.prepare();
  await store.sink.recover();
  const records = (from: number, count: number): object[] =>
    Array.from({ length: count }, (_, index) => {
      const number = from + index;
      const scattered = (number * 7919 * 13) % rangeMs;
      return {
        timestamp: new Date(startMs + scattered - (scattered % 100)).toISOString(),
        service: `service-${number % 7}`,
        message: number % 1500 === 7 ? `failed ${number} ${'x'.repeat(400_000)}` : `request ${number} ${number % 9 === 0 ? 'failed' : ''}`,
      };
    });
  await store.sink.insert(batchOf(records(0, 5000), 0));
  await store.sink.flush();
  await store.sink.insert(batchOf(records(5000, 4000), 1));
  for (const [order, text, limit] of [
    ['asc', '', 700],
    ['desc', '', 2600],
    ['desc', 'failed', 90],
    ['asc', '', 100_000],
  ] as const) {
    const request = query(text, { order, limit });
    const { text: given, lines, windows } = await exported(store, request, { kind: 'ndjson', columns: ['id'] });
    const wanted = (await found(store, request)).map(({ id }) => `{"id":"${id}"}\n`);
    assert.equal(lines, wanted.length);
    assert.equal(given, wanted.join(''));
    assert.ok(limit > 10_000 || windows > 1, 'several windows');
  }
  const whole = await exported(store, query('failed'), { kind: 'ndjson' });
  assert.equal(whole.text, (await found(store, query('failed'))).map((line) => `${toRecordA(line)}\n`).join(''));
});
