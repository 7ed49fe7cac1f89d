/** fluent-logger 0.11.1 for Python: Message mode, without acknowledgements, so there is no test with a restart. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findOnce } from './found-once.ts';
import { program } from './programs.ts';
import { Site } from './site.ts';

const port = 'receivers.forward.port';
const { directory, skip } = program('python');

const script = `
import sys
from fluent import asyncsender, sender
host, port = sys.argv[1].split(':')
log = sender.FluentSender('app', host=host, port=int(port), nanosecond_precision=True)
for n in range(1000):
    assert log.emit('shop', {'message': 'line %d' % n, 'level': 'warning', 'user': {'id': n}, 'ratio': 0.5, 'list': ['a', n]})
log.close()
later = asyncsender.FluentSender('app', host=host, port=int(port))
for n in range(1000): later.emit('worker', {'log': 'line %d' % n})
later.close()
`;

test('fluent-logger', { timeout: 420_000, skip }, async (t) => {
  const site = await Site.start(t, 'fluent-logger', [port]);
  await promisify(execFile)(join(directory, 'bin/python'), ['-c', script, site.addressOf(port)]);
  const found = await findOnce(site.product, 'shop', 1000);
  for (const n of [0, 1, 999]) {
    const { level, metadata, timestamp } = found.get(n)!;
    assert.deepEqual([level, metadata], ['WARN', { 'fluent.tag': 'app.shop', 'user.id': n, ratio: 0.5, list: ['a', n] }]);
    assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 120_000);
  }
  await findOnce(site.product, 'worker', 1000);
});
