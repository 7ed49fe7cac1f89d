import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultsOf } from '../../test/support/config-defaults.ts';
import { checkReceivers } from './check-settings.ts';
import { receiversConfig } from './config.ts';
import type { ReceiversConfig } from './config.ts';
import { SenderNetworks } from './sender-networks.ts';

const defaults = defaultsOf(receiversConfig) as ReceiversConfig;

test('the defaults are right', () => assert.deepEqual(checkReceivers(defaults), []));

test('networks and zones that cannot be read are named', () => {
  const { syslog, gelf } = defaults;
  const config = {
    ...defaults,
    syslog: { ...syslog, timezone: 'Mars/X', allowed_networks: '10.0.0.0/33' },
    gelf: { ...gelf, allowed_networks: 'all' },
  };
  assert.deepEqual(checkReceivers(config), [
    { path: 'receivers.gelf.allowed_networks', message: '"all" is no address or network such as 10.0.0.0/8' },
    { path: 'receivers.syslog.allowed_networks', message: '"10.0.0.0/33" needs a prefix of 0 to 32 bits' },
    { path: 'receivers.syslog.timezone', message: '"Mars/X" is no time zone; give local, UTC or a name such as Europe/Berlin' },
  ]);
});

const addresses: readonly (readonly [networks: string, address: string, isAllowed: boolean])[] = [
  ['127.0.0.0/8, ::1/128', '127.0.0.1', true],
  ['127.0.0.0/8, ::1/128', '::1', true],
  ['127.0.0.0/8', '::ffff:127.0.0.1', true],
  ['127.0.0.0/8', '10.0.0.1', false],
  ['10.0.0.7', '10.0.0.7', true],
  ['10.0.0.7', '10.0.0.8', false],
  ['fe80::/10', 'fe80::1%eth0', true],
  ['fd00::/8 10.0.0.0/8', '10.255.0.1', true],
  ['0.0.0.0/0', '8.8.8.8', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['', '127.0.0.1', false],
  ['0.0.0.0/0', '', false],
];
for (const [networks, address, isAllowed] of addresses) {
  test(`"${networks}" ${isAllowed ? 'lets' : 'does not let'} "${address}" send`, () => {
    const allowed = new SenderNetworks(networks, 'test');
    assert.equal(allowed.allows(address), isAllowed);
    assert.equal(allowed.allows(address), isAllowed);
  });
}
