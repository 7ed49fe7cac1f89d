/** Processes of their own that use the client: they end when their work is done, and what they logged has arrived. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { HttpServer } from './http-server.test-support.ts';

/** A program whose `client` sends to the server; what it prints is JSON. */
async function run(t: TestContext, url: string, options: object, program: string, afterStart?: (child: ReturnType<typeof spawn>) => void) {
  const source = `
    import { createClient } from ${JSON.stringify(new URL('./index.mjs', import.meta.url).href)};
    const client = createClient({ url: ${JSON.stringify(url)}, onError: ({ kind }) => console.error(kind), ...${JSON.stringify(options)} });
    ${program}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  if (afterStart) child.stdout.once('data', () => afterStart(child));
  const startMs = performance.now();
  const [printed, problems, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { printed, problems: problems.trim().split('\n'), code, signal, tookMs: performance.now() - startMs };
}

const oneLine = "client.log('INFO', 'hello');";

test('a program that ends sends its lines first, and does not wait for the flush interval', async (t) => {
  const server = await HttpServer.start(t);
  const { code, tookMs } = await run(t, server.url, { flushIntervalMs: 60_000 }, oneLine);
  assert.equal(code, 0);
  assert.deepEqual(
    server.records.map(({ msg }) => msg),
    ['hello'],
  );
  assert.ok(tookMs < 20_000);
});

test('a server that never answers holds the end up for the flush time-out, no longer', async (t) => {
  const server = await HttpServer.start(t, () => true);
  const program = `${oneLine} await new Promise((resolve) => setTimeout(resolve, 300));`;
  const { code, tookMs, problems } = await run(
    t,
    server.url,
    { flushIntervalMs: 10, flushTimeoutMs: 200, requestTimeoutMs: 60_000 },
    program,
  );
  assert.equal(code, 0);
  assert.deepEqual(problems, ['abandoned']);
  assert.ok(tookMs < 20_000);
});

test('with flushOnExit off, nothing holds the program up: no timer, no request under way, no back-off', async (t) => {
  const silent = await HttpServer.start(t, () => true);
  const away = await HttpServer.start(t);
  await away.stop();
  for (const { url } of [silent, away]) {
    const program = `${oneLine} await new Promise((resolve) => setTimeout(resolve, 300)); console.log(JSON.stringify(client.stats));`;
    const options = { flushOnExit: false, flushIntervalMs: 10, minRetryDelayMs: 60_000, maxRetryDelayMs: 60_000 };
    const { code, printed, tookMs } = await run(t, url, options, program);
    assert.equal(code, 0);
    assert.equal(JSON.parse(printed).buffered, 1);
    assert.ok(tookMs < 20_000);
  }
});

test('a signal flushes, and then means what it always means', async (t) => {
  const server = await HttpServer.start(t);
  const program = `${oneLine} console.log('ready'); setInterval(() => {}, 1000);`;
  const options = { flushOnSignals: ['SIGTERM'], flushIntervalMs: 60_000 };
  const { signal } = await run(t, server.url, options, program, (child) => child.kill('SIGTERM'));
  assert.equal(signal, 'SIGTERM');
  assert.equal(server.records.length, 1);
});

test("an application's own handler of the signal decides about the end", async (t) => {
  const server = await HttpServer.start(t);
  const program = `${oneLine}
    const timer = setInterval(() => {}, 1000);
    process.on('SIGTERM', async () => { await client.close(); clearInterval(timer); console.log('my own end'); });
    console.log('ready');`;
  const options = { flushOnSignals: ['SIGTERM'], flushIntervalMs: 60_000 };
  const { code, printed } = await run(t, server.url, options, program, (child) => child.kill('SIGTERM'));
  assert.equal(code, 0);
  assert.match(printed, /my own end/);
  assert.equal(server.records.length, 1);
});
