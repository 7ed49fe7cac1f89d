import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Compile } from 'typebox/compile';
import { contextAnswer, traceAnswer } from './context-schemas.ts';
import { createTestApi, nowMs } from './create-api.fake.ts';

type Json = Record<string, unknown>;
type Bed = ReturnType<typeof createTestApi>;

const messagesOf = (answer: Json): unknown[] => (answer['lines'] as Json[]).map(({ message }) => message);

/** Lines 0 … count - 1 of several sources, the first the oldest, three at each moment. */
function addLines(store: Bed['store'], count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const [service, host] = index % 2 === 0 ? ['pay', 'web-1'] : ['shop', index % 4 === 1 ? 'web-1' : 'web-2'];
    const tsMs = nowMs - 1_000_000 + Math.floor(index / 3) * 1000;
    return store.add({ tsMs, service, host, traceId: index % 5 === 0 ? 'trace-a' : '', message: `line ${index}` }).id;
  });
}

async function contextOf({ get }: Bed, id: string, parameters = ''): Promise<Json> {
  const response = await get(`/v1/logs/${id}/context${parameters}`);
  assert.equal(response.statusCode, 200, response.body);
  const answer = response.json<Json>();
  assert.ok(Compile(contextAnswer).Check(answer), response.body);
  return answer;
}

const numbers = (from: number, to: number, fits: (n: number) => boolean): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)
    .filter(fits)
    .map((n) => `line ${n}`);

for (const [scope, fits] of [
  [undefined, (n: number) => n % 2 === 0],
  ['source', (n: number) => n % 2 === 0],
  ['service', (n: number) => n % 2 === 0],
  ['host', (n: number) => n % 4 !== 3],
  ['trace', (n: number) => n % 5 === 0],
  ['all', () => true],
] as const) {
  test(`context of scope ${scope}: what belongs to it, in order, the line marked`, async (t) => {
    const bed = createTestApi(t);
    const ids = addLines(bed.store, 60);
    bed.store.add({ tsMs: nowMs - 999_000, tenant: 'other', service: 'pay', host: 'web-1', traceId: 'trace-a', message: 'foreign' });
    const answer = await contextOf(bed, ids[20], scope === undefined ? '' : `?scope=${scope}`);
    assert.deepEqual(messagesOf(answer), numbers(0, 59, fits));
    const marked = (answer['lines'] as Json[]).findIndex((line) => line['marked'] === true);
    assert.deepEqual([marked, answer['line_index']], [messagesOf(answer).indexOf('line 20'), marked]);
    assert.deepEqual([answer['has_more_before'], answer['has_more_after'], answer['complete']], [false, false, true]);
  });
}

test('context goes on in both directions without gap or repetition, also among lines of one moment', async (t) => {
  const bed = createTestApi(t);
  const ids = addLines(bed.store, 60);
  let answer = await contextOf(bed, ids[31], '?scope=all&before=2&after=4');
  let messages = messagesOf(answer);
  assert.deepEqual(
    messages,
    numbers(29, 35, () => true),
  );
  while (answer['has_more_before'] === true) {
    answer = await contextOf(bed, ids[31], `?scope=all&before=7&before_cursor=${answer['before_cursor']}`);
    assert.equal(answer['line_index'], null);
    messages = [...messagesOf(answer), ...messages];
  }
  answer = await contextOf(bed, ids[31], '?scope=all&before=0&after=4');
  while (answer['has_more_after'] === true) {
    answer = await contextOf(bed, ids[31], `?scope=all&after=7&after_cursor=${answer['after_cursor']}`);
    messages.push(...messagesOf(answer));
  }
  assert.deepEqual(
    messages,
    numbers(0, 59, () => true),
  );
  bed.store.add({ tsMs: nowMs, message: 'came later' });
  answer = await contextOf(bed, ids[31], `?scope=all&after_cursor=${answer['after_cursor']}`);
  assert.deepEqual(messagesOf(answer), ['came later'], 'the end is none');
});

test('context refuses what cannot be', async (t) => {
  const bed = createTestApi(t, { search: { max_limit: 50 } });
  const ids = addLines(bed.store, 6);
  const other = await contextOf(bed, ids[3]);
  const refusal = async (id: string, parameters: string): Promise<unknown[]> => {
    const response = await bed.get(`/v1/logs/${id}/context?${parameters}`);
    const { error } = response.json<{ error: { code: string; details?: Json } }>();
    return [response.statusCode, error.code, error.details?.['setting'] ?? error.details?.['field']];
  };
  assert.deepEqual(await refusal('no-id', ''), [404, 'not_found', undefined]);
  assert.deepEqual(await refusal(ids[0].replace(/.$/, 'f'), ''), [404, 'not_found', undefined]);
  assert.deepEqual(await refusal(ids[1], 'scope=trace'), [400, 'bad_request', 'scope']);
  assert.deepEqual(await refusal(ids[1], 'scope=planet'), [400, 'bad_request', 'scope']);
  assert.deepEqual(await refusal(ids[1], 'before=51'), [400, 'limit_exceeded', 'search.max_limit']);
  assert.deepEqual(await refusal(ids[1], `before_cursor=${other['before_cursor']}`), [400, 'invalid_cursor', undefined]);
  assert.deepEqual(await refusal(ids[3], `after_cursor=${other['before_cursor']}`), [400, 'invalid_cursor', undefined]);
  assert.deepEqual(await refusal(ids[3], 'before=1&before=2'), [400, 'bad_request', 'before']);
});

const links = [{ name: 'Jaeger', template: 'https://jaeger.test/trace/{trace_id}?x={trace_id}' }];

test('a trace: lines in order with gaps, services with their spans, links out', async (t) => {
  const { get, store } = createTestApi(t, { search: { trace_links: links } });
  const start = nowMs - 40 * 86_400_000;
  store.add({ tsMs: start + 250.5, service: 'pay', traceId: 'a/b', message: '3', level: 'ERROR' });
  store.add({ tsMs: start, service: 'shop', traceId: 'a/b', message: '1' });
  store.add({ tsMs: start + 100, service: 'pay', traceId: 'a/b', message: '2' });
  store.add({ tsMs: start + 100, service: 'pay', traceId: 'a/c', message: 'other' });
  const response = await get('/v1/traces/a%2Fb');
  assert.equal(response.statusCode, 200, response.body);
  const answer = response.json<Json>();
  assert.ok(Compile(traceAnswer).Check(answer), response.body);
  assert.deepEqual(messagesOf(answer), ['1', '2', '3']);
  assert.deepEqual(
    (answer['lines'] as Json[]).map((line) => line['gap_ms']),
    [null, 100, 150.5],
  );
  assert.deepEqual([answer['total'], answer['duration_ms'], answer['next_cursor'], answer['complete']], [3, 250.5, null, true]);
  assert.deepEqual(
    (answer['services'] as Json[]).map((span) => [span['service'], span['lines'], span['errors'], span['start_ms'], span['duration_ms']]),
    [
      ['shop', 1, 0, 0, 0],
      ['pay', 2, 1, 100, 150.5],
    ],
  );
  assert.deepEqual(answer['links'], [{ name: 'Jaeger', url: 'https://jaeger.test/trace/a%2Fb?x=a%2Fb' }]);
});

test('a large trace is paged; every page has the services of all, and the gaps go on', async (t) => {
  const { get, store } = createTestApi(t, { search: { trace_lines: 10 } });
  for (let index = 0; index < 25; index++) {
    store.add({ tsMs: nowMs - 60_000 + index * 10, service: `service-${index % 3}`, traceId: 'abc', message: String(index) });
  }
  const messages: unknown[] = [];
  const gaps: unknown[] = [];
  for (let cursor: unknown = ''; cursor !== null; ) {
    const answer = (await get(`/v1/traces/ABC?cursor=${cursor}`)).json<Json>();
    messages.push(...messagesOf(answer));
    gaps.push(...(answer['lines'] as Json[]).map((line) => line['gap_ms']));
    assert.deepEqual([answer['total'], (answer['services'] as Json[]).length, answer['duration_ms']], [25, 3, 240]);
    cursor = answer['next_cursor'];
  }
  assert.deepEqual(messages, [...Array(25).keys()].map(String));
  assert.deepEqual(gaps, [null, ...Array<number>(24).fill(10)]);
});

test('traces that are not there, or of another tenant; links in', async (t) => {
  const { get, store } = createTestApi(t);
  store.add({ tsMs: nowMs, tenant: 'other', traceId: 'abc' });
  assert.equal((await get('/v1/traces/abc')).statusCode, 404);
  assert.equal((await get(`/v1/traces/${'a'.repeat(257)}`)).statusCode, 404);
  store.incompleteReason = 'lines are being replayed';
  const answer = (await get('/v1/traces/abc')).json<Json>();
  assert.deepEqual([answer['total'], answer['complete'], answer['reason']], [0, false, 'lines are being replayed']);
  const redirect = await get('/trace/a%2Fb%22');
  assert.deepEqual([redirect.statusCode, redirect.headers['location']], [307, '/v1/traces/a%2Fb%22']);
});
