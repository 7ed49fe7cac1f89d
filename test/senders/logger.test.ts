/** `logger` of util-linux, by UDP and TCP, in both formats. Each call is a connection of its own, without acknowledgement. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ownPort } from '../support/own-ports.ts';
import { findOnce } from './found-once.ts';
import { Site } from './site.ts';

test('logger', { timeout: 420_000 }, async (t) => {
  const port = `${await ownPort()}`;
  const { product } = await Site.start(t, 'logger', [], ['--receivers.syslog.port', port]);
  const ways = {
    'lg-udp': ['-d', '--rfc5424'],
    'lg-udp-old': ['-d', '--rfc3164'],
    'lg-tcp': ['-T', '--octet-count', '--sd-id', 'zoo@123', '--sd-param', 'tiger="hungry \\"big\\""'],
    'lg-tcp-old': ['-T', '--rfc3164'],
  };
  for (const [tag, flags] of Object.entries(ways)) {
    const target = ['-n', '127.0.0.1', '-P', port, '-p', 'auth.crit', '-t', tag, '--id=42'];
    await promisify(execFile)('logger', [...target, ...flags, 'line 0']);
  }
  for (const tag of Object.keys(ways)) {
    const { level, message, metadata } = (await findOnce(product, tag, 1)).get(0)!;
    assert.deepEqual([level, message, metadata['syslog.facility'], metadata['syslog.procid']], ['FATAL', 'line 0', 'auth', '42']);
    if (tag === 'lg-tcp') assert.equal(metadata['zoo@123.tiger'], 'hungry "big"');
  }
});
