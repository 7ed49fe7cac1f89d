import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { AppError } from '#base/errors.ts';
import { Secret } from '#base/secret.ts';
import type { Documents } from '#metadata/documents.ts';
import { openSqliteDocuments } from '#metadata/sqlite.ts';
import { nodeFiles } from '#platform/files.ts';
import { ExportJobs } from '#search/export-jobs.ts';
import { exportsConfig } from '#search/export-jobs-config.ts';
import type { ExportsConfig } from '#search/export-jobs-config.ts';
import { createTestApi, nowMs } from './create-api.fake.ts';
import type { ApiFakeOptions } from './create-api.fake.ts';

type Json = Record<string, unknown>;

const search = { export_window_lines: 10 };

async function place(t: TestContext): Promise<{ readonly directory: string; readonly documents: Documents }> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-exports-'));
  const documents = await openSqliteDocuments(':memory:');
  t.after(async () => {
    await documents.close();
    await rm(directory, { recursive: true, force: true });
  });
  return { directory, documents };
}

/** The API with exports in the place; several may follow one another, as starts of the server do. */
async function bedIn(
  t: TestContext,
  { directory, documents }: Awaited<ReturnType<typeof place>>,
  config: Partial<ExportsConfig> = {},
  options: ApiFakeOptions = {},
) {
  const defaults = Object.fromEntries(
    Object.entries(exportsConfig.properties).map(([name, schema]) => [name, (schema as { default?: unknown }).default]),
  );
  let made: ExportJobs | undefined;
  let ids = 0;
  const bed = createTestApi(t, {
    search,
    ...options,
    createExports: ({ runner, logger }) => {
      const settings = { ...(defaults as ExportsConfig), max_bytes_per_second: 0, min_free_bytes: 0, ...config };
      made = new ExportJobs({ runner, logger, documents, directory, files: nodeFiles, config: settings, randomId: () => `job-${++ids}` });
      return made;
    },
  });
  const jobs = made as unknown as ExportJobs;
  await jobs.start();
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (!isStopped) await jobs.stop();
    isStopped = true;
  };
  t.after(stop);
  return { ...bed, stop };
}

type Bed = Awaited<ReturnType<typeof bedIn>>;

const addLines = ({ store }: Bed, count: number): void => {
  for (let index = 0; index < count; index++) store.add({ tsMs: nowMs - 1000 * (count - index), message: `line ${index}` });
};

/** The job when it is as wanted. */
async function untilJob({ get }: Pick<Bed, 'get'>, id: string, isWanted: (job: Json) => boolean): Promise<Json> {
  for (;;) {
    const job = (await get(`/v1/exports/${id}`)).json<Json>();
    if (isWanted(job)) return job;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const untilState = (bed: Bed, id: string, wanted: string): Promise<Json> => untilJob(bed, id, ({ state }) => state === wanted);

const errorCode = (body: string): string => (JSON.parse(body) as { error: { code: string } }).error.code;

test('asked for, watched, fetched, removed', async (t) => {
  const where = await place(t);
  const bed = await bedIn(t, where);
  addLines(bed, 47);
  bed.store.add({ tenant: 'other', tsMs: nowMs - 500, message: 'foreign' });
  const created = await bed.post('/v1/exports', { sort: 'asc', format: 'raw', time_range: { last: '1h' } });
  assert.deepEqual([created.statusCode, created.headers['location']], [202, '/v1/exports/job-1']);
  const job = await untilState(bed, 'job-1', 'done');
  assert.deepEqual([job['lines'], job['complete'], job['share'], job['file']], [47, true, 1, '/v1/exports/job-1/file']);
  assert.deepEqual(job['time_range'], { from: '2025-07-15T10:00:00.000Z', to: '2025-07-15T11:01:00.000Z' });
  const whole = await bed.get('/v1/exports/job-1/file');
  assert.equal(whole.body, Array.from({ length: 47 }, (_, index) => `line ${index}\n`).join(''));
  assert.equal(whole.headers['content-type'], 'text/plain; charset=utf-8');
  assert.equal(whole.headers['content-length'], String(job['bytes']));
  assert.match(String(whole.headers['content-disposition']), /filename="millrace-2025-07-15T100000000Z\.log"/);
  assert.equal((await bed.get('/v1/exports')).json<{ exports: Json[] }>().exports.length, 1);
  assert.deepEqual((await bed.app.inject({ method: 'DELETE', url: '/v1/exports/job-1' })).json(), { removed: true });
  assert.deepEqual(await readdir(where.directory), []);
  assert.equal((await bed.get('/v1/exports/job-1')).statusCode, 404);
});

test('parts of a file, as Range asks for them', async (t) => {
  const bed = await bedIn(t, await place(t));
  addLines(bed, 10);
  await bed.post('/v1/exports', { sort: 'asc', format: 'raw' });
  await untilState(bed, 'job-1', 'done');
  const { body, headers } = await bed.get('/v1/exports/job-1/file');
  const size = body.length;
  for (const [range, status, part] of [
    ['bytes=0-6', 206, body.slice(0, 7)],
    ['bytes=7-', 206, body.slice(7)],
    ['bytes=-5', 206, body.slice(-5)],
    ['bytes=3-100000', 206, body.slice(3)],
    ['bytes=5-2', 200, body],
    ['lines=0-1', 200, body],
    ['bytes=0-1,4-5', 200, body],
    ['bytes=', 200, body],
  ] as const) {
    const answer = await bed.get('/v1/exports/job-1/file', { range });
    assert.deepEqual([answer.statusCode, answer.body], [status, part], range);
    assert.equal(answer.headers['content-length'], String(part.length));
  }
  const middle = await bed.get('/v1/exports/job-1/file', { range: 'bytes=2-3', 'if-range': String(headers['etag']) });
  assert.deepEqual([middle.statusCode, middle.headers['content-range']], [206, `bytes 2-3/${size}`]);
  assert.equal((await bed.get('/v1/exports/job-1/file', { range: 'bytes=2-3', 'if-range': '"another"' })).statusCode, 200);
  const head = await bed.app.inject({ method: 'HEAD', url: '/v1/exports/job-1/file' });
  assert.deepEqual(
    [head.statusCode, head.headers['content-length'], head.headers['accept-ranges'], head.body],
    [200, String(size), 'bytes', ''],
  );
  for (const range of [`bytes=${size}-`, 'bytes=-0']) {
    const beyond = await bed.get('/v1/exports/job-1/file', { range });
    assert.deepEqual([beyond.statusCode, errorCode(beyond.body)], [416, 'range_not_satisfiable'], range);
  }
});

test('a restart goes on from the checkpoint: no line is lost or written twice', async (t) => {
  const where = await place(t);
  const first = await bedIn(t, where);
  addLines(first, 60);
  const find = first.store.findLines.bind(first.store);
  let asked = 0;
  const stuck = Promise.withResolvers<never>();
  first.store.findLines = (query, options) => {
    if (++asked <= 6) return find(query, options);
    options.signal?.addEventListener('abort', () => stuck.reject(new AppError('cancelled', 'stopped')), { once: true });
    return stuck.promise;
  };
  await first.post('/v1/exports', { sort: 'asc', format: 'raw', time_range: { last: '1h' } });
  while (asked <= 6) await new Promise((resolve) => setTimeout(resolve, 5));
  await untilJob(first, 'job-1', ({ lines }) => (lines as number) > 0);
  await first.stop();

  const second = await bedIn(t, where);
  for (const line of first.store.lines) second.store.lines.push(line);
  // What comes later belongs to another time: the range was frozen when it was asked for.
  second.store.add({ tsMs: nowMs + 120_000, message: 'late' });
  const done = await untilState(second, 'job-1', 'done');
  assert.deepEqual([done['lines'], done['complete']], [60, true]);
  assert.equal((await second.get('/v1/exports/job-1/file')).body, Array.from({ length: 60 }, (_, index) => `line ${index}\n`).join(''));
});

test('what cannot be exported says why', async (t) => {
  const bed = await bedIn(t, await place(t), { max_file_bytes: 1024 });
  addLines(bed, 400);
  await bed.post('/v1/exports', { format: 'raw' });
  const failed = await untilState(bed, 'job-1', 'failed');
  assert.match(String(failed['reason']), /over 1024 bytes/);
  const noFile = await bed.get('/v1/exports/job-1/file');
  assert.deepEqual([noFile.statusCode, errorCode(noFile.body)], [409, 'conflict']);
  bed.store.incompleteReason = 'lines are being replayed';
  await bed.post('/v1/exports', { format: 'raw', limit: 3 });
  // It waits for the store to be whole again, and after some time gives what there is.
  let waited = '';
  const incomplete = await untilJob(bed, 'job-2', ({ state, reason }) => {
    if (state === 'running') waited = String(reason);
    bed.clock.advance(60_000);
    return state === 'done';
  });
  assert.equal(waited, 'lines are being replayed');
  assert.deepEqual([incomplete['lines'], incomplete['complete'], incomplete['reason']], [3, false, 'lines are being replayed']);
});

test('a Parquet file is made of the lines; CSV has its head once', async (t) => {
  const bed = await bedIn(t, await place(t));
  addLines(bed, 12);
  await bed.post('/v1/exports', { format: 'parquet' });
  await untilState(bed, 'job-1', 'done');
  const parquet = await bed.get('/v1/exports/job-1/file');
  assert.equal(parquet.headers['content-type'], 'application/vnd.apache.parquet');
  assert.match(parquet.body, /^PAR1 of \d+ bytes$/);
  await bed.post('/v1/exports', { format: 'csv', columns: ['message'] });
  await untilState(bed, 'job-2', 'done');
  assert.equal((await bed.get('/v1/exports/job-2/file')).body.split('message\r\n').length, 2);
});

test('bounds of number, age and tenant', async (t) => {
  const where = await place(t);
  const keys = [
    { key: new Secret('key-of-one-1234567890'), tenant: 'one' },
    { key: new Secret('key-of-two-1234567890'), tenant: 'two' },
  ];
  const bed = await bedIn(t, where, { max_jobs: 1, max_age: 60_000 }, { keys });
  const one = { 'x-api-key': keys[0].key.reveal() };
  const two = { 'x-api-key': keys[1].key.reveal() };
  await bed.post('/v1/exports', { format: 'raw' }, one);
  const tooMany = await bed.post('/v1/exports', { format: 'raw' }, one);
  assert.deepEqual(
    [errorCode(tooMany.body), tooMany.json<{ error: { details: Json } }>().error.details['setting']],
    ['limit_exceeded', 'exports.max_jobs'],
  );
  for (const url of ['/v1/exports/job-1', '/v1/exports/job-1/file']) assert.equal((await bed.get(url, two)).statusCode, 404);
  assert.equal((await bed.app.inject({ method: 'DELETE', url: '/v1/exports/job-1', headers: two })).statusCode, 404);
  assert.deepEqual((await bed.get('/v1/exports', two)).json(), { exports: [] });
  while ((await bed.get('/v1/exports/job-1', one)).json<Json>()['state'] !== 'done') await new Promise((resolve) => setTimeout(resolve, 5));
  bed.clock.advance(61_000);
  while ((await bed.get('/v1/exports/job-1', one)).statusCode !== 404) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    bed.clock.advance(60_000);
  }
  assert.deepEqual(await readdir(where.directory), []);
});

test('what is wrong with the request is an error, not a job', async (t) => {
  const bed = await bedIn(t, await place(t));
  for (const [body, code] of [
    [{ query: '(' }, 'query_syntax'],
    [{ format: 'xlsx' }, 'bad_request'],
    [{ format: 'parquet', columns: ['message'] }, 'bad_request'],
    [{ cursor: 'x' }, 'bad_request'],
    [{ time_range: { from: 'now', to: 'now-1h' } }, 'invalid_time_range'],
  ] as const)
    assert.equal(errorCode((await bed.post('/v1/exports', body)).body), code, JSON.stringify(body));
  assert.deepEqual((await bed.get('/v1/exports')).json(), { exports: [] });
});
