/**
 * The product as a new user meets it: a fresh clone, `npm start` under the machine's own Node and npm, real log files
 * sent over HTTP, and answers compared with plain text search over the same files. Ends by Ctrl-C.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import test from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { eventually, Product, repositoryRoot, temporaryDirectory } from '../support/product.ts';
import { linesWithPhrase, logFiles, probesOf } from './log-files.ts';
import type { LogFile } from './log-files.ts';

const encodings = {
  identity: (body: Buffer) => body,
  gzip: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
} as const;

/** The environment of a user's shell: without what `npm test` and this Node put in. */
function userEnvironment(): NodeJS.ProcessEnv {
  const path = (process.env.PATH ?? '').split(delimiter).filter((part) => !part.includes('node_modules'));
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|MILLRACE_|INIT_CWD)/i.test(name));
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) };
}

/** Sends the file in batches, each in another encoding and through another endpoint; times rise by a millisecond a line. */
async function send(product: Product, file: LogFile, startMs: number): Promise<void> {
  const batchLines = 250;
  for (let first = 0; first < file.lines.length; first += batchLines) {
    const batch = first / batchLines;
    const lines = file.lines.slice(first, first + batchLines);
    const timeOf = (index: number): string => new Date(startMs + first + index).toISOString();
    const [encoding, compress] = Object.entries(encodings)[batch % 5] as [string, (body: Buffer) => Buffer];
    const headers = { 'content-encoding': encoding, 'x-service-id': file.name, 'x-host': 'corpus' };
    const [path, body, contentType] = [
      () => [
        '/v1/logs/ingest',
        JSON.stringify({ logs: lines.map((message, index) => ({ timestamp: timeOf(index), service: file.name, message })) }),
        'application/json',
      ],
      () => [
        '/api/v1/logs/ingest',
        JSON.stringify({ logs: lines.map((message, index) => ({ timestamp: timeOf(index), message })) }),
        'application/json',
      ],
      () => [
        '/v1/ingest',
        JSON.stringify({ source: { service: file.name }, logs: lines.map((msg, index) => ({ ts: timeOf(index), msg })) }),
        'application/json',
      ],
      () => [
        '/v1/logs/ingest',
        lines.map((msg, index) => JSON.stringify({ '@timestamp': timeOf(index), service: file.name, msg })).join('\n'),
        'application/x-ndjson',
      ],
    ][batch % 4]();
    const response = await product.post(path, compress(Buffer.from(body)), { ...headers, 'content-type': contentType });
    const answer = (await response.json()) as Record<string, number>;
    assert.equal(response.status, 202, JSON.stringify(answer));
    assert.deepEqual([answer.ingested ?? answer.accepted, answer.failed], [lines.length, 0]);
  }
}

/** The start has built the web interface, with no further step: the page comes to a browser, and so does all that it loads. */
async function assertShowsInterface(product: Product): Promise<void> {
  assert.match(product.output(), /building the web interface[\s\S]*built in/);
  const asBrowser = { headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate' } };
  const page = await fetch(`${product.url}/`, asBrowser);
  const html = await page.text();
  assert.match(html, /<div id="app">/);
  assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'self'/);
  const loaded = [...html.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css|svg))"/g)].map(([, path]) => path);
  assert.ok(loaded.length >= 4, html);
  for (const path of loaded) assert.equal((await fetch(`${product.url}${path}`)).status, 200, path);
}

test('a fresh clone starts, takes real logs and finds what plain text search finds', { timeout: 420_000 }, async (t) => {
  const directory = await temporaryDirectory('clone');
  const clone = join(directory, 'millrace');
  execFileSync('git', ['clone', '--quiet', repositoryRoot, clone]);
  const product = await Product.start({
    dataDirectory: join(directory, 'data'),
    command: ['npm', 'start', '--'],
    directory: clone,
    environment: userEnvironment(),
    startTimeoutMs: 200_000,
  });
  t.after(() => product.kill());
  assert.match(product.output(), /curl .*\/v1\/logs\/ingest/);
  await assertShowsInterface(product);

  const files = logFiles();
  const startMs = Date.now() - 600_000;
  for (const [index, file] of files.entries()) await send(product, file, startMs + index * 10);
  const lineCount = files.reduce((sum, { lines }) => sum + lines.length, 0);
  const range = { time_range: { last: '1h' } };
  const all = { filters: range, limit: 1 };
  await eventually(
    () => product.search(all),
    ({ total }) => total >= lineCount,
  );

  const check = async (): Promise<void> => {
    assert.equal((await product.search(all)).total, lineCount);
    for (const { name, lines } of files) {
      for (const probe of probesOf(lines)) {
        const expected = linesWithPhrase(lines, probe).sort();
        const found = await product.searchAll({ query: `"${probe}"`, filters: { service: name, ...range } });
        assert.deepEqual(found.map(({ message }) => message).sort(), expected, `"${probe}" in ${name}`);
      }
    }
  };
  await check();
  assert.equal((await product.post('/v1/admin/flush', {})).status, 200);
  await check();

  const counts = await product.post('/v1/logs/aggregate', { filters: range, group_by: ['service'], metric: 'count' });
  const { buckets } = (await counts.json()) as { buckets: { group: { service: string }; value: number }[] };
  const byService = (rows: [string, number][]) => rows.sort(([a], [b]) => (a < b ? -1 : 1));
  assert.deepEqual(
    byService(buckets.map(({ group, value }) => [group.service, value])),
    byService(files.map(({ name, lines }) => [name, lines.length])),
  );

  // npm ends itself by the signal that it got; the product behind it ends in peace.
  await product.stop();
  assert.match(product.output(), /stopped\s*$/);

  const again = await Product.start({
    dataDirectory: join(directory, 'data'),
    command: ['node', 'bin/millrace.mjs', 'serve'],
    directory: clone,
    environment: userEnvironment(),
  });
  t.after(() => again.kill());
  const { total } = await eventually(
    () => again.search(all),
    ({ complete }) => complete,
  );
  assert.equal(total, lineCount);
  assert.equal(await again.stop(), 0, again.output());
});
