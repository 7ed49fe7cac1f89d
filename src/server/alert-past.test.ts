/** What rules with seasons are given of the past: a few services at a time, and an end in any case. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertRule, AlertRuleBody } from '#alerting/alert-rule.ts';
import { AppError } from '#base/errors.ts';
import { silentLogger } from '#platform/logger.ts';
import type { Clock } from '#platform/clock.ts';
import type { SeasonCounts, SeasonQuery } from '#store/season-reads.ts';
import type { SourceActivity, SourceQuery } from '#store/source-reads.ts';
import { createPastReader } from './alert-past.ts';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 5, 1);

const ruleOf = (body: Partial<AlertRuleBody>): AlertRule => ({
  id: 'r',
  tenant: 'acme',
  version: 1,
  updatedMs: 0,
  updatedBy: 'me',
  body: { name: 'r', condition: { kind: 'anomaly', signal: 'volume' }, ...body },
});

interface Reading {
  readonly given: readonly (readonly [services: readonly string[], isLast: boolean])[];
  readonly queries: readonly SeasonQuery[];
  readonly sleeps: readonly number[];
}

/** `failures`: how often the store is away at first. `knows`: whether the roll-ups know the query. */
async function read(rule: AlertRule, { failures = 0, knows = true, past = 28 * dayMs } = {}): Promise<Reading> {
  const given: (readonly [readonly string[], boolean])[] = [];
  const queries: SeasonQuery[] = [];
  const sleeps: number[] = [];
  let left = failures;
  const store = {
    sourceActivity: (query: SourceQuery) => {
      if (left-- > 0) return Promise.reject(new AppError('search_unavailable', 'the engine is starting'));
      const names = Array.from({ length: 30 }, (_, at) => `s${at}`).slice(0, query.maxSources);
      const sources = names.map(
        (service): SourceActivity => ({
          ...{ service, host: '', lineCount: 1, firstMinuteMs: 0, lastMinuteMs: 0, activeMinutes: 1, usualGapMinutes: 0 },
        }),
      );
      return Promise.resolve({ sources, truncated: false, complete: true, scannedRows: 0 });
    },
    seasonCounts: (query: SeasonQuery): Promise<readonly SeasonCounts[] | undefined> => {
      queries.push(query);
      const none = new Float32Array(0);
      const counts = query.services.map((service) => ({ service, fromMs: 0, lines: none, debugs: none, warns: none, errors: none }));
      return Promise.resolve(knows ? counts : undefined);
    },
  };
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => 0,
    sleep: (ms) => {
      sleeps.push(ms);
      return Promise.resolve();
    },
  };
  const config = { season_past: past, max_season_services: 20 };
  const readPast = createPastReader({ store, config, clock, logger: silentLogger });
  await readPast(rule, (services, isLast) => given.push([services.map(({ service }) => service), isLast]), new AbortController().signal);
  return { given, queries, sleeps };
}

test('the services with the most lines, a few at a time, of the tenant, the filter and the time', async () => {
  const { given, queries, sleeps } = await read(ruleOf({ filter: 'environment:prod', group_by: ['service'] }));
  assert.deepEqual(
    given.map(([services, isLast]) => [services.length, isLast]),
    [
      [8, false],
      [8, false],
      [4, false],
      [0, true],
    ],
  );
  assert.deepEqual(queries[0].where.kind, 'field-equals');
  assert.deepEqual(queries[0].range, { fromNs: BigInt(nowMs - 28 * dayMs) * 1_000_000n, toNs: BigInt(nowMs) * 1_000_000n });
  assert.deepEqual([queries[0].tenant, sleeps.length], ['acme', 0]);
});

test('while the store is away it is asked again', async () => {
  const { given, sleeps } = await read(ruleOf({}), { failures: 3 });
  assert.deepEqual([given.at(-1)?.[1], sleeps.length], [true, 3]);
});

for (const { name, rule, options } of [
  { name: 'groups that roll-ups do not know', rule: ruleOf({ group_by: ['service', 'host'] }), options: {} },
  { name: 'another kind', rule: ruleOf({ condition: { kind: 'absence', window_ms: 60_000 } }), options: {} },
  { name: 'a past of nothing', rule: ruleOf({}), options: { past: 0 } },
  { name: 'a filter that roll-ups do not know', rule: ruleOf({ filter: 'timeout' }), options: { knows: false } },
])
  test(`${name}: nothing is given, and the rule is told so`, async () => {
    const { given } = await read(rule, options);
    assert.deepEqual(given, [[[], true]]);
  });
