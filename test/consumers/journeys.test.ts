/** What became of lines and batches, over a log in memory and a store that is told what it has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLineId, originOf } from '#base/ids.ts';
import { Journeys } from '#consumers/journey/journeys.ts';
import { batchPlaceText } from '#consumers/line-journeys.ts';
import { receiverMember } from '#ingest/receiver-codes.ts';
import { ingestConfig } from '#ingest/config.ts';
import { frameKinds } from '#log/durable-log.ts';
import type { LogPosition } from '#log/durable-log.ts';
import { MemoryLog, MemoryLogStorage } from '#log/memory.ts';
import { zeroOutcomes } from '#log/outcomes.ts';
import { LogBatchBuilder } from '#model/log-batch.ts';
import { BatchDecoder } from '#receivers/native/decode.ts';
import type { LinePlacement } from '#store/placement-reads.ts';
import { SimulatedClock } from '../faults/simulated-clock.ts';
import { defaultsOf } from '../support/config-defaults.ts';

const incarnation = 3;
const shard = 1;
const origin = originOf(incarnation, shard);
const startMs = Date.parse('2026-03-01T10:00:00Z');
const options = { limits: { timeoutMs: 1000, maxMemoryBytes: 2 ** 20, maxScannedRows: 1000 } };

const idOf = (sequence: number, rowNo: number, change: Partial<{ origin: number; tsMs: number }> = {}): string =>
  formatLineId({ tsMs: startMs + rowNo, origin, seq: sequence, rowNo, ...change });

function createBed(maxScannedBytes = 2 ** 20) {
  const log = new MemoryLog({
    storage: new MemoryLogStorage(incarnation),
    clock: new SimulatedClock(),
    holders: [],
    keepAfterIndexMs: 86_400_000,
  });
  const writer = log.openWriter(shard);
  const decoder = new BatchDecoder(defaultsOf(ingestConfig));
  const builder = new LogBatchBuilder();
  const stored: { readonly tenant: string; readonly seq: number; readonly placement: LinePlacement }[] = [];
  let indexed: LogPosition = new Map();
  const journeys = new Journeys({
    log,
    store: {
      placements: async ({ tenant, origin: from, seq, rowNo, range }) => ({
        lines: stored
          .filter(
            (line) =>
              from === origin && line.tenant === tenant && line.seq === seq && (rowNo ?? line.placement.rowNo) === line.placement.rowNo,
          )
          .map(({ placement }) => placement)
          .filter(({ tsNs }) => tsNs >= range.fromNs && tsNs < range.toNs),
      }),
    },
    indexed: () => indexed,
    config: { max_scanned_bytes: maxScannedBytes, max_lines: 3 },
  });
  return {
    journeys,
    /** A batch of so many lines, as the native receiver makes it. */
    async write(tenant: string, count: number, batchId?: string, receivedMs = startMs + 500): Promise<number> {
      const sequence = writer.nextSequence;
      const logs = Array.from({ length: count }, (_, row) => ({
        timestamp: new Date(startMs + row).toISOString(),
        message: `line ${row}`,
      }));
      decoder.decodeJson(Buffer.from(JSON.stringify({ logs })), {}, builder);
      const payload = builder.finish({ tenant, receivedMs, origin, seq: sequence, maxClockSkewMs: 30_000 });
      const outcomes = { ...zeroOutcomes(), accepted: count, sampled: 2 };
      const identity = { ...receiverMember('loki'), ...(batchId === undefined ? {} : { batchId }) };
      await writer.append({ kind: frameKinds.logs, tenant, rowCount: count, outcomes, receivedMs, ...identity }, [payload]);
      return sequence;
    },
    index(tenant: string, sequence: number, rows: readonly number[]): void {
      indexed = new Map([[shard, sequence + 1]]);
      for (const rowNo of rows) {
        const tsNs = BigInt(startMs + rowNo) * 1_000_000n;
        const facts = { receivedMs: startMs + 500, generation: 9, isCommitted: false, skewed: false, sampleRate: 1, wasParsed: false };
        stored.push({ tenant, seq: sequence, placement: { rowNo, tsNs, patternId: '0', ...facts } });
      }
    },
  };
}

test('a line: found, waiting, removed', async () => {
  const { journeys, write, index } = createBed();
  const first = await write('acme', 3, 'lot-1');
  index('acme', first, [0, 1]);
  const second = await write('acme', 2);
  const found = await journeys.ofLine('acme', idOf(first, 1).toUpperCase(), options);
  assert.deepEqual([found.state, found.isCertain, found.placement?.generation], ['searchable', true, 9]);
  assert.deepEqual(found.place, { incarnation, shard, sequence: first, rowNo: 1 });
  const { receiver, batchId, lineCount, outcomes } = found.frame ?? {};
  assert.deepEqual([receiver, batchId, lineCount, outcomes?.sampled], ['loki', 'lot-1', 3, 2]);
  const removed = await journeys.ofLine('acme', idOf(first, 2), options);
  assert.deepEqual([removed.state, removed.isCertain], ['removed', true]);
  const waiting = await journeys.ofLine('acme', idOf(second, 0), options);
  assert.deepEqual([waiting.state, waiting.isCertain, waiting.frame?.batchId], ['waiting', true, undefined]);
});

test('a line that never was is not found; where nothing is left to tell, it says so', async () => {
  const { journeys, write, index } = createBed();
  const sequence = await write('acme', 2);
  index('acme', sequence, [0, 1]);
  for (const [tenant, id] of [
    ['acme', 'nonsense'],
    ['acme', 'x'.repeat(1000)],
    ['acme', idOf(sequence, 7)],
    ['acme', idOf(sequence, 0, { tsMs: startMs + 1000 })],
    ['acme', idOf(sequence + 1, 0)],
    ['acme', idOf(sequence, 0, { origin: originOf(incarnation, 9) })],
    ['acme', idOf(sequence, 0, { origin: originOf(incarnation + 1, shard) })],
    ['other', idOf(sequence, 0)],
  ] as const)
    await assert.rejects(journeys.ofLine(tenant, id, options), { code: 'not_found' }, id.slice(0, 50));
  const { state, isCertain, frame } = await journeys.ofLine('acme', idOf(5, 0, { origin: originOf(incarnation - 1, shard) }), options);
  assert.deepEqual([state, isCertain, frame], ['removed', false, undefined]);
});

test('a batch: by its place, by the id of its sender', async () => {
  const { journeys, write, index } = createBed();
  const first = await write('acme', 5, 'lot-1');
  index('acme', first, [0, 1, 2, 4]);
  await write('other', 4, 'lot-1');
  const again = await write('acme', 1, 'lot-1', startMs + 900);
  const place = batchPlaceText({ incarnation, shard, sequence: first });
  const [batch] = await journeys.ofBatch('acme', place, 0, options);
  assert.deepEqual(batch.counts, { searchable: 4, waiting: 0, removed: 1 });
  assert.deepEqual(
    batch.lines.map(({ id, state }) => [id, state]),
    [0, 1, 2].map((row) => [idOf(first, row), 'searchable']),
  );
  const found = await journeys.ofBatch('acme', 'lot-1', startMs, options);
  assert.deepEqual(
    found.map(({ frame, counts }) => [frame.sequence, counts.waiting]),
    [
      [first, 0],
      [again, 1],
    ],
  );
  assert.deepEqual(
    (await journeys.ofBatch('acme', 'lot-1', startMs + 600, options)).map(({ frame }) => frame.sequence),
    [again],
  );
});

test('a batch that is not there: who asks is told since when the log has batches', async () => {
  const { journeys, write } = createBed();
  await write('acme', 1, 'lot-1');
  const kept = { log_kept_since: '2026-03-01T10:00:00.500Z' };
  await assert.rejects(journeys.ofBatch('acme', 'never', startMs, options), {
    code: 'not_found',
    details: { ...kept, searched_from: '2026-03-01T10:00:00.000Z' },
  });
  await assert.rejects(journeys.ofBatch('acme', `${incarnation - 1}.${shard}.0`, 0, options), { code: 'not_found', details: kept });
  await assert.rejects(journeys.ofBatch('acme', `${incarnation}.${shard}.17`, 0, options), { code: 'not_found', details: {} });
  await assert.rejects(journeys.ofBatch('other', `${incarnation}.${shard}.0`, 0, options), { code: 'not_found', details: {} });
});

test('the search for a batch is bounded', async () => {
  const { journeys, write } = createBed(10);
  await write('acme', 50, 'lot-1');
  await assert.rejects(journeys.ofBatch('acme', 'never', 0, options), {
    code: 'limit_exceeded',
    details: { setting: 'journey.max_scanned_bytes', limit: 10 },
  });
});
