import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AppError } from '#base/errors.ts';
import { silentLogger } from '#platform/logger.ts';
import { createEngineClient } from './official-client.test-support.ts';
import { engineConfigWith, startTestEngine } from './engine.test-support.ts';
import { EngineSupervisor } from './engine-supervisor.ts';
import type { EngineState } from './engine-supervisor.ts';

/** Whether a process lives; a zombie does not. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat !== undefined && !/\) Z /.test(stat);
}

async function waitUntil(condition: () => boolean | Promise<boolean>, timeoutMs: number, what: string): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, what);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-supervisor-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

const endlessQuery = 'SELECT sum(cityHash64(number)) FROM numbers(1000000000000)';

test('a killed engine is started again, keeps its tables, and running requests fail instead of hanging', async (t) => {
  const engine = await startTestEngine();
  t.after(() => engine.stop());
  const states: EngineState[] = [];
  engine.supervisor.onStateChange((state) => states.push(state));
  assert.equal(engine.supervisor.state.status, 'ready');
  await engine.client.command({ query: 'CREATE TABLE kept (n UInt32) ENGINE = MergeTree ORDER BY n' });
  await engine.client.command({ query: 'INSERT INTO kept SELECT number FROM numbers(10)' });
  const spool = join(engine.dataPath, 'millrace-run', 'spool');
  writeFileSync(join(spool, 'insert-99'), 'left behind');

  const running = [0, 1].map((buffered) =>
    engine.client.query({ query: endlessQuery, clickhouse_settings: { wait_end_of_query: buffered === 1 ? 1 : 0 } }),
  );
  running.forEach((query) => query.catch(() => {}));
  const firstPid = engine.supervisor.pid!;
  process.kill(firstPid, 'SIGKILL');
  for (const query of running) await assert.rejects(query);
  await waitUntil(() => states.some(({ status }) => status === 'down'), 60_000, 'the end of the engine was not noticed');
  await engine.supervisor.whenReady(AbortSignal.timeout(60_000));

  assert.notEqual(engine.supervisor.pid, firstPid);
  assert.deepEqual(
    states.map(({ status }) => status),
    ['down', 'starting', 'ready'],
  );
  assert.match(states[0].reason ?? '', /SIGKILL/);
  assert.equal(engine.supervisor.state.restarts, 1);
  const answer = await engine.client.query({ query: 'SELECT count() AS n FROM kept', format: 'JSONEachRow' });
  assert.deepEqual(await answer.json(), [{ n: 10 }]);
  assert.deepEqual(readdirSync(spool), []);
});

test('an engine that cannot start again is tried with growing pauses, and comes back when it can', async (t) => {
  const engine = await startTestEngine({ min_restart_delay: 50, max_restart_delay: 400 });
  t.after(() => engine.stop());
  const starts: number[] = [];
  engine.supervisor.onStateChange(({ status }) => status === 'starting' && starts.push(performance.now()));
  // A directory where the socket should be cannot be listened on.
  const socket = engine.supervisor.socketPath;
  process.kill(engine.supervisor.pid!, 'SIGKILL');
  await waitUntil(() => engine.supervisor.state.status === 'down', 60_000, 'the end of the engine was not noticed');
  await rm(socket, { force: true });
  mkdirSync(join(socket, 'in-the-way'), { recursive: true });
  await waitUntil(() => starts.length >= 4, 60_000, 'the engine was not tried again');
  assert.ok(starts[3] - starts[2] >= 200, 'the pause between the third and the fourth start is at least 200 ms');
  assert.notEqual(engine.supervisor.state.status, 'ready');
  await rm(socket, { recursive: true });
  await engine.supervisor.whenReady(AbortSignal.timeout(60_000));
  assert.deepEqual(await engine.client.ping(), { success: true });
});

test('two engines on one path: the second says so', async (t) => {
  const engine = await startTestEngine();
  t.after(() => engine.stop());
  const second = EngineSupervisor.start({ config: engineConfigWith({ lock_wait: 0 }), dataPath: engine.dataPath, logger: silentLogger });
  await assert.rejects(
    second,
    (error) => error instanceof AppError && error.code === 'search_unavailable' && /in use by another process/.test(error.message),
  );
  assert.deepEqual(await engine.client.ping(), { success: true }, 'the first one still has its socket');
});

test('a stop lets running queries end, and ends the process with status 0', async (t) => {
  const directory = await temporaryDirectory(t);
  const supervisor = await EngineSupervisor.start({
    config: engineConfigWith(),
    dataPath: join(directory, 'engine'),
    logger: silentLogger,
  });
  const client = createEngineClient({ socketPath: supervisor.socketPath });
  const pid = supervisor.pid!;
  const running = client.query({
    query: 'SELECT sum(sleepEachRow(0.05)) AS s FROM numbers(50) SETTINGS max_block_size = 1',
    format: 'JSONEachRow',
  });
  const status = async (): Promise<string> =>
    (
      await client.query({
        query: "SELECT count() FROM system.processes WHERE query LIKE '%sleepEachRow(0.05)%' AND query NOT LIKE '%processes%'",
        format: 'TabSeparated',
      })
    ).text();
  await waitUntil(async () => (await status()).trim() === '1', 60_000, 'the query did not start');
  await supervisor.stop();
  assert.deepEqual(await (await running).json(), [{ s: 0 }]);
  assert.equal(await isAlive(pid), false);
  assert.equal(supervisor.state.status, 'down');
  assert.equal(supervisor.state.reason, 'stopped');
  assert.equal(existsSync(supervisor.socketPath), false);
  await client.close();
});

test('a stop does not wait for an endless query longer than its timeout', async (t) => {
  const directory = await temporaryDirectory(t);
  const supervisor = await EngineSupervisor.start({
    config: engineConfigWith({ stop_timeout: 1000 }),
    dataPath: join(directory, 'engine'),
    logger: silentLogger,
  });
  const client = createEngineClient({ socketPath: supervisor.socketPath });
  const running = client.query({ query: endlessQuery });
  running.catch(() => {});
  await client.ping({ select: true });
  const start = performance.now();
  await supervisor.stop();
  assert.ok(performance.now() - start < 20_000);
  await assert.rejects(running);
  await client.close();
});

test('when the parent dies the engine ends, even while a query runs', async (t) => {
  const directory = await temporaryDirectory(t);
  const dataPath = join(directory, 'engine');
  const script = join(dirname(fileURLToPath(import.meta.url)), 'engine.test-support.ts');
  const parentScript = `
    const { engineConfigWith } = await import(${JSON.stringify(script)});
    const { EngineSupervisor } = await import(${JSON.stringify(join(dirname(script), 'engine-supervisor.ts'))});
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const supervisor = await EngineSupervisor.start({ config: engineConfigWith({ orphan_grace: 500 }), dataPath: ${JSON.stringify(dataPath)}, logger });
    console.log(JSON.stringify({ pid: supervisor.pid, socketPath: supervisor.socketPath }));
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', parentScript], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => parent.kill('SIGKILL'));
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const { pid, socketPath } = JSON.parse(line.toString()) as { pid: number; socketPath: string };
  const client = createEngineClient({ socketPath });
  const running = client.query({ query: endlessQuery });
  running.catch(() => {});
  await client.ping({ select: true });
  parent.kill('SIGKILL');
  await assert.rejects(running);
  await waitUntil(async () => !(await isAlive(pid)), 60_000, 'the engine outlived its parent');
  await client.close();
  const next = await EngineSupervisor.start({ config: engineConfigWith(), dataPath, logger: silentLogger });
  await next.stop();
});

test('a start waits for an orphan that is about to end', async (t) => {
  const directory = await temporaryDirectory(t);
  const dataPath = join(directory, 'engine');
  const first = await EngineSupervisor.start({ config: engineConfigWith(), dataPath, logger: silentLogger });
  const second = EngineSupervisor.start({ config: engineConfigWith({ lock_wait: 20_000 }), dataPath, logger: silentLogger });
  await first.stop();
  await (await second).stop();
});

test('a data path too long for a socket gets a short runtime directory, open to nobody else', async (t) => {
  const directory = await temporaryDirectory(t);
  const dataPath = join(directory, 'x'.repeat(120), 'engine');
  const supervisor = await EngineSupervisor.start({ config: engineConfigWith(), dataPath, logger: silentLogger });
  t.after(() => rm(dirname(supervisor.socketPath), { recursive: true, force: true }));
  assert.ok(Buffer.byteLength(supervisor.socketPath) < 104);
  assert.equal(statSync(dirname(supervisor.socketPath)).mode & 0o777, 0o700);
  const client = createEngineClient({ socketPath: supervisor.socketPath });
  assert.deepEqual(await client.ping(), { success: true });
  await client.close();
  await supervisor.stop();
});

test('a runtime directory that others may enter is refused', async (t) => {
  const directory = await temporaryDirectory(t);
  const open = join(directory, 'open');
  mkdirSync(open, { mode: 0o755 });
  await assert.rejects(
    EngineSupervisor.start({
      config: engineConfigWith({ runtime_directory: open }),
      dataPath: join(directory, 'engine'),
      logger: silentLogger,
    }),
    (error) => error instanceof AppError && error.code === 'invalid_configuration',
  );
});

test('what the engine complains about reaches the log, errors of queries do not', async (t) => {
  const lines: string[] = [];
  const record = (level: string) => (_fields: unknown, message: string) => void lines.push(`${level} ${message}`);
  const logger = { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error') };
  const engine = await startTestEngine({}, logger);
  t.after(() => engine.stop());
  await engine.client.query({ query: 'SELECT nope' }).catch(() => {});
  process.kill(engine.supervisor.pid!, 'SIGKILL');
  await waitUntil(() => engine.supervisor.state.status === 'ready' && engine.supervisor.state.restarts === 1, 60_000, 'no restart');
  assert.ok(lines.some((line) => /error .*SIGKILL.*started again/.test(line)));
  assert.ok(!lines.some((line) => line.includes('nope')), lines.join('\n'));
});

test('the engine steps back, as a group too where Linux schedules sessions as groups', async (t) => {
  const engine = await startTestEngine({ niceness: 7 });
  t.after(() => engine.stop());
  const pid = engine.supervisor.pid!;
  assert.equal(getPriority(pid), 7);
  const group = await readFile(`/proc/${pid}/autogroup`, 'utf8').catch(() => '');
  if (group !== '') assert.match(group, / nice 7$/m);
});
