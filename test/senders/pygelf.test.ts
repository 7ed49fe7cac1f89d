/** pygelf 0.4.3 for Python's logging, by UDP in chunks and compressed, by TCP, and by HTTP. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Product, temporaryDirectory } from '../support/product.ts';
import { findOnce } from './found-once.ts';
import { program } from './programs.ts';

const { directory, skip } = program('python');

interface Listener {
  readonly name: string;
  readonly port: number;
}

const script = `
import logging, sys, pygelf
udp, tcp, http = map(int, sys.argv[1:])
handlers = {
  'gelf-udp': pygelf.GelfUdpHandler(host='127.0.0.1', port=udp, chunk_size=100, compress=True, include_extra_fields=True, _service='gelf-udp'),
  'gelf-tcp': pygelf.GelfTcpHandler(host='127.0.0.1', port=tcp, include_extra_fields=True, _service='gelf-tcp'),
  'gelf-http': pygelf.GelfHttpHandler(host='127.0.0.1', port=http, include_extra_fields=True, _service='gelf-http'),
}
for name, handler in handlers.items():
  log = logging.getLogger(name)
  log.setLevel(logging.DEBUG)
  log.addHandler(handler)
  for n in range(50):
    log.log((n % 5 + 1) * 10, 'line %d ünïcode', n, extra={'n': n, 'text': 'x' * 300})
  handler.close()
`;

test('pygelf', { timeout: 420_000, skip }, async (t) => {
  const dataDirectory = await temporaryDirectory('gelf');
  const product = await Product.start({ dataDirectory, flags: ['--receivers.gelf.port', '0'] });
  t.after(() => product.kill());
  const listeners = (await product.status()).receivers.listeners as Listener[];
  const ports = ['gelf-udp', 'gelf-tcp'].map((name) => String(listeners.find((listener) => listener.name === name)?.port));
  await promisify(execFile)(join(directory, 'bin/python'), ['-c', script, ...ports, new URL(product.url).port]);
  for (const service of ['gelf-udp', 'gelf-tcp', 'gelf-http']) {
    const found = await findOnce(product, service, 50);
    for (const [n, name] of ['DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].entries()) {
      const { level, message, metadata } = found.get(n)!;
      assert.deepEqual([level, message, metadata.n, metadata.text], [name, `line ${n} ünïcode`, n, 'x'.repeat(300)]);
    }
  }
});
