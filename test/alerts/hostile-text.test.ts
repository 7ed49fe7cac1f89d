/** Any notification at all, through every channel: what is sent keeps the published shape and limits, and data stays data. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { emailHtml, maxHtmlBytes } from '#alerting/channels/email-html.ts';
import { createChannel } from '#alerting/channel-kinds.ts';
import type { ChannelType } from '#alerting/channel-settings.ts';
import type { Notification, OutgoingHttp } from '#alerting/notification.ts';
import { readMail } from './mail-reader.ts';
import * as published from './published-schemas.ts';
import { anyNotification, hostileTexts, notifiedIncident, sampleIncident, sampleLine, sampleNotification } from './sample-notifications.ts';
import { attempt, parts } from './service-server.ts';
import { startMailServer } from './smtp-server.ts';

const seed = Number(process.env['MILLRACE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = Number(process.env['MILLRACE_FUZZ_RUNS'] ?? 25);
console.log(`seed ${seed}`);

interface Sent {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Everything a channel would send for a notification. */
async function sentBy(type: ChannelType, settings: object, notification: Notification): Promise<Sent[]> {
  const sent: Sent[] = [];
  const http: OutgoingHttp = {
    post(url, { headers, body }) {
      sent.push({ url, headers, body });
      return Promise.resolve({ status: 200, headers: {}, body: '{"ok":true,"channel":"C1","ts":"1.1"}' });
    },
  };
  const outcome = await attempt(createChannel(type, settings, { ...parts, http }), notification);
  assert.equal(outcome.kind, 'delivered', outcome.detail);
  assert.ok(sent.length > 0);
  return sent;
}

function assertShape(schema: TSchema, text: string): any {
  assert.ok(text.isWellFormed());
  const value = JSON.parse(text);
  const compiled = compiledOf(schema);
  assert.ok(compiled.Check(value), JSON.stringify(compiled.Errors(value).slice(0, 3)));
  return value;
}

const compiled = new Map<TSchema, ReturnType<typeof Compile>>();
function compiledOf(schema: TSchema): ReturnType<typeof Compile> {
  const known = compiled.get(schema) ?? Compile(schema);
  compiled.set(schema, known);
  return known;
}

/** Each hostile text in every place at once, and the same many times over. */
const worst: Notification[] = hostileTexts.flatMap((text) => {
  const incident = {
    ...sampleIncident,
    ruleName: text,
    group: Object.fromEntries([[text, text], ...Array.from({ length: 9 }, (_, place) => [`${place}${text}`.slice(0, 200), text])]),
    labels: { [text]: text },
    detail: text,
    acknowledgedBy: text,
    acknowledgedMs: 1,
    samples: Array.from({ length: 8 }, () => ({ ...sampleLine, message: text, service: text, host: text, level: text, timestamp: text })),
  };
  const incidents = Array.from({ length: 12 }, () => ({ ...notifiedIncident, incident, title: text }));
  return (['fired', 'resolved'] as const).map((kind) => ({
    ...sampleNotification,
    kind,
    groupKey: text,
    id: text,
    title: text,
    text,
    incidents,
  }));
});

async function everyNotification(check: (notification: Notification) => Promise<void>): Promise<void> {
  for (const notification of worst) await check(notification);
  await fc.assert(fc.asyncProperty(anyNotification, check), { seed, numRuns });
}

// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

test('PagerDuty', async () => {
  await everyNotification(async (notification) => {
    for (const { body } of await sentBy('pagerduty', { routing_key: 'a'.repeat(32), redact: 'none' }, notification)) {
      assert.ok(Buffer.byteLength(body) <= published.pagerdutyMaxBytes);
      const event = assertShape(published.pagerdutyEvent, body);
      if (event.event_action === 'trigger') assert.doesNotMatch(event.payload.summary, control);
    }
  });
});

for (const [name, settings] of [
  ['Slack by a webhook', { webhook_url: 'https://hooks.example.com/x', mention: ['here'] }],
  ['Slack as a bot', { token: 'xoxb-1234567890', channel: 'C1', mention: ['here'] }],
] as const) {
  test(name, async () => {
    await everyNotification(async (notification) => {
      for (const { body, url } of await sentBy('slack', { ...settings, redact: 'none' }, notification)) {
        const schema = url.endsWith('chat.update')
          ? published.slackUpdate
          : url.endsWith('chat.postMessage')
            ? published.slackPostMessage
            : published.slackWebhookBody;
        const { text, blocks } = assertShape(schema, body);
        assert.doesNotMatch(text, /<|>|&(?!amp;|lt;|gt;)/, 'mrkdwn holds neither a link nor a mention');
        assert.ok(textsOf(blocks) + text.length <= published.slackMaxTexts);
        const calls = JSON.stringify(blocks).match(/"type":"(?:broadcast|user|usergroup)"/g) ?? [];
        assert.ok(calls.length <= 1, 'only those of the settings are called');
      }
    });
  });
}

function textsOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((total: number, item) => total + textsOf(item), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (total, [name, inner]) => total + (name === 'text' && typeof inner === 'string' ? inner.length : textsOf(inner)),
    0,
  );
}

test('Teams', async () => {
  await everyNotification(async (notification) => {
    for (const { body } of await sentBy('teams', { webhook_url: 'https://teams.example.com/x', redact: 'none' }, notification)) {
      assertShape(published.teamsMessage, body);
      assert.ok(Buffer.byteLength(body) <= published.teamsMaxBytes && body.length * 2 <= published.teamsMaxBytes);
      assert.doesNotMatch(body, /\{\{/, 'no function of a card');
    }
  });
});

test('Opsgenie', async () => {
  await everyNotification(async (notification) => {
    for (const { body, url } of await sentBy('opsgenie', { api_key: 'genie-key', redact: 'none' }, notification)) {
      assert.match(
        url,
        /^https:\/\/api\.opsgenie\.com\/v2\/alerts(?:\/millrace-[0-9a-f]{64}\/(?:acknowledge|close)\?identifierType=alias)?$/,
      );
      const isAlert = url.endsWith('/alerts');
      const { details = {} } = assertShape(isAlert ? published.opsgenieAlert : published.opsgenieNote, body);
      const length = Object.entries(details as Record<string, string>).reduce(
        (total, [key, value]) => total + key.length + value.length,
        0,
      );
      assert.ok(length <= published.opsgenieMaxDetails);
    }
  });
});

test('webhook, as much as fits', async () => {
  await everyNotification(async (notification) => {
    for (const max_body_bytes of [16_384, 262_144]) {
      const [{ body, headers }] = await sentBy(
        'webhook',
        { url: 'https://x.example.com', signing_key: 'k', redact: 'none', max_body_bytes },
        notification,
      );
      assert.ok(Buffer.byteLength(body) <= max_body_bytes);
      const { incidents, more_incidents, kind } = JSON.parse(body);
      assert.equal(incidents.length + more_incidents, notification.incidents.length + notification.moreIncidents);
      assert.equal(kind, notification.kind);
      for (const [name, value] of Object.entries(headers))
        assert.match(`${name}: ${value}`, /^[\x20-\x7e]+$/, 'a header of printable ASCII');
    }
  });
});

test('email: headers, recipients and parts', async (t) => {
  const server = await startMailServer(t);
  const hosts = { addressOf: () => Promise.resolve('127.0.0.1') };
  const settings = {
    host: 'mail.example.com',
    port: server.port,
    security: 'none',
    from: 'alerts@example.com',
    to: ['oncall@example.com'],
    redact: 'none',
  };
  const channel = createChannel('email', settings, { ...parts, hosts });
  const known =
    /^(?:auto-submitted|content-type|date|from|importance|in-reply-to|message-id|mime-version|priority|references|subject|to|x-auto-response-suppress|x-millrace-kind|x-millrace-severity|x-msmail-priority|x-priority)$/;
  await everyNotification(async (notification) => {
    const outcome = await attempt(channel, notification);
    assert.equal(outcome.kind, 'delivered', outcome.detail);
    const taken = server.mails.pop();
    assert.ok(taken !== undefined && server.mails.length === 0);
    assert.deepEqual([taken.from, taken.to], ['alerts@example.com', ['oncall@example.com']]);
    for (const line of taken.raw.split('\r\n')) assert.ok(line.length <= 998 && !/[\r\n\0]/.test(line), 'RFC 5322, 2.1.1');
    const mail = readMail(taken.raw);
    const names = mail.headers.map(([name]) => name);
    assert.deepEqual(
      names.filter((name) => !known.test(name)),
      [],
    );
    assert.equal(new Set(names).size, names.length);
    assert.doesNotMatch(mail.header('subject') ?? '', control);
    assert.match(mail.header('message-id') ?? '', /^<millrace-[0-9a-f]{40}@example\.com>$/);
    assert.doesNotMatch(mail.part('text/plain'), control);
    assertSafeHtml(mail.part('text/html'));
  });
});

/** Only our own elements and attributes: an attribute's value holds no quote, and no text holds an angle bracket. */
function assertSafeHtml(html: string): void {
  assert.ok(Buffer.byteLength(html) <= maxHtmlBytes, `${Buffer.byteLength(html)} bytes`);
  const body = html.slice(html.indexOf('<body'));
  assert.match(html, /<title>[^<>]*<\/title>\n<style>/);
  for (const [tag] of body.matchAll(/<[^>]*>?/g)) {
    assert.match(tag, /^<\/?(?:body|html|table|tr|td|div|span|a|br)(?: [a-z]+="[^"<>]*")*>$/, tag);
    assert.doesNotMatch(tag, / on[a-z]+=/);
    const [, href] = / href="([^"]*)"/.exec(tag) ?? [];
    if (href !== undefined) assert.match(href, /^https?:\/\//);
  }
  assert.doesNotMatch(body.replace(/<[^>]*>/g, '').replace(/&(?:amp|lt|gt|quot|nbsp|#39);/g, ''), /[<>&]/);
  assert.doesNotMatch(body, control);
}

test('the check of HTML finds what it is for', () => {
  const html = emailHtml({ kind: 'fired', state: '<b>', severity: 'info', at: '', title: '', text: '', incidents: [], moreIncidents: 0 });
  assertSafeHtml(html);
  assert.throws(() => assertSafeHtml(html.replaceAll('&lt;b&gt;', '<b onclick=x>')));
  assert.throws(() => assertSafeHtml(html.replaceAll('&lt;b&gt;', 'a < b')));
});
