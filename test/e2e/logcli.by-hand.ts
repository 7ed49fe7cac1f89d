/**
 * logcli 3.7.8, Loki's own command line. It takes minutes to build and its modules a gigabyte, so it is run by hand:
 * `LOGCLI=<path of one> node_modules/.bin/node --test test/e2e/logcli.by-hand.ts`. What it sends is also in
 * loki-reading.test.ts. To build it: the module github.com/grafana/loki/v3 as the main module, without the `replace` of
 * pkg/push, `go build ./cmd/logcli`.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { eventually, Product, temporaryDirectory } from '../support/product.ts';

const path = process.env.LOGCLI ?? '';
const skip = path === '' && 'LOGCLI is not the path of logcli';

const startMs = Date.now() - 600_000;
const lineCount = 250;

test('logcli', { skip, timeout: 300_000 }, async (t) => {
  const product = await Product.start({ dataDirectory: await temporaryDirectory('logcli') });
  t.after(() => product.stop());
  const environment = { ...process.env, LOKI_ADDR: product.url };
  const run = async (...parameters: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(path, ['--quiet', ...parameters], { env: environment, maxBuffer: 2 ** 26 });
    return stdout;
  };
  const push = async (first: number, count: number): Promise<void> => {
    const values = Array.from({ length: count }, (_, index) => [
      String(BigInt(startMs + (first + index) * 100) * 1_000_000n),
      JSON.stringify({ level: index % 5 === 0 ? 'error' : 'info', n: first + index }),
    ]);
    const answer = await product.post('/loki/api/v1/push', { streams: [{ stream: { app: 'shop', env: 'prod' }, values }] });
    assert.equal(answer.status, 204);
  };
  await push(0, lineCount);
  const lines = (...more: readonly string[]): Promise<string[]> =>
    run('query', '--since=1h', '--output=raw', ...more, '{app="shop"}').then((text) => text.split('\n').filter(Boolean));
  await eventually(
    () => lines('--limit=1000'),
    (found) => found.length === lineCount,
  );

  await t.test('pages, newest and oldest first', async () => {
    const newest = await lines('--limit=240', '--batch=50');
    assert.equal(new Set(newest).size, 240);
    assert.equal(JSON.parse(newest[0]).n, lineCount - 1);
    const oldest = await lines('--limit=120', '--batch=50', '--forward');
    assert.deepEqual(
      oldest.map((line) => JSON.parse(line).n),
      Array.from({ length: 120 }, (_, n) => n),
    );
  });

  await t.test('a pipeline', async () => {
    const text = await run('query', '--since=1h', '--output=raw', '{app="shop"} | json | n > 245 | line_format "n={{.n}}"');
    assert.deepEqual(text.split('\n').filter(Boolean), ['n=249', 'n=248', 'n=247', 'n=246']);
  });

  await t.test('metrics', async () => {
    const [{ value }] = JSON.parse(await run('instant-query', 'sum(count_over_time({app="shop"} | json | level="error" [1h]))'));
    assert.equal(value[1], String(lineCount / 5));
    const matrix = JSON.parse(await run('query', '--since=1h', '--step=60s', 'sum by (level) (count_over_time({env="prod"}[1m]))'));
    assert.deepEqual(matrix.map(({ metric }: { metric: object }) => metric).length, 2);
  });

  await t.test('labels, series, statistics, volume', async () => {
    assert.deepEqual((await run('labels')).split('\n').filter(Boolean), ['app', 'env', 'level', 'service_name']);
    assert.deepEqual((await run('labels', 'app')).split('\n').filter(Boolean), ['shop']);
    assert.match(await run('series', '{app="shop"}'), /\{app="shop", env="prod", level="error", service_name="shop"\}/);
    assert.match(await run('stats', '{app="shop"}'), /entries: 250/);
    assert.equal(JSON.parse(await run('volume', '{app="shop"}'))[0].metric.app, 'shop');
    assert.match(await run('detected-fields', '{app="shop"}'), /label: n\s/);
  });

  await t.test('tail', async (sub) => {
    const child = spawn(path, ['--quiet', 'query', '--tail', '--output=raw', '{app="shop"} | json | n >= 1000'], { env: environment });
    sub.after(() => child.kill());
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    await eventually(
      () => product.status(),
      ({ consumers }) => Object.keys(consumers.tail.positions).length > 0,
    );
    await push(1000, 3);
    await eventually(
      async () => printed.split('\n').filter(Boolean).length,
      (count) => count === 3,
    );
  });

  await t.test('an error is shown as it is', async () => {
    await assert.rejects(run('query', '{app="shop"'), /parse error at line 1, col 12: syntax error: unexpected \$end, expecting \} or ,/);
  });
});
