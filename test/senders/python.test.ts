/**
 * Senders for Python (versions in programs.ts): python-logging-loki, OpenTelemetry by HTTP and gRPC, the clients of
 * Elasticsearch and OpenSearch. python-logging-loki never sends a line again, so there is no test with a restart.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findAtLeastOnce, findOnce } from './found-once.ts';
import type { Found } from './found-once.ts';
import { program } from './programs.ts';
import { restartTwice, Site } from './site.ts';

const { directory, skip } = program('python');
const httpPort = 'receivers.otlp.http.port';
const grpcPort = 'receivers.otlp.grpc.port';
const elasticsearchPort = 'receivers.elasticsearch.port';
const levels = ['DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

function run(script: string, ...args: readonly (string | number)[]): Promise<{ readonly stdout: string }> {
  const path = join(import.meta.dirname, 'python', script);
  return promisify(execFile)(join(directory, 'bin/python'), [path, ...args.map(String)]);
}

/** Looks at what each sender's lines have in common; all of them count their lines through Python's five levels. */
function assertFields(found: ReadonlyMap<number, Found>): void {
  for (const n of [0, 1, 2, 3, 4, found.size - 1]) {
    const { level, host, environment, message, timestamp } = found.get(n)!;
    assert.deepEqual([level, host, environment, message], [levels[n % 5], 'web-1', 'production', `line ${n} ünïcode`]);
    assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 120_000);
  }
}

test('python-logging-loki', { timeout: 420_000, skip }, async (t) => {
  const { product, url } = await Site.start(t, 'python-loki');
  await run('loki.py', url, 200);
  const found = await findOnce(product, 'shop', 200);
  assertFields(found);
  assert.equal(found.get(7)?.resource?.region, 'eu-1');
});

const ways = {
  'OpenTelemetry for Python, HTTP': ['otel.py', 'http', httpPort],
  'OpenTelemetry for Python, gRPC': ['otel.py', 'grpc', grpcPort],
  'elasticsearch for Python': ['bulk.py', 'elasticsearch', elasticsearchPort],
  'opensearch-py': ['bulk.py', 'opensearch', elasticsearchPort],
} as const;

for (const [name, [script, kind, port]] of Object.entries(ways)) {
  test(name, { timeout: 420_000, skip }, async (t) => {
    const site = await Site.start(t, 'python', [port]);
    await run(script, kind, `http://${site.addressOf(port)}`, 3000, 0);
    const found = await findOnce(site.product, 'shop', 3000);
    assertFields(found);
    assert.equal(found.get(2999)?.metadata.n, 2999);
  });

  test(`${name}, while the server is killed and stopped: nothing is lost`, { timeout: 420_000, skip }, async (t) => {
    const site = await Site.start(t, 'python', [port]);
    const sent = run(script, kind, `http://${site.addressOf(port)}`, 10_000, 8);
    await sleep(3000);
    await restartTwice(site);
    await sent;
    await findAtLeastOnce(site.product, 'shop', 10_000);
  });
}
