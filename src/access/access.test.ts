import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { Secret } from '#base/secret.ts';
import type { Credentials, Need } from './access.ts';
import { accessFromPlain, assertBindAllowed, checkAccess, createAccess, plainAccess } from './access.ts';
import type { ApiKeyConfig } from './config.ts';

const shopSecret = 'shop-key-0123456789';
const agentSecret = 'agent-key-0123456789';
const readerSecret = 'reader-key-0123456789';

function key(fields: Partial<ApiKeyConfig>): ApiKeyConfig {
  return {
    name: 'k',
    key: undefined,
    key_sha256: '',
    tenant: 'default',
    may_ingest: true,
    may_read: true,
    may_prioritise: false,
    may_act_for_others: false,
    ...fields,
  };
}

const keys = [
  key({ name: 'shop', key: new Secret(shopSecret), tenant: 'shop' }),
  key({
    name: 'agent',
    key_sha256: createHash('sha256').update(agentSecret).digest('hex').toUpperCase(),
    may_read: false,
    may_act_for_others: true,
  }),
  key({ name: 'reader', key: new Secret(readerSecret), tenant: 'shop', may_ingest: false }),
];

/** `tenant/keyName`, or the error's code. */
function outcome(configured: readonly ApiKeyConfig[], credentials: Credentials, need: Need): string {
  try {
    const { tenant, keyName } = createAccess({ keys: [...configured] }).authenticate(credentials, need);
    return `${tenant}/${keyName}`;
  } catch (thrown) {
    assert.ok(thrown instanceof AppError);
    return thrown.code;
  }
}

describe('without keys', () => {
  const table: [credentials: Credentials, expected: string][] = [
    [{}, 'default/anonymous'],
    [{ tenant: '' }, 'default/anonymous'],
    [{ tenant: 'shop' }, 'shop/anonymous'],
    [{ tenant: 'a'.repeat(63) }, `${'a'.repeat(63)}/anonymous`],
    [{ tenant: 'a'.repeat(64) }, 'bad_request'],
    [{ tenant: '-a' }, 'bad_request'],
    [{ tenant: '../etc' }, 'bad_request'],
    [{ tenant: "a'; DROP TABLE logs" }, 'bad_request'],
    [{ tenant: 'a\nb' }, 'bad_request'],
    [{ tenant: 'größe' }, 'bad_request'],
    [{ authorization: 'Bearer whatever' }, 'default/anonymous'],
  ];
  for (const [credentials, expected] of table) {
    test(JSON.stringify(credentials), () => assert.equal(outcome([], credentials, 'read'), expected));
  }
  test('is open', () => assert.equal(createAccess({ keys: [] }).isOpen, true));
});

describe('with keys', () => {
  const table: [credentials: Credentials, need: Need, expected: string][] = [
    [{}, 'read', 'unauthenticated'],
    [{ apiKey: '' }, 'ingest', 'unauthenticated'],
    [{ tenant: 'shop' }, 'read', 'unauthenticated'],
    [{ apiKey: 'wrong-key-0123456789' }, 'read', 'unauthenticated'],
    [{ apiKey: shopSecret.slice(0, -1) }, 'read', 'unauthenticated'],
    [{ apiKey: shopSecret }, 'read', 'shop/shop'],
    [{ apiKey: shopSecret }, 'ingest', 'shop/shop'],
    [{ authorization: `Bearer ${shopSecret}` }, 'read', 'shop/shop'],
    [{ authorization: `bearer   ${shopSecret} ` }, 'read', 'shop/shop'],
    [{ authorization: `ApiKey ${shopSecret}` }, 'read', 'shop/shop'],
    [{ authorization: `ApiKey ${Buffer.from(`some-id:${shopSecret}`).toString('base64')}` }, 'read', 'shop/shop'],
    [{ authorization: `Splunk ${shopSecret}` }, 'read', 'shop/shop'],
    [{ authorization: `Basic ${Buffer.from(`anyone:${shopSecret}`).toString('base64')}` }, 'read', 'shop/shop'],
    [{ authorization: `Basic ${Buffer.from(shopSecret).toString('base64')}` }, 'read', 'unauthenticated'],
    [{ authorization: `Digest ${shopSecret}` }, 'read', 'unauthenticated'],
    [{ authorization: `Basic ${shopSecret}` }, 'read', 'unauthenticated'],
    [{ authorization: shopSecret }, 'read', 'unauthenticated'],
    [{ authorization: 'Bearer' }, 'read', 'unauthenticated'],
    [{ apiKey: readerSecret }, 'ingest', 'forbidden'],
    [{ apiKey: readerSecret }, 'read', 'shop/reader'],
    [{ apiKey: shopSecret, tenant: 'shop' }, 'read', 'shop/shop'],
    [{ apiKey: shopSecret, tenant: 'bank' }, 'read', 'forbidden'],
    [{ apiKey: shopSecret, tenant: '../bank' }, 'read', 'bad_request'],
    [{ apiKey: agentSecret, tenant: 'bank' }, 'ingest', 'bank/agent'],
    [{ apiKey: agentSecret }, 'ingest', 'default/agent'],
    [{ apiKey: agentSecret, tenant: 'bank' }, 'read', 'forbidden'],
  ];
  for (const [credentials, need, expected] of table) {
    test(`${JSON.stringify(credentials)} to ${need}`, () => assert.equal(outcome(keys, credentials, need), expected));
  }
  test('a refused tenant is named, a key never', () => {
    assert.throws(
      () => createAccess({ keys }).authenticate({ apiKey: shopSecret, tenant: 'bank' }, 'read'),
      (error: Error) => {
        assert.match(error.message, /"bank".*key "shop" belongs to tenant "shop"/);
        assert.ok(!JSON.stringify(error).includes(shopSecret) && !error.message.includes(shopSecret));
        return true;
      },
    );
  });
});

describe('configured keys', () => {
  const good = key({ name: 'a', key: new Secret(shopSecret) });
  const table: [name: string, keys: ApiKeyConfig[], problem: RegExp | undefined][] = [
    ['a good one', [good], undefined],
    ['no name', [key({ name: ' ', key: new Secret(shopSecret) })], /keys\[0\]\.name: a key needs a name/],
    ['a name twice', [good, key({ name: 'a', key: new Secret(agentSecret) })], /keys\[1\]\.name: .*twice/],
    ['a key twice', [good, key({ name: 'b', key: new Secret(shopSecret) })], /keys\[1\]\.key: .*same/],
    ['neither key nor digest', [key({})], /either "key" or "key_sha256"/],
    ['both', [key({ key: new Secret(shopSecret), key_sha256: 'a'.repeat(64) })], /either "key" or "key_sha256"/],
    ['too short', [key({ key: new Secret('short') })], /at least 16/],
    ['with a blank', [key({ key: new Secret('0123456789 0123456789') })], /no blanks/],
    ['no digest', [key({ key_sha256: 'xyz' })], /64 hexadecimal/],
    ['a bad tenant', [key({ key: new Secret(shopSecret), tenant: 'a b' })], /no tenant name/],
  ];
  for (const [name, configured, problem] of table) {
    test(name, () => {
      const text = checkAccess({ keys: configured })
        .map(({ path, message }) => `${path}: ${message}`)
        .join('\n');
      if (problem === undefined) assert.equal(text, '');
      else assert.match(text, problem);
    });
  }
});

describe('where it may listen', () => {
  const table: [host: string, withoutKeys: boolean][] = [
    ['127.0.0.1', true],
    ['127.8.9.10', true],
    ['localhost', true],
    ['::1', true],
    ['[::1]', true],
    ['::ffff:127.0.0.1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['', false],
    ['192.168.1.4', false],
    ['127.0.0.1.example.com', false],
    ['example.com', false],
    ['127.1', false],
  ];
  for (const [host, withoutKeys] of table) {
    test(`"${host}"`, () => {
      assert.doesNotThrow(() => assertBindAllowed(host, { keys }));
      if (withoutKeys) assert.doesNotThrow(() => assertBindAllowed(host, { keys: [] }));
      else assert.throws(() => assertBindAllowed(host, { keys: [] }), { code: 'invalid_configuration', message: /access\.keys/ });
    });
  }
});

test('a secret shows itself nowhere', async () => {
  const { inspect } = await import('node:util');
  const secret = new Secret(shopSecret);
  for (const text of [String(secret), `${secret}`, JSON.stringify({ secret }), inspect(secret), inspect({ deep: { secret } })]) {
    assert.ok(!text.includes(shopSecret), text);
  }
});

describe('a proof of knowing a key', () => {
  const digest = (text: string): string => createHash('sha512').update(text).digest('hex');
  const proofWith = (secret: string) => ({
    presented: digest(`there${secret}`),
    expectedFrom: (known: string) => digest(`there${known}`),
    answerWith: (known: string) => digest(`back${known}`),
  });
  // as a worker thread gets them
  const access = createAccess(accessFromPlain(structuredClone(plainAccess({ keys }))));

  test('a key in clear is found and answered', () => {
    const { tenant, keyName, answer } = access.authenticate({ proof: proofWith(shopSecret) }, 'ingest');
    assert.deepEqual({ tenant, keyName, answer }, { tenant: 'shop', keyName: 'shop', answer: digest(`back${shopSecret}`) });
  });

  const refused: [secret: string, code: string][] = [
    ['someone-elses-key-0123', 'unauthenticated'],
    [agentSecret, 'unauthenticated'], // only its hash is known
    [readerSecret, 'forbidden'],
  ];
  for (const [secret, code] of refused) {
    test(`${secret}: ${code}`, () => assert.throws(() => access.authenticate({ proof: proofWith(secret) }, 'ingest'), { code }));
  }

  test('the same keys by themselves work after the way to another thread', () => {
    const { keyName } = access.authenticate({ apiKey: agentSecret, tenant: 'other' }, 'ingest');
    assert.equal(keyName, 'agent');
  });
});
