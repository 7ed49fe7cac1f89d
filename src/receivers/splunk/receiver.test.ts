import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '#base/errors.ts';
import type { SenderCredentials } from '#ingest/intake.ts';
import type { HttpMethod } from '#receivers/http-receiver.ts';
import { createFakeIntake, fakeAnswer } from '#receivers/intake.fake.ts';
import type { FakeIntakeOptions, FakeRequestParts } from '#receivers/intake.fake.ts';
import { createSplunkReceiver } from './receiver.ts';

function receiver(options: FakeIntakeOptions = {}) {
  const fake = createFakeIntake(options);
  const { routes } = createSplunkReceiver(fake.context);
  const ask = async (
    method: HttpMethod,
    path: string,
    parts: FakeRequestParts = {},
  ): Promise<readonly [number, Record<string, unknown>]> => {
    const answer = await fakeAnswer(routes, method, `/services/collector${path}`, parts);
    assert.ok(answer !== undefined, `${method} ${path} is answered`);
    return [answer.status, JSON.parse(answer.text) as Record<string, unknown>];
  };
  return { fake, ask };
}

const body = '{"event":"a"}{"event":"b"}';

describe('taking events', () => {
  for (const path of ['', '/event', '/event/1.0']) {
    test(`POST ${path}`, async () => {
      const { fake, ask } = receiver();
      assert.deepEqual(await ask('POST', path, { body }), [200, { text: 'Success', code: 0 }]);
      assert.deepEqual([fake.batches[0].content, fake.lines().length], ['records', 2]);
    });
  }
  for (const path of ['/raw', '/raw/1.0?source=job&host=h']) {
    test(`POST ${path}`, async () => {
      const { fake, ask } = receiver();
      assert.deepEqual(await ask('POST', path, { body: 'one\ntwo\n' }), [200, { text: 'Success', code: 0 }]);
      assert.deepEqual([fake.batches[0].content, fake.lines().length], ['text', 2]);
    });
  }

  test("OPTIONS, as Docker's driver asks before it starts", async () => {
    const { fake } = receiver();
    const { routes } = createSplunkReceiver(fake.context);
    assert.equal((await fakeAnswer(routes, 'OPTIONS', '/services/collector/event/1.0'))?.status, 200);
  });

  test('no data', async () => {
    for (const [path, nothing] of [
      ['/event', ''],
      ['/event', ' \n '],
      ['/raw', ''],
      ['/raw', '\r\n\n'],
    ] as const) {
      assert.deepEqual(await receiver().ask('POST', path, { body: nothing }), [400, { text: 'No data', code: 5 }]);
    }
  });

  test('the first event that fails is named, the others are taken', async () => {
    const { fake, ask } = receiver();
    assert.deepEqual(await ask('POST', '/event', { body: '{"event":"a"}{"time":1}{"event":""}{"event":"b"}' }), [
      400,
      { text: 'Event field is required', code: 12, 'invalid-event-number': 1 },
    ]);
    assert.deepEqual([fake.lines().length, fake.batches[0].quarantined.length], [2, 2]);
    assert.deepEqual(await receiver().ask('POST', '/event', { body: '{"event":""}' }), [
      400,
      { text: 'Event field cannot be blank', code: 13, 'invalid-event-number': 0 },
    ]);
    assert.deepEqual(await receiver().ask('POST', '/event', { body: 'event' }), [
      400,
      { text: 'Invalid data format', code: 6, 'invalid-event-number': 0 },
    ]);
  });
});

describe('pressure', () => {
  test('is 503 with code 9, whatever bound it is', async () => {
    const errors = [new AppError('log_full', 'full'), new AppError('log_unavailable', 'gone'), new AppError('gateway_overloaded', 'busy')];
    for (const error of errors) {
      const { fake, ask } = receiver();
      fake.submitError = error;
      assert.deepEqual(await ask('POST', '/event', { body }), [503, { text: 'Server is busy', code: 9 }]);
    }
  });

  test('shows in the health', async () => {
    const { fake, ask } = receiver();
    assert.deepEqual(await ask('GET', '/health/1.0'), [200, { text: 'HEC is healthy', code: 17 }]);
    fake.admitError = new AppError('log_full', 'full');
    assert.deepEqual(await ask('GET', '/health'), [503, { text: 'HEC is unhealthy, queues are full', code: 18 }]);
  });

  test('a body over the bound', async () => {
    const { ask } = receiver({ ingest: { max_records: 1 } });
    const [status, { code }] = await ask('POST', '/event', { body });
    assert.deepEqual([status, code], [413, 27]);
  });
});

describe('tokens', () => {
  const seen: SenderCredentials[] = [];
  const authenticate = (credentials: SenderCredentials): string => {
    seen.push(credentials);
    const token = credentials.apiKey ?? credentials.authorization?.replace(/^Splunk /, '');
    if (token === 'reader') throw new AppError('forbidden', 'may not send lines');
    if (token !== 'good') throw new AppError('unauthenticated', 'not known');
    return 'shop';
  };

  const table: readonly (readonly [name: string, path: string, headers: Record<string, string>, status: number, code: number])[] = [
    ['in the header', '/event', { authorization: 'Splunk good' }, 200, 0],
    ['as a parameter', '/event?token=good', {}, 200, 0],
    ['none', '/event', {}, 401, 2],
    ['an unknown one', '/event', { authorization: 'Splunk bad' }, 403, 4],
    ['one that may not send', '/event?token=reader', {}, 403, 1],
    ['none, asking for acknowledgements', '/ack?channel=c', {}, 401, 2],
  ];
  for (const [name, path, headers, status, code] of table) {
    test(name, async () => {
      const { fake, ask } = receiver({ authenticate });
      const [answered, reply] = await ask('POST', path, { body, headers });
      assert.deepEqual([answered, reply['code']], [status, code]);
      if (status === 200) assert.equal(fake.batches[0].tenant, 'shop');
    });
  }

  test('health needs none: load balancers ask without', async () => {
    assert.equal((await receiver({ authenticate }).ask('GET', '/health'))[0], 200);
  });
});

describe('acknowledgements', () => {
  const channel = { 'x-splunk-request-channel': '6b8e2a5c-1f8d-4f0c-9a55-0f1d7b6f2c11' };

  test('an id each, given and acknowledged only once durable', async () => {
    const { fake, ask } = receiver();
    let makeDurable = (): void => undefined;
    fake.durable = new Promise<void>((resolve) => (makeDurable = resolve));
    let isAnswered = false;
    const first = ask('POST', '/event', { body, headers: channel }).finally(() => (isAnswered = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isAnswered, false);
    makeDurable();
    const [, { ackId: one }] = await first;
    const [, { ackId: two }] = await ask('POST', '/raw?channel=c', { body });
    assert.ok(Number.isSafeInteger(one) && Number.isSafeInteger(two) && one !== two);
    assert.deepEqual(await ask('POST', '/ack', { headers: channel, body: JSON.stringify({ acks: [one, two] }) }), [
      200,
      { acks: { [String(one)]: true, [String(two)]: true } },
    ]);
  });

  test('ids of workers are apart', async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await receiver().ask('POST', '/event', { body, headers: channel }))[1]['ackId']),
    );
    assert.ok(new Set(ids).size >= 19, `20 bits make a coincidence unlikely: ${ids.join()}`);
  });

  test('no id without a channel, nor for a request that failed', async () => {
    assert.equal((await receiver().ask('POST', '/event', { body }))[1]['ackId'], undefined);
    const { fake, ask } = receiver();
    fake.submitError = new AppError('log_full', 'full');
    assert.equal((await ask('POST', '/event', { body, headers: channel }))[1]['ackId'], undefined);
  });

  const refused: readonly (readonly [asked: string, headers: Record<string, string>, code: number])[] = [
    ['{"acks":[1]}', {}, 10],
    ['', channel, 6],
    ['[]', channel, 6],
    ['{"acks":"1"}', channel, 6],
    ['{"acks":[1.5]}', channel, 6],
    ['{"acks":[-1]}', channel, 6],
    [JSON.stringify({ acks: Array.from({ length: 10_001 }, (_, i) => i) }), channel, 6],
  ];
  for (const [asked, headers, code] of refused) {
    test(`refused: ${asked.slice(0, 20)}`, async () => {
      const [status, reply] = await receiver().ask('POST', '/ack', { body: asked, headers });
      assert.deepEqual([status, reply['code']], [400, code]);
    });
  }
});
