/** loki4j (version in programs.ts), an appender of Logback for Java: JSON pushes, and retries with growing pauses. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { temporaryDirectory } from '../support/product.ts';
import { findAtLeastOnce, findOnce } from './found-once.ts';
import { program } from './programs.ts';
import { restartTwice, Site } from './site.ts';

const { directory, skip } = program('loki4j');
const sources = join(import.meta.dirname, 'java');
const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'];

/** Logs so many lines, and resolves when all of them are sent. */
async function log(t: TestContext, url: string, lines: number, pauseMs: number): Promise<void> {
  const configuration = join(await temporaryDirectory(t, 'logback'), 'logback.xml');
  await writeFile(configuration, (await readFile(join(sources, 'logback.xml'), 'utf8')).replace('@URL@', url));
  const flags = ['-cp', `${directory}/*`, '-Dfile.encoding=UTF-8', join(sources, 'Loki4j.java')];
  await promisify(execFile)('java', [...flags, configuration, `${lines}`, `${pauseMs}`]);
}

test('loki4j', { timeout: 120_000, skip }, async (t) => {
  const { product, url } = await Site.start(t, 'loki4j');
  await log(t, url, 3000, 0);
  const found = await findOnce(product, 'shop', 3000);
  for (const n of [0, 1, 2, 3, 4, 2999]) {
    const { level, host, environment, trace_id, message, metadata } = found.get(n)!;
    assert.deepEqual([level, host, environment, trace_id], [levels[n % 5], 'web-1', 'production', `trace-${n}`]);
    assert.match(message, new RegExp(`^line ${n} ünïcode`));
    assert.equal(message.includes('IllegalStateException: declined\n\tat Loki4j.main'), n % 5 === 4);
    assert.equal(metadata.logger, 'com.example.Checkout');
  }
});

test('loki4j, while the server is killed and stopped: nothing is lost', { timeout: 180_000, skip }, async (t) => {
  const site = await Site.start(t, 'loki4j');
  const logged = log(t, site.url, 10_000, 100);
  await sleep(4000);
  await restartTwice(site);
  await logged;
  await findAtLeastOnce(site.product, 'shop', 10_000);
});
