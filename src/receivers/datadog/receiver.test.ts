import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import type { SenderCredentials } from '#ingest/intake.ts';
import type { HttpMethod } from '#receivers/http-receiver.ts';
import { createFakeIntake, fakeAnswer } from '#receivers/intake.fake.ts';
import type { FakeIntakeOptions, FakeRequestParts } from '#receivers/intake.fake.ts';
import { createDatadogReceiver } from './receiver.ts';

function receiver(options: FakeIntakeOptions = {}) {
  const fake = createFakeIntake(options);
  const { routes } = createDatadogReceiver(fake.context);
  const ask = async (method: HttpMethod, path: string, parts: FakeRequestParts = {}): Promise<readonly [number, unknown]> => {
    const answer = await fakeAnswer(routes, method, path, parts);
    assert.ok(answer !== undefined, `${method} ${path} is answered`);
    return [answer.status, JSON.parse(answer.text)];
  };
  return { fake, ask };
}

const body = '[{"message":"a"},{"message":"b"}]';

for (const path of ['/api/v2/logs', '/v1/input', '/v1/input/some-key']) {
  test(`POST ${path}`, async () => {
    const { fake, ask } = receiver();
    assert.deepEqual(await ask('POST', path, { body }), [202, {}]);
    assert.deepEqual([fake.lines().length, fake.batches[0].receiver, fake.batches[0].content], [2, 'datadog', 'text']);
  });
}

test('keys, wherever Datadog puts them', async () => {
  const authenticate = ({ apiKey }: SenderCredentials): string => {
    if (apiKey !== 'good') throw new AppError('unauthenticated', 'the API key is not known');
    return 'shop';
  };
  const table: readonly (readonly [path: string, headers: Record<string, string>, status: number])[] = [
    ['/api/v2/logs', { 'dd-api-key': 'good' }, 202],
    ['/api/v2/logs?dd-api-key=good', {}, 202],
    ['/v1/input?api_key=good', {}, 202],
    ['/v1/input/good', {}, 202],
    ['/api/v2/logs', {}, 403],
    ['/api/v2/logs', { 'dd-api-key': 'bad' }, 403],
  ];
  for (const [path, headers, expected] of table) {
    const { ask } = receiver({ authenticate });
    const [status, reply] = await ask('POST', path, { body, headers });
    assert.equal(status, expected, `${path} ${JSON.stringify(headers)}`);
    if (status === 403) assert.deepEqual(reply, { errors: [{ status: '403', title: 'Forbidden', detail: 'the API key is not known' }] });
  }
  const { ask } = receiver({ authenticate });
  assert.deepEqual(await ask('GET', '/api/v1/validate', { headers: { 'dd-api-key': 'good' } }), [200, { valid: true }]);
  assert.equal((await ask('GET', '/api/v1/validate'))[0], 403);
});

test('errors have the shape and the status that the agent knows', async () => {
  const table: readonly (readonly [error: AppError, status: number, title: string])[] = [
    [new AppError('log_full', 'full'), 429, 'Too Many Requests'],
    [new AppError('log_unavailable', 'gone'), 503, 'Service Unavailable'],
    [new AppError('body_too_large', 'large'), 413, 'Payload Too Large'],
  ];
  for (const [error, status, title] of table) {
    const { fake, ask } = receiver();
    fake.submitError = error;
    assert.deepEqual(await ask('POST', '/api/v2/logs', { body }), [
      status,
      { errors: [{ status: String(status), title, detail: error.message }] },
    ]);
  }
  assert.equal((await receiver().ask('POST', '/api/v2/logs', { body: '[{' }))[0], 400);
});

test('a poison record harms no other, and is kept', async () => {
  const { fake, ask } = receiver();
  assert.deepEqual(await ask('POST', '/api/v2/logs', { body: '[{"message":"a"},7]' }), [202, {}]);
  assert.deepEqual([fake.lines().length, fake.batches[0].quarantined[0].text], [1, '7']);
});
