/** Channels over HTTP against servers that check what they are sent by the services' published shapes, fail, stall and come back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { createChannel } from '#alerting/channel-kinds.ts';
import type { ChannelType } from '#alerting/channel-settings.ts';
import type { Notification } from '#alerting/notification.ts';
import * as published from './published-schemas.ts';
import { notifiedIncident, sampleIncident, sampleNotification } from './sample-notifications.ts';
import { attempt, parts, startService } from './service-server.ts';

const routingKey = 'R0123456789ABCDEF0123456789abcde';

function assertShape(schema: TSchema, value: unknown): void {
  const compiled = Compile(schema);
  assert.ok(compiled.Check(value), JSON.stringify(compiled.Errors(value).slice(0, 4), undefined, 1));
}

const as = (kind: Notification['kind'], more: Partial<Notification> = {}): Notification => ({
  ...sampleNotification,
  kind,
  id: `ntf-${kind}`,
  ...more,
});

/** What each channel needs to post to a server of ours. */
const settingsOf: Readonly<Record<Exclude<ChannelType, 'email' | 'inbox'>, (url: string) => object>> = {
  pagerduty: (url) => ({ routing_key: routingKey, url }),
  slack: (url) => ({ webhook_url: `${url}/services/T0/B0/secretpart` }),
  teams: (url) => ({ webhook_url: `${url}/workflows/secretpart` }),
  webhook: (url) => ({ url, signing_key: 'signing-key-1' }),
  opsgenie: (url) => ({ api_key: 'genie-key-secretpart', url }),
};

test('PagerDuty: trigger, acknowledge and resolve by one key', async (t) => {
  const service = await startService(t, { status: 202, body: '{"status":"success","message":"Event processed"}' });
  const channel = createChannel('pagerduty', settingsOf.pagerduty(service.url), parts);
  for (const kind of ['fired', 'repeated', 'escalated', 'acknowledged', 'resolved'] as const) {
    assert.deepEqual(await attempt(channel, as(kind)), { kind: 'delivered', detail: 'answered 202' });
  }
  const events = service.requests.map((_, at) => service.json(at));
  for (const event of events) assertShape(published.pagerdutyEvent, event);
  assert.deepEqual(
    events.map(({ event_action }) => event_action),
    ['trigger', 'trigger', 'trigger', 'acknowledge', 'resolve'],
  );
  assert.equal(new Set(events.map(({ dedup_key }) => dedup_key)).size, 1);
  const { payload, links, client_url } = events[0];
  assert.equal(payload.summary, sampleNotification.title);
  assert.equal(payload.source, 'pay-7f9c-2');
  assert.equal(payload.component, 'payment-service');
  assert.equal(payload.severity, 'critical');
  assert.equal(payload.timestamp, '2026-11-21T23:17:59.000Z');
  assert.match(payload.custom_details.incidents[0].lines[0], /gateway timeout after 5000 ms\n {2}at charge/);
  assert.match(payload.custom_details.incidents[0].lines[0], /pattern a3f09c12 · trace 4bf92f3577b34da6a3ce929d0e0e4736/);
  assert.deepEqual(links[1], { href: notifiedIncident.linesUrl, text: 'Its lines: Payment errors: payment-service on pay-7f9c-2' });
  assert.equal(client_url, notifiedIncident.incidentUrl);
});

test('PagerDuty: a test leaves nothing open; its key is its own', async (t) => {
  const service = await startService(t, { status: 202 });
  const channel = createChannel('pagerduty', settingsOf.pagerduty(service.url), parts);
  assert.deepEqual(await attempt(channel, as('test')), { kind: 'delivered', detail: 'triggered and resolved' });
  await attempt(channel, as('fired'));
  const [triggered, resolved, fired] = [service.json(0), service.json(1), service.json(2)];
  assert.deepEqual([triggered.event_action, resolved.event_action], ['trigger', 'resolve']);
  assert.equal(triggered.dedup_key, resolved.dedup_key);
  assert.notEqual(triggered.dedup_key, fired.dedup_key);
});

test('Slack by a webhook', async (t) => {
  const service = await startService(t, { status: 200, body: 'ok' });
  const channel = createChannel('slack', { ...settingsOf.slack(service.url), mention: ['here', 'U012AB3CD', 'S012AB3CD'] }, parts);
  assert.deepEqual(await attempt(channel, as('fired')), { kind: 'delivered', detail: 'answered 200' });
  assert.deepEqual(await attempt(channel, as('resolved')), { kind: 'delivered', detail: 'answered 200' });
  for (const at of [0, 1]) assertShape(published.slackWebhookBody, service.json(at));
  const fired = service.json(0);
  assert.equal(fired.text, '🔴 FIRING: Payment errors on payment-service: 42 in 5 min');
  assert.match(JSON.stringify(fired.blocks), /"type":"broadcast","range":"here".*"user_id":"U012AB3CD".*"usergroup_id":"S012AB3CD"/);
  assert.doesNotMatch(JSON.stringify(service.json(1).blocks), /broadcast/, 'nobody is called when it is over');
});

test('Slack as a bot: the first message is updated and threaded under', async (t) => {
  const service = await startService(t, ({ path }) => ({
    status: 200,
    body: JSON.stringify(path === '/chat.update' ? { ok: true } : { ok: true, channel: 'C012AB3CD', ts: '1700000000.000100' }),
  }));
  const channel = createChannel('slack', { token: 'xoxb-1234567890', channel: '#alerts', api_url: service.url, mention: ['here'] }, parts);
  const first = await attempt(channel, as('fired'));
  assert.deepEqual(first, { kind: 'delivered', detail: 'posted', remoteId: 'C012AB3CD:1700000000.000100' });
  const remoteId = 'C012AB3CD:1700000000.000100';
  for (const kind of ['escalated', 'acknowledged', 'resolved'] as const) {
    assert.deepEqual(await attempt(channel, as(kind, { remoteId })), first, 'the id stays that of the first');
  }
  assert.deepEqual(
    service.requests.map(({ path }) => path),
    ['/chat.postMessage', ...Array.from({ length: 3 }, () => ['/chat.update', '/chat.postMessage']).flat()],
  );
  assert.equal(service.requests[0].headers.authorization, 'Bearer xoxb-1234567890');
  assertShape(published.slackPostMessage, service.json(0));
  for (const at of [1, 3, 5]) assertShape(published.slackUpdate, service.json(at));
  for (const at of [2, 4, 6]) assertShape(published.slackPostMessage, service.json(at));
  assert.deepEqual(
    [2, 4, 6].map((at) => [service.json(at).thread_ts, service.json(at).reply_broadcast]),
    [
      ['1700000000.000100', true],
      ['1700000000.000100', false],
      ['1700000000.000100', false],
    ],
  );
});

for (const [error, kind] of [
  ['ratelimited', 'retry'],
  ['internal_error', 'retry'],
  ['fatal_error', 'retry'],
  ['invalid_auth', 'refused'],
  ['channel_not_found', 'refused'],
  ['not_in_channel', 'refused'],
  ['<script>', 'refused'],
] as const) {
  test(`Slack says ${error}: ${kind}`, async (t) => {
    const service = await startService(t, { status: 200, body: JSON.stringify({ ok: false, error }) });
    const channel = createChannel('slack', { token: 'xoxb-1234567890', channel: 'C1', api_url: service.url }, parts);
    assert.deepEqual(await attempt(channel, as('fired')), { kind, detail: `Slack says ${error}` });
  });
}

test('Slack: the first message was deleted, or may not be changed', async (t) => {
  const service = await startService(t, { status: 200, body: '{"ok":true,"channel":"C1","ts":"2.2"}' });
  const channel = createChannel('slack', { token: 'xoxb-1234567890', channel: 'C1', api_url: service.url }, parts);
  service.next.push({ status: 200, body: '{"ok":false,"error":"message_not_found"}' });
  assert.deepEqual(await attempt(channel, as('resolved', { remoteId: 'C1:1.1' })), {
    kind: 'delivered',
    detail: 'posted',
    remoteId: 'C1:2.2',
  });
  service.next.push({ status: 200, body: '{"ok":false,"error":"edit_window_closed"}' });
  assert.deepEqual(await attempt(channel, as('resolved', { remoteId: 'C1:1.1' })), {
    kind: 'delivered',
    detail: 'posted',
    remoteId: 'C1:1.1',
  });
  assert.equal(service.json(-1).thread_ts, '1.1');
  service.next.push({ status: 500 });
  assert.equal((await attempt(channel, as('resolved', { remoteId: 'C1:1.1' }))).kind, 'retry');
  assert.equal(service.requests.length, 5, 'nothing is posted before the update went through');
});

test('Teams: a card, and the errors that came as 200', async (t) => {
  const service = await startService(t, { status: 202 });
  const channel = createChannel('teams', settingsOf.teams(service.url), parts);
  for (const kind of ['fired', 'acknowledged', 'resolved', 'test'] as const) {
    assert.deepEqual(await attempt(channel, as(kind, { moreIncidents: 3 })), { kind: 'delivered', detail: 'answered 202' });
    assertShape(published.teamsMessage, service.json(-1));
  }
  const card = service.json(0).attachments[0].content;
  assert.equal(card.body[0].style, 'attention');
  assert.match(JSON.stringify(card), /Action.OpenUrl.*logs\.example\.com/);
  service.next.push({ status: 200, body: 'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429' });
  assert.equal((await attempt(channel, as('fired'))).kind, 'retry');
  service.next.push({ status: 200, body: 'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413' });
  assert.equal((await attempt(channel, as('fired'))).kind, 'refused');
});

test('Opsgenie: create, acknowledge and close by the alias', async (t) => {
  const service = await startService(t, {
    status: 202,
    body: '{"result":"Request will be processed","took":0.1,"requestId":"43a29c5c-3dbf-4fa4-9c26-f4f71023e120"}',
  });
  const settings = {
    ...settingsOf.opsgenie(`${service.url}/v2/alerts/`),
    responders: [
      { type: 'team', name: 'SRE' },
      { type: 'user', name: 'a@example.com' },
    ],
    tags: ['prod'],
  };
  const channel = createChannel('opsgenie', settings, parts);
  for (const kind of ['fired', 'acknowledged', 'resolved'] as const) {
    assert.deepEqual(await attempt(channel, as(kind)), {
      kind: 'delivered',
      detail: 'answered 202',
      remoteId: '43a29c5c-3dbf-4fa4-9c26-f4f71023e120',
    });
  }
  const alert = service.json(0);
  assertShape(published.opsgenieAlert, alert);
  for (const at of [1, 2]) assertShape(published.opsgenieNote, service.json(at));
  assert.deepEqual(
    service.requests.map(({ path }) => path),
    ['/v2/alerts', `/v2/alerts/${alert.alias}/acknowledge?identifierType=alias`, `/v2/alerts/${alert.alias}/close?identifierType=alias`],
  );
  assert.equal(service.requests[0].headers.authorization, 'GenieKey genie-key-secretpart');
  assert.equal(alert.priority, 'P1');
  assert.deepEqual(alert.tags, ['prod', 'critical']);
  assert.deepEqual(alert.responders, [
    { type: 'team', name: 'SRE' },
    { type: 'user', username: 'a@example.com' },
  ]);
  await attempt(channel, as('test'));
  assert.match(service.requests.at(-1)?.path ?? '', /close/, 'a test leaves nothing open');
});

test('webhook: the body as documented', async (t) => {
  const service = await startService(t, { status: 204 });
  const settings = { url: `${service.url}/hook?a=1`, headers: { Authorization: 'Bearer abc', 'X-Team': 'payments' } };
  const channel = createChannel('webhook', settings, parts);
  assert.deepEqual(await attempt(channel, as('fired')), { kind: 'delivered', detail: 'answered 204' });
  const [{ headers, path, method }] = service.requests;
  assert.deepEqual([method, path], ['POST', '/hook?a=1']);
  assert.equal(headers.authorization, 'Bearer abc');
  assert.equal(headers['x-team'], 'payments');
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['millrace-notification-id'], 'ntf-fired');
  assert.equal(headers['millrace-signature'], undefined);
  const body = service.json(0);
  assert.deepEqual(
    { ...body, incidents: [] },
    {
      version: 1,
      id: 'ntf-fired',
      group_key: sampleNotification.groupKey,
      kind: 'fired',
      severity: 'critical',
      at: '2026-11-21T23:17:59.000Z',
      title: sampleNotification.title,
      text: sampleNotification.text,
      incidents: [],
      more_incidents: 0,
    },
  );
  assert.deepEqual(
    { ...body.incidents[0], samples: body.incidents[0].samples.slice(0, 1) },
    {
      id: 'inc-01',
      rule_id: 'rule-1',
      rule_version: 3,
      rule_name: 'Payment errors',
      title: notifiedIncident.title,
      severity: 'critical',
      state: 'firing',
      group: sampleIncident.group,
      labels: sampleIncident.labels,
      began_at: '2026-11-21T23:12:30.000Z',
      fired_at: '2026-11-21T23:17:30.000Z',
      resolved_at: null,
      acknowledged_at: null,
      acknowledged_by: null,
      value: 42,
      detail: '42 lines in 5 min, above 10',
      late_ms: 0,
      incident_url: notifiedIncident.incidentUrl,
      lines_url: notifiedIncident.linesUrl,
      runbook_url: notifiedIncident.runbookUrl,
      samples: [
        {
          id: sampleIncident.samples[0].id,
          timestamp: '2026-11-21T23:17:42.118Z',
          level: 'ERROR',
          service: 'payment-service',
          host: 'pay-7f9c-2',
          message: sampleIncident.samples[0].message,
          trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
          pattern_id: 'a3f09c12',
        },
      ],
      more_samples: 0,
    },
  );
});

for (const type of ['pagerduty', 'slack', 'teams', 'webhook', 'opsgenie'] as const) {
  test(`${type}: what an answer means`, async (t) => {
    const service = await startService(t, { status: 202, body: 'ok' });
    const channel = createChannel(type, settingsOf[type](service.url), parts);
    for (const [answer, expected, retryAfterMs] of [
      [{ status: 429, headers: { 'retry-after': '30' } }, 'retry', 30_000],
      [{ status: 429 }, 'retry', undefined],
      [{ status: 503, headers: { 'retry-after': '1.5' }, body: 'busy' }, 'retry', 1500],
      [{ status: 503, headers: { 'retry-after': 'soon' } }, 'retry', undefined],
      [{ status: 500 }, 'retry', undefined],
      [{ status: 502, body: '<html>bad gateway</html>' }, 'retry', undefined],
      [{ status: 408 }, 'retry', undefined],
      ['drop', 'retry', undefined],
      [{ status: 400, body: 'invalid\u001b[31m event' }, 'refused', undefined],
      [{ status: 401 }, 'refused', undefined],
      [{ status: 403 }, 'refused', undefined],
      [{ status: 404 }, 'refused', undefined],
      [{ status: 410 }, 'refused', undefined],
      [{ status: 413 }, 'refused', undefined],
      [{ status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'refused', undefined],
    ] as const) {
      service.next.push(answer);
      const outcome = await attempt(channel, as('fired'));
      assert.equal(outcome.kind, expected, JSON.stringify(answer));
      if (outcome.kind === 'retry') assert.equal(outcome.retryAfterMs, retryAfterMs);
      assert.doesNotMatch(outcome.detail, /\u001b/);
    }
    assert.equal((await attempt(channel, as('fired'))).kind, 'delivered', 'it came back');
  });

  test(`${type}: a server that stalls costs the attempt its time, one that is not there costs nothing`, async (t) => {
    const service = await startService(t, 'stall');
    assert.equal((await attempt(createChannel(type, settingsOf[type](service.url), parts), as('fired'), 150)).kind, 'retry');
    const gone = await startService(t, { status: 200 });
    const channel = createChannel(type, settingsOf[type](gone.url.replace(/\d+$/, '1')), parts);
    assert.equal((await attempt(channel, as('fired'))).kind, 'retry');
  });

  test(`${type}: no outcome shows a secret, whatever the service says`, async (t) => {
    const service = await startService(t, ({ path, body, headers }) => ({
      status: 400,
      body: `${headers.authorization} http://127.0.0.1${path} ${body.slice(0, 60)}`,
    }));
    const outcome = await attempt(createChannel(type, settingsOf[type](service.url), parts), as('fired'));
    for (const secret of ['signing-key-1', 'genie-key-secretpart', routingKey]) assert.ok(!outcome.detail.includes(secret), outcome.detail);
  });
}

test('a date in Retry-After is taken from now', async (t) => {
  const service = await startService(t, { status: 429, headers: { 'retry-after': 'Sat, 21 Nov 2026 23:30:00 GMT' } });
  const clock = { ...parts.clock, nowMs: () => Date.UTC(2026, 10, 21, 23, 29, 0) };
  const outcome = await attempt(createChannel('webhook', { url: service.url }, { ...parts, clock }), as('fired'));
  assert.deepEqual(outcome, { kind: 'retry', detail: 'answered 429', retryAfterMs: 60_000 });
});

test('the inbox keeps the notification, and says when it cannot', async () => {
  const kept: Notification[] = [];
  const inbox = { put: async (notification: Notification) => void kept.push(notification) };
  assert.deepEqual(await attempt(createChannel('inbox', {}, { ...parts, inbox }), as('fired')), { kind: 'delivered', detail: 'kept' });
  assert.deepEqual(kept, [as('fired')]);
  assert.deepEqual(await attempt(createChannel('inbox', {}, parts), as('fired')), { kind: 'retry', detail: 'no inbox here' });
});

test('secrets in lines are masked, left out with the lines, or left as they are', async (t) => {
  const service = await startService(t, { status: 200 });
  const leak = { ...sampleIncident, samples: [{ ...sampleIncident.samples[0], message: 'password=hunter2 for bob@example.com' }] };
  const notification = as('fired', { title: 'login of bob@example.com failed', incidents: [{ ...notifiedIncident, incident: leak }] });
  for (const [redact, expected] of [
    ['secrets', ['login of [masked email] failed', 'password=[masked] for [masked email]']],
    ['no_samples', ['login of [masked email] failed', undefined]],
    ['none', ['login of bob@example.com failed', 'password=hunter2 for bob@example.com']],
  ] as const) {
    await attempt(createChannel('webhook', { url: service.url, redact }, parts), notification);
    const { title, incidents } = service.json(-1);
    assert.deepEqual([title, incidents[0].samples[0]?.message], expected);
  }
});
