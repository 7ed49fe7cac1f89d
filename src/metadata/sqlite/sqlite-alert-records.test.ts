import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import { incidentOf, testAlertRecords, transitionOf } from '../alert-records.contract.ts';
import { openSqliteAlertRecords } from './sqlite-alert-records.ts';
import { passingFault, patiently } from './sqlite-faults.ts';

testAlertRecords('sqlite', async (t) => {
  const records = await openSqliteAlertRecords(':memory:', { clock: systemClock });
  t.after(() => records.close());
  return records;
});

async function databasePath(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-alerts-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return join(directory, 'alerts.db');
}

test('two connections see what the other recorded, also after a restart', async (t) => {
  const path = await databasePath(t);
  const evaluator = await openSqliteAlertRecords(path, { clock: systemClock });
  const reader = await openSqliteAlertRecords(path, { clock: systemClock });
  await evaluator.record([transitionOf(incidentOf('a'), 'fired')], [{ tickMs: 5, position: { 0: 1 } }]);
  assert.equal((await reader.eventsAfter(0, 10)).length, 1);
  await reader.acknowledge('t', 'a', 'me', 7);
  await Promise.all([evaluator.close(), reader.close()]);
  const again = await openSqliteAlertRecords(path, { clock: systemClock });
  t.after(() => again.close());
  assert.equal((await again.find('t', 'a'))?.acknowledgedBy, 'me');
  assert.equal((await again.ticksAfter(0)).length, 1);
});

test('a locked database is waited for, then said, and works again afterwards', async (t) => {
  const path = await databasePath(t);
  const pauses: number[] = [];
  const clock = { ...systemClock, sleep: async (ms: number) => void pauses.push(ms) };
  const records = await openSqliteAlertRecords(path, { clock, busyTimeoutMs: 1 });
  t.after(() => records.close());
  const other = new DatabaseSync(path);
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  const fired = transitionOf(incidentOf('a'), 'fired');
  await assert.rejects(records.record([fired], []), { code: 'alerts_unavailable', message: /it is locked/ });
  assert.equal(pauses.length, 5);
  assert.deepEqual(await records.open(), []);
  other.exec('ROLLBACK');
  assert.equal(await records.record([fired], []), 1);
});

test('a lock that goes away while it is waited for is not noticed', async (t) => {
  const path = await databasePath(t);
  const other = new DatabaseSync(path);
  t.after(() => other.close());
  const clock = { ...systemClock, sleep: async () => other.exec('ROLLBACK') };
  const records = await openSqliteAlertRecords(path, { clock, busyTimeoutMs: 1 });
  t.after(() => records.close());
  other.exec('BEGIN IMMEDIATE');
  assert.equal(await records.record([transitionOf(incidentOf('a'), 'fired')], []), 1);
});

test('a database that cannot grow keeps what it has, says so, and works again when it can', async (t) => {
  const path = await databasePath(t);
  const full = new DatabaseSync(path);
  t.after(() => full.close());
  full.exec('CREATE TABLE filler (bytes BLOB); PRAGMA max_page_count = 4');
  const fill = (): void => void full.prepare('INSERT INTO filler VALUES (zeroblob(100000))').run();
  const clock = { ...systemClock, sleep: async () => undefined };
  await assert.rejects(
    patiently(clock, async () => fill()),
    { code: 'alerts_unavailable', message: /its disk is full/ },
  );
  full.exec('PRAGMA max_page_count = 1000');
  await patiently(clock, async () => fill());
});

test('only faults that may pass are tried again', async () => {
  for (const errcode of [5, 6, 10, 13, 5 | (2 << 8), 10 | (3 << 8)]) assert.notEqual(passingFault({ errcode, message: '' }), undefined);
  for (const errcode of [1, 8, 11, 19, 26]) assert.equal(passingFault({ errcode, message: 'no' }), undefined);
  let tries = 0;
  const failing = patiently(systemClock, async () => {
    tries += 1;
    throw new Error('a defect');
  });
  await assert.rejects(failing, /a defect/);
  assert.equal(tries, 1);
});
