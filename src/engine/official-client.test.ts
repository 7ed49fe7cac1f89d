import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ClickHouseError } from '@clickhouse/client';
import { createEngineClient, engineClassHeaders } from './official-client.test-support.ts';
import type { ClickHouseClient } from './official-client.test-support.ts';
import { startTestEngine } from './engine.test-support.ts';
import type { TestEngine } from './engine.test-support.ts';

let engine: TestEngine;
let client: ClickHouseClient;
/** The official client as anybody would configure it: answers are streamed. */
let streaming: ClickHouseClient;

before(async () => {
  engine = await startTestEngine({ search_sessions: 3, insert_sessions: 2, max_queued: 20 });
  client = engine.client;
  streaming = createEngineClient({ socketPath: engine.supervisor.socketPath, settings: { wait_end_of_query: 0 } });
});

after(async () => {
  await streaming.close();
  await engine.stop();
});

const rows = async <T>(query: string, query_params: Record<string, unknown> = {}): Promise<T[]> =>
  (await client.query({ query, query_params, format: 'JSONEachRow' })).json<T>();

/** A request without the client, to see headers and bytes. */
async function rawRequest(path: string, options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {}) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const { method = 'POST', headers, body = '' } = options;
    const sent = request({ socketPath: engine.supervisor.socketPath, path, method, headers }, resolve);
    sent.once('error', reject);
    sent.end(body);
  });
  return { status: response.statusCode, headers: response.headers, body: await buffer(response) };
}

/** Whether the engine runs a query whose text has this mark. */
async function isRunning(mark: string): Promise<boolean> {
  const found = await client.query({
    query: "SELECT count() AS n FROM system.processes WHERE position(query, {mark:String}) > 0 AND position(query, 'system.processes') = 0",
    query_params: { mark },
    format: 'JSONEachRow',
    http_headers: engineClassHeaders('flush'),
  });
  return Number((await found.json<{ n: string }>())[0].n) > 0;
}

async function waitUntil(condition: () => Promise<boolean>, timeoutMs: number): Promise<number> {
  const start = performance.now();
  while (!(await condition())) {
    assert.ok(performance.now() - start < timeoutMs, 'the condition did not come true in time');
  }
  return performance.now() - start;
}

const endlessQuery = (mark: string): string =>
  `SELECT /* ${mark} */ sum(cityHash64(number)) FROM numbers(1000000000000) WHERE '${mark}' != ''`;

test('ping, commands and all formats of answers', async () => {
  assert.deepEqual(await client.ping(), { success: true });
  assert.deepEqual(await client.ping({ select: true }), { success: true });
  await client.command({ query: 'CREATE TABLE formats (n UInt32, s String) ENGINE = MergeTree ORDER BY n' });
  const inserted = await client.insert({
    table: 'formats',
    values: [
      { n: 1, s: 'one' },
      { n: 2, s: 'zwölf' },
    ],
    format: 'JSONEachRow',
  });
  assert.equal(inserted.summary?.written_rows, '2');
  const query = 'SELECT n, s FROM formats ORDER BY n';
  for (const asked of [client, streaming]) {
    const eachRow = await asked.query({ query, format: 'JSONEachRow' });
    assert.deepEqual(await eachRow.json(), [
      { n: 1, s: 'one' },
      { n: 2, s: 'zwölf' },
    ]);
    const compact = await (await asked.query({ query, format: 'JSONCompact' })).json<[number, string]>();
    assert.deepEqual(
      [compact.data, compact.rows, compact.meta?.length],
      [
        [
          [1, 'one'],
          [2, 'zwölf'],
        ],
        2,
        2,
      ],
    );
    assert.equal(await (await asked.query({ query, format: 'CSVWithNames' })).text(), '"n","s"\n1,"one"\n2,"zwölf"\n');
    assert.equal(await (await asked.query({ query, format: 'TabSeparated' })).text(), '1\tone\n2\tzwölf\n');
    const rowBinary = await buffer((await asked.exec({ query: `${query} FORMAT RowBinary` })).stream);
    assert.deepEqual(rowBinary, Buffer.from('\x01\0\0\0\x03one\x02\0\0\0\x06zw\xc3\xb6lf', 'latin1'));
    const native = await buffer((await asked.exec({ query: `${query} FORMAT Native` })).stream);
    assert.deepEqual(native.subarray(0, 2), Buffer.from([2, 2]));
  }
  await client.command({ query: 'DROP TABLE formats' });
});

test('Native blocks are inserted from a stream, one behind the other, with the left-out columns at their defaults', async () => {
  await client.command({
    query: 'CREATE TABLE blocks (n UInt64, s String, m Map(LowCardinality(String), String), d UInt8 DEFAULT 7) ENGINE = Memory',
  });
  const block = await buffer(
    (
      await client.exec({
        query:
          "SELECT number AS n, char(0, 10, 39, 59, number % 256) AS s, map('k', toString(number))::Map(LowCardinality(String), String) AS m FROM numbers(1000) FORMAT Native",
      })
    ).stream,
  );
  const { summary } = await client.exec({
    query: 'INSERT INTO blocks (n, s, m) FORMAT Native',
    values: Readable.from([block.subarray(0, 100), block.subarray(100), block, block], { objectMode: false }),
    http_headers: engineClassHeaders('insert'),
  });
  assert.equal(summary?.written_rows, '3000');
  assert.deepEqual(await rows('SELECT count() AS c, sum(d) AS d, uniqExact(s) AS u, sum(length(s)) AS l FROM blocks'), [
    { c: 3000, d: 21000, u: 256, l: 15000 },
  ]);
  await client.command({ query: 'DROP TABLE blocks' });
});

test('data may hold any bytes: blank lines in texts, and Native blocks of any size', async () => {
  await client.command({ query: 'CREATE TABLE bytes (n UInt32, s String) ENGINE = Memory' });
  let expected = 0;
  for (const count of [1, 255, 2571, 20_000]) {
    const block = await buffer(
      (
        await client.exec({
          query: `SELECT number::UInt32 AS n, concat(toString(number), '\\n\\n;') AS s FROM numbers(${count}) FORMAT Native`,
        })
      ).stream,
    );
    const { summary } = await client.exec({ query: 'INSERT INTO bytes (n, s) FORMAT Native', values: Readable.from([block]) });
    assert.equal(summary?.written_rows, String(count));
    expected += count;
  }
  await client.command({ query: "INSERT INTO bytes VALUES (1, 'a\n\nb'),\n\n(2, 'c')" });
  await client.exec({ query: 'INSERT INTO bytes FORMAT JSONEachRow', values: Readable.from(['{"n": 3}\n\n\n{"n": 4}\n']) });
  assert.deepEqual(await rows("SELECT count() AS c, countIf(s LIKE '%\n\n%') AS blank FROM bytes"), [
    { c: expected + 4, blank: expected + 1 },
  ]);
  await client.command({ query: 'DROP TABLE bytes' });
});

test('inserts over the buffer, and those with parameters, go by a file that is removed', async () => {
  const spool = join(engine.dataPath, 'millrace-run', 'spool');
  await client.command({ query: 'CREATE TABLE spooled (s String) ENGINE = Memory' });
  const line = `${JSON.stringify({ s: 'x'.repeat(1000) })}\n`;
  const body = (): Readable =>
    Readable.from(
      Array.from({ length: 100 }, () => line.repeat(100)),
      { objectMode: false },
    );
  await client.exec({ query: 'INSERT INTO spooled FORMAT JSONEachRow', values: body() });
  await client.exec({
    query: 'INSERT INTO {t:Identifier} FORMAT JSONEachRow',
    query_params: { t: 'spooled' },
    values: Readable.from([line], { objectMode: false }),
  });
  await client.exec({
    query: 'INSERT INTO {t:Identifier} SETTINGS max_threads = 1 FORMAT JSONEachRow',
    query_params: { t: 'spooled' },
    values: Readable.from([line], { objectMode: false }),
  });
  await client.exec({
    query: 'INSERT INTO {t:Identifier} VALUES',
    query_params: { t: 'spooled' },
    values: Readable.from(["('a'), ('b')"], { objectMode: false }),
  });
  assert.deepEqual(await rows('SELECT count() AS c FROM spooled'), [{ c: 10004 }]);
  await assert.rejects(
    client.exec({
      query: 'INSERT INTO {t:Identifier} FORMAT JSONEachRow',
      query_params: { t: 'spooled' },
      values: Readable.from(['{"s": [}'], { objectMode: false }),
    }),
    ClickHouseError,
  );
  assert.deepEqual(readdirSync(spool), []);
  await client.command({ query: 'DROP TABLE spooled' });
});

test('an INSERT with its data in the body, and one compressed', async () => {
  await client.command({ query: 'CREATE TABLE bodies (n UInt32, s String) ENGINE = Memory' });
  await client.command({ query: "INSERT INTO bodies VALUES (1, 'a;b'), (2, 'FORMAT x')" });
  assert.equal((await rawRequest('/', { body: 'INSERT INTO bodies FORMAT CSV\n3,"c"\n4,"d"\n' })).status, 200);
  assert.equal(
    (
      await rawRequest(`/?query=${encodeURIComponent('INSERT INTO bodies FORMAT CSV')}`, {
        body: gzipSync('5,e\n'),
        headers: { 'content-encoding': 'gzip' },
      })
    ).status,
    200,
  );
  const written = await client.command({ query: 'INSERT INTO bodies SELECT number + 6, toString(number) FROM numbers(3)' });
  assert.equal(written.summary?.written_rows, '3');
  assert.deepEqual(await rows('SELECT count() AS c, sum(n) AS n FROM bodies'), [{ c: 8, n: 36 }]);
  assert.equal((await rawRequest(`/?query=${encodeURIComponent('INSERT INTO bodies FORMAT JSONEachRow')}`)).status, 200);
  await client.command({ query: 'DROP TABLE bodies' });
});

test('parameters are bound, whatever they hold', async () => {
  const hostile = ["'", "\\'", "'; DROP TABLE x; --", '\u0000\n\t\r', '{p:String}', '%', '🙂 ünï', '\\N', '$$', '"`', ' FORMAT JSON', ''];
  for (const value of hostile) {
    assert.deepEqual(await rows('SELECT {p:String} AS p', { p: value }), [{ p: value }], JSON.stringify(value));
  }
  assert.deepEqual(await rows('SELECT {p:Array(String)} AS p', { p: hostile }), [{ p: hostile }]);
  assert.deepEqual(await rows('SELECT {n:UInt8} AS n, {z:Nullable(String)} AS z', { n: 7, z: null }), [{ n: 7, z: null }]);
  const long = 'x'.repeat(300_000);
  const multipart = await client.query({
    query: 'SELECT length({p:String}) AS l',
    query_params: { p: long },
    format: 'JSONEachRow',
    use_multipart_params: true,
  });
  assert.deepEqual(await multipart.json(), [{ l: 300000 }]);
  assert.deepEqual(await rows('SELECT length({p:String}) AS l', { p: long }), [{ l: 300000 }]);
});

test('parallel queries keep their own parameters, settings and databases', async () => {
  await client.command({ query: 'CREATE DATABASE other' });
  const other = createEngineClient({ socketPath: engine.supervisor.socketPath, database: 'other' });
  const check = async (index: number): Promise<void> => {
    const asked = index % 2 === 0 ? client : other;
    const answer = await asked.query({
      query:
        "SELECT {p:String} AS p, currentDatabase() AS d, getSetting('max_result_rows') AS m, count() AS c FROM numbers(10000) WHERE toString(number) != {p:String}",
      query_params: { p: `value ${index}` },
      clickhouse_settings: { max_result_rows: String(1000 + (index % 3)), wait_end_of_query: index % 5 === 0 ? 0 : 1 },
      format: 'JSONEachRow',
    });
    const database = index % 2 === 0 ? 'default' : 'other';
    assert.deepEqual(await answer.json(), [{ p: `value ${index}`, d: database, m: 1000 + (index % 3), c: 10000 }]);
  };
  const next = { index: 0 };
  const worker = async (): Promise<void> => {
    while (next.index < 400) await check(next.index++);
  };
  await Promise.all(Array.from({ length: 12 }, worker));
  await other.close();
  await client.command({ query: 'DROP DATABASE other' });
  assert.deepEqual(await rows("SELECT getSetting('max_result_rows') AS m"), [{ m: 0 }]);
});

test('errors carry ClickHouse codes, and status', async () => {
  const cases: [query: string, code: string, type: string, status: number][] = [
    ['SELEC 1', '62', 'SYNTAX_ERROR', 400],
    ['SELECT nope', '47', 'UNKNOWN_IDENTIFIER', 404],
    ['SELECT * FROM nope', '60', 'UNKNOWN_TABLE', 404],
    ['SELECT 1; SELECT 2', '62', 'SYNTAX_ERROR', 400],
    ['SELECT {p:String}', '456', 'UNKNOWN_QUERY_PARAMETER', 500],
    ["SELECT throwIf(1, 'thrown (in) brackets')", '395', 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO', 500],
    ['INSERT INTO nope FORMAT CSV\n1', '60', 'UNKNOWN_TABLE', 404],
  ];
  for (const [query, code, type, status] of cases) {
    for (const asked of [client, streaming]) {
      await assert.rejects(
        asked.command({ query }),
        (error) => error instanceof ClickHouseError && error.code === code && error.type === type,
        query,
      );
    }
    const raw = await rawRequest('/?query_id=abc', { body: query });
    assert.deepEqual(
      [raw.status, raw.headers['x-clickhouse-exception-code'], raw.headers['x-clickhouse-query-id']],
      [status, code, 'abc'],
      query,
    );
  }
  await assert.rejects(client.query({ query: 'SELECT 1', clickhouse_settings: { nope: 1 } as Record<string, number> }), { code: '115' });
  await assert.rejects(client.query({ query: 'SELECT 1', http_headers: { 'x-millrace-class': 'nope' } }), { code: '36' });
  await assert.rejects(
    client.query({ query: 'SELECT number FROM numbers(100000000)', clickhouse_settings: { max_result_bytes: '1000000' } }),
    { code: '396' },
  );
  assert.equal((await rawRequest('/', { body: '' })).status, 400);
  assert.equal((await rawRequest('/nowhere')).status, 404);
});

test('an error in the middle of a stream reaches the client', async () => {
  const query = 'SELECT number, throwIf(number = 3000000) AS t FROM numbers(4000000) SETTINGS max_threads = 1';
  const result = await streaming.query({ query, format: 'JSONEachRow' });
  await assert.rejects(
    async () => {
      for await (const part of result.stream()) assert.ok(part.length > 0);
    },
    (error) => error instanceof ClickHouseError && error.code === '395',
  );
  const native = await streaming.exec({ query: `${query} FORMAT Native` });
  await assert.rejects(buffer(native.stream), 'a cut answer must not look whole');
});

test('headers: query id, format, summary, read-only GET', async () => {
  const answer = await rawRequest('/?query_id=mine&wait_end_of_query=1', { body: 'SELECT number FROM numbers(10) FORMAT JSONCompact' });
  assert.equal(answer.headers['x-clickhouse-query-id'], 'mine');
  assert.equal(answer.headers['x-clickhouse-format'], 'JSONCompact');
  assert.match(String(answer.headers['content-type']), /^application\/json/);
  const summary = JSON.parse(String(answer.headers['x-clickhouse-summary']));
  assert.deepEqual([summary.read_rows, summary.result_rows], ['10', '10']);
  const get = await rawRequest('/?query=SELECT%201&default_format=CSV', { method: 'GET' });
  assert.deepEqual([get.status, get.headers['x-clickhouse-format'], get.body.toString()], [200, 'CSV', '1\n']);
  assert.equal(
    (await rawRequest(`/?query=${encodeURIComponent('CREATE TABLE no (a Int8) ENGINE = Memory')}`, { method: 'GET' })).headers[
      'x-clickhouse-exception-code'
    ],
    '164',
  );
  const joined = await rawRequest('/?query=SELECT%20', { body: '2 FORMAT CSV' });
  assert.equal(joined.body.toString(), '2\n');
  assert.equal((await rawRequest('/', { method: 'GET' })).body.toString(), 'Ok.\n');
});

test('answers are compressed where asked for', async () => {
  for (const buffered of [0, 1]) {
    const path = `/?enable_http_compression=1&wait_end_of_query=${buffered}`;
    const zipped = await rawRequest(path, {
      body: 'SELECT number FROM numbers(300000) FORMAT TSV',
      headers: { 'accept-encoding': 'gzip' },
    });
    assert.equal(zipped.headers['content-encoding'], 'gzip');
    const text = gunzipSync(zipped.body).toString();
    assert.equal(
      text.length,
      Array.from({ length: 300_000 }, (_, n) => String(n).length + 1).reduce((sum, length) => sum + length, 0),
    );
  }
  const compressing = createEngineClient({ socketPath: engine.supervisor.socketPath });
  assert.equal(
    (await rawRequest('/', { body: 'SELECT 1', headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding'],
    undefined,
  );
  await compressing.close();
});

test('a query ends when its client goes: buffered, streamed, and waiting for a slow reader', async () => {
  for (const [mark, asked, query] of [
    ['abort-buffered', client, endlessQuery('abort-buffered')],
    ['abort-streamed', streaming, endlessQuery('abort-streamed')],
    ['abort-stalled', streaming, "SELECT /* abort-stalled */ number FROM numbers(100000000000) WHERE 'abort-stalled' != ''"],
  ] as const) {
    const abort = new AbortController();
    const answer = asked.query({ query, format: 'JSONEachRow', abort_signal: abort.signal });
    answer.catch(() => {});
    await waitUntil(() => isRunning(mark), 60_000);
    if (mark === 'abort-stalled') (await answer).close();
    else abort.abort();
    const stoppedMs = await waitUntil(async () => !(await isRunning(mark)), 60_000);
    assert.ok(stoppedMs < 10_000, `${mark} ran on for ${stoppedMs} ms`);
    if (mark !== 'abort-stalled') await assert.rejects(answer);
  }
  assert.deepEqual(await rows('SELECT 1 AS a'), [{ a: 1 }]);
});

test('KILL QUERY by the id that the client chose', async () => {
  const killed = client.query({ query: endlessQuery('kill-me'), query_id: 'victim', format: 'JSONEachRow' });
  killed.catch(() => {});
  await waitUntil(() => isRunning('kill-me'), 60_000);
  const answer = await client.query({ query: "KILL QUERY WHERE query_id = 'victim'", format: 'JSONEachRow' });
  assert.deepEqual(
    (await answer.json<{ query_id: string }>()).map((row) => row.query_id),
    ['victim'],
  );
  await assert.rejects(killed, { code: '394' });
  const none = await client.query({ query: "KILL QUERY WHERE query_id = 'nobody' ASYNC", format: 'JSONEachRow' });
  assert.deepEqual(await none.json(), []);
});

test('a class that is full queues, then refuses; other classes go on', async () => {
  const abort = new AbortController();
  const busy = Array.from({ length: 23 }, (_, index) =>
    client
      .query({ query: endlessQuery(`busy-${index}`), format: 'JSONEachRow', abort_signal: abort.signal })
      .catch((error: unknown) => error),
  );
  const queuedSearches = async (): Promise<number> =>
    JSON.parse((await rawRequest('/status', { method: 'GET' })).body.toString()).classes.search.queued;
  await waitUntil(async () => (await queuedSearches()) === 20, 60_000);
  await assert.rejects(
    client.query({ query: 'SELECT 1' }),
    (error) => error instanceof ClickHouseError && error.code === '202' && /engine\.max_queued/.test(error.message),
  );
  const flush = await client.query({ query: 'SELECT 2 AS a', format: 'JSONEachRow', http_headers: engineClassHeaders('flush') });
  assert.deepEqual(await flush.json(), [{ a: 2 }]);
  abort.abort();
  for (const outcome of await Promise.all(busy)) assert.ok(outcome instanceof Error);
  await waitUntil(async () => (await queuedSearches()) === 0, 60_000);
  assert.deepEqual(await rows('SELECT 3 AS a'), [{ a: 3 }]);
});

test('a stream of two million rows waits for its reader, and the memory it takes stays flat', async () => {
  const total = 2_000_000;
  const result = await streaming.query({ query: `SELECT number, repeat('x', 200) AS s FROM numbers(${total})`, format: 'JSONEachRow' });
  const residentBytes = async (): Promise<number> => JSON.parse((await rawRequest('/status', { method: 'GET' })).body.toString()).rss_bytes;
  const peaks = [0, 0];
  let count = 0;
  let parts = 0;
  for await (const part of result.stream()) {
    count += part.length;
    const half = count < total / 2 ? 0 : 1;
    if (parts++ % 50 === 0) peaks[half] = Math.max(peaks[half], await residentBytes());
  }
  assert.equal(count, total);
  assert.ok(peaks[1] - peaks[0] < 100 * 2 ** 20, `memory grew from ${peaks[0]} to ${peaks[1]} bytes over the last 220 MB of rows`);
});

test('named sessions keep their settings and temporary tables, and nobody else sees them', async () => {
  const session_id = 'tool-1';
  await client.command({ query: 'CREATE TEMPORARY TABLE mine (a Int8)', session_id });
  await client.command({ query: 'SET max_result_rows = 77', session_id });
  const inside = await client.query({
    query: "SELECT count() AS c, getSetting('max_result_rows') AS m FROM mine",
    session_id,
    format: 'JSONEachRow',
  });
  assert.deepEqual(await inside.json(), [{ c: 0, m: 77 }]);
  await assert.rejects(client.query({ query: 'SELECT * FROM mine' }), { code: '60' });
  await client.command({ query: 'SET max_result_rows = 5' });
  assert.deepEqual(await rows("SELECT getSetting('max_result_rows') AS m"), [{ m: 0 }]);
});

test('progress goes out as interim responses while a query runs', async () => {
  const seen: unknown[] = [];
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const sent = request({
      socketPath: engine.supervisor.socketPath,
      method: 'POST',
      path: '/?send_progress_in_http_headers=1&http_headers_progress_interval_ms=20&wait_end_of_query=1',
    });
    sent.on('information', (info) => seen.push(JSON.parse(String(info.headers['x-clickhouse-progress']))));
    sent.on('response', (response) => void buffer(response).then(() => resolve(response.statusCode)));
    sent.on('error', reject);
    sent.end('SELECT sum(sleepEachRow(0.01)) FROM numbers(60) SETTINGS max_block_size = 1');
  });
  assert.equal(status, 200);
  assert.ok(seen.length > 0 && seen.every((progress) => 'read_rows' in (progress as object)));
});

test('the socket is closed to others', () => {
  const socket = engine.supervisor.socketPath;
  assert.ok(existsSync(socket));
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  assert.equal(statSync(dirname(socket)).mode & 0o777, 0o700);
});
