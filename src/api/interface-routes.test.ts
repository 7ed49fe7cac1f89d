import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { createTestApi } from './create-api.fake.ts';
import { readInterface } from './interface-files.ts';

const html = '<!doctype html><script src="/theme.js" nonce="MILLRACE_NONCE"></script><div id="app"></div>';
const script = `${'const water = 1;'.repeat(200)}\n`;
const person = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'sec-fetch-mode': 'navigate' };

async function directoryWith(t: TestContext, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-interface-'));
  t.after(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, 'assets'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  return directory;
}

async function built(t: TestContext) {
  const directory = await directoryWith(t, {
    'index.html': html,
    'theme.js': '1;',
    'sources.sha256': 'x',
    'assets/index-1a2b.js': script,
    'assets/index-1a2b.js.br': brotliCompressSync(script),
    'assets/index-1a2b.js.gz': gzipSync(script),
  });
  return createTestApi(t, { web: readInterface(directory) });
}

describe('the web interface', () => {
  test('every page is the one page, strictly fenced, never kept', async (t) => {
    const { get } = await built(t);
    for (const path of [
      '/',
      '/explore',
      '/explore?q=x',
      '/status',
      '/dashboards/my%20own',
      '/trace/abc',
      '/logs/01980db4',
      '/links/x',
      '/status/',
    ]) {
      const { statusCode, headers, body } = await get(path, person);
      assert.equal(statusCode, 200, path);
      assert.match(body, /<div id="app">/, path);
      const policy = String(headers['content-security-policy']);
      const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
      assert.ok(nonce.length > 20 && body.includes(`nonce="${nonce}"`), path);
      assert.match(policy, /default-src 'none'; script-src 'self';/);
      assert.doesNotMatch(policy, /unsafe|https?:|\*/);
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['x-content-type-options'], 'nosniff');
    }
    const [one, two] = [await get('/', person), await get('/', person)];
    assert.notEqual(one.body, two.body, 'each answer has a nonce of its own');
  });

  test('programs get what they always got', async (t) => {
    const { get } = await built(t);
    assert.match((await get('/')).body, /All endpoints/);
    assert.equal((await get('/trace/abc')).statusCode, 307);
    assert.equal((await get('/v1/nothing', person)).statusCode, 404);
    assert.equal((await get('/v1/nothing', person)).json<{ error: { code: string } }>().error.code, 'not_found');
    assert.equal((await get('/no-such-page')).json<{ error: { code: string } }>().error.code, 'not_found');
  });

  test('a link that leads nowhere shows people the page, as not found', async (t) => {
    const { get } = await built(t);
    const { statusCode, body } = await get('/no/such/page', person);
    assert.equal(statusCode, 404);
    assert.match(body, /<div id="app">/);
    assert.equal((await get('/assets/gone-1a2b.js', person)).statusCode, 404);
  });

  const encodings: readonly [accept: string | undefined, encoding: string | undefined][] = [
    ['gzip, deflate, br, zstd', 'br'],
    ['br;q=0, gzip', 'gzip'],
    ['gzip;q=0.5', 'gzip'],
    ['gzip;q=0', undefined],
    ['identity', undefined],
    [undefined, undefined],
    ['brotli', undefined],
  ];
  for (const [accept, encoding] of encodings) {
    test(`accept-encoding ${accept}: ${encoding ?? 'as it is'}`, async (t) => {
      const { get } = await built(t);
      const { headers, rawPayload } = await get('/assets/index-1a2b.js', accept === undefined ? {} : { 'accept-encoding': accept });
      assert.equal(headers['content-encoding'], encoding);
      assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable');
      assert.equal(headers['content-type'], 'text/javascript; charset=utf-8');
      assert.equal(headers['vary'], 'accept-encoding');
      const expected = encoding === 'br' ? brotliCompressSync(script) : encoding === 'gzip' ? gzipSync(script) : Buffer.from(script);
      assert.deepEqual(rawPayload, expected);
    });
  }

  test('a file without a hash in its name is asked for again', async (t) => {
    const { get } = await built(t);
    const { headers } = await get('/theme.js');
    assert.equal(headers['cache-control'], 'no-cache');
    const again = await get('/theme.js', { 'if-none-match': String(headers['etag']) });
    assert.deepEqual([again.statusCode, again.body], [304, '']);
    assert.equal((await get('/sources.sha256')).statusCode, 404, 'only what the page loads is given out');
  });

  test('without a build the start page says why', async (t) => {
    const failed = await directoryWith(t, { 'index.html': html, 'build-problem.txt': 'Unexpected <token>' });
    const { get } = createTestApi(t, { web: readInterface(failed) });
    const page = await get('/', person);
    assert.match(page.body, /The web interface is not here<\/h2>\n<pre>Unexpected &lt;token&gt;/);
    assert.equal((await get('/explore', person)).statusCode, 404);
    const absent = createTestApi(t, { web: readInterface(join(failed, 'none')) });
    assert.match((await absent.get('/', person)).body, /it is not built/);
  });
});
