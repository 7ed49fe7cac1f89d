import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { openSqliteDocuments } from '#metadata/sqlite.ts';
import { silentLogger } from '#platform/logger.ts';
import { ManualClock } from '#search/manual-clock.fake.ts';
import { Secret } from '#base/secret.ts';
import { NotificationBook } from './notification-book.ts';
import { settings, startMs } from './notifier.fake.ts';

const config = {
  ...settings,
  max_channels: 2,
  channels: [
    {
      name: 'fixed',
      tenant: 't',
      type: 'webhook',
      settings: { url: 'https://a.example', signing_key: new Secret('key-of-it') },
      enabled: true,
    },
  ],
  routing: [{ tenant: 't', route: { channels: ['fixed'] } }],
};
const change = { tenant: 't', updatedBy: 'me' };
const hook = { type: 'webhook', settings: { url: 'https://b.example' } };

async function open(t: TestContext) {
  const documents = await openSqliteDocuments(':memory:');
  t.after(() => documents.close());
  const clock = new ManualClock(startMs);
  let ids = 0;
  const again = (): Promise<NotificationBook> =>
    NotificationBook.open({ documents, config, randomId: () => `id-${++ids}`, clock, logger: silentLogger });
  return { book: await again(), again, clock };
}

test('what the configuration says stands there and is not changed here; other tenants have their own', async (t) => {
  const { book } = await open(t);
  assert.deepEqual(
    book.of('t').channels.map(({ name }) => name),
    ['inbox', 'fixed'],
  );
  assert.deepEqual(book.findChannel('t', 'fixed')?.body.settings, { url: 'https://a.example', signing_key: 'key-of-it' });
  assert.deepEqual([book.of('t').routing.source, book.of('u').routing.source], ['configuration', 'default']);
  assert.deepEqual(
    book.of('u').channels.map(({ name }) => name),
    ['inbox'],
  );
  await assert.rejects(book.putChannel(change, 'fixed', hook), { code: 'conflict' });
  await assert.rejects(book.removeChannel(change, 'fixed'), { code: 'conflict' });
  assert.deepEqual(book.usersOfChannel('t', 'fixed'), ['route /']);
});

test("a tenant's own routing takes the place of the configured one, and all is there after a restart", async (t) => {
  const { book, again } = await open(t);
  let told = 0;
  book.onChange(() => told++);
  await book.putChannel(change, 'mine', hook);
  await book.putRouting(change, { route: { channels: ['mine', 'fixed'] } });
  assert.equal(told, 2);
  const reopened = await again();
  assert.deepEqual([reopened.of('t').routing.source, reopened.of('t').routing.body.route.channels], ['kept', ['mine', 'fixed']]);
  assert.deepEqual(
    [...reopened.channelTypes('t')],
    [
      ['inbox', 'inbox'],
      ['fixed', 'webhook'],
      ['mine', 'webhook'],
    ],
  );
});

test('bounds name their settings', async (t) => {
  const { book } = await open(t);
  await book.putChannel(change, 'a', hook);
  await book.putChannel(change, 'b', hook);
  await book.putChannel(change, 'b', hook);
  await assert.rejects(book.putChannel(change, 'c', hook), {
    code: 'limit_exceeded',
    details: { setting: 'notifications.max_channels', limit: 2 },
  });
  const endless = {
    matchers: [{ label: 'a', value: 'b' }],
    starts_ms: startMs,
    ends_ms: startMs + 91 * 86_400_000,
    author: 'me',
    comment: '',
  };
  await assert.rejects(
    book.addSilence(change, endless),
    (error: { details: { setting: string } }) => error.details.setting === 'notifications.max_silence',
  );
});

test('silences that ended long ago are forgotten', async (t) => {
  const { book, clock } = await open(t);
  const silence = { matchers: [{ label: 'a', value: 'b' }], starts_ms: startMs, ends_ms: startMs + 60_000, author: 'me', comment: '' };
  await book.addSilence(change, silence);
  await book.addSilence(change, { ...silence, ends_ms: startMs + 600_000 });
  clock.advance(120_000);
  assert.equal(await book.forgetSilences(clock.nowMs()), 1);
  assert.deepEqual(
    book.of('t').silences.map(({ name }) => name),
    ['id-2'],
  );
});
