import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { maskSecrets } from './redaction.ts';

for (const [given, expected] of [
  ['password=hunter2 user=bob', 'password=[masked] user=bob'],
  ['DB_PASSWORD: "s3cr3t, with blanks"', 'DB_PASSWORD: "[masked]"'],
  ["{'client_secret': 'a\\'b'}", "{'client_secret': '[masked]'}"],
  ['{"api_key":"abc\\"def","n":1}', '{"api_key":"[masked]","n":1}'],
  ['{"body":"{\\"password\\":\\"hunter2\\"}"}', '{"body":"{\\"password\\":\\"[masked]\\"}"}'],
  ['GET /x?access_token=abc123&page=2', 'GET /x?access_token=[masked]&page=2'],
  ['spring.datasource.password=pw;x=1', 'spring.datasource.password=[masked];x=1'],
  [`${'very_long_prefix_'.repeat(4)}password=x1`, `${'very_long_prefix_'.repeat(4)}password=[masked]`],
  ['aws_secret_access_key=wJalrXUtnFEMI/K7MDENG', 'aws_secret_access_key=[masked]'],
  ['secretKey: abc123', 'secretKey: [masked]'],
  [':token => "abc"', ':token => "[masked]"'],
  ['Authorization: Bearer abcdef', 'Authorization: Bearer [masked]'],
  ['authorization: Basic dXNlcjpwYXNz', 'authorization: Basic [masked]'],
  ['"authorization":"GenieKey eb243592-faa2"', '"authorization":"GenieKey [masked]"'],
  ['sent bearer abcdefghijklmnop.qrs', 'sent bearer [masked]'],
  ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl end', 'jwt [masked] end'],
  ['key AKIAIOSFODNN7EXAMPLE used', 'key [masked] used'],
  ['ghp_0123456789abcdefghijABCDEFGHIJ', '[masked]'],
  ['xoxb-1234567890-abcdefghij', '[masked]'],
  ['sk_live_0123456789abcdef', '[masked]'],
  ['https://hooks.slack.com/services/T0/B0/xyz?x', 'https://hooks.slack.com/[masked]'],
  ['postgres://app:pa55@db.internal:5432/x', 'postgres://app:[masked]@db.internal:5432/x'],
  ['redis://:pa55@cache:6379', 'redis://:[masked]@cache:6379'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter', '[masked]\nafter'],
  ['-----BEGIN PRIVATE KEY-----\nMIIE', '[masked]'],
  ['mail to bob.smith+x@example.co.uk failed', 'mail to [masked email] failed'],
  ['card 4111 1111 1111 1111 declined', 'card [masked card] declined'],
  ['card 4111-1111-1111-1111.', 'card [masked card].'],
  ['pan=5555555555554444', 'pan=[masked card]'],
  ['amex 378282246310005', 'amex [masked card]'],
  ['0 4111 1111 1111 1111 0', '0 [masked card] 0'],
  ['two 4111111111111111 4012888888881881', 'two [masked card] [masked card]'],
] as const) {
  test(`masks ${given.slice(0, 50).replaceAll('\n', ' ')}`, () => {
    assert.equal(maskSecrets(given), expected);
    assert.equal(maskSecrets(expected), expected, 'masking again changes nothing');
  });
}

for (const given of [
  '',
  'charge failed: gateway timeout after 5000 ms',
  'trace 4bf92f3577b34da6a3ce929d0e0e4736 span 00f067aa0ba902b7',
  'id 0199f0c2-7d1e-7a30-8c44-5a2f0c9b1d11',
  'at 1763767062118 ms, 1763767062118000000 ns',
  'order 4111111111111112 has no check digit of a card',
  'token expired',
  'token: expired',
  'password is wrong',
  'tokens: 512',
  '10.1.2.3:8080 -> 192.168.100.200',
  'at user@host in shell',
  'basic authentication is off',
  '2026-11-21 23:18:59.123456',
  'sku-0000000000000000000000',
]) {
  test(`leaves ${given}`, () => assert.equal(maskSecrets(given), given));
}

test('the time is linear in the text, whatever it is', () => {
  const length = 200_000;
  for (const piece of [
    'eyJ-',
    'a.',
    'password',
    'password=',
    'authorization:',
    '1 ',
    '4111 ',
    'x@',
    '://a:',
    '-----BEGIN PRIVATE KEY-----',
    '"',
    '\\"',
    'sk-',
    'bearer ',
  ]) {
    const text = piece.repeat(Math.ceil(length / piece.length));
    const startedMs = process.threadCpuUsage();
    maskSecrets(text);
    const { user } = process.threadCpuUsage(startedMs);
    // quadratic time would take minutes
    assert.ok(user < 5_000_000, `${piece}: ${user} µs`);
  }
});

test('never throws, never cuts what surrounds a secret', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (before, after) => {
      maskSecrets(before);
      const shown = maskSecrets(`§ ${before.replaceAll('-', '')} § ghp_0123456789abcdefghijABCDEFGHIJ § ${after}`);
      assert.ok(!shown.includes('ghp_0123'), shown);
    }),
    { numRuns: 2000 },
  );
});
