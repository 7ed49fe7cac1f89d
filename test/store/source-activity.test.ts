/** Sources and sizes on the real engine: the same as counted by hand, from the roll-up, from rows and from memory. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { ReadOptions, TimeRange } from '#store/log-store.ts';
import { batchOf, storeBed } from './store-harness.ts';

const options: ReadOptions = { limits: { timeoutMs: 30_000, maxMemoryBytes: 2 ** 30, maxScannedRows: 10_000_000 } };
const startMs = Date.parse('2026-03-01T10:00:00Z');
const minuteMs = 60_000;
const rangeOf = (fromMs: number, toMs: number): TimeRange => ({ fromNs: BigInt(fromMs) * 1_000_000n, toNs: BigInt(toMs) * 1_000_000n });
const all = rangeOf(startMs, startMs + 120 * minuteMs);

interface Told {
  readonly minute: number;
  readonly service: string;
  readonly host: string;
}

/** Every minute a line of `steady` by two hosts in turn; every tenth one of `slow`; `gone` for the first half hour. */
function told(from: number, to: number): Told[] {
  const lines: Told[] = [];
  for (let minute = from; minute < to; minute++) {
    lines.push({ minute, service: 'steady', host: `steady-${minute % 2}` });
    if (minute % 10 === 0) lines.push({ minute, service: 'slow', host: 'slow-0' });
    if (minute < 30) lines.push({ minute, service: 'gone', host: 'gone-0' });
  }
  return lines;
}

const records = (lines: readonly Told[]): object[] =>
  lines.map(({ minute, service, host }) => ({
    timestamp: new Date(startMs + minute * minuteMs + 7000).toISOString(),
    service,
    host,
    message: 'x'.repeat(service === 'steady' ? 10 : 100),
    metadata: { kind: 'ab' },
  }));

test('sources and sizes', async (t) => {
  const bed = await storeBed(t);
  const store = await bed.openStore();
  await store.prepare();
  await store.sink.recover();
  await store.sink.insert(batchOf(records(told(0, 50)), 0));
  await store.sink.flush();
  await store.sink.insert(batchOf(records(told(50, 100)), 1));
  await store.sink.flush();
  // in memory
  await store.sink.insert(batchOf(records(told(100, 110)), 2));
  await store.sink.insert(batchOf(records([{ minute: 1, service: 'foreign', host: 'foreign-0' }]), 3, 'other'));
  const at = (minute: number): number => startMs + minute * minuteMs;
  const read = (by: 'service' | 'host', range = all, maxSources = 100) =>
    store.sourceActivity({ tenant: 'default', range, by, maxSources }, options);

  await t.test('services: lines, first and last minute, rhythm', async () => {
    const { sources, truncated, complete } = await read('service');
    assert.deepEqual(
      sources.map(({ service, host, lineCount, firstMinuteMs, lastMinuteMs, activeMinutes, usualGapMinutes }) => [
        ...[service, host, lineCount],
        ...[(firstMinuteMs - startMs) / minuteMs, (lastMinuteMs - startMs) / minuteMs, activeMinutes, usualGapMinutes],
      ]),
      [
        ['gone', '', 30, 0, 29, 30, 1],
        ['slow', '', 11, 0, 100, 11, 10],
        ['steady', '', 110, 0, 109, 110, 1],
      ],
    );
    assert.deepEqual([truncated, complete], [false, true]);
  });

  await t.test('hosts', async () => {
    const { sources } = await read('host');
    assert.deepEqual(
      sources.map(({ service, host, lineCount, usualGapMinutes }) => [service, host, lineCount, usualGapMinutes]),
      [
        ['gone', 'gone-0', 30, 1],
        ['slow', 'slow-0', 11, 10],
        ['steady', 'steady-0', 55, 2],
        ['steady', 'steady-1', 55, 2],
      ],
    );
  });

  await t.test('only of the range, and the busiest of many', async () => {
    const { sources } = await read('service', rangeOf(at(40), at(60)));
    assert.deepEqual(
      sources.map(({ service, lineCount }) => [service, lineCount]),
      [
        ['slow', 2],
        ['steady', 20],
      ],
    );
    const busiest = await read('service', all, 1);
    assert.deepEqual([busiest.sources.map(({ service }) => service), busiest.truncated], [['steady'], true]);
    const none = await read('host', rangeOf(at(-60), at(-50)));
    assert.deepEqual(none.sources, []);
  });

  await t.test('text by service and field, of this tenant only', async () => {
    const { services, fields, sampledLines, bytes } = await store.textSizes({ tenant: 'default', range: all, maxLines: 1000 }, options);
    const ofLine = (message: number): number => message + 'kind'.length + 'ab'.length;
    assert.deepEqual(
      services.map(({ name, lineCount, bytes }) => [name, lineCount, bytes]),
      [
        ['gone', 30, 30 * ofLine(100)],
        ['steady', 110, 110 * ofLine(10)],
        ['slow', 11, 11 * ofLine(100)],
      ],
    );
    assert.deepEqual(
      fields.map(({ name, lineCount, bytes }) => [name, lineCount, bytes]),
      [
        ['message', 151, 41 * 100 + 110 * 10],
        ['kind', 151, 151 * 6],
      ],
    );
    assert.deepEqual([sampledLines, bytes], [151, services.reduce((sum, one) => sum + one.bytes, 0)]);
    assert.equal((await store.textSizes({ tenant: 'default', range: all, maxLines: 50 }, options)).sampledLines, 50);
  });

  await t.test('disk by column', async () => {
    const { columns, indexBytes } = await store.columnSizes();
    const names = columns.map(({ column }) => column);
    for (const name of ['message', 'attributes', 'ts']) assert.ok(names.includes(name), name);
    assert.ok(columns.every(({ diskBytes, rawBytes }) => diskBytes >= 0 && rawBytes >= 0) && indexBytes >= 0);
  });
});
