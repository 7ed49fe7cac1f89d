/** loki4j (version in programs.ts), an appender of Logback for Java: JSON pushes, and retries with growing pauses. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { eventually, temporaryDirectory } from '../support/product.ts';
import { findOnce, missingLines } from './found-once.ts';
import { program } from './programs.ts';
import { restartTwice, Site } from './site.ts';

const { directory, skip } = program('loki4j');
const sources = join(import.meta.dirname, 'java');
/** `maxItems` of a batch in java/logback.xml. */
const batchLines = 500;
const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'];

/** Logs so many lines; resolves when the appender is done with all of them, to what it told about its batches. */
async function log(url: string, lines: number, pauseMs: number): Promise<string> {
  const configuration = join(await temporaryDirectory('logback'), 'logback.xml');
  await writeFile(configuration, (await readFile(join(sources, 'logback.xml'), 'utf8')).replace('@URL@', url));
  const flags = ['-cp', `${directory}/*`, '-Dfile.encoding=UTF-8', join(sources, 'Loki4j.java')];
  const { stdout, stderr } = await promisify(execFile)('java', [...flags, configuration, `${lines}`, `${pauseMs}`], { maxBuffer: 1 << 24 });
  return stdout + stderr;
}

/**
 * Batches that the appender sent and never again, by what it told. It repeats a push that was refused (no connection, 429,
 * 503), never one whose connection broke, so as not to make duplicates (its documentation, `http.maxRetries`).
 */
function batchesGivenUp(told: string): readonly string[] {
  const batches = (pattern: RegExp): Set<string> => new Set([...told.matchAll(pattern)].map(([, id]) => id!));
  const acknowledged = batches(/[Bb]atch (#[0-9a-f]+) \([^)]*\): Loki responded with status 204/g);
  return [...batches(/[Bb]atch (#[0-9a-f]+)/g)].filter((id) => !acknowledged.has(id));
}

test('loki4j', { timeout: 420_000, skip }, async (t) => {
  const { product, url } = await Site.start(t, 'loki4j');
  await log(url, 3000, 0);
  const found = await findOnce(product, 'shop', 3000);
  for (const n of [0, 1, 2, 3, 4, 2999]) {
    const { level, host, environment, trace_id, message, metadata } = found.get(n)!;
    assert.deepEqual([level, host, environment, trace_id], [levels[n % 5], 'web-1', 'production', `trace-${n}`]);
    assert.match(message, new RegExp(`^line ${n} ünïcode`));
    assert.equal(message.includes('IllegalStateException: declined\n\tat Loki4j.main'), n % 5 === 4);
    assert.equal(metadata.logger, 'com.example.Checkout');
  }
});

test('loki4j, while the server is killed and stopped: nothing is lost that it sends', { timeout: 420_000, skip }, async (t) => {
  const site = await Site.start(t, 'loki4j');
  const logged = log(site.url, 10_000, 100);
  await sleep(4000);
  await restartTwice(site);
  const givenUp = batchesGivenUp(await logged);
  assert.ok(givenUp.length <= 2, `one batch a restart may be under way, given up: ${givenUp}`);
  // a batch that was given up may still have been taken, so that at most, and not exactly, its lines are missing
  const missing = await eventually(
    () => missingLines(site.product, 'shop', 10_000),
    (lines) => runs(lines).length <= givenUp.length,
  );
  assert.ok(missing.length <= givenUp.length * batchLines, `${missing.length} lines of ${givenUp.length} batches`);
});

/** Stretches of consecutive numbers. */
function runs(numbers: readonly number[]): readonly number[] {
  return numbers.filter((n, index) => numbers[index - 1] !== n - 1);
}
