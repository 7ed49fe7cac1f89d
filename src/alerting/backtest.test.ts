import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQuery } from '#language/parser.ts';
import { systemClock } from '#platform/clock.ts';
import { ManualClock } from '#search/manual-clock.fake.ts';
import type { Selection } from '#search/query-runner.ts';
import type { AlertRuleBody } from './alert-rule.ts';
import { backtest } from './backtest.ts';
import type { BacktestParts } from './backtest.ts';
import type { AlertsConfig } from './config.ts';
import { alertDefaults, decodeRecords, FakeBlockStore } from './trial-lines.test-support.ts';
import { tryLines } from './line-trial.ts';

const t0 = Date.UTC(2026, 2, 1, 12);
const minute = 60_000;
const record = (atMs: number, members: object = {}) => ({
  timestamp: new Date(t0 + atMs).toISOString(),
  level: 'ERROR',
  service: 'pay',
  message: 'failed',
  ...members,
});
const burst = (fromMs: number, count: number, everyMs: number, members: object = {}) =>
  Array.from({ length: count }, (_, index) => record(fromMs + index * everyMs, members));

const spike: AlertRuleBody = {
  name: 'spike',
  filter: 'level:ERROR AND service:pay',
  condition: { kind: 'count', window_ms: 5 * minute, operator: '>', threshold: 20 },
};

function partsOf(records: readonly object[], config: Partial<AlertsConfig> = {}) {
  const clock = new ManualClock(t0 + 10 * 60 * minute);
  const store = new FakeBlockStore('t', records);
  const runner: BacktestParts['runner'] = {
    clock,
    parseSelection: ({ query = '' }: Selection) => parseQuery(query),
    admitted: (_, signal, ask) => ask(signal, { limits: { timeoutMs: 1000, maxMemoryBytes: 1, maxScannedRows: 1 }, signal }),
  };
  return { clock, store, parts: { runner, store, config: { ...alertDefaults, ...config } } };
}

const rangeOf = (fromMs: number, toMs: number) => ({ fromNs: BigInt(t0 + fromMs) * 1_000_000n, toNs: BigInt(t0 + toMs) * 1_000_000n });
const never = new AbortController().signal;

test('a spike is found with its time, its peak and its end', async () => {
  const records = [...burst(0, 30, 10_000), ...burst(30 * minute, 100, 1000)];
  const { parts } = partsOf(records);
  const result = await backtest(parts, { body: spike, range: rangeOf(0, 60 * minute) }, { tenant: 't' }, never);
  assert.equal(result.complete, true);
  assert.equal(result.lineCount, 130);
  const [first, second] = result.incidents;
  assert.equal(result.totalIncidents, 2);
  // the 21st line of the first comes after 200 s, of the second after 20 s
  assert.ok(Math.abs((first.firedMs ?? 0) - (t0 + 200_000)) <= 10_000, `${(first.firedMs ?? 0) - t0}`);
  assert.ok(Math.abs((second.firedMs ?? 0) - (t0 + 30 * minute + 20_000)) <= 10_000, `${(second.firedMs ?? 0) - t0}`);
  assert.equal(second.peak, 100);
  const resolvedAfter = (second.resolvedMs ?? 0) - (t0 + 35 * minute);
  assert.ok(resolvedAfter > 60_000 && resolvedAfter < 110_000, `${resolvedAfter}`);
  const [series] = result.series;
  assert.equal(Math.max(...series.points.map(({ value = 0 }) => value)), 100);
  assert.ok(series.points.length <= alertDefaults.backtest_max_points + 1);
  assert.ok(series.points.some(({ state }) => state === 'firing') && series.points.some(({ state }) => state === 'ok'));
});

test('pages, however small, tell the same as one', async () => {
  const records = [...burst(0, 300, 7000), ...burst(40 * minute, 60, 500, { service: 'pay', host: 'b' })];
  const body: AlertRuleBody = { ...spike, group_by: ['host'], for_ms: minute };
  const run = async (slice: number) => {
    const { parts, store } = partsOf(records, { backtest_slice_lines: slice });
    const { tookMs: _, ...result } = await backtest(parts, { body, range: rangeOf(0, 60 * minute) }, { tenant: 't' }, never);
    return { result, pages: store.pages };
  };
  const [whole, parts] = [await run(100_000), await run(17)];
  assert.deepEqual(parts.result, whole.result);
  assert.ok(parts.pages > 20 && whole.pages === 1);
});

test('windows are full at the beginning of the range', async () => {
  const { parts } = partsOf(burst(0, 60, 1000));
  const { incidents } = await backtest(parts, { body: spike, range: rangeOf(2 * minute, 4 * minute) }, { tenant: 't' }, never);
  assert.equal(incidents.length, 1, 'it was firing already');
  assert.ok((incidents[0].firedMs ?? 0) < t0 + 2 * minute);
  assert.equal(incidents[0].resolvedMs, undefined);
});

test('what was over before the range is not told', async () => {
  const { parts } = partsOf(burst(0, 60, 1000));
  const body: AlertRuleBody = {
    ...spike,
    condition: { kind: 'count', window_ms: 10_000, operator: '>', threshold: 5 },
    for_ms: 5 * minute,
  };
  const result = await backtest(parts, { body: { ...body, for_ms: 0 }, range: rangeOf(5 * minute, 9 * minute) }, { tenant: 't' }, never);
  assert.deepEqual([result.incidents, result.totalIncidents], [[], 0]);
});

test('a bound of lines or of time ends it with what it has, and says so', async () => {
  const records = burst(0, 5000, 100);
  const few = partsOf(records, { backtest_slice_lines: 100, backtest_max_lines: 1000 });
  const bounded = await backtest(few.parts, { body: spike, range: rangeOf(0, 60 * minute) }, { tenant: 't' }, never);
  assert.equal(bounded.complete, false);
  assert.match(bounded.reason ?? '', /alerts\.backtest_max_lines/);
  assert.equal(bounded.lineCount, 1000);
  assert.equal(bounded.totalIncidents, 1);
  assert.ok(bounded.endMs < t0 + 3 * minute);

  const slow = partsOf(records, { backtest_slice_lines: 100, backtest_timeout: 5000 });
  const admitted = slow.parts.runner.admitted;
  const late: BacktestParts = {
    ...slow.parts,
    runner: {
      ...slow.parts.runner,
      admitted: async (...question: Parameters<typeof admitted>) => {
        slow.clock.advance(1000);
        return admitted(...question);
      },
    } as BacktestParts['runner'],
  };
  const timed = await backtest(late, { body: spike, range: rangeOf(0, 60 * minute) }, { tenant: 't' }, never);
  assert.match(timed.reason ?? '', /alerts\.backtest_timeout/);
  assert.equal(timed.lineCount, 500);
});

test('a range over the bound is refused, and a cancelled try ends', async () => {
  const { parts } = partsOf(burst(0, 10, 1000));
  await assert.rejects(backtest(parts, { body: spike, range: rangeOf(-40 * 24 * 60 * minute, 0) }, { tenant: 't' }, never), {
    code: 'limit_exceeded',
    details: { setting: 'alerts.backtest_max_range', max_ms: alertDefaults.backtest_max_range, asked_ms: 40 * 24 * 60 * minute },
  });
  await assert.rejects(backtest(parts, { body: spike, range: rangeOf(0, minute) }, { tenant: 't' }, AbortSignal.abort()), {
    code: 'cancelled',
  });
});

test('lines that are too long for one answer are read in smaller portions', async () => {
  const { parts, store } = partsOf(burst(0, 1000, 100), { backtest_slice_lines: 1000 });
  const { AppError } = await import('#base/errors.ts');
  const narrow: BacktestParts = {
    ...parts,
    store: {
      lineBlocks: (query) =>
        query.limit > 100
          ? Promise.reject(new AppError('limit_exceeded', 'too large', { details: { setting: 'engine.max_buffered_result' } }))
          : store.lineBlocks(query),
    },
  };
  const result = await backtest(narrow, { body: spike, range: rangeOf(0, 10 * minute) }, { tenant: 't' }, never);
  assert.equal(result.lineCount, 1000);
  assert.equal(result.complete, true);
});

test('a rule on given lines: in the order of their times, whatever the order given', async () => {
  const records = burst(0, 30, 1000, { host: 'a' }).reverse();
  const given = [...records, 'no object', record(10_500, { level: 'INFO' })];
  const options = { tenant: 't', body: spike, config: alertDefaults, nowMs: t0 + 60 * minute, clock: systemClock, signal: never };
  const tried = await tryLines(decodeRecords('t', given, options.nowMs), options);
  assert.equal(tried.totalIncidents, 1);
  assert.ok(Math.abs((tried.incidents[0].firedMs ?? 0) - (t0 + 20_000)) <= 1000);
  assert.ok(tried.incidents[0].resolvedMs !== undefined, 'it goes on until the windows have run out');
  assert.equal(tried.lines.length, given.length);
  assert.deepEqual(
    tried.lines.filter(({ matches }) => !matches).map(({ index }) => index),
    tried.lines
      .filter(({ error }) => error !== undefined)
      .map(({ index }) => index)
      .concat(31),
  );
});

test('a rule on no lines at all, or on one', async () => {
  const options = { tenant: 't', body: spike, config: alertDefaults, nowMs: t0, clock: systemClock, signal: never };
  assert.equal((await tryLines(decodeRecords('t', [{}], t0), options)).totalIncidents, 0);
  const one = await tryLines(decodeRecords('t', [{ message: 'x' }], t0), {
    ...options,
    body: { ...spike, filter: '', condition: { ...spike.condition, threshold: 0 } as AlertRuleBody['condition'] },
  });
  assert.deepEqual([one.totalIncidents, one.lines], [1, [{ index: 0, matches: true, error: undefined }]]);
});

test('a rule for new patterns begins with those that were known', async () => {
  const records = burst(0, 40, 60_000);
  const { parts } = partsOf(records);
  const store = new FakeBlockStore('t', records, (row) => (row < 30 ? 1 : 2));
  const body: AlertRuleBody = { name: 'new', condition: { kind: 'new_pattern', window_ms: minute, learn_ms: 0 } };
  const asked: number[] = [];
  const run = (known: readonly string[]) =>
    backtest(
      {
        ...parts,
        store,
        past: {
          async patternsBefore(_, beforeMs) {
            asked.push(beforeMs);
            return known.map((id) => ({ id: id.padStart(16, '0'), services: ['pay'], firstSeenMs: 0 }));
          },
          async *seasonsBefore() {},
        },
      },
      { body, range: rangeOf(0, 60 * minute) },
      { tenant: 't' },
      never,
    );
  const firedAfter = async (known: readonly string[]) =>
    (await run(known)).incidents.map(({ firedMs = 0 }) => Math.round((firedMs - t0) / minute));
  assert.deepEqual(await firedAfter(['1']), [30]);
  assert.deepEqual(await firedAfter(['1', '2']), []);
  assert.deepEqual(await firedAfter([]), [0, 30]);
  assert.deepEqual(
    asked,
    Array.from({ length: 3 }, () => t0 - alertDefaults.max_window),
  );
});

test('a rule with a season learns the past of services before the first line', async () => {
  const { parts } = partsOf(burst(0, 10, 1000));
  const body: AlertRuleBody = { name: 'season', condition: { kind: 'anomaly', signal: 'volume' } };
  const week = 7 * 86_400_000;
  const windows = (4 * week) / 300_000;
  let asked = 0;
  const seasonsBefore = async function* (_: object, beforeMs: number) {
    asked = beforeMs;
    const lines = new Float32Array(windows).fill(600);
    const none = new Float32Array(windows);
    yield [{ service: 'pay', fromMs: beforeMs - 4 * week, lines, debugs: none, warns: none, errors: none }];
  };
  const past = { patternsBefore: () => assert.fail('it needs none'), seasonsBefore };
  const range = rangeOf(24 * 60 * minute, 25 * 60 * minute);
  const result = await backtest({ ...parts, past }, { body, range }, { tenant: 't' }, never);
  assert.equal(asked, t0);
  assert.deepEqual([result.complete, result.totalGroups, result.totalIncidents], [true, 1, 1], 'the service is as good as gone');
});

test('a long try on given lines lets others have the thread, and ends with its client', async () => {
  const records = burst(0, 2000, 10, { host: 'h' }).map((line, index) => ({ ...line, host: `h${index % 500}` }));
  const condition = { ...spike.condition, window_ms: 24 * 60 * minute, threshold: 3 } as AlertRuleBody['condition'];
  const options = { tenant: 't', body: { ...spike, condition, group_by: ['host'] }, config: alertDefaults, nowMs: t0, clock: systemClock };
  const client = new AbortController();
  const others = setImmediate(() => client.abort());
  await assert.rejects(tryLines(decodeRecords('t', records, t0), { ...options, signal: client.signal }), { code: 'cancelled' });
  clearImmediate(others);
});
