import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { ClickHouseError } from './clickhouse-error.ts';
import { ClickHouseHttp } from './clickhouse-http.ts';
import type { Statement } from './clickhouse-http.ts';
import { EngineInserter } from './engine-insert.ts';
import { startTestEngine } from './engine.test-support.ts';
import type { TestEngine } from './engine.test-support.ts';
import type { ParameterValue } from './parameter-text.ts';

let engine: TestEngine;
let client: ClickHouseHttp;

before(async () => {
  engine = await startTestEngine({ search_sessions: 3 });
  client = new ClickHouseHttp({ endpoint: { socketPath: engine.supervisor.socketPath } });
});

after(async () => {
  client.close();
  await engine.stop();
});

async function rows(sql: string, more: Omit<Statement, 'sql'> = {}): Promise<unknown[][]> {
  const { body } = await client.run({ sql, format: 'JSONCompact', ...more });
  return (JSON.parse(body.toString()) as { data: unknown[][] }).data;
}

async function bytesOf(sql: string): Promise<Buffer> {
  return (await client.run({ sql })).body;
}

async function waitUntil(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await condition())) assert.ok(performance.now() < deadline, 'the condition did not come true in time');
}

/** Whether the engine runs a statement whose text has this mark. */
async function isRunning(mark: string): Promise<boolean> {
  const sql = "SELECT count() FROM system.processes WHERE position(query, {mark:String}) > 0 AND position(query, 'system.processes') = 0";
  return Number((await rows(sql, { parameters: { mark }, sessionClass: 'flush' }))[0][0]) > 0;
}

test('a whole answer has its body and its summary', async () => {
  assert.deepEqual(await rows('SELECT number, toString(number) FROM numbers(2)'), [
    [0, '0'],
    [1, '1'],
  ]);
  const { body, summary } = await client.run({ sql: 'SELECT number FROM numbers(3) FORMAT CSV' });
  assert.deepEqual([body.toString(), summary.result_rows], ['0\n1\n2\n', '3']);
  assert.equal((await client.run({ sql: 'SET max_threads = 1' })).body.length, 0);
});

const hostile = [
  "'",
  "\\'",
  "'; DROP TABLE x; --",
  '\u0000\n\t\r',
  '{p:String}',
  '%25&+=#',
  '🙂 ünï',
  '\\N',
  '$$',
  '"`',
  ' FORMAT JSON',
  '',
];
const parameters: [type: string, value: ParameterValue][] = [
  ...hostile.map((value): [string, string] => ['String', value]),
  ['Array(String)', hostile],
  ['Array(Array(String))', [hostile, []]],
  ['Int64', '-9223372036854775808'],
  ['UInt64', 18_446_744_073_709_551_615n],
  ['Float64', 1.5e-9],
  ['Float64', Number.POSITIVE_INFINITY],
  ['Float64', Number.NEGATIVE_INFINITY],
  ['Bool', true],
  ['Array(UInt8)', [1, 2]],
];
for (const [type, value] of parameters) {
  test(`parameter ${type} ${typeof value === 'bigint' ? value : JSON.stringify(value)}`, async () => {
    const settings = { output_format_json_quote_denormals: 1, output_format_json_quote_64bit_integers: 1 };
    const [[got]] = await rows(`SELECT {p:${type}}`, { parameters: { p: value }, settings });
    const infinite = value === Number.POSITIVE_INFINITY ? 'inf' : value === Number.NEGATIVE_INFINITY ? '-inf' : value;
    assert.deepEqual(got, typeof value === 'bigint' ? String(value) : infinite);
  });
}

test('settings, format, class and query id go with the request', async () => {
  assert.deepEqual(await rows("SELECT getSetting('max_result_rows')", { settings: { max_result_rows: 77 } }), [[77]]);
  const victim = rows("SELECT sleepEachRow(3) FROM numbers(100) WHERE 'by-id' != '' SETTINGS max_block_size = 1", { queryId: 'victim' });
  victim.catch(() => {});
  await waitUntil(() => isRunning('by-id'));
  await client.run({ sql: "KILL QUERY WHERE query_id = 'victim' ASYNC", sessionClass: 'flush' });
  await assert.rejects(victim, (error) => error instanceof ClickHouseError && error.code === '394');
});

test('errors have the code and the name of ClickHouse', async () => {
  for (const [sql, code, type] of [
    ['SELEC 1', '62', 'SYNTAX_ERROR'],
    ['SELECT * FROM nope', '60', 'UNKNOWN_TABLE'],
    ["SELECT throwIf(1, 'thrown (in) brackets')", '395', 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO'],
  ]) {
    const matches = (error: unknown): boolean => error instanceof ClickHouseError && error.code === code && error.type === type;
    await assert.rejects(client.run({ sql }), matches, sql);
    await assert.rejects(client.stream({ sql, format: 'Native' }), matches, sql);
  }
  const nobody = new ClickHouseHttp({ endpoint: { socketPath: `${engine.supervisor.socketPath}-not` } });
  await assert.rejects(nobody.run({ sql: 'SELECT 1' }), { code: 'ENOENT' });
});

test('a stream gives all bytes, and an error on the way ends it', async () => {
  let length = 0;
  for await (const part of await client.stream({ sql: "SELECT repeat('x', 99) FROM numbers(200000)", format: 'TSV' }))
    length += part.length;
  assert.equal(length, 20_000_000);
  const sql = 'SELECT number, throwIf(number = 3000000) FROM numbers(4000000) SETTINGS max_threads = 1';
  const reading = async (): Promise<void> => {
    for await (const part of await client.stream({ sql, format: 'JSONEachRow' })) assert.ok(!part.includes('__exception__'));
  };
  await assert.rejects(reading, (error) => error instanceof ClickHouseError && error.code === '395');
});

test('a statement ends when its signal is aborted, and when the reader of its stream stops', async () => {
  const abort = new AbortController();
  const whole = rows("SELECT sum(cityHash64(number)) FROM numbers(1000000000000) WHERE 'whole' != ''", { signal: abort.signal });
  whole.catch(() => {});
  await waitUntil(() => isRunning('whole'));
  abort.abort();
  await assert.rejects(whole);
  await waitUntil(async () => !(await isRunning('whole')));
  for await (const part of await client.stream({ sql: "SELECT number FROM numbers(100000000000) WHERE 'early' != ''", format: 'TSV' })) {
    if (part.length > 0) break;
  }
  await waitUntil(async () => !(await isRunning('early')));
  await assert.rejects(rows('SELECT 1', { signal: AbortSignal.abort() }));
});

test('a server gets the credentials and the database, and is told to kill what was given up', async (t) => {
  const seen: { url: string; sql: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer(async (request, response) => {
    seen.push({ url: request.url ?? '', sql: await text(request), headers: request.headers });
    if (seen.length > 1) response.end('killed');
    server.emit('seen');
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const remote = new ClickHouseHttp({ endpoint: { host: '127.0.0.1', port, user: 'mill', password: 'race' }, database: 'logs & more' });
  t.after(() => remote.close());
  const abort = new AbortController();
  const asked = once(server, 'seen');
  const given = remote.run({ sql: 'SELECT 1', signal: abort.signal });
  given.catch(() => {});
  await asked;
  const killed = once(server, 'seen');
  abort.abort();
  await assert.rejects(given);
  await killed;
  const [first, second] = seen.map(({ url }) => new URLSearchParams(url.slice(2)));
  assert.deepEqual(
    [first.get('database'), seen[0].headers['x-clickhouse-user'], seen[0].headers['x-clickhouse-key']],
    ['logs & more', 'mill', 'race'],
  );
  assert.match(seen[1].sql, /^KILL QUERY WHERE query_id = \{id:String\}/);
  assert.equal(second.get('param_id'), first.get('query_id'));
});

test('a connection that the server may close within five seconds is used by no other statement', async (t) => {
  let connections = 0;
  let keptSeconds = 5;
  const server = createServer((_, response) => response.setHeader('keep-alive', `timeout=${keptSeconds}`).end('1'));
  server.on('connection', () => (connections += 1)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const remote = new ClickHouseHttp({ endpoint: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } });
  t.after(() => {
    remote.close();
    server.close();
  });
  for (let asked = 1; asked <= 3; asked++) {
    await remote.run({ sql: 'SELECT 1' });
    assert.equal(connections, asked);
  }
  keptSeconds = 60;
  for (let asked = 1; asked <= 3; asked++) await remote.run({ sql: 'SELECT 1' });
  assert.equal(connections, 4);
});

test('blocks are inserted by a file of the spool, and the file is removed also when the insert fails', async () => {
  const inserter = new EngineInserter(client, engine.supervisor.spoolPath);
  await client.run({ sql: 'CREATE TABLE `by file` (n UInt64, `odd \\`name` String, d UInt8 DEFAULT 7) ENGINE = Memory' });
  const block = await bytesOf('SELECT number AS n, toString(number) AS `odd \\`name` FROM numbers(5000) FORMAT Native');
  const pieces = Array.from({ length: 2000 }, (_, index) =>
    block.subarray((index * block.length) / 2000, ((index + 1) * block.length) / 2000),
  );
  assert.equal(await inserter.insert({ table: 'by file', columns: ['n', 'odd `name'], blocks: [block, ...pieces] }), 10_000);
  assert.deepEqual(await rows('SELECT count(), sum(d) FROM `by file`'), [[10_000, 70_000]]);
  const cut = { table: 'by file', columns: ['n', 'odd `name'], blocks: [block.subarray(0, 1000)] };
  await assert.rejects(inserter.insert(cut), ClickHouseError);
  await assert.rejects(inserter.insert({ table: 'nowhere', columns: ['n'], blocks: [block] }), { code: '60' });
  assert.deepEqual(readdirSync(engine.supervisor.spoolPath), []);
});
