import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secret } from '#base/secret.ts';
import type { SourceActivity, SourceReads } from '#store/source-reads.ts';
import { createTestApi, nowMs } from './create-api.fake.ts';

const minuteMs = 60_000;

function activity(service: string, host: string, ago: number, facts: Partial<SourceActivity> = {}): SourceActivity {
  const lastMinuteMs = nowMs - (ago + 1) * minuteMs;
  return {
    service,
    host,
    lineCount: 10,
    firstMinuteMs: nowMs - 600 * minuteMs,
    lastMinuteMs,
    activeMinutes: 100,
    usualGapMinutes: 1,
    ...facts,
  };
}

const known: SourceReads = {
  sourceActivity: async ({ by }) => ({
    sources:
      by === 'service'
        ? [activity('billing', '', 20), activity('cart', '', 0), activity('cron', '', 40, { activeMinutes: 2 })]
        : [activity('cart', 'old', 90), activity('cart', 'new', 0, { firstMinuteMs: nowMs - 92 * minuteMs })],
    truncated: false,
    complete: true,
    scannedRows: 7,
  }),
};

interface Answer {
  readonly services: readonly { readonly service: string; readonly state: string }[];
  readonly hosts: readonly { readonly host: string; readonly state: string }[];
  readonly scanned: number;
}

describe('GET /v1/sources', () => {
  test('who reports, who is silent, who was replaced', async (t) => {
    const { get } = createTestApi(t, { sources: known });
    const { services, hosts, scanned } = (await get('/v1/sources')).json<Answer>();
    assert.deepEqual(
      services.map(({ service, state }) => [service, state]),
      [
        ['billing', 'silent'],
        ['cart', 'reporting'],
        ['cron', 'rare'],
      ],
    );
    assert.deepEqual(
      hosts.map(({ host, state }) => [host, state]),
      [
        ['old', 'replaced'],
        ['new', 'reporting'],
      ],
    );
    assert.equal(scanned, 14);
    assert.deepEqual(services[0], {
      service: 'billing',
      state: 'silent',
      lines: 10,
      first_seen: '2025-07-15T01:00:00.000Z',
      last_seen: '2025-07-15T10:39:00.000Z',
      usual_gap_seconds: 60,
      expected_within_seconds: 180,
    });
  });

  test('only those in a state', async (t) => {
    const { get } = createTestApi(t, { sources: known });
    const { services, hosts } = (await get('/v1/sources?state=silent&state=rare&last=6h')).json<Answer>();
    assert.deepEqual([services.map(({ service }) => service), hosts], [['billing', 'cron'], []]);
  });

  const refused: readonly [query: string, code: string][] = [
    ['state=asleep', 'bad_request'],
    ['last=tomorrow', 'invalid_time_range'],
    ['last=400d', 'limit_exceeded'],
    ['since=1h', 'bad_request'],
  ];
  for (const [query, code] of refused) {
    test(`?${query}: ${code}`, async (t) => {
      const { get } = createTestApi(t, { sources: known });
      const response = await get(`/v1/sources?${query}`);
      assert.deepEqual([response.statusCode, response.json<{ error: { code: string } }>().error.code], [400, code]);
    });
  }
});

describe('GET /v1/storage', () => {
  test('columns only for who may act for others', async (t) => {
    const keys = [
      { key: new Secret('one-0123456789abcdef'), tenant: 'default' },
      { key: new Secret('all-0123456789abcdef'), tenant: 'default', may_act_for_others: true },
    ];
    const { get } = createTestApi(t, { keys });
    const own = (await get('/v1/storage', { 'x-api-key': 'one-0123456789abcdef' })).json<Record<string, unknown>>();
    const all = (await get('/v1/storage?last=1h', { 'x-api-key': 'all-0123456789abcdef' })).json<Record<string, unknown>>();
    assert.deepEqual([own['columns'], own['services'], all['columns']], [undefined, [], []]);
    assert.equal((await get('/v1/storage')).statusCode, 401);
  });
});
