import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createTestNotifier, idle, ruleOf, startMs, tenant } from '#alerting/notifier.fake.ts';
import type { NotifierFakeOptions } from '#alerting/notifier.fake.ts';
import { createTestApi } from './create-api.fake.ts';

async function site(t: TestContext, options: NotifierFakeOptions = {}) {
  const made = await createTestNotifier(t, options);
  const notifier = made.start();
  const { book, alerts, records, clock } = made;
  const { app } = createTestApi(t, { notifications: { book, notifier, alerts, records, clock } });
  const call = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, of = tenant) => {
    const headers = { 'content-type': 'application/json', 'x-tenant-id': of };
    const url = `/v1/notifications/${path}`;
    const answer = await app.inject({ method, url, headers, ...(body === undefined ? {} : { payload: JSON.stringify(body) }) });
    return { status: answer.statusCode, body: answer.json() };
  };
  return { ...made, notifier, call };
}

const webhook = {
  type: 'webhook',
  settings: { url: 'https://hooks.example.com/x', headers: { Authorization: 'Bearer abc' }, signing_key: 'key-1' },
};

test('a channel shows its secrets never again, and keeps those that are given back as they were shown', async (t) => {
  const { call, book } = await site(t);
  const put = await call('PUT', 'channels/hooks', webhook);
  assert.equal(put.status, 200, JSON.stringify(put.body));
  assert.deepEqual(put.body.settings, { url: webhook.settings.url, headers: { Authorization: '[secret]' }, signing_key: '[secret]' });
  assert.deepEqual([put.body.version, put.body.configured, put.body.health.state], [1, false, 'unused']);
  const changed = { ...webhook, settings: { ...put.body.settings, url: 'https://hooks.example.com/y' }, sample_lines: 0 };
  assert.equal((await call('PUT', 'channels/hooks', { ...changed, version: 1 })).body.version, 2);
  assert.deepEqual(book.findChannel(tenant, 'hooks')?.body.settings, { ...webhook.settings, url: 'https://hooks.example.com/y' });
  assert.equal((await call('PUT', 'channels/hooks', { ...changed, version: 1 })).status, 409);
  const listed = await call('GET', 'channels');
  assert.deepEqual(listed.body.channels.map(({ name }: { name: string }) => name).includes('hooks'), true);
  assert.ok(listed.body.types.some(({ type }: { type: string }) => type === 'pagerduty'));
  assert.ok(!JSON.stringify(listed.body).includes('abc'));
  assert.deepEqual(
    (await call('GET', 'channels', undefined, 'other')).body.channels.map(({ name }: { name: string }) => name),
    ['inbox'],
  );
});

const badChannels: readonly (readonly [what: string, body: unknown, message: RegExp])[] = [
  ['an unknown type', { type: 'pagerdutty', settings: {} }, /did you mean "pagerduty"/],
  ['a missing setting', { type: 'pagerduty', settings: {} }, /routing_key/],
  ['an unknown setting', { type: 'webhook', settings: { url: 'https://a.example', uri: 'x' } }, /did you mean "url"/],
  [
    'a secret that is not there',
    { type: 'webhook', settings: { url: 'https://a.example', signing_key: '[secret]' } },
    /no such secret is kept/,
  ],
  ['a template with an unknown name', { ...webhook, title: '{{grup.service}}' }, /title/],
  ['a template with code', { ...webhook, text: '{{#if x}}' }, /text/],
  ['an unknown member', { ...webhook, sampel_lines: 3 }, /sample_lines/],
];

test('channels that are wrong are refused with the place', async (t) => {
  const { call } = await site(t);
  for (const [what, body, message] of badChannels) {
    const { status, body: answer } = await call('PUT', 'channels/x', body);
    assert.equal(status, 400, what);
    assert.match(answer.error.message, message, what);
  }
  assert.equal((await call('PUT', 'channels/%20', webhook)).status, 400);
  assert.equal((await call('PUT', 'channels/inbox', webhook)).status, 409);
  assert.equal((await call('DELETE', 'channels/nobody')).status, 404);
});

test('a channel in use is not removed, and the conflict names who uses it', async (t) => {
  const rules = [
    ruleOf('r1', { name: 'By name', actions: [{ channel: 'pager' }] }),
    ruleOf('r2', { name: 'By type', actions: [{ type: 'slack' }] }),
  ];
  const { call } = await site(t, { rules });
  const slack = { type: 'slack', settings: { webhook_url: 'https://hooks.slack.example/x' } };
  assert.equal((await call('PUT', 'channels/only-slack', slack)).status, 200);
  assert.deepEqual((await call('DELETE', 'channels/only-slack')).body.error.details.used_by, ['rule By type']);
  assert.deepEqual((await call('DELETE', 'channels/pager')).body.error.details.used_by, ['rule By name']);
  const route = {
    channels: ['chat'],
    routes: [{ match: [{ label: 'a', value: 'b' }], escalation: [{ after_ms: 60_000, channels: ['boss'] }] }],
  };
  assert.equal((await call('PUT', 'routing', { routing: { route } })).status, 200);
  const { status, body } = await call('DELETE', 'channels/boss');
  assert.deepEqual([status, body.error.details.used_by], [409, ['route /0']]);
  assert.deepEqual((await call('GET', 'channels/chat')).body.used_by, ['route /']);
  assert.equal((await call('DELETE', 'channels/mail')).status, 200);
  assert.equal((await call('GET', 'channels/mail')).status, 404);
});

test('a test message tells what came of it', async (t) => {
  const { call } = await site(t, {
    answer: (channel) => (channel === 'chat' ? { kind: 'refused', detail: 'answered 403' } : { kind: 'delivered', detail: 'answered 200' }),
  });
  assert.deepEqual(
    { ...(await call('POST', 'channels/chat/test')).body, took_ms: 0 },
    { delivered: false, outcome: 'refused', detail: 'answered 403', took_ms: 0 },
  );
  assert.equal((await call('POST', 'channels/mail/test')).body.delivered, true);
  assert.equal((await call('POST', 'channels/nobody/test')).status, 404);
  const { deliveries } = (await call('GET', 'deliveries')).body;
  assert.deepEqual(
    deliveries.map(({ channel, kind, state }: Record<string, string>) => [channel, kind, state]),
    [
      ['mail', 'test', 'delivered'],
      ['chat', 'test', 'refused'],
    ],
  );
});

const badRoutings: readonly (readonly [what: string, routing: unknown, message: RegExp])[] = [
  ['an unknown channel', { route: { channels: ['chta'] } }, /did you mean "chat"/],
  [
    'one deep down',
    { route: { routes: [{ routes: [{ channels: ['nobody'] }] }] } },
    /route\.routes\.0\.routes\.0: there is no channel "nobody"/,
  ],
  [
    'an unknown member deep down',
    { route: { routes: [{ routes: [{ chanels: [] }] }] } },
    /routes\.0\.routes\.0 has no member .*"channels"/,
  ],
  ['a matcher with an unknown member', { route: { routes: [{ match: [{ labl: 'a', value: 'b' }] }] } }, /match\.0 .*did you mean "label"/],
  [
    'routes five deep',
    { route: { routes: [{ routes: [{ routes: [{ routes: [{ routes: [] }] }] }] }] } },
    /^routing\.route(\.routes\.0){4} has no member "routes"/,
  ],
  ['a root that matches', { route: { match: [{ label: 'a', value: 'b' }] } }, /the root takes everything/],
  [
    'an expression that is not linear',
    { route: { routes: [{ match: [{ label: 'a', operator: '=~', value: '(a)\\1' }] }] } },
    /route\.routes\.0\.match\.0/,
  ],
  ['a zone that is not', { route: { routes: [{ active: [{ zone: 'Mars/Base' }] }] } }, /no zone "Mars\/Base"/],
  ['a window without length', { route: { routes: [{ active: [{ from: '10:00', to: '10:00' }] }] } }, /the same/],
  ['an inhibition without target', { route: {}, inhibit: [{ source: [{ label: 'a', value: 'b' }], target: [] }] }, /inhibit\.0/],
];

test('routing: what is there without any, setting it, and what is refused', async (t) => {
  const { call } = await site(t);
  const first = await call('GET', 'routing');
  assert.deepEqual([first.body.source, first.body.routing.route.channels, first.body.version], ['default', ['inbox'], 0]);
  for (const [what, routing, message] of badRoutings) {
    const { status, body } = await call('PUT', 'routing', { routing });
    assert.equal(status, 400, what);
    assert.match(body.error.message, message, what);
  }
  assert.equal((await call('PUT', 'routing', { routing: { route: { channels: ['chat'] } }, version: 0 })).body.version, 1);
  assert.equal((await call('PUT', 'routing', { routing: { route: { channels: ['mail'] } }, version: 0 })).status, 409);
  assert.deepEqual((await call('GET', 'routing')).body.routing, { route: { channels: ['chat'] } });
});

test('where an incident would go, and why, also by a tree that is not kept yet', async (t) => {
  const { call, book, change } = await site(t, {
    rules: [ruleOf('r1', { name: 'Errors', severity: 'critical', labels: { team: 'pay' }, actions: [{ channel: 'pager' }] })],
  });
  const routing = {
    route: {
      channels: ['inbox'],
      group_by: ['team'],
      routes: [{ name: 'pay', match: [{ label: 'team', value: 'pay' }], channels: ['chat'] }],
    },
  };
  await book.addSilence(change, {
    matchers: [{ label: 'team', value: 'pay' }],
    starts_ms: startMs,
    ends_ms: startMs + 1000,
    author: 'a',
    comment: '',
  });
  const preview = await call('POST', 'routing/preview', { rule: 'r1', routing });
  assert.equal(preview.status, 200, JSON.stringify(preview.body));
  assert.deepEqual(preview.body.channels, ['chat', 'pager']);
  assert.deepEqual(
    preview.body.destinations.map(({ path, group }: { path: string; group: object }) => [path, group]),
    [['/0', { team: 'pay' }]],
  );
  assert.deepEqual(preview.body.suppressed_by, ['silence:id-1']);
  const other = await call('POST', 'routing/preview', { labels: { team: 'web' }, severity: 'info' });
  assert.deepEqual([other.body.channels, other.body.steps[0].reason, other.body.suppressed_by], [['inbox'], 'takes everything', []]);
  assert.equal((await call('POST', 'routing/preview', { rule: 'nobody' })).status, 404);
  assert.equal((await call('POST', 'routing/preview', { routing: { route: { channels: ['nobody'] } } })).status, 400);
});

test('a silence always ends, shows which incidents it hides, and can be ended', async (t) => {
  const made = await site(t);
  const { call, tell, notifier } = made;
  await tell('a', 'fired');
  await tell('b', 'fired');
  notifier.wake();
  await idle(notifier, made);
  const matchers = [{ label: 'service', value: 'a' }];
  for (const [body, message] of [
    [{ matchers }, /always ends/],
    [{ matchers, for_ms: 1000, ends_at: '2027-01-01T00:00:00Z' }, /always ends/],
    [{ matchers, ends_at: '2026-01-01T00:00:00Z' }, /must end after|over already/],
    [{ matchers, ends_at: '2030-01-01T00:00:00Z' }, /too long/],
    [{ matchers: [], for_ms: 1000 }, /matchers/],
    [{ matchers: [{ label: 'service', operator: '!=', value: 'x' }], for_ms: 60_000 }, /hide everything/],
    [{ matchers, ends_at: 'tomorrow' }, /ends_at/],
  ] as const) {
    const { status, body: answer } = await call('POST', 'silences', body);
    assert.equal(status, 400, JSON.stringify(body));
    assert.match(answer.error.message, message);
  }
  const preview = await call('POST', 'silences/preview', { matchers });
  assert.deepEqual([preview.body.total, preview.body.incidents[0].id], [1, 'a']);
  const created = await call('POST', 'silences', { matchers, for_ms: 60_000, comment: 'deploy' });
  assert.deepEqual([created.status, created.body.state, created.body.author], [201, 'active', 'anonymous']);
  await idle(notifier, made);
  assert.deepEqual((await made.alerts.find(tenant, 'a'))?.suppressedBy, [`silence:${created.body.id}`]);
  assert.equal((await call('DELETE', `silences/${created.body.id}`)).body.state, 'expired');
  assert.deepEqual((await call('GET', 'silences?state=active')).body.silences, []);
  assert.equal((await call('GET', 'silences')).body.silences.length, 1);
  assert.equal((await call('GET', `silences/${created.body.id}`, undefined, 'other')).status, 404);
  assert.equal((await call('GET', 'silences?state=gone')).status, 400);
});

test('maintenance windows, once and each week', async (t) => {
  const { call } = await site(t);
  const body = { match: [{ label: 'service', value: 'db' }], once: [{ from: '2026-01-07T11:00:00Z', to: '2026-01-07T13:00:00Z' }] };
  const put = await call('PUT', 'maintenance/upgrade', body);
  assert.deepEqual([put.status, put.body.active, put.body.changes_at], [200, true, '2026-01-07T13:00:00.000Z']);
  const weekly = { weekly: [{ days: ['sun'], from: '02:00', to: '04:00', zone: 'Europe/Berlin' }] };
  assert.equal((await call('PUT', 'maintenance/nightly', weekly)).body.changes_at, '2026-01-11T01:00:00.000Z');
  for (const bad of [
    {},
    { once: [{ from: 'x', to: 'y' }] },
    { once: [{ from: '2026-01-07T13:00:00Z', to: '2026-01-07T11:00:00Z' }] },
    { weekly: [{ from: '25:00' }] },
  ]) {
    assert.equal((await call('PUT', 'maintenance/bad', bad)).status, 400, JSON.stringify(bad));
  }
  assert.deepEqual(
    (await call('GET', 'maintenance')).body.maintenance.map(({ name }: { name: string }) => name),
    ['nightly', 'upgrade'],
  );
  assert.equal((await call('DELETE', 'maintenance/upgrade')).status, 200);
  assert.equal((await call('GET', 'maintenance/upgrade')).status, 404);
});

test('the log of deliveries and the inbox, page by page', async (t) => {
  const made = await site(t, { routing: { route: { channels: ['chat', 'inbox'], group_by: ['...'] } } });
  const { call, tell, notifier } = made;
  for (const id of ['a', 'b', 'c']) await tell(id, 'fired');
  notifier.wake();
  await idle(notifier, made);
  const first = (await call('GET', 'deliveries?channel=chat&limit=2')).body;
  const second = (await call('GET', `deliveries?channel=chat&limit=2&before=${first.next}`)).body;
  assert.deepEqual([first.deliveries.length, second.deliveries.length, second.next], [2, 1, null]);
  const ofOne = (await call('GET', 'deliveries?incident=b&state=delivered')).body.deliveries;
  assert.deepEqual(ofOne.map(({ channel }: { channel: string }) => channel).toSorted(), ['chat', 'inbox']);
  const inbox = (await call('GET', 'inbox?limit=2')).body;
  assert.deepEqual([inbox.unread, inbox.entries.length, typeof inbox.next], [3, 2, 'string']);
  assert.equal((await call('POST', 'inbox/read', { ids: [inbox.entries[0].id] })).body.unread, 2);
  assert.equal((await call('GET', 'inbox?unread=true')).body.entries.length, 2);
  assert.equal((await call('POST', 'inbox/read', { all: true })).body.unread, 0);
  for (const bad of ['deliveries?state=gone', 'deliveries?before=x', 'deliveries?limit=0', 'inbox?unread=maybe', 'inbox?colour=red']) {
    assert.equal((await call('GET', bad)).status, 400, bad);
  }
  assert.equal((await call('POST', 'inbox/read', {})).status, 400);
  assert.equal((await call('GET', 'inbox', undefined, 'other')).body.entries.length, 0);
});
