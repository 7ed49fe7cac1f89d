import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { systemClock } from '#platform/clock.ts';
import { channelKinds, createChannel, hideSecrets, readChannelSettings, restoreSecrets } from './channel-kinds.ts';
import type { ChannelParts } from './channel-kinds.ts';
import type { ChannelType } from './channel-settings.ts';

const parts: ChannelParts = {
  http: { post: () => Promise.reject(new Error('not here')) },
  hosts: { addressOf: () => Promise.reject(new Error('not here')) },
  inbox: { put: () => Promise.resolve() },
  clock: systemClock,
};

const email = { host: 'mail.example.com', from: 'a@example.com', to: ['b@example.com'] };

const taken: readonly (readonly [ChannelType, object])[] = [
  ['pagerduty', { routing_key: 'a'.repeat(32) }],
  ['pagerduty', { routing_key: 'a'.repeat(32), region: 'eu', redact: 'no_samples' }],
  ['slack', { webhook_url: 'https://hooks.slack.com/services/T0/B0/x' }],
  ['slack', { token: 'xoxb-1', channel: '#alerts', mention: ['here', 'U012AB3CD'] }],
  ['teams', { webhook_url: 'https://x.logic.azure.com/workflows/1' }],
  ['email', email],
  ['email', { ...email, from: 'Millrace <alerts@example.com>', username: 'u', password: 'p w', cc: ['c@example.com'], port: 2525 }],
  ['webhook', { url: 'http://x.example.com', headers: { 'X-Team': 'a' }, signing_key: 'k', previous_signing_key: 'j' }],
  ['opsgenie', { api_key: 'k', responders: [{ type: 'team', name: 'SRE' }], tags: ['a'] }],
  ['inbox', {}],
];
for (const [type, settings] of taken) {
  test(`${type} takes ${JSON.stringify(settings)}`, () => assert.equal(createChannel(type, settings, parts).type, type));
}

const refused: readonly (readonly [ChannelType, unknown, field: string | undefined, message: RegExp])[] = [
  ['pagerduty', {}, 'routing_key', /PagerDuty needs "routing_key"/],
  ['pagerduty', { routing_key: 'short' }, 'routing_key', /32 letters and digits/],
  ['pagerduty', { routing_key: 'a'.repeat(32), regoin: 'eu' }, 'regoin', /did you mean "region"/],
  ['pagerduty', { routing_key: 'a'.repeat(32), region: 'mars' }, 'region', /"region" of PagerDuty/],
  ['slack', {}, 'webhook_url', /either "webhook_url", or "token" and "channel"/],
  ['slack', { token: 'x' }, 'webhook_url', /either/],
  ['slack', { token: 'x', channel: 'C', webhook_url: 'https://x.example' }, 'webhook_url', /either/],
  ['slack', { webhook_url: 'ftp://x' }, 'webhook_url', /"webhook_url" of Slack/],
  ['slack', { webhook_url: 'https://x.example', mention: ['<!here>'] }, 'mention.0', /mention/],
  ['teams', { webhook_url: 'https:// x' }, 'webhook_url', /Microsoft Teams/],
  ['email', { ...email, to: [] }, 'to', /"to" of Email/],
  ['email', { ...email, to: ['b@example.com, c@example.com'] }, 'to.0', /"to.0"/],
  ['email', { ...email, to: ['b@example.com\r\nBcc: x@example.com'] }, 'to.0', /"to.0"/],
  ['email', { ...email, from: 'A\nB <a@example.com>' }, 'from', /"from"/],
  ['email', { ...email, from: 'a@example.com, b@example.com' }, 'from', /"from"/],
  ['email', { ...email, host: 'mail.example.com/x' }, 'host', /"host"/],
  ['email', { ...email, subject_prefix: 'a\r\nX: y' }, 'subject_prefix', /"subject_prefix"/],
  ['email', { ...email, username: 'u' }, 'password', /together/],
  ['email', { ...email, username: 'u', password: 'p', security: 'none' }, 'security', /in the open/],
  ['webhook', { url: 'https://x.example', headers: { 'bad name': 'x' } }, undefined, /headers/],
  ['webhook', { url: 'https://x.example', headers: { 'X-A': 'a\r\nb' } }, undefined, /headers/],
  ['webhook', { url: 'https://x.example', headers: { Host: 'y' } }, 'headers.Host', /set by the webhook itself/],
  [
    'webhook',
    { url: 'https://x.example', headers: { 'Millrace-Signature': 'y' } },
    'headers.Millrace-Signature',
    /set by the webhook itself/,
  ],
  ['webhook', { url: 'https://x.example', max_body_bytes: 1 }, 'max_body_bytes', /max_body_bytes/],
  ['opsgenie', { api_key: 'k', responders: [{ type: 'pet', name: 'x' }] }, undefined, /responders/],
  ['inbox', { a: 1 }, 'a', /Inbox has no setting "a"/],
  ['inbox', [], undefined, /must be an object/],
  ['inbox', 'x', undefined, /must be an object/],
];
for (const [type, settings, field, message] of refused) {
  test(`${type} refuses ${JSON.stringify(settings).slice(0, 100)}`, () => {
    assert.throws(
      () => readChannelSettings(type, settings),
      (error) => {
        assert.ok(error instanceof AppError && error.code === 'bad_request', String(error));
        assert.match(error.message, message);
        if (field !== undefined) assert.equal(error.details.field, field);
        return true;
      },
    );
  });
}

test('secrets are hidden, and come back from those that are kept', () => {
  const kept = { url: 'https://x.example', signing_key: 'one', headers: { 'X-A': 'two', 'X-B': 'three' } };
  const hidden = hideSecrets('webhook', kept);
  assert.deepEqual(hidden, { url: 'https://x.example', signing_key: '[secret]', headers: { 'X-A': '[secret]', 'X-B': '[secret]' } });
  assert.deepEqual(restoreSecrets('webhook', hidden, kept), kept);
  const changed = { ...hidden, signing_key: 'new', headers: { 'X-A': '[secret]' } };
  assert.deepEqual(restoreSecrets('webhook', changed, kept), { url: 'https://x.example', signing_key: 'new', headers: { 'X-A': 'two' } });
  assert.throws(() => restoreSecrets('webhook', hidden, undefined), /signing_key is "\[secret\]"/);
  assert.throws(() => restoreSecrets('webhook', { headers: { constructor: '[secret]' } }, kept), /headers\.constructor/);
});

test('each secret is a setting, and nothing else that looks like one is shown', () => {
  for (const { type, settings, secrets } of Object.values(channelKinds)) {
    const members = Object.keys(settings.properties);
    for (const name of secrets) assert.ok(members.includes(name), `${type}.${name}`);
    const telling = members.filter((name) => /key|token|password|secret|webhook_url/.test(name));
    assert.deepEqual(
      telling.filter((name) => !secrets.includes(name)),
      [],
      type,
    );
  }
});

test('reading gives what was given', () => {
  const settings = { url: 'https://x.example' };
  assert.deepEqual(readChannelSettings('webhook', settings), settings);
});
