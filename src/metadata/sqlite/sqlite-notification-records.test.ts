import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { systemClock } from '#platform/clock.ts';
import type { MessageFacts, NotificationRecords } from '../notification-records.ts';
import { openSqliteAlertRecords } from './sqlite-alert-records.ts';
import { openSqliteNotificationRecords } from './sqlite-notification-records.ts';

async function open(t: TestContext, path = ':memory:'): Promise<NotificationRecords> {
  const records = await openSqliteNotificationRecords(path, { clock: systemClock });
  t.after(() => records.close());
  return records;
}

async function databasePath(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-notifications-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return join(directory, 'alerts.db');
}

const message = (messageId: string, facts: Partial<MessageFacts> = {}): MessageFacts => ({
  tenant: 't',
  channel: 'chat',
  groupKey: 'g',
  messageId,
  createdMs: 1000,
  title: 'Errors',
  kind: 'fired',
  severity: 'critical',
  incidentIds: ['i'],
  notification: { text: 'x' },
  ...facts,
});

test('a step is one transaction: all of it or nothing', async (t) => {
  const records = await open(t);
  assert.equal(await records.cursor(), 0);
  const broken = message('m2', { incidentIds: [undefined as unknown as string] });
  const groups = [{ id: 'g', tenant: 't', body: { n: 1 } }];
  await assert.rejects(records.commit({ cursor: 5, groups, messages: [message('m1'), broken] }));
  assert.deepEqual([await records.cursor(), await records.groups(), await records.waitingMessages()], [0, [], []]);
  const added = await records.commit({ cursor: 5, groups, messages: [message('m1')] });
  assert.deepEqual(
    added.map(({ messageId, state }) => [messageId, state]),
    [['m1', 'waiting']],
  );
  assert.deepEqual([await records.cursor(), await records.groups()], [5, groups]);
  await records.commit({ cursor: 6, groups: [{ id: 'h', tenant: 't', body: 2 }], removedGroups: ['g'] });
  assert.deepEqual(
    (await records.groups()).map(({ id }) => id),
    ['h'],
  );
});

test('a message is there once by tenant, channel and id; a newer one of its group supersedes it while it waits', async (t) => {
  const records = await open(t);
  await records.commit({ messages: [message('m1'), message('m1', { channel: 'mail' }), message('m1', { tenant: 'u' })] });
  assert.deepEqual(await records.commit({ messages: [message('m1')] }), []);
  await records.commit({ messages: [message('m2'), message('m3', { groupKey: 'other' })] });
  assert.deepEqual(
    (await records.waitingMessages()).map(({ tenant, channel, messageId }) => `${tenant} ${channel} ${messageId}`),
    ['t mail m1', 'u chat m1', 't chat m2', 't chat m3'],
  );
  const [superseded] = await records.messages({ tenant: 't', state: 'superseded', limit: 10 });
  assert.deepEqual([superseded.messageId, superseded.doneMs], ['m1', 1000]);
});

test('outcomes, notes and the log of deliveries', async (t) => {
  const records = await open(t);
  const [one, two] = await records.commit({ messages: [message('m1'), message('m2', { groupKey: 'h', incidentIds: ['j', 'i'] })] });
  const outcome = { sequence: one.sequence, attempts: 2, nextAttemptMs: 2000, detail: 'ok', remoteId: 'r' };
  await records.settle([{ ...outcome, state: 'delivered', doneMs: 2000.4 }], [{ tenant: 't', channel: 'chat', lastDeliveredMs: 2000 }]);
  await records.settle([{ ...outcome, sequence: two.sequence, state: 'waiting', remoteId: undefined }], []);
  assert.deepEqual(
    (await records.unnotedMessages()).map(({ messageId }) => messageId),
    ['m1'],
  );
  await records.setNoted(one.sequence);
  assert.deepEqual(await records.unnotedMessages(), []);
  const ids = async (selection: object): Promise<string[]> =>
    (await records.messages({ tenant: 't', limit: 10, ...selection })).map(({ messageId }) => messageId);
  assert.deepEqual(await ids({}), ['m2', 'm1']);
  assert.deepEqual(await ids({ incidentId: 'j' }), ['m2']);
  assert.deepEqual(await ids({ incidentId: 'i', state: 'delivered' }), ['m1']);
  assert.deepEqual(await ids({ before: two.sequence }), ['m1']);
  assert.deepEqual(await ids({ tenant: 'other' }), []);
  assert.deepEqual(await ids({ limit: 1 }), ['m2']);
  assert.equal(await records.forget(3000), 1);
  assert.deepEqual(await ids({ incidentId: 'i' }), ['m2']);
});

test('how channels fare is kept', async (t) => {
  const records = await open(t);
  const health = { tenant: 't', channel: 'chat', failingSinceMs: 5, lastError: 'x', incidentId: 'i', lastDeliveredMs: undefined };
  await records.settle([], [{ ...health, failingSinceMs: 3 }]);
  await records.settle([], [health]);
  assert.deepEqual(await records.health(), [health]);
});

test('the inbox takes an entry once, keeps so many, and knows what was read', async (t) => {
  const records = await open(t);
  for (const id of ['a', 'a', 'b', 'c', 'd']) await records.putInbox('t', id, 1000, { id }, 3);
  await records.putInbox('u', 'a', 1000, { id: 'u' }, 3);
  const entries = await records.inbox({ tenant: 't', limit: 10 });
  assert.deepEqual(
    entries.map(({ notification }) => (notification as { id: string }).id),
    ['d', 'c', 'b'],
  );
  assert.equal(await records.unreadCount('t'), 3);
  await records.markRead('t', [entries[0].sequence]);
  assert.deepEqual((await records.inbox({ tenant: 't', isUnread: true, limit: 10 })).length, 2);
  await records.markRead('t', undefined);
  assert.deepEqual([await records.unreadCount('t'), await records.unreadCount('u')], [0, 1]);
  assert.equal((await records.inbox({ tenant: 't', before: entries[1].sequence, limit: 10 })).length, 1);
  assert.equal(await records.forget(2000), 4);
});

test('they share a file with the records of alerts, and are there after a restart', async (t) => {
  const path = await databasePath(t);
  const alerts = await openSqliteAlertRecords(path, { clock: systemClock });
  t.after(() => alerts.close());
  const first = await openSqliteNotificationRecords(path, { clock: systemClock });
  await first.commit({ cursor: 3, messages: [message('m1')] });
  await first.close();
  const second = await open(t, path);
  assert.deepEqual([await second.cursor(), (await second.waitingMessages()).length], [3, 1]);
});

test('a lock that stays is told as a fault that may pass', async (t) => {
  const path = await databasePath(t);
  const records = await openSqliteNotificationRecords(path, { clock: systemClock, busyTimeoutMs: 1 });
  t.after(() => records.close());
  const other = new DatabaseSync(path);
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  await assert.rejects(records.commit({ cursor: 1 }), { code: 'alerts_unavailable' });
  other.exec('ROLLBACK');
  await records.commit({ cursor: 1 });
  assert.equal(await records.cursor(), 1);
});
