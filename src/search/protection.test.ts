import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import type { Priority } from '#access/access.ts';
import { parseQuery } from '#language/parser.ts';
import type { WorkClass } from '#store/log-store.ts';
import { searchConfig } from './config.ts';
import type { SearchConfig } from './config.ts';
import { ManualClock } from './manual-clock.fake.ts';
import { Protection } from './protection.ts';
import type { Question, Searcher } from './protection.ts';

const nowMs = Date.UTC(2025, 6, 15, 12);
const defaults = Object.fromEntries(
  Object.entries(searchConfig.properties).map(([name, schema]) => [name, (schema as { default?: unknown }).default]),
) as SearchConfig;
const never = new AbortController().signal;
const hourNs = 3_600_000_000_000n;
const endNs = BigInt(nowMs) * 1_000_000n;

const question = (text = 'timeout', hours = 1, kind: Question['kind'] = 'search'): Question => ({
  kind,
  where: parseQuery(text),
  range: { fromNs: endNs - BigInt(hours) * hourNs, toNs: endNs },
});
const withKey = (priority: Priority = 'p1', keyName = 'k'): Searcher => ({ tenant: 'acme', keyName, priority });

function createProtection(custom: Partial<SearchConfig> = {}) {
  const clock = new ManualClock(nowMs);
  const cost = { scannedRows: 1000 };
  const protection = new Protection({
    config: { ...defaults, ...custom },
    clock,
    estimate: async () => ({ lines: cost.scannedRows, scannedRows: cost.scannedRows }),
  });
  const ask = (searcher: Searcher = withKey(), asked: Question | undefined = question(), outcome?: AppError): Promise<WorkClass> =>
    protection.run(searcher, asked, never, async (workClass) => {
      if (outcome !== undefined) throw outcome;
      return workClass;
    });
  /** The pool that the question ran in. */
  const poolOf = async (searcher: Searcher, asked = question()): Promise<string | undefined> =>
    protection.run(searcher, asked, never, async () => Object.entries(protection.status().pools).find(([, count]) => count > 0)?.[0]);
  return { clock, cost, protection, ask, poolOf };
}

const failure = async (run: Promise<unknown>): Promise<AppError> => {
  const error: unknown = await run.then(
    () => assert.fail('no error'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AppError);
  return error;
};
const engineDown = (): AppError => new AppError('search_unavailable', 'the storage engine does not answer');
const tooSlow = (): AppError => new AppError('query_timeout', 'slow');

test('the pool follows from priority, age and estimated cost', async () => {
  const { poolOf, cost } = createProtection();
  const old: Question = { ...question(), range: { fromNs: endNs - 49n * hourNs, toNs: endNs - 48n * hourNs } };
  assert.equal(await poolOf(withKey()), 'interactive');
  assert.equal(await poolOf(withKey('p0')), 'urgent');
  assert.equal(await poolOf(withKey('p2')), 'export');
  assert.equal(await poolOf(withKey(), old), 'old');
  cost.scannedRows = defaults.expensive_rows + 1;
  assert.equal(await poolOf(withKey()), 'expensive');
  assert.equal(await poolOf(withKey(), old), 'old');
  assert.equal(await poolOf(withKey('p0')), 'urgent');
});

test('pools of other priorities and of old ranges have sessions of their own in the engine', async () => {
  const { ask } = createProtection();
  assert.deepEqual(await Promise.all([ask(), ask(withKey('p0')), ask(withKey('p2'))]), ['search', 'urgent', 'background']);
});

test('an aggregation that would read too much is refused before it runs, with the estimate; p0 may', async () => {
  const { ask, cost } = createProtection({ max_estimated_rows: 1_000_000 });
  cost.scannedRows = 2_000_000;
  const { code, details } = await failure(ask(withKey(), question('timeout', 1, 'aggregate')));
  assert.deepEqual([code, details['setting'], details['estimated_rows']], ['query_too_expensive', 'search.max_estimated_rows', 2_000_000]);
  assert.equal(await ask(withKey('p0'), question('timeout', 1, 'aggregate')), 'urgent');
  assert.equal(await ask(), 'search');
});

test('rates hold for a key and for its tenant, come back evenly, and not for p0 or where there are no keys', async () => {
  const { ask, clock } = createProtection({ max_searches_per_minute: 6, max_aggregations_per_minute: 2 });
  for (let turn = 0; turn < 6; turn++) await ask(withKey('p1', turn % 2 === 0 ? 'x' : 'y'));
  const error = await failure(ask(withKey('p1', 'z')));
  assert.deepEqual(
    [error.code, error.details['setting'], error.retryAfterMs],
    ['search_overloaded', 'search.max_searches_per_minute', 10_000],
  );
  await ask({ tenant: 'other', keyName: 'o' });
  await ask(withKey('p0'));
  await ask({ tenant: 'acme', keyName: 'anonymous' });
  await ask(withKey(), question('timeout', 1, 'aggregate'));
  await ask(withKey(), question('timeout', 1, 'aggregate'));
  assert.equal(
    (await failure(ask(withKey(), question('timeout', 1, 'aggregate')))).details['setting'],
    'search.max_aggregations_per_minute',
  );
  clock.advance(10_000);
  await ask();
  assert.equal((await failure(ask())).code, 'search_overloaded');
});

test('failures of the engine open the circuit; one question tries again and closes it', async () => {
  const { ask, clock, protection } = createProtection({ breaker_failures: 4 });
  for (let turn = 0; turn < 4; turn++)
    assert.equal((await failure(ask(withKey(), question(), engineDown()))).details['circuit'], undefined);
  const refused = await failure(ask());
  assert.deepEqual(
    [refused.code, refused.details['circuit'], refused.retryAfterMs],
    ['search_unavailable', 'open', defaults.breaker_pause],
  );
  clock.advance(defaults.breaker_pause);
  assert.equal(protection.status().circuit, 'half_open');
  await failure(ask(withKey(), question(), engineDown()));
  assert.equal((await failure(ask())).details['circuit'], 'open');
  clock.advance(defaults.breaker_pause);
  const held = Promise.withResolvers<void>();
  const probe = protection.run(withKey(), undefined, never, () => held.promise);
  await setImmediate();
  assert.equal((await failure(ask())).details['circuit'], 'half_open', 'one probe at a time');
  held.resolve();
  await probe;
  assert.deepEqual([protection.status().circuit, await ask(), protection.status().circuit_openings], ['closed', 'search', 1]);
});

test('what is not the fault of the engine leaves the circuit closed', async () => {
  const { ask, protection } = createProtection({ breaker_failures: 2, quarantine_strikes: 100 });
  for (const code of ['query_timeout', 'query_too_expensive', 'cancelled', 'limit_exceeded'] as const)
    for (let turn = 0; turn < 3; turn++) await failure(ask(withKey(), question(), new AppError(code, 'no')));
  for (let turn = 0; turn < 9; turn++) {
    await ask();
    await ask();
    await failure(ask(withKey(), question(), engineDown()));
  }
  assert.equal(protection.status().circuit, 'closed', 'fewer than half fail');
});

test('a query that fails again and again is kept out by its fingerprint, for a while', async () => {
  const { ask, clock, protection } = createProtection();
  for (let turn = 0; turn < 3; turn++) await failure(ask(withKey(), question('timeout', 10), tooSlow()));
  const error = await failure(ask(withKey('p1', 'other-key'), question('timeout', 12)));
  const [kept] = protection.status().quarantined;
  assert.equal(error.code, 'query_quarantined');
  assert.deepEqual(error.details, {
    fingerprint: kept.fingerprint,
    until: new Date(nowMs + defaults.quarantine_time).toISOString(),
    setting: 'search.quarantine_time',
  });
  assert.deepEqual([kept.tenant, kept.strikes, kept.reason], ['acme', 3, 'query_timeout']);
  assert.equal(await ask(withKey(), question('timeout', 4)), 'search', 'over less than half of the time');
  assert.equal(await ask(withKey(), question('another', 10)), 'search');
  assert.equal(await ask({ tenant: 'beta', keyName: 'b' }, question('timeout', 10)), 'search', 'another tenant');
  clock.advance(defaults.quarantine_time);
  assert.equal(await ask(withKey(), question('timeout', 10)), 'search');
  assert.deepEqual(protection.status().quarantined, []);
});

test('failures that lie far apart, and those of other kinds, keep nothing out', async () => {
  const { ask, clock } = createProtection();
  for (let turn = 0; turn < 6; turn++) {
    await failure(ask(withKey(), question(), tooSlow()));
    clock.advance(defaults.quarantine_window / 2 + 1);
    await failure(
      ask(withKey(), question(), new AppError('query_too_expensive', 'rows', { details: { setting: 'search.max_scanned_rows' } })),
    );
  }
  assert.equal(await ask(), 'search');
});
