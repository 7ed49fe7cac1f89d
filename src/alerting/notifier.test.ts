import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incidentOf, transitionOf } from '#metadata/alert-records.contract.ts';
import { createTestNotifier, idle, ruleOf, startMs, tenant } from './notifier.fake.ts';
import type { Routing } from './notification-rules.ts';

const oneGroup: Routing = {
  route: { channels: ['chat'], group_by: ['rule_id'], group_interval_ms: 60_000, repeat_interval_ms: 3_600_000 },
};

test('a tenant that set nothing finds its incidents in the inbox, once each', async (t) => {
  const site = await createTestNotifier(t);
  const notifier = site.start();
  await site.tell('a', 'pending');
  await site.tell('a', 'fired');
  notifier.wake();
  await idle(notifier, site);
  assert.deepEqual(site.told(), ['inbox fired a']);
  site.clock.advance(120_000);
  await site.tell('a', 'resolved', { firedMs: startMs });
  notifier.wake();
  await idle(notifier, site);
  assert.deepEqual(site.told(), ['inbox fired a', 'inbox resolved a']);
  const inbox = await site.records.inbox({ tenant, limit: 10 });
  assert.equal(inbox.length, 2);
  assert.deepEqual(
    (await site.alerts.eventsOf(tenant, 'a')).map(({ kind, detail }) => [kind, detail]),
    [
      ['pending', undefined],
      ['fired', undefined],
      ['notified', 'inbox: fired'],
      ['resolved', undefined],
      ['notified', 'inbox: resolved'],
    ],
  );
});

test('incidents of one tick are one message, later ones wait for the interval, and all are told as resolved', async (t) => {
  const site = await createTestNotifier(t, { routing: oneGroup });
  const notifier = site.start();
  await site.tell('a', 'fired');
  await site.tell('b', 'fired');
  notifier.wake();
  await idle(notifier, site);
  await site.tell('c', 'fired');
  notifier.wake();
  await idle(notifier, site);
  assert.deepEqual(site.told(), ['chat fired a+b']);
  site.clock.advance(60_000);
  await idle(notifier, site);
  assert.deepEqual(site.told(), ['chat fired a+b', 'chat fired c+a+b']);
  for (const id of ['a', 'b', 'c']) await site.tell(id, 'resolved', { firedMs: startMs });
  site.clock.advance(60_000);
  notifier.wake();
  await idle(notifier, site);
  assert.deepEqual(site.told().slice(2), ['chat resolved a+b+c']);
  assert.equal(notifier.status().groups, 0);
});

test('what nobody acknowledges is repeated and goes up the chain; an acknowledgement ends both', async (t) => {
  const escalation = [
    { after_ms: 600_000, channels: ['mail'] },
    { after_ms: 1_200_000, channels: ['boss'] },
  ];
  const site = await createTestNotifier(t, { routing: { route: { ...oneGroup.route, repeat_interval_ms: 900_000, escalation } } });
  const notifier = site.start();
  await site.tell('a', 'fired');
  notifier.wake();
  await idle(notifier, site);
  for (let minute = 0; minute < 16; minute++) {
    site.clock.advance(60_000);
    await idle(notifier, site);
  }
  assert.deepEqual(site.told(), ['chat fired a', 'mail escalated a']);
  await site.alerts.acknowledge(tenant, 'a', 'ann', site.clock.nowMs());
  notifier.wake();
  await idle(notifier, site);
  assert.deepEqual(site.told().slice(2).toSorted(), ['chat acknowledged a', 'mail acknowledged a']);
  site.clock.advance(7_200_000);
  await idle(notifier, site);
  assert.equal(site.sent.length, 4);
  await site.tell('a', 'resolved', { firedMs: startMs });
  notifier.wake();
  await idle(notifier, site);
  assert.deepEqual(site.told().slice(4).toSorted(), ['chat resolved a', 'mail resolved a']);
});

test('a silence keeps people from being told, is shown on the incident, and when it ends they are told', async (t) => {
  const site = await createTestNotifier(t, { routing: oneGroup });
  const silence = {
    matchers: [{ label: 'service', value: 'a' }],
    starts_ms: startMs,
    ends_ms: startMs + 600_000,
    author: 'me',
    comment: '',
  };
  const { name } = await site.book.addSilence(site.change, silence);
  const notifier = site.start();
  await site.tell('a', 'fired');
  await site.tell('b', 'fired');
  notifier.wake();
  await idle(notifier, site);
  assert.deepEqual(site.told(), ['chat fired b']);
  assert.deepEqual((await site.alerts.find(tenant, 'a'))?.suppressedBy, [`silence:${name}`]);
  site.clock.advance(600_000);
  await idle(notifier, site);
  assert.deepEqual(site.told().slice(1), ['chat fired a+b']);
  assert.deepEqual((await site.alerts.find(tenant, 'a'))?.suppressedBy, []);
});

test('a silence that is taken away tells at once; an incident that ends under one is never told', async (t) => {
  const site = await createTestNotifier(t, { routing: { route: { ...oneGroup.route, group_by: ['...'] } } });
  const silence = {
    matchers: [{ label: 'rule_id', value: 'r' }],
    starts_ms: startMs,
    ends_ms: startMs + 600_000,
    author: 'me',
    comment: '',
  };
  const { name } = await site.book.addSilence(site.change, silence);
  const notifier = site.start();
  await site.tell('a', 'fired');
  await site.tell('b', 'fired');
  notifier.wake();
  await idle(notifier, site);
  await site.tell('b', 'resolved', { firedMs: startMs });
  notifier.wake();
  await idle(notifier, site);
  assert.deepEqual(site.told(), []);
  await site.book.endSilence(site.change, name);
  await idle(notifier, site);
  assert.deepEqual(site.told(), ['chat fired a']);
});

test('a mute and a maintenance window keep quiet while they hold', async (t) => {
  const site = await createTestNotifier(t, { routing: oneGroup, rules: [ruleOf('r', { muted_until_ms: startMs + 60_000 })] });
  await site.book.putMaintenance(site.change, 'upgrade', {
    match: [{ label: 'service', operator: '=~', value: 'a|b' }],
    once: [{ from: '2026-01-07T12:00:00Z', to: '2026-01-07T13:00:00+00:00' }],
  });
  const notifier = site.start();
  for (const id of ['a', 'b', 'c']) await site.tell(id, 'fired');
  notifier.wake();
  await idle(notifier, site);
  assert.deepEqual(site.told(), []);
  assert.deepEqual((await site.alerts.find(tenant, 'a'))?.suppressedBy, ['mute', 'maintenance:upgrade']);
  site.clock.advance(60_000);
  await idle(notifier, site);
  assert.deepEqual(site.told(), ['chat fired c']);
  site.clock.advance(3_540_000);
  await idle(notifier, site);
  assert.deepEqual(site.told().slice(1), ['chat fired a+b+c']);
});

test('a cause hides its effects, and says so on them', async (t) => {
  const inhibit = [{ source: [{ label: 'kind', value: 'cause' }], target: [{ label: 'kind', value: 'effect' }], equal: ['region'] }];
  const site = await createTestNotifier(t, { routing: { ...oneGroup, inhibit } });
  const notifier = site.start();
  await site.tell('cause', 'fired', { labels: { kind: 'cause', region: 'eu' } });
  await site.tell('here', 'fired', { labels: { kind: 'effect', region: 'eu' } });
  await site.tell('there', 'fired', { labels: { kind: 'effect', region: 'us' } });
  notifier.wake();
  await idle(notifier, site);
  assert.deepEqual(site.told(), ['chat fired cause+there']);
  assert.deepEqual((await site.alerts.find(tenant, 'here'))?.suppressedBy, ['inhibited:cause']);
  await site.tell('cause', 'resolved', { firedMs: startMs, labels: { kind: 'cause', region: 'eu' } });
  site.clock.advance(60_000);
  notifier.wake();
  await idle(notifier, site);
  assert.deepEqual(site.told().slice(1), ['chat fired here+there+cause']);
});

test('the actions of a rule are told besides the routing, and nobody twice', async (t) => {
  const actions = [
    { channel: 'chat' },
    { channel: 'pager', severity: 'critical' as const },
    { type: 'webhook', url: 'http://own.example/x' },
  ];
  const site = await createTestNotifier(t, { routing: oneGroup, rules: [ruleOf('r', { actions })] });
  const notifier = site.start();
  await site.tell('a', 'fired', { severity: 'info' });
  notifier.wake();
  await idle(notifier, site);
  assert.deepEqual(site.told().toSorted(), ['chat fired a', 'own.example fired a', 'pager fired a']);
  assert.deepEqual(Object.fromEntries(site.sent.map(({ channel, notification }) => [channel, notification.severity])), {
    chat: 'info',
    pager: 'critical',
    'own.example': 'info',
  });
  const [delivery] = await site.records.messages({ tenant, channel: 'webhook:http://own.example/x', limit: 5 });
  assert.equal(delivery.state, 'delivered');
});

test('a channel that fails for long is an incident of its own, told elsewhere, and is over when it delivers', async (t) => {
  const state = { isBroken: true };
  const site = await createTestNotifier(t, {
    routing: oneGroup,
    answer: (channel) =>
      channel === 'chat' && state.isBroken ? { kind: 'retry', detail: 'connect refused' } : { kind: 'delivered', detail: '' },
  });
  const notifier = site.start();
  await site.tell('a', 'fired');
  notifier.wake();
  await idle(notifier, site);
  assert.deepEqual([site.told(), notifier.healthOf(tenant, 'chat')?.waiting], [[], 1]);
  for (let minute = 0; minute < 6; minute++) {
    site.clock.advance(60_000);
    await idle(notifier, site);
  }
  assert.equal(notifier.status().deadChannels, 1);
  const [{ channel, notification }] = site.sent;
  assert.deepEqual([channel, notification.kind, notification.severity], ['inbox', 'fired', 'critical']);
  assert.match(notification.text, /connect refused/);
  state.isBroken = false;
  for (let minute = 0; minute < 7; minute++) {
    site.clock.advance(60_000);
    await idle(notifier, site);
  }
  assert.deepEqual([notifier.status().deadChannels, notifier.status().failingChannels], [0, 0]);
  assert.deepEqual(
    site.sent.slice(1).map((one) => `${one.channel} ${one.notification.kind}`),
    ['chat fired', 'inbox resolved'],
  );
});

test('a message that can never be delivered is refused once, and told of at once', async (t) => {
  const site = await createTestNotifier(t, {
    routing: oneGroup,
    answer: (channel) => (channel === 'chat' ? { kind: 'refused', detail: 'invalid key' } : { kind: 'delivered', detail: '' }),
  });
  const notifier = site.start();
  await site.tell('a', 'fired');
  notifier.wake();
  await idle(notifier, site);
  assert.deepEqual(
    site.sent.map(({ channel }) => channel),
    ['inbox'],
  );
  const [refused] = await site.records.messages({ tenant, channel: 'chat', limit: 5 });
  assert.deepEqual([refused.state, refused.attempts, refused.detail], ['refused', 1, 'invalid key']);
});

test('a test goes out at once and is in the log', async (t) => {
  const site = await createTestNotifier(t);
  const notifier = site.start();
  const { kind } = await notifier.test(tenant, 'chat');
  assert.equal(kind, 'delivered');
  assert.deepEqual(site.told(), ['chat test ']);
  assert.equal((await site.records.messages({ tenant, limit: 5 }))[0]?.kind, 'test');
});

test('after a long time away each group is told once, as it stands', async (t) => {
  const site = await createTestNotifier(t, {
    routing: { route: { ...oneGroup.route, group_by: ['...'] } },
    config: { step_size: 2 },
  });
  for (const id of ['a', 'b', 'c']) await site.tell(id, 'fired');
  site.clock.advance(3_600_000);
  for (const id of ['a', 'b']) await site.tell(id, 'resolved', { firedMs: startMs });
  await site.alerts.acknowledge(tenant, 'c', 'ann', site.clock.nowMs());
  site.clock.advance(36_000_000);
  const notifier = site.start();
  await idle(notifier, site);
  assert.deepEqual(site.told().toSorted(), ['chat fired c', 'chat resolved a', 'chat resolved b']);
});

test('nobody is told again after a restart, and what was told before is told as resolved', async (t) => {
  const site = await createTestNotifier(t, { routing: oneGroup });
  const first = site.start();
  await site.tell('a', 'fired');
  first.wake();
  await idle(first, site);
  await first.stop();
  site.clock.advance(120_000);
  const second = site.start();
  await idle(second, site);
  assert.deepEqual(site.told(), ['chat fired a']);
  await site.tell('a', 'resolved', { firedMs: startMs });
  second.wake();
  await idle(second, site);
  assert.deepEqual(site.told(), ['chat fired a', 'chat resolved a']);
  assert.equal(site.sent[0].notification.groupKey, site.sent[1].notification.groupKey);
});

test('a group that begins anew has another key, so that services open a new ticket', async (t) => {
  const site = await createTestNotifier(t, { routing: { route: { ...oneGroup.route, group_interval_ms: 0 } } });
  const notifier = site.start();
  for (const id of ['a', 'b']) {
    await site.tell(id, 'fired');
    notifier.wake();
    await idle(notifier, site);
    site.clock.advance(1000);
    await site.tell(id, 'resolved', { firedMs: startMs });
    notifier.wake();
    await idle(notifier, site);
  }
  const keys = site.sent.map(({ notification }) => notification.groupKey);
  assert.deepEqual(site.told(), ['chat fired a', 'chat resolved a', 'chat fired b', 'chat resolved b']);
  assert.ok(keys[0] === keys[1] && keys[2] === keys[3] && keys[1] !== keys[2]);
});

test('a routing that changes holds for what fires from then on; who was told before is told of the end', async (t) => {
  const site = await createTestNotifier(t, { routing: { route: { ...oneGroup.route, group_interval_ms: 0 } } });
  const notifier = site.start();
  await site.tell('a', 'fired');
  notifier.wake();
  await idle(notifier, site);
  await site.book.putRouting(site.change, { route: { ...oneGroup.route, group_interval_ms: 0, channels: ['mail'] } });
  await site.tell('b', 'fired');
  notifier.wake();
  await idle(notifier, site);
  assert.deepEqual(site.told().slice(1).toSorted(), ['chat fired b+a', 'mail fired b+a']);
  for (const id of ['a', 'b']) await site.tell(id, 'resolved', { firedMs: startMs });
  notifier.wake();
  await idle(notifier, site);
  assert.deepEqual(site.told().slice(3).toSorted(), ['chat resolved a+b', 'mail resolved a+b']);
});

test('an incident whose end is nowhere to be read does not repeat for ever', async (t) => {
  const site = await createTestNotifier(t, { routing: oneGroup });
  const first = site.start();
  await site.tell('a', 'fired');
  first.wake();
  await idle(first, site);
  await first.stop();
  await site.tell('a', 'resolved', { firedMs: startMs });
  site.clock.advance(1000);
  await site.alerts.forgetResolved(site.clock.nowMs());
  site.clock.advance(7_200_000);
  const second = site.start();
  await idle(second, site);
  site.clock.advance(7_200_000);
  await idle(second, site);
  assert.deepEqual(
    site.sent.map(({ notification }) => notification.kind),
    ['fired', 'resolved'],
  );
  assert.equal(second.status().groups, 0);
});

test('a channel that is switched off is told nothing, and that is no failure', async (t) => {
  const site = await createTestNotifier(t, { routing: oneGroup });
  await site.book.putChannel(site.change, 'chat', { type: 'webhook', enabled: false, settings: { url: 'http://chat/' } });
  const notifier = site.start();
  await site.tell('a', 'fired');
  notifier.wake();
  await idle(notifier, site);
  const [message] = await site.records.messages({ tenant, limit: 5 });
  assert.deepEqual([message.state, message.detail, notifier.status().failingChannels], ['refused', 'the channel is switched off', 0]);
});

test('a group without data and a rule that failed are told like what fires, also over a restart', async (t) => {
  const site = await createTestNotifier(t, { routing: { route: { ...oneGroup.route, group_by: ['...'] } } });
  const first = site.start();
  await site.alerts.record(
    [transitionOf(incidentOf('n', { tenant, state: 'no_data', firedMs: undefined, value: undefined }), 'no_data')],
    [],
  );
  await site.tell('f', 'failed', { state: 'failed' });
  first.wake();
  await idle(first, site);
  assert.deepEqual(site.told().toSorted(), ['chat fired f', 'chat fired n']);
  assert.match(site.sent.find(({ notification }) => notification.title.includes('pay'))?.notification.text ?? '', /^No data since/m);
  await first.stop();
  site.clock.advance(120_000);
  const second = site.start();
  await idle(second, site);
  assert.equal(site.sent.length, 2);
  await site.alerts.record(
    [transitionOf(incidentOf('n', { tenant, state: 'ok', firedMs: undefined, resolvedMs: site.clock.nowMs() }), 'resolved')],
    [],
  );
  second.wake();
  await idle(second, site);
  assert.deepEqual(site.told().slice(2), ['chat resolved n']);
});
