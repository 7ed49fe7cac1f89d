import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import { searchConfig } from './config.ts';
import type { SearchConfig } from './config.ts';
import { FakeLogStore } from './log-store.fake.ts';
import { ManualClock } from './manual-clock.fake.ts';
import { SearchService } from './search-service.ts';
import type { SearchAnswer, SearchEvent, SearchRequest } from './search-service.ts';

const nowMs = Date.UTC(2025, 6, 15, 12);
const defaults = Object.fromEntries(
  Object.entries(searchConfig.properties).map(([name, schema]) => [name, (schema as { default?: unknown }).default]),
) as SearchConfig;
const acme = { tenant: 'acme' };
const never = new AbortController().signal;

function createSearch(custom: Partial<SearchConfig> = {}, options: Partial<ConstructorParameters<typeof SearchService>[0]> = {}) {
  const store = new FakeLogStore();
  const clock = new ManualClock(nowMs);
  const events: SearchEvent[] = [];
  const service = new SearchService({
    store,
    clock,
    config: { ...defaults, ...custom },
    observe: (event) => events.push(event),
    ...options,
  });
  const addLines = (count: number, tenant = 'acme'): void => {
    for (let index = 0; index < count; index++)
      store.add({ tenant, tsMs: nowMs - 1000 * (index + 1), message: `payment ${index} failed`, service: index % 2 ? 'pay' : 'shop' });
  };
  const search = (request: SearchRequest = {}, searcher = acme, signal = never): Promise<SearchAnswer> =>
    service.search(request, searcher, signal);
  return { store, clock, service, events, addLines, search };
}

const failure = async (run: Promise<unknown>): Promise<AppError> => {
  try {
    await run;
  } catch (error) {
    assert.ok(error instanceof AppError, String(error));
    return error;
  }
  return assert.fail('no error');
};
const messages = ({ lines }: SearchAnswer): string[] => lines.map(({ message }) => message);

test('nothing asked: the newest lines of the last hour, newest first, and it says so', async () => {
  const { search, addLines, store } = createSearch();
  addLines(3);
  store.add({ tenant: 'acme', tsMs: nowMs - 3_600_001, message: 'too old' });
  store.add({ tenant: 'acme', tsMs: nowMs + 5000, message: 'clock ahead' });
  const answer = await search();
  assert.deepEqual(messages(answer), ['clock ahead', 'payment 0 failed', 'payment 1 failed', 'payment 2 failed']);
  assert.deepEqual([answer.total, answer.totalRelation, answer.complete, answer.nextCursor], [4, 'eq', true, undefined]);
  assert.deepEqual([answer.range.byDefault, Number(answer.range.fromNs / 1_000_000n) - nowMs], [true, -3_600_000]);
});

test('query, filters and range together', async () => {
  const { search, addLines } = createSearch();
  addLines(10);
  const answer = await search({
    query: 'payment failed',
    filters: { service: ['pay'] },
    timeRange: { from: 'now-6s', to: 'now' },
    order: 'asc',
  });
  assert.deepEqual(messages(answer), ['payment 5 failed', 'payment 3 failed', 'payment 1 failed']);
});

async function readAllPages(
  search: (request: SearchRequest) => Promise<SearchAnswer>,
  request: SearchRequest,
  between: () => void = () => undefined,
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 1000; page++) {
    const answer = await search({ ...request, ...(cursor ? { cursor } : {}) });
    ids.push(...answer.lines.map(({ id }) => id));
    if (answer.nextCursor === undefined) return ids;
    cursor = answer.nextCursor;
    between();
  }
  return assert.fail('the pages do not end');
}

for (const order of ['desc', 'asc'] as const) {
  test(`pages (${order}) give every line once while lines arrive, old and new`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(30), { maxLength: 60 }),
        fc.array(fc.nat(30), { maxLength: 20 }),
        fc.integer({ min: 1, max: 7 }),
        async (agesSeconds, lateAges, limit) => {
          const { search, store, clock } = createSearch();
          for (const age of agesSeconds) store.add({ tenant: 'acme', tsMs: nowMs - age * 1000 });
          const before = new Set(store.lines.map(({ id }) => id));
          const late = [...lateAges];
          const ids = await readAllPages(search, { order, limit, timeRange: { last: '1h' } }, () => {
            clock.advance(1000);
            const age = late.pop();
            if (age !== undefined) store.add({ tenant: 'acme', tsMs: nowMs - age * 1000 });
          });
          assert.equal(new Set(ids).size, ids.length, 'a line came twice');
          for (const id of before) assert.ok(ids.includes(id), 'a line is missing');
        },
      ),
      { numRuns: 100 },
    );
  });
}

for (const order of ['desc', 'asc'] as const) {
  test(`a search (${order}) that runs out of rows says so and goes on from there`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20), { minLength: 1, maxLength: 50 }), fc.integer({ min: 1, max: 9 }), async (ages, limit) => {
        // lines of one moment must fit into one scan, or no store could get past them
        const { search, store } = createSearch({ max_scanned_rows: 51 });
        for (const [index, age] of ages.entries()) {
          store.add({ tenant: 'acme', tsMs: nowMs - age * 1000, message: index % 3 === 0 ? 'wanted' : 'other' });
          for (let filler = 0; filler < 40; filler++)
            store.add({ tenant: 'acme', tsMs: nowMs - 100_000 - age * 5000 - filler * 10, message: 'filler' });
        }
        const wanted = store.lines.filter(({ message }) => message === 'wanted').map(({ id }) => id);
        const ids = await readAllPages(search, { query: 'wanted', order, limit });
        assert.deepEqual(ids.toSorted(), wanted.toSorted());
      }),
      { numRuns: 60 },
    );
  });
}

test('a store that cannot get past one moment gives no cursor that would lead to the same page again', async () => {
  const { search, store } = createSearch({ max_scanned_rows: 3 });
  for (let index = 0; index < 9; index++) store.add({ tenant: 'acme', tsMs: nowMs - 1000, message: 'same moment' });
  store.add({ tenant: 'acme', tsMs: nowMs, message: 'newest' });
  const first = await search({ query: 'nothing' });
  assert.ok(first.nextCursor);
  const second = await search({ query: 'nothing', cursor: first.nextCursor });
  assert.deepEqual([second.complete, second.nextCursor], [false, undefined]);
});

test('a stopped search tells reason, covered range and a bound for the total', async () => {
  const { search, addLines, store } = createSearch({ max_scanned_rows: 5 });
  addLines(20);
  store.failures.set('count', new AppError('query_too_expensive', 'too many rows'));
  const answer = await search({ query: 'nothing' });
  assert.deepEqual(
    [answer.complete, answer.reason, answer.total, answer.totalRelation],
    [false, 'stopped at the bound of scanned lines', 0, 'gte'],
  );
  assert.equal(answer.covered?.fromNs, BigInt(nowMs - 6000) * 1_000_000n + 1n);
  assert.ok(answer.nextCursor);
});

test('a cursor is bound to tenant, query, filters, order and range, and a page needs no range', async () => {
  const { search, addLines } = createSearch();
  addLines(5);
  const request: SearchRequest = { query: 'payment', filters: { level: 'INFO' }, timeRange: { last: '1h' }, limit: 2 };
  const { nextCursor: cursor } = await search(request);
  assert.equal((await search({ ...request, cursor, timeRange: undefined })).lines.length, 2);
  assert.equal((await search({ ...request, cursor, limit: 3 })).lines.length, 3);
  for (const other of [{ query: 'failed' }, { filters: {} }, { order: 'asc' as const }, { timeRange: { last: '2h' } }]) {
    assert.equal((await failure(search({ ...request, cursor, ...other }))).code, 'invalid_cursor');
  }
  assert.equal((await failure(search({ ...request, cursor }, { tenant: 'other' }))).code, 'invalid_cursor');
  assert.equal((await failure(search({ ...request, cursor, offset: 2 }))).code, 'bad_request');
});

test('no tenant sees another, whatever it asks', async () => {
  const { search, service, addLines, store } = createSearch();
  addLines(3, 'acme');
  addLines(4, 'other');
  const foreign = store.lines.find(({ tenant }) => tenant === 'other');
  for (const request of [
    {},
    { filters: { tenant: 'other' } },
    { query: 'tenant:other OR payment' },
    { query: 'NOT tenant:acme' },
    { query: "x' OR 1=1 --" },
    { filters: { "tenant' OR '1'='1": 'x' } },
  ] satisfies SearchRequest[]) {
    const answer = await search(request);
    assert.ok(answer.lines.every(({ tenant }) => tenant === 'acme'));
    assert.ok(answer.total <= 3);
  }
  const { buckets } = await service.aggregate({ metric: 'count', query: 'tenant:other OR payment' }, acme, never);
  assert.equal(buckets[0].value, 3);
  assert.equal((await failure(service.lineById(foreign?.id ?? '', acme, never))).code, 'not_found');
  assert.ok(store.asked.every(({ tenant }) => tenant === 'acme'));
});

test('limits: every bound names its setting', async () => {
  const { search, service } = createSearch({ max_limit: 50, max_offset: 100 });
  const settingOf = async (run: Promise<unknown>): Promise<unknown> => (await failure(run)).details['setting'];
  assert.equal(await settingOf(search({ limit: 51 })), 'search.max_limit');
  assert.equal(await settingOf(search({ offset: 101 })), 'search.max_offset');
  assert.equal(await settingOf(search({ timeRange: { last: '60d' } })), 'search.max_range');
  assert.equal(await settingOf(search({ timeRange: { last: '120d' }, allowWideRange: true })), 'search.max_wide_range');
  assert.equal(await settingOf(search({ query: 'x'.repeat(20_000) })), 'query.max_length');
  const aggregate = (custom: object) => service.aggregate({ metric: 'count', ...custom }, acme, never);
  assert.equal(await settingOf(aggregate({ groupBy: ['a', 'b', 'c', 'd', 'e', 'f'] })), 'search.max_group_by');
  assert.equal(await settingOf(aggregate({ interval: '10ms' })), 'search.min_interval');
  assert.equal(await settingOf(aggregate({ interval: '1s', timeRange: { last: '7d' } })), 'search.max_buckets');
  assert.match((await failure(search({ offset: 101 }))).message, /next_cursor/);
});

test('a forged cursor cannot widen the range', async () => {
  const wide = createSearch({ max_range: 400 * 86_400_000 });
  wide.store.add({ tenant: 'acme', tsMs: nowMs - 1000 });
  wide.store.add({ tenant: 'acme', tsMs: nowMs - 2000 });
  const { nextCursor: cursor } = await wide.search({ timeRange: { last: '300d' }, limit: 1 });
  const { search } = createSearch();
  assert.equal((await failure(search({ cursor }))).details['setting'], 'search.max_range');
});

test('a wide range is measured over the lines that exist, of this tenant', async () => {
  const tenants: string[] = [];
  const dataExtent = async (tenant: string) => {
    tenants.push(tenant);
    return { fromNs: BigInt(nowMs - 86_400_000) * 1_000_000n, toNs: BigInt(nowMs) * 1_000_000n };
  };
  const { search, addLines } = createSearch({}, { dataExtent });
  addLines(2);
  assert.equal((await search({ timeRange: { from: '1970-01-01' } })).total, 2);
  assert.deepEqual(tenants, ['acme']);
});

test('totals: exact by page, exact by count, a bound when the count runs out', async () => {
  const { search, addLines, store, clock } = createSearch();
  addLines(10);
  const totals = ({ total, totalRelation }: SearchAnswer): unknown[] => [total, totalRelation];
  store.held.add('count');
  assert.deepEqual(totals(await search({ query: 'trace_id:none OR payment-12345678' })), [0, 'eq']);
  assert.equal(store.asked.length, 1, 'where an id is looked up no count is begun');
  assert.deepEqual(totals(await search({ limit: 10 })), [10, 'eq'], 'the whole answer needs no count');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(store.abortedCount, 1, 'and the one that was begun is ended');
  const running = search({ limit: 4 });
  await store.untilAsked(5);
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(5001);
  assert.deepEqual(totals(await running), [5, 'gte']);
  store.release();
  assert.deepEqual(totals(await search({ limit: 4 })), [10, 'eq']);
  assert.deepEqual(totals(await search({ limit: 4, offset: 8 })), [10, 'eq']);
  assert.deepEqual(totals(await search({ limit: 4, offset: 50 })), [10, 'eq']);
  for (const code of ['query_timeout', 'query_too_expensive'] as const) {
    store.failures.set('count', new AppError(code, 'no'));
    assert.deepEqual(totals(await search({ limit: 4, offset: 4 })), [9, 'gte']);
  }
});

test('a failing count fails the search unless it only ran out of its budget', async () => {
  const { search, addLines, store } = createSearch();
  addLines(3);
  store.failures.set('count', new AppError('search_unavailable', 'the engine is down'));
  assert.equal((await failure(search({ limit: 1 }))).code, 'search_unavailable');
});

test('an answer during a replay is incomplete, its total a bound', async () => {
  const { search, addLines, store, service, events } = createSearch();
  addLines(3);
  store.incompleteReason = 'lines are being replayed';
  const answer = await search();
  assert.deepEqual([answer.complete, answer.reason, answer.totalRelation], [false, 'lines are being replayed', 'gte']);
  const aggregated = await service.aggregate({ metric: 'count' }, acme, never);
  assert.deepEqual([aggregated.complete, aggregated.reason], [false, 'lines are being replayed']);
  assert.deepEqual(
    events.map(({ kind, outcome }) => [kind, outcome]),
    [
      ['search', 'incomplete'],
      ['aggregate', 'incomplete'],
    ],
  );
});

for (const [held, asked] of [
  ['find', 1],
  ['count', 2],
] as const)
  test(`a client that goes during ${held} ends it in the store`, async () => {
    const { search, addLines, store, events, service } = createSearch();
    addLines(10);
    store.held.add(held);
    const client = new AbortController();
    const running = failure(search({ limit: 4 }, acme, client.signal));
    await store.untilAsked(asked);
    client.abort();
    assert.equal((await running).code, 'cancelled');
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(store.abortedCount, 1);
    assert.deepEqual([service.status().running, service.status().waiting], [0, 0]);
    assert.deepEqual(
      events.map(({ outcome }) => outcome),
      ['cancelled'],
    );
  });

test('a store that never answers is given up after the time, and asked to stop', async () => {
  const { search, store, clock, service } = createSearch();
  store.held.add('find');
  const running = failure(search());
  await store.untilAsked(1);
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(60_000);
  const error = await running;
  assert.deepEqual([error.code, error.details['setting']], ['query_timeout', 'search.timeout']);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([store.abortedCount, clock.sleeping, service.status().running], [1, 0, 0]);
});

test('the store gets the limits of the settings', async () => {
  const { search, addLines, store } = createSearch({ timeout: 7000, count_timeout: 3000, max_memory: 2 ** 21, max_scanned_rows: 5000 });
  addLines(2);
  await search({ limit: 1 });
  const limitsOf = (kind: string) => store.asked.find((asked) => asked.kind === kind)?.options.limits;
  assert.deepEqual(limitsOf('find'), { timeoutMs: 7000, maxMemoryBytes: 2 ** 21, maxScannedRows: 5000 });
  assert.deepEqual(limitsOf('count'), { timeoutMs: 3000, maxMemoryBytes: 2 ** 21, maxScannedRows: 5000 });
});

test('twenty searches of a tenant run at once, the rest wait, another tenant gets through', async () => {
  const { search, store, service } = createSearch();
  store.held.add('find');
  const runs = Array.from({ length: 25 }, (_, index) => search({ query: `trace_id:a${index}` }));
  await store.untilAsked(20);
  assert.deepEqual([service.status().running, service.status().waiting], [20, 5]);
  const other = search({ query: 'trace_id:a' }, { tenant: 'other' });
  await store.untilAsked(21);
  assert.deepEqual([service.status().running, service.status().waiting], [21, 5]);
  store.release();
  assert.equal((await Promise.all([...runs, other])).length, 26);
});

test('errors that are none of ours become internal, and the observer hears every outcome', async () => {
  const { search, store, events } = createSearch();
  store.failures.set('find', new TypeError('x is undefined'));
  assert.equal((await failure(search())).code, 'internal');
  await failure(search({ query: '(' }));
  assert.deepEqual(
    events.map(({ outcome }) => outcome),
    ['internal', 'query_syntax'],
  );
});

test('aggregates: time steps, groups in the order asked, sampling said', async () => {
  const { service, store } = createSearch();
  for (const [index, level] of ['ERROR', 'INFO', 'ERROR2', 'INFO'].entries()) {
    store.add({
      tenant: 'acme',
      tsMs: nowMs - 60_000 * (index + 1),
      level,
      service: 'pay',
      attributes: { latency_ms: 10 * (index + 1) },
      sampleRate: index === 3 ? 0.1 : 1,
    });
  }
  const groups = await service.aggregate({ metric: 'count', groupBy: ['service', 'level'] }, acme, never);
  assert.deepEqual(groups.buckets, [
    { group: ['pay', 'ERROR'], value: 2 },
    { group: ['pay', 'INFO'], value: 11 },
  ]);
  assert.equal(groups.extrapolated, true);
  const steps = await service.aggregate(
    { metric: 'max(latency_ms)', interval: '2m', timeRange: { from: 'now-1h', to: 'now' } },
    acme,
    never,
  );
  assert.deepEqual(steps.buckets, [
    { timeMs: nowMs - 240_000, group: [], value: 40 },
    { timeMs: nowMs - 120_000, group: [], value: 20 },
  ]);
});

test('an aggregation without an end stops at now: what has not happened has no rate', async () => {
  const { service } = createSearch();
  const { range } = await service.aggregate({ metric: 'rate' }, acme, never);
  assert.equal(range.toNs, BigInt(nowMs) * 1_000_000n);
});

for (const [request, code, message] of [
  [{ metric: 'cuont' }, 'bad_request', /did you mean "count"/],
  [{ metric: 'count', interval: '1 fortnight' }, 'bad_request', /cannot read interval/],
  [{ metric: 'count', interval: '60' }, 'bad_request', /cannot read interval/],
  [{ metric: 'count', groupBy: ['a', 'a'] }, 'bad_request', /names "a" twice/],
  [{ metric: 'count', groupBy: [' '] }, 'bad_request', /empty field name/],
  [{ metric: 'count', query: 'a AND' }, 'query_syntax', /./],
  [{ metric: 'count', filters: { level: 'LOUD' } }, 'query_unsupported', /LOUD/],
  [{ metric: 'count', timeRange: { from: 'now', to: 'now-1h' } }, 'invalid_time_range', /turned round/],
] as const) {
  test(`an aggregation refuses ${JSON.stringify(request)}`, async () => {
    const error = await failure(createSearch().service.aggregate(request, acme, never));
    assert.equal(error.code, code);
    assert.match(error.message, message);
  });
}

test('a line by its id, in any case of letters; others are not found', async () => {
  const { service, store } = createSearch();
  const { id } = store.add({ tenant: 'acme', tsMs: nowMs, message: 'here' });
  assert.equal((await service.lineById(id, acme, never)).message, 'here');
  assert.equal((await service.lineById(id.toUpperCase(), acme, never)).message, 'here');
  for (const other of ['', 'x', "' OR 1=1", `${id}0`, id.replace(/.$/, 'f'), 'a'.repeat(10_000)]) {
    assert.equal((await failure(service.lineById(other, acme, never))).code, 'not_found');
  }
});
