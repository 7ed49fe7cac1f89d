import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { RunningServer } from '#server/running-server.ts';
import { greeting, serve } from './serve.ts';

/** A server whose start and stop are let go by hand, and the clock, signals and output around it. */
function setup() {
  const events: string[] = [];
  const signals = new EventEmitter();
  let nowMs = 1000;
  const started = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const server: RunningServer = {
    url: 'http://127.0.0.1:4880',
    dataDirectory: '/data',
    failed: failure.promise,
    close: () => {
      events.push('close');
      return stopped.promise;
    },
  };
  const done = serve({
    version: '1',
    start: () => started.promise.then(() => server),
    needsKey: false,
    signals,
    say: (text) => events.push(text.trim().split(/[ :]/)[0]),
    exitAtOnce: (code) => events.push(`exit ${code}`),
    clock: { nowMs: () => 0, monotonicMs: () => nowMs, sleep: () => Promise.resolve() },
  });
  done.catch(() => {});
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { events, signals, started, stopped, failure, done, settle, advance: (ms: number) => (nowMs += ms) };
}

for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) {
  test(`${event} closes the server and ends well`, async () => {
    const { events, signals, started, stopped, done, settle } = setup();
    started.resolve();
    await settle();
    assert.deepEqual(events, ['Millrace']);
    signals.emit(event);
    await settle();
    assert.deepEqual(events, ['Millrace', 'stopping', 'close']);
    stopped.resolve();
    await done;
    assert.deepEqual(events, ['Millrace', 'stopping', 'close', 'stopped']);
    assert.equal(signals.listenerCount(event), 0);
  });
}

test('the same Ctrl-C arriving several times stops once; a later one ends at once', async () => {
  const { events, signals, started, settle, advance } = setup();
  started.resolve();
  await settle();
  signals.emit('SIGINT');
  advance(20);
  signals.emit('SIGINT');
  signals.emit('SIGTERM');
  await settle();
  assert.deepEqual(events, ['Millrace', 'stopping', 'close']);
  advance(600);
  signals.emit('SIGINT');
  assert.deepEqual(events.at(-1), 'exit 130');
});

test('a signal during the start stops as soon as it has started', async () => {
  const { events, signals, started, stopped, done, settle } = setup();
  signals.emit('SIGTERM');
  await settle();
  assert.deepEqual(events, ['stopping']);
  started.resolve();
  stopped.resolve();
  await done;
  assert.deepEqual(events, ['stopping', 'close', 'stopped']);
});

test('a server that fails is closed, and its failure told', async () => {
  const { events, started, stopped, failure, done } = setup();
  started.resolve();
  stopped.resolve();
  failure.reject(new Error('broken'));
  await assert.rejects(done, /broken/);
  assert.deepEqual(events, ['Millrace', 'close']);
});

test('a start that fails is told', async () => {
  const { started, done } = setup();
  started.reject(new Error('no port'));
  await assert.rejects(done, /no port/);
});

test('the greeting has address, data and two lines to copy, with the key where one is needed', () => {
  const server = { url: 'http://127.0.0.1:1', dataDirectory: '/d' } as RunningServer;
  const open = greeting(server, { version: '1.2.3', needsKey: false });
  assert.match(open, /Millrace 1\.2\.3 listens on http:\/\/127\.0\.0\.1:1\nits data lies in \/d\n/);
  assert.match(
    open,
    /curl -sS http:\/\/127\.0\.0\.1:1\/v1\/logs\/ingest -H 'Content-Type: application\/json' -d '\{"logs":\[\{.*\}\]\}'\n/,
  );
  assert.match(open, /curl -sS 'http:\/\/127\.0\.0\.1:1\/api\/v1\/logs\/search\?q=hello'\n/);
  assert.equal(greeting(server, { version: '1', needsKey: true }).match(/X-API-Key/g)?.length, 2);
});
