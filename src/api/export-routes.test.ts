import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { createTestApi, nowMs } from './create-api.fake.ts';

type Json = Record<string, unknown>;
type Bed = ReturnType<typeof createTestApi>;

const path = '/v1/logs/export';
const search = { export_window_lines: 10 };

function addLines({ store }: Bed, count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    store.add({ tsMs: nowMs - 1000 * (count - index), message: `line ${index}`, attributes: { n: index, text: String(index) } }),
  ).map(({ id }) => id);
}

/** Lines and the trailer. */
function readNdjson(body: string): { readonly lines: Json[]; readonly end: Json } {
  const records = body
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as Json);
  const last = records.pop();
  assert.ok(last !== undefined && 'export' in last, body.slice(-200));
  return { lines: records, end: last['export'] as Json };
}

const messagesOf = (lines: readonly Json[]): unknown[] => lines.map(({ message }) => message);
const names = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, index) => `line ${from + index}`);

test('NDJSON: every line once, over many pages, in either order, with an end that says so', async (t) => {
  const bed = createTestApi(t, { search });
  addLines(bed, 47);
  bed.store.add({ tenant: 'other', tsMs: nowMs - 500, message: 'foreign' });
  for (const [sort, wanted] of [
    ['asc', names(0, 47)],
    ['desc', names(0, 47).reverse()],
  ] as const) {
    const response = await bed.post(path, { sort });
    assert.deepEqual([response.statusCode, response.headers['content-type']], [200, 'application/x-ndjson; charset=utf-8']);
    const { lines, end } = readNdjson(response.body);
    assert.deepEqual(messagesOf(lines), wanted);
    assert.deepEqual([end['lines'], end['complete'], end['cursor']], [47, true, null]);
  }
  assert.equal((await bed.search.status()).running, 0);
});

test('a limit ends it with a cursor, and the rest comes with that cursor or behind the last line', async (t) => {
  const bed = createTestApi(t, { search });
  const ids = addLines(bed, 30);
  const first = readNdjson((await bed.post(path, { sort: 'asc', limit: 13 })).body);
  assert.deepEqual([messagesOf(first.lines), first.end['complete']], [names(0, 13), true]);
  const rest = readNdjson((await bed.post(path, { sort: 'asc', cursor: first.end['cursor'] })).body);
  assert.deepEqual(messagesOf(rest.lines), names(13, 30));
  const resumed = readNdjson((await bed.post(path, { sort: 'asc', resume_after: ids[20] })).body);
  assert.deepEqual(messagesOf(resumed.lines), names(21, 30));
});

test('what breaks it is told, and the cursor goes on without loss or repetition', async (t) => {
  const bed = createTestApi(t, { search });
  addLines(bed, 40);
  const find = bed.store.findLines.bind(bed.store);
  let asked = 0;
  let isBroken = true;
  bed.store.findLines = (...question) =>
    ++asked > 7 && isBroken ? Promise.reject(new AppError('internal', 'the disk is gone')) : find(...question);
  const broken = readNdjson((await bed.post(path, { sort: 'asc' })).body);
  assert.deepEqual([broken.end['complete'], broken.lines.length < 40, broken.lines.length > 0], [false, true, true]);
  assert.match(String(broken.end['reason']), /the disk is gone/);
  isBroken = false;
  const rest = readNdjson((await bed.post(path, { sort: 'asc', cursor: broken.end['cursor'] })).body);
  assert.deepEqual(messagesOf([...broken.lines, ...rest.lines]), names(0, 40));
});

test('a store that lacks lines makes it incomplete', async (t) => {
  const bed = createTestApi(t, { search });
  addLines(bed, 5);
  bed.store.incompleteReason = 'lines are being replayed';
  const { end } = readNdjson((await bed.post(path, {})).body);
  assert.deepEqual([end['complete'], end['reason']], [false, 'lines are being replayed']);
});

test('each format has its media type, its head and its name; the store is told what to render', async (t) => {
  const bed = createTestApi(t, { search });
  bed.store.add({ tsMs: nowMs - 1000, message: 'hi', raw: '<13> hi' });
  const csv = await bed.post(path, { format: 'csv', columns: ['service', 'a,b', 'say "hi"'] });
  assert.equal(csv.headers['content-type'], 'text/csv; charset=utf-8; header=present');
  assert.match(String(csv.headers['content-disposition']), /^attachment; filename="millrace-2025-07-15T100000000Z\.csv"$/);
  const [head, line] = csv.body.split('\r\n');
  assert.equal(head, 'service,"a,b","say ""hi"""');
  assert.deepEqual((JSON.parse(line) as Json)['format'], { kind: 'csv', columns: ['service', 'a,b', 'say "hi"'] });
  const [usual] = (await bed.post(path, { format: 'csv' })).body.split('\r\n');
  assert.equal(usual, 'id,timestamp,level,service,host,environment,trace_id,span_id,message,metadata');
  const raw = await bed.post(path, { format: 'raw' });
  assert.deepEqual([raw.body, raw.headers['content-type']], ['<13> hi\n', 'text/plain; charset=utf-8']);
  const { lines } = readNdjson((await bed.post(path, { columns: ['n'] })).body);
  assert.deepEqual(lines[0]['format'], { kind: 'ndjson', columns: ['n'] });
});

test('a Parquet file comes whole, or not at all', async (t) => {
  const bed = createTestApi(t, { search });
  addLines(bed, 3);
  const answer = await bed.post(path, { format: 'parquet', limit: 2 });
  assert.deepEqual([answer.statusCode, answer.headers['content-type'], answer.body], [200, 'application/vnd.apache.parquet', 'PAR1 2']);
  assert.match(String(answer.headers['content-disposition']), /\.parquet"$/);
  bed.store.incompleteReason = 'lines are being replayed';
  const refused = await bed.post(path, { format: 'parquet' });
  assert.equal(refused.statusCode, 503);
  assert.match(refused.body, /lines are being replayed/);
});

test('what is wrong with the request is an error, not a stream', async (t) => {
  const bed = createTestApi(t, { search });
  const [id] = addLines(bed, 1);
  for (const [body, code] of [
    [{ query: '(' }, 'query_syntax'],
    [{ format: 'xlsx' }, 'bad_request'],
    [{ format: 'raw', columns: ['message'] }, 'bad_request'],
    [{ format: 'parquet', columns: ['message'] }, 'bad_request'],
    [{ format: 'parquet', resume_after: id }, 'bad_request'],
    [{ resume_after: 'none' }, 'not_found'],
    [{ resume_after: id, cursor: 'x' }, 'bad_request'],
    [{ cursor: 'x' }, 'invalid_cursor'],
    [{ time_range: { from: 'now', to: 'now-1h' } }, 'invalid_time_range'],
  ] as const) {
    const response = await bed.post(path, body);
    assert.equal(response.json<{ error: { code: string } }>().error.code, code, JSON.stringify(body));
  }
});
