/** Fields of lines on the real engine: the same counts as counted by hand, in memtables and parts, whole and sampled. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { parseQuery } from '#language/parser.ts';
import type { FieldStatistics, FieldStatisticsAnswer } from '#store/field-reads.ts';
import type { ReadOptions } from '#store/log-store.ts';
import type { ClickHouseStore } from '../../src/store/clickhouse/clickhouse-store.ts';
import { batchOf, storeBed } from './store-harness.ts';

const options: ReadOptions = { limits: { timeoutMs: 30_000, maxMemoryBytes: 2 ** 30, maxScannedRows: 10_000_000 } };
const startMs = Date.parse('2026-03-01T10:00:00Z');
const range = { fromNs: BigInt(startMs) * 1_000_000n, toNs: BigInt(startMs + 3_600_000) * 1_000_000n };

/** Lines whose every tenth is an error of one region and version. */
function records(from: number, count: number): object[] {
  return Array.from({ length: count }, (_, index) => {
    const number = from + index;
    const isFailed = number % 10 === 0;
    return {
      timestamp: new Date(startMs + number * 100).toISOString(),
      level: isFailed ? 'ERROR' : 'INFO',
      service: `service-${number % 4}`,
      ...(number % 2 === 0 ? { host: 'web-1' } : {}),
      message: isFailed ? 'request failed' : 'request done',
      metadata: {
        latency_ms: number % 100,
        order_id: `ord-${number}`,
        version: isFailed ? '2.0' : '1.0',
        mixed: number % 5 === 0 ? 'text' : number % 5,
        ...(isFailed ? { region: 'eu' } : {}),
        ...(number === 7 ? { stack: 'x'.repeat(300) } : {}),
      },
      resource: { region: 'cloud' },
    };
  });
}

const statistics = (store: ClickHouseStore, text: string, change = {}): Promise<FieldStatisticsAnswer> =>
  store.fieldStatistics(
    { tenant: 'default', where: parseQuery(text), range, maxLines: 1_000_000, maxFields: 100, maxValues: 3, ...change },
    options,
  );

function fieldOf({ fields }: FieldStatisticsAnswer, source: string, key: string): FieldStatistics {
  const found = fields.find((field) => field.source === source && field.key === key);
  assert.ok(found, `${source} ${key} in ${JSON.stringify(fields.map((field) => field.key))}`);
  return found;
}

test('fields, completions and comparisons', async (t) => {
  const bed = await storeBed(t);
  const store = await bed.openStore();
  await store.prepare();
  await store.sink.recover();
  await store.sink.insert(batchOf(records(0, 8000), 0));
  await store.sink.flush();
  await store.sink.insert(batchOf(records(8000, 2000), 1));
  await store.sink.insert(batchOf([{ timestamp: new Date(startMs).toISOString(), message: 'x', metadata: { secret: 1 } }], 2, 'other'));

  await t.test('every field with its coverage, types, values and quantiles', async () => {
    const answer = await statistics(store, '');
    assert.deepEqual([answer.totalLines, answer.sampledLines, answer.complete, answer.hasMoreFields], [10_000, 10_000, true, false]);
    assert.equal(
      answer.fields.some(({ key }) => key === 'secret'),
      false,
    );
    assert.deepEqual(fieldOf(answer, 'column', 'level').values, [
      { value: 'INFO', lineCount: 9000 },
      { value: 'ERROR', lineCount: 1000 },
    ]);
    const host = fieldOf(answer, 'column', 'host');
    assert.deepEqual([host.lineCount, host.distinctValues], [5000, 1]);
    const latency = fieldOf(answer, 'attribute', 'latency_ms');
    assert.deepEqual([latency.lineCount, latency.distinctValues, latency.kinds], [10_000, 100, { n: 10_000 }]);
    assert.deepEqual([latency.numbers?.min, latency.numbers?.max, latency.numbers?.average], [0, 99, 49.5]);
    for (const [index, wanted] of [50, 90, 95, 99].entries()) {
      assert.ok(Math.abs((latency.numbers?.quantiles[index] ?? 0) - wanted) <= 1.5, `quantile ${wanted}`);
    }
    assert.equal(fieldOf(answer, 'attribute', 'order_id').distinctValues, 10_000);
    const mixed = fieldOf(answer, 'attribute', 'mixed');
    assert.deepEqual([mixed.kinds, mixed.numbers?.lineCount, mixed.distinctValues], [{ n: 8000, s: 2000 }, 8000, 5]);
    assert.deepEqual(fieldOf(answer, 'attribute', 'stack').values, [], 'a value that is too long is not shown');
    assert.deepEqual([fieldOf(answer, 'attribute', 'region').lineCount, fieldOf(answer, 'resource', 'region').lineCount], [1000, 10_000]);
    assert.deepEqual(fieldOf(answer, 'resource', 'region').kinds, {});
  });

  await t.test('of a query, of some fields, of none that match', async () => {
    const failed = await statistics(store, 'failed', {
      fields: [
        { source: 'attribute', key: 'version' },
        { source: 'column', key: 'service' },
      ],
    });
    assert.deepEqual(
      failed.fields.map(({ key, lineCount, values }) => [key, lineCount, values]),
      [
        [
          'service',
          1000,
          [
            { value: 'service-0', lineCount: 500 },
            { value: 'service-2', lineCount: 500 },
          ],
        ],
        ['version', 1000, [{ value: '2.0', lineCount: 1000 }]],
      ],
    );
    const nothing = await statistics(store, 'service:none');
    assert.deepEqual([nothing.fields, nothing.totalLines, nothing.complete], [[], 0, true]);
    const bounded = await statistics(store, '', { maxFields: 5 });
    assert.deepEqual([bounded.fields.length, bounded.hasMoreFields], [5, true]);
  });

  await t.test('a sample estimates, columns stay exact', async () => {
    const answer = await statistics(store, '', { maxLines: 5000 });
    assert.ok(answer.sampledLines > 0 && answer.sampledLines < 8000, `${answer.sampledLines}`);
    assert.equal(answer.totalLines, 10_000);
    assert.equal(fieldOf(answer, 'column', 'level').values[1].lineCount, 1000);
    assert.equal(fieldOf(answer, 'attribute', 'latency_ms').lineCount, 10_000);
    const version = fieldOf(answer, 'attribute', 'version').values.find(({ value }) => value === '2.0');
    assert.ok(version !== undefined && version.lineCount > 500 && version.lineCount < 1500, JSON.stringify(version));
  });

  await t.test('completions', async () => {
    const complete = async (
      prefix: string,
      field?: FieldStatistics | { source: 'column' | 'attribute' | 'resource'; key: string },
      text = '',
    ) => {
      const query = { tenant: 'default', where: parseQuery(text), range, maxLines: 2500, prefix, limit: 4 };
      const { values } = await store.completions({ ...query, ...(field ? { field } : {}) }, options);
      return values.map(({ source, value, lineCount }) => `${source} ${value} ${lineCount}`);
    };
    assert.deepEqual(await complete('service', { source: 'column', key: 'service' }, 'failed'), [
      'column service-0 500',
      'column service-2 500',
    ]);
    assert.deepEqual(await complete('ORD-999', { source: 'attribute', key: 'order_id' }), [
      'attribute ord-999 1',
      'attribute ord-9990 1',
      'attribute ord-9991 1',
      'attribute ord-9992 1',
    ]);
    assert.deepEqual(await complete('cl', { source: 'resource', key: 'region' }), ['resource cloud 10000']);
    assert.deepEqual(await complete('err', { source: 'column', key: 'level' }), ['column ERROR 1000']);
    assert.deepEqual(
      (await complete('re')).map((text) => text.replace(/ \d+$/, '')),
      ['resource region', 'attribute region'],
    );
    assert.deepEqual(await complete('sec'), [], "other tenants' names");
  });

  await t.test('what is different', async () => {
    const compared = await store.compareFields(
      {
        tenant: 'default',
        selection: { where: parseQuery('failed'), range },
        baseline: { where: parseQuery('NOT failed'), range },
        maxLines: 1_000_000,
        limit: 1000,
      },
      options,
    );
    assert.deepEqual([compared.selection.totalLines, compared.baseline.totalLines], [1000, 9000]);
    const countsOf = (key: string, value?: string) =>
      compared.differences
        .filter((found) => found.key === key && found.value === value)
        .map(({ source, selectionLines, baselineLines }) => [source, selectionLines, baselineLines]);
    assert.deepEqual(countsOf('version', '2.0'), [['attribute', 1000, 0]]);
    assert.deepEqual(countsOf('version'), [['attribute', 1000, 9000]]);
    assert.deepEqual(countsOf('level', 'ERROR'), [['column', 1000, 0]]);
    assert.deepEqual(
      countsOf('region').sort(([a], [b]) => String(a).localeCompare(String(b))),
      [
        ['attribute', 1000, 0],
        ['resource', 1000, 9000],
      ],
    );
    const ids = compared.differences.filter(({ key, value }) => key === 'order_id' && value !== undefined);
    assert.deepEqual(ids, [], 'ids are no facets');
  });

  await t.test('services of a query with their first and last line', async () => {
    const { spans } = await store.serviceSpans({ tenant: 'default', where: parseQuery('failed'), range }, options);
    const at = (number: number): bigint => BigInt(startMs + number * 100) * 1_000_000n;
    assert.deepEqual(spans, [
      { service: 'service-0', lineCount: 500, errorCount: 500, firstNs: at(0), lastNs: at(9980) },
      { service: 'service-2', lineCount: 500, errorCount: 500, firstNs: at(10), lastNs: at(9990) },
    ]);
  });
});
