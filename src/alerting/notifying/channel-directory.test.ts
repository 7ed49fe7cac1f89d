import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuleAction } from '../alert-rule.ts';
import type { Kept } from '../notification-book.ts';
import type { ChannelBody } from '../notification-rules.ts';
import { findDestination, referenceOf } from './channel-directory.ts';
import { shownChannel } from './message-maker.ts';

const kept = (name: string, body: ChannelBody): Kept<ChannelBody> => ({ name, body, version: 1, updatedMs: 0, updatedBy: '' });
const channels = [
  kept('inbox', { type: 'inbox', settings: {} }),
  kept('zz-team', { type: 'slack', settings: { token: 't', channel: '#zz' } }),
  kept('aa-team', { type: 'slack', settings: { token: 't', channel: '#aa' } }),
  kept('email', { type: 'email', settings: { host: 'm', from: 'a@b', to: ['x@y'] } }),
  kept('all-mail', { type: 'email', settings: { host: 'm', from: 'a@b', to: ['all@y'] } }),
];

const cases: readonly (readonly [RuleAction, reference: string, shown: string, settings: object | string])[] = [
  [{ channel: 'zz-team' }, 'zz-team', 'zz-team', { token: 't', channel: '#zz' }],
  [{ channel: 'nobody' }, 'nobody', 'nobody', 'there is no channel "nobody"'],
  [{ type: 'slack' }, 'slack:', 'slack', { token: 't', channel: '#aa' }],
  [{ type: 'slack', to: '#oncall' }, 'slack:#oncall', 'slack:#oncall', { token: 't', channel: '#oncall' }],
  [{ type: 'email' }, 'email:', 'email', { host: 'm', from: 'a@b', to: ['x@y'] }],
  [{ type: 'email', to: 'me@y' }, 'email:me@y', 'email:me@y', { host: 'm', from: 'a@b', to: ['me@y'] }],
  [
    { type: 'webhook', url: 'https://h.example/secret?k=v' },
    'webhook:https://h.example/secret?k=v',
    'webhook h.example',
    { url: 'https://h.example/secret?k=v' },
  ],
  [{ type: 'webhook' }, 'webhook:', 'webhook', 'there is no channel of type webhook'],
  [{ type: 'pagerduty', severity: 'critical' }, 'pagerduty:', 'pagerduty', 'there is no channel of type pagerduty'],
  [{ type: 'inbox' }, 'inbox:', 'inbox', {}],
  [{ type: 'pigeon' }, 'pigeon:', 'pigeon', 'there is no type of channel "pigeon"'],
];

test('what an action stands for', () => {
  for (const [action, reference, shown, settings] of cases) {
    assert.equal(referenceOf(action), reference);
    assert.equal(shownChannel(reference), shown);
    const found = findDestination(channels, reference);
    assert.deepEqual('problem' in found ? found.problem : found.destination.body.settings, settings, reference);
  }
});
