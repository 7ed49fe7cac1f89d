/** What the store says of changes: what was read before an insert no longer counts where the insert has lines. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { spanOfBlock } from '#model/block-span.ts';
import { RecentChanges } from '../../src/store/clickhouse/recent-changes.ts';
import { batchOf, storeBed } from './store-harness.ts';

const startMs = Date.parse('2026-03-01T10:00:00Z');
const hourMs = 3_600_000;
const ns = (ms: number): bigint => BigInt(ms) * 1_000_000n;
const hourOf = (hour: number) => ({ fromNs: ns(startMs + hour * hourMs), toNs: ns(startMs + (hour + 1) * hourMs) });
const at = (ms: number): object => ({ timestamp: new Date(ms).toISOString(), service: 's', message: 'm' });
const blocksAt = (times: readonly number[], tenant = 'default'): readonly Uint8Array[] =>
  batchOf(times.map(at), 0, tenant).blocks.map((block) => Uint8Array.from(block));

test('the span of a block holds all its times and little else, and names its tenant', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4_000_000_000_000 }), { minLength: 1, maxLength: 50 }), (times) => {
      const span = spanOfBlock(blocksAt(times, 'acme')[0]);
      assert.ok(span !== undefined);
      assert.deepEqual(span.tenants, ['acme']);
      const [first, last] = [ns(Math.min(...times)), ns(Math.max(...times))];
      assert.ok(span.fromNs <= first && first - span.fromNs < 5_000_000_000n);
      assert.ok(span.toNs > last && span.toNs - last < 5_000_000_000n);
    }),
    { numRuns: 50 },
  );
});

test('an insert changes its own tenant and time, an upheaval everything', () => {
  const changes = new RecentChanges();
  const before = changes.changeVersion();
  changes.noteInsert(blocksAt([startMs + 1000, startMs + 1.5 * hourMs]));
  assert.equal(changes.changedSince('default', before, hourOf(3)), undefined);
  assert.equal(changes.changedSince('other', before, hourOf(0)), undefined);
  const firstNs = changes.changedSince('default', before, hourOf(0)) ?? 0n;
  assert.ok(firstNs <= ns(startMs + 1000) && firstNs >= hourOf(0).fromNs);
  assert.equal(changes.changedSince('default', before, hourOf(1)), hourOf(1).fromNs);
  const between = changes.changeVersion();
  assert.equal(changes.changedSince('default', between, hourOf(0)), undefined);
  changes.noteEverything();
  assert.equal(changes.changedSince('other', between, hourOf(7)), hourOf(7).fromNs);
  assert.equal(changes.changedSince('other', changes.changeVersion(), hourOf(7)), undefined);
});

test('however many changes there are, none is overlooked', () => {
  const hours = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 300, maxLength: 900 });
  fc.assert(
    fc.property(hours, fc.nat(), (inserts, since) => {
      const changes = new RecentChanges();
      const versions = inserts.map((hour) => {
        const version = changes.changeVersion();
        changes.noteInsert(blocksAt([startMs + hour * hourMs + 30 * 60_000]));
        return version;
      });
      const from = since % inserts.length;
      for (const hour of new Set(inserts.slice(from)))
        assert.ok(changes.changedSince('default', versions[from], hourOf(hour)) !== undefined, `hour ${hour} since ${from}`);
    }),
    { numRuns: 5 },
  );
});

test('the store counts inserts, flushes change nothing, and a loss changes everything', async (t) => {
  const bed = await storeBed(t);
  const store = await bed.openStore();
  await store.prepare();
  await store.sink.recover();
  const empty = store.changeVersion();
  await store.sink.insert(batchOf([at(startMs)], 0));
  assert.ok(store.changedSince('default', empty, hourOf(0)) !== undefined);
  const filled = store.changeVersion();
  await store.sink.flush();
  assert.equal(store.changedSince('default', filled, hourOf(0)), undefined);
  await store.sink.insert(batchOf([at(startMs + 5 * hourMs)], 1));
  assert.equal(store.changedSince('default', filled, hourOf(0)), undefined);
  store.engineLost();
  assert.ok(store.changedSince('default', filled, hourOf(0)) !== undefined);
});
