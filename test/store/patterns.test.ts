/** Lines by pattern on the real engine: the same counts as counted by hand, from the roll-up, from rows and from memory. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ingestConfig } from '#ingest/config.ts';
import { parseQuery } from '#language/parser.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import type { InsertBatch } from '#store/line-sink.ts';
import type { ReadOptions, TimeRange } from '#store/log-store.ts';
import type { ClickHouseStore } from '../../src/store/clickhouse/clickhouse-store.ts';
import { BatchDecoder } from '../../src/receivers/native/decode.ts';
import { defaultsOf } from '../support/config-defaults.ts';
import { batchOf, storeBed } from './store-harness.ts';

const options: ReadOptions = { limits: { timeoutMs: 30_000, maxMemoryBytes: 2 ** 30, maxScannedRows: 10_000_000 } };
const startMs = Date.parse('2026-03-01T10:00:00Z');
const rangeOf = (fromMs: number, toMs: number): TimeRange => ({ fromNs: BigInt(fromMs) * 1_000_000n, toNs: BigInt(toMs) * 1_000_000n });
const all = rangeOf(startMs, startMs + 2 * 3_600_000);

const rare = 'ffffffff00000001';
const common = '0000000000000007';
const twin = '8000000000000000';
const noAliases = new Map<string, string>();

/** A line a second. Every tenth is an error of pattern `rare`, of the others every third is `twin`. */
const patternOf = (n: number): string => (n % 10 === 0 ? rare : n % 3 === 0 ? twin : common);
const recordOf = (n: number): object => ({
  timestamp: new Date(startMs + n * 1000).toISOString(),
  level: n % 10 === 0 ? 'ERROR' : 'INFO',
  service: `service-${n % 2}`,
  message: `line ${n}`,
});

const decoder = new BatchDecoder(defaultsOf(ingestConfig));
const rows = new LogBatchBuilder();

function linesWithPatterns(from: number, count: number, sequence: number): InsertBatch {
  const numbers = Array.from({ length: count }, (_, index) => from + index);
  rows.finisher = {
    finish(builder) {
      const id = patternOf(numbers[builder.rowCount]);
      builder.setPattern(builder.rowCount, Number.parseInt(id.slice(0, 8), 16), Number.parseInt(id.slice(8), 16));
      return undefined;
    },
  };
  decoder.decodeJson(Buffer.from(JSON.stringify({ logs: numbers.map(recordOf) })), {}, rows);
  const block = rows.finish({ tenant: 'default', receivedMs: startMs, origin: 64, seq: sequence, maxClockSkewMs: 30_000 });
  return { ...batchOf(numbers.map(recordOf), sequence), blocks: [block], byteCount: block.length };
}

const counted = (from: number, to: number, isCounted: (n: number) => boolean): number =>
  Array.from({ length: to - from }, (_, index) => from + index).filter(isCounted).length;

async function countsOf(store: ClickHouseStore, text: string, range = all, aliases: ReadonlyMap<string, string> = noAliases) {
  const answer = await store.patternCounts({ tenant: 'default', where: parseQuery(text), range, aliases, maxPatterns: 10 }, options);
  return { ...answer, byId: Object.fromEntries(answer.patterns.map(({ id, lineCount }) => [id, lineCount])) };
}

test('lines by pattern', async (t) => {
  const bed = await storeBed(t);
  const store = await bed.openStore();
  await store.prepare();
  await store.sink.recover();
  await store.sink.insert(linesWithPatterns(0, 3000, 0));
  await store.sink.flush();
  await store.sink.insert(linesWithPatterns(3000, 3000, 1));
  await store.sink.flush();
  await store.sink.insert(linesWithPatterns(6000, 600, 2));
  await store.sink.insert(batchOf([{ timestamp: new Date(startMs).toISOString(), message: 'of another tenant' }], 3, 'other'));
  const expected = (from: number, to: number, alsoIf: (n: number) => boolean = () => true): Record<string, number> =>
    Object.fromEntries([rare, common, twin].map((id) => [id, counted(from, to, (n) => patternOf(n) === id && alsoIf(n))]));

  await t.test('over all lines, the most frequent first, with the first and the last of each', async () => {
    const { byId, patterns, totalLines, totalPatterns, complete } = await countsOf(store, '');
    assert.deepEqual(byId, expected(0, 6600));
    assert.deepEqual([totalLines, totalPatterns, complete], [6600, 3, true]);
    assert.equal(patterns[0].id, common);
    const found = patterns.find(({ id }) => id === rare);
    assert.deepEqual([found?.firstNs, found?.lastNs], [BigInt(startMs) * 1_000_000n, BigInt(startMs + 6_590_000) * 1_000_000n]);
  });

  await t.test('ranges whose ends cut a slot of the roll-up, and one within a slot', async () => {
    for (const [from, to] of [
      [17, 2999],
      [0, 301],
      [299, 6543],
      [310, 340],
    ]) {
      const { byId } = await countsOf(store, '', rangeOf(startMs + from * 1000, startMs + to * 1000));
      assert.deepEqual(byId, expected(from, to), `${from} to ${to}`);
    }
  });

  await t.test('queries of the roll-up and of rows; both read the same', async () => {
    const ofService = (n: number): boolean => n % 2 === 1;
    assert.deepEqual((await countsOf(store, 'service:service-1 level:INFO')).byId, {
      [common]: counted(0, 6600, (n) => patternOf(n) === common && ofService(n)),
      [twin]: counted(0, 6600, (n) => patternOf(n) === twin && ofService(n)),
    });
    assert.deepEqual((await countsOf(store, 'line')).byId, expected(0, 6600));
    const rolled = await countsOf(store, '', rangeOf(startMs, startMs + 6_000_000));
    const scanned = await countsOf(store, 'line', rangeOf(startMs, startMs + 6_000_000));
    assert.deepEqual(rolled.patterns, scanned.patterns);
    assert.ok(rolled.scannedRows < scanned.scannedRows / 3, `${rolled.scannedRows} rows of ${scanned.scannedRows}`);
  });

  await t.test('aliases count as the pattern that stands for them', async () => {
    const { byId, totalPatterns } = await countsOf(store, '', all, new Map([[twin, common]]));
    assert.deepEqual([byId[twin], totalPatterns], [undefined, 2]);
    assert.equal(
      byId[common],
      counted(0, 6600, (n) => n % 10 !== 0),
    );
  });

  await t.test('levels and buckets that come with the counts are those of the patterns asked for by id', async () => {
    const aliases = new Map([[twin, common]]);
    for (const text of ['', 'service:service-1', 'line'])
      for (const range of [all, rangeOf(startMs + 17_000, startMs + 6_543_000)])
        for (const intervalMs of [600_000, 60_000]) {
          const query = { tenant: 'default', where: parseQuery(text), range, aliases, intervalMs };
          const plain = await store.patternCounts({ ...query, intervalMs: undefined, maxPatterns: 10 }, options);
          const { patterns, totalLines } = await store.patternCounts({ ...query, maxPatterns: 10 }, options);
          const { details } = await store.patternDetails({ ...query, ids: patterns.map(({ id }) => id) }, options);
          const what = `${text} every ${intervalMs} ms`;
          assert.deepEqual(
            patterns.map(({ detail }) => detail),
            details,
            what,
          );
          assert.deepEqual(
            patterns.map(({ id, lineCount, firstNs, lastNs }) => ({ id, lineCount, firstNs, lastNs })),
            plain.patterns,
            what,
          );
          assert.equal(totalLines, plain.totalLines);
          for (const { detail, lineCount } of patterns)
            for (const counts of [detail?.levels, detail?.buckets])
              assert.equal(
                [...(counts?.values() ?? [])].reduce((sum, lines) => sum + lines, 0),
                lineCount,
                what,
              );
        }
  });

  await t.test('levels and buckets of some patterns, in slots and in finer steps', async () => {
    const query = { tenant: 'default', where: parseQuery(''), range: all, aliases: noAliases, ids: [rare] };
    for (const intervalMs of [600_000, 60_000]) {
      const { details } = await store.patternDetails({ ...query, intervalMs }, options);
      assert.deepEqual([...details[0].levels], [[17, 660]]);
      assert.equal(details[0].buckets.get(startMs), intervalMs / 10_000);
      assert.equal(
        [...details[0].buckets.values()].reduce((sum, lines) => sum + lines, 0),
        660,
      );
    }
  });

  await t.test('the example is the last line, also of an alias', async () => {
    const aliases = new Map([[common, twin]]);
    const { patterns } = await countsOf(store, '', all, aliases);
    const query = { tenant: 'default', where: parseQuery(''), range: all, aliases, counts: patterns };
    const examples = await store.patternExamples(query, options);
    assert.deepEqual(Object.fromEntries(examples.map(({ id, message }) => [id, message])), { [twin]: 'line 6599', [rare]: 'line 6590' });
    const line = await store.lineById('default', examples[0].lineId, options);
    assert.equal(line?.message, examples[0].message);
  });

  await t.test('the lines of a pattern are found by its id', async () => {
    const found = await store.countLines({ tenant: 'default', where: parseQuery(`pattern:${rare} level:ERROR`), range: all }, options);
    assert.equal(found.total, 660);
    assert.equal((await countsOf(store, `pattern:(${rare} OR ${twin})`)).totalLines, expected(0, 6600)[rare] + expected(0, 6600)[twin]);
  });
});
