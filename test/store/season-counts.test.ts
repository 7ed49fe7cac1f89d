/** Windows of five minutes by service and level on the real engine: the same as counted by hand. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { parseQuery } from '#language/parser.ts';
import type { ReadOptions } from '#store/log-store.ts';
import { batchOf, storeBed } from './store-harness.ts';

const options: ReadOptions = { limits: { timeoutMs: 30_000, maxMemoryBytes: 2 ** 30, maxScannedRows: 10_000_000 } };
const startMs = Date.parse('2026-03-01T10:00:00Z');
const minuteMs = 60_000;
const minutes = 30;
const levels = ['DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', ''];

interface Told {
  readonly minute: number;
  readonly service: string;
  readonly level: string;
}

/** `pay` has a line of each level each minute, `ship` an INFO every third. */
const told = (from: number, to: number): Told[] =>
  Array.from({ length: to - from }, (_, at) => from + at).flatMap((minute) => [
    ...levels.map((level) => ({ minute, service: 'pay', level })),
    ...(minute % 3 === 0 ? [{ minute, service: 'ship', level: 'INFO' }] : []),
  ]);
const records = (lines: readonly Told[]): object[] =>
  lines.map(({ minute, service, level }) => ({
    timestamp: new Date(startMs + minute * minuteMs + 7000).toISOString(),
    service,
    level,
    message: 'x',
  }));

test('windows of services', async (t) => {
  const bed = await storeBed(t);
  const store = await bed.openStore();
  await store.prepare();
  await store.sink.recover();
  await store.sink.insert(batchOf(records(told(0, 12)), 0));
  await store.sink.flush();
  // in memory
  await store.sink.insert(batchOf(records(told(12, minutes)), 1));
  await store.sink.insert(batchOf(records([{ minute: 1, service: 'pay', level: 'ERROR' }]), 2, 'other'));
  const read = (where: string, services: readonly string[], fromMinute = 0, toMinute = minutes) =>
    store.seasonCounts(
      {
        tenant: 'default',
        where: parseQuery(where),
        services,
        range: { fromNs: BigInt(startMs + fromMinute * minuteMs) * 1_000_000n, toNs: BigInt(startMs + toMinute * minuteMs) * 1_000_000n },
      },
      options,
    );

  await t.test('lines by level, stored and in memory together', async () => {
    const counts = await read('', ['pay', 'ship', 'absent']);
    assert.deepEqual(
      counts?.map(({ service, fromMs, lines, debugs, warns, errors }) => [
        service,
        fromMs - startMs,
        [...lines],
        debugs[0],
        warns[2],
        errors[5],
      ]),
      [
        ['pay', 0, Array.from({ length: 6 }, () => 30), 5, 5, 10],
        ['ship', 0, [2, 2, 1, 2, 2, 1], 0, 0, 0],
      ],
    );
  });

  await t.test('only windows that lie in the range as a whole', async () => {
    const counts = await read('', ['pay'], 2, 23);
    assert.deepEqual([counts?.[0].fromMs, [...(counts?.[0].lines ?? [])]], [startMs + 5 * minuteMs, [30, 30, 30]]);
    assert.deepEqual(await read('', ['pay'], 1, 4), []);
  });

  await t.test('a query of what the roll-ups know, and no other', async () => {
    assert.deepEqual([...((await read('level:ERROR', ['pay']))?.[0].lines ?? [])], [5, 5, 5, 5, 5, 5]);
    assert.equal(await read('x', ['pay']), undefined);
  });
});
