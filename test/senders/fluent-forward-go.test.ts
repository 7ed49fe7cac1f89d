/**
 * fluent-forward-go 0.4.0: Forward, PackedForward and CompressedPackedForward with acknowledgements, and the handshake.
 * It makes a new id for each message, also when a program sends the same entries again.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createAccess } from '#access/access.ts';
import { Secret } from '#base/secret.ts';
import { forwardConfig } from '#receivers/forward/config.ts';
import { createForwardReceiver } from '#receivers/forward/receiver.ts';
import { createFakeIntake } from '#receivers/intake.fake.ts';
import { defaultsOf } from '../support/config-defaults.ts';
import { eventually } from '../support/product.ts';
import { findAny, findOnce, linesOf } from './found-once.ts';
import { program } from './programs.ts';
import { Site } from './site.ts';

const port = 'receivers.forward.port';
const perMessage = 100;
const { directory, skip } = program('fluent-forward-go');

/** Sends; resolves with the number of messages that were sent again. */
async function send(address: string, key: string, messages: number): Promise<number> {
  const { stdout } = await promisify(execFile)(join(directory, 'sender'), [address, key, `${messages}`], { timeout: 150_000 });
  return Number(stdout);
}

test('fluent-forward-go', { timeout: 420_000, skip }, async (t) => {
  const site = await Site.start(t, 'fluent-forward-go', [port]);
  assert.equal(await send(site.addressOf(port), '', 30), 0);
  const found = await findOnce(site.product, 'shop', 30 * perMessage);
  for (const n of [0, 100, 200, 2999]) {
    const { host, metadata } = found.get(n)!;
    assert.equal(host, 'node-1');
    assert.deepEqual(metadata, { 'fluent.tag': 'kube.shop', 'kubernetes.container_name': 'shop', 'kubernetes.labels.team': 't' });
  }
});

test('fluent-forward-go, while the server is restarted', { timeout: 420_000, skip }, async (t) => {
  const site = await Site.start(t, 'fluent-forward-go', [port]);
  const messages = 600;
  const sending = send(site.addressOf(port), '', messages);
  await findAny(site.product, 'shop');
  await site.restart();
  const resent = await sending;
  assert.ok(resent > 0, 'the restart was felt');
  const expected = messages * perMessage;
  const numbers = await eventually(
    async () => (await linesOf(site.product, 'shop')).map(({ message }) => message),
    (found) => new Set(found).size === expected,
  );
  assert.ok(numbers.length - expected <= resent * perMessage, `${numbers.length - expected} lines twice after ${resent} messages again`);
});

test('fluent-forward-go, with an API key as its shared key', { timeout: 420_000, skip }, async (t) => {
  const secret = 'edge-key-0123456789';
  const key = {
    name: 'edge',
    key: new Secret(secret),
    key_sha256: '',
    tenant: 'shop',
    may_ingest: true,
    may_read: false,
    may_prioritise: false,
    may_act_for_others: false,
  };
  const access = createAccess({ keys: [key] });
  const fake = createFakeIntake();
  const intake = { ...fake.intake, authenticate: (credentials: object) => access.authenticate(credentials, 'ingest') };
  const config = { ...defaultsOf(forwardConfig), port: 0 };
  const [listener] = createForwardReceiver({ ...fake.context, intake }, config).listeners;
  const running = await listener.start({ host: '127.0.0.1', port: 0, reusePort: false, createHttpServer: () => assert.fail('not HTTP') });
  t.after(() => running.stop());
  assert.equal(await send(`127.0.0.1:${running.port}`, secret, 6), 0);
  assert.equal(fake.lines().length, 6 * perMessage);
  assert.deepEqual(new Set(fake.batches.map(({ tenant, sender }) => `${tenant} ${sender}`)), new Set(['shop 127.0.0.1 edge']));
});
