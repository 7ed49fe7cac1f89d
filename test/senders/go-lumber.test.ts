/**
 * The client of go-lumber, which Filebeat's `output.logstash` is made of (Filebeat itself cannot be had here). A window
 * whose acknowledgement is lost comes again: what was durable by then is there twice, as the protocol has no ids.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from '../support/product.ts';
import { findAny, findOnce, linesOf } from './found-once.ts';
import { program } from './programs.ts';
import { Site } from './site.ts';

const port = 'receivers.beats.port';
const { directory, skip } = program('go-lumber');

/** Sends; resolves with the number of windows that were sent again. */
async function send(site: Site, windows: number, windowSize: number): Promise<number> {
  const { stdout } = await promisify(execFile)(join(directory, 'sender'), [site.addressOf(port), `${windows}`, `${windowSize}`]);
  return Number(stdout);
}

test('go-lumber', { timeout: 420_000, skip }, async (t) => {
  const site = await Site.start(t, 'go-lumber', [port]);
  assert.equal(await send(site, 5, 2048), 0);
  const found = await findOnce(site.product, 'shop', 5 * 2048);
  for (const n of [0, 2047, 2048, 10_239]) {
    const { host, metadata } = found.get(n)!;
    assert.equal(host, 'web-1');
    assert.deepEqual(metadata, {
      'log.offset': n,
      'log.file.path': '/var/log/shop.log',
      'fields.service': 'shop',
      'agent.type': 'filebeat',
      'agent.version': '9.1.0',
    });
  }
});

test('go-lumber, while the server is restarted', { timeout: 420_000, skip }, async (t) => {
  const site = await Site.start(t, 'go-lumber', [port]);
  // many small ones, each acknowledged: it is not done before the restart
  const [windows, windowSize] = [600, 100];
  const sending = send(site, windows, windowSize);
  await findAny(site.product, 'shop');
  await site.restart();
  const resent = await sending;
  assert.ok(resent > 0, 'the restart was felt');
  const expected = windows * windowSize;
  const numbers = await eventually(
    async () => (await linesOf(site.product, 'shop')).map(({ message }) => Number(message.slice('line '.length))),
    (found) => new Set(found).size === expected,
  );
  // no line is lost, and only windows in flight came twice
  assert.ok(numbers.length - expected <= resent * windowSize, `${numbers.length - expected} lines twice after ${resent} windows again`);
});
