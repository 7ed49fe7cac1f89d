import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { RuleFactsNow } from '#alerting/alert-facts.ts';
import { Secret } from '#base/secret.ts';
import { AlertRules } from '#alerting/alert-rules.ts';
import { alertDefaults, decodeRecords, FakeBlockStore } from '#alerting/trial-lines.test-support.ts';
import type { AlertsConfig } from '#alerting/config.ts';
import { defaultQueryConfig } from '#language/config.ts';
import type { Incident } from '#metadata/alert-records.ts';
import { openSqliteDocuments } from '#metadata/sqlite.ts';
import { silentLogger } from '#platform/logger.ts';
import { ManualClock } from '#search/manual-clock.fake.ts';
import { createTestApi, nowMs } from './create-api.fake.ts';

const json = { 'content-type': 'application/json' };
const designA = {
  name: 'Payment errors spike',
  query: 'level:ERROR AND service:payment-service',
  condition: { threshold: 100, window: '5m', operator: '>' },
  actions: [{ type: 'pagerduty', severity: 'critical' }],
};
const designB = {
  name: 'Payment Errors Spike',
  condition: { service: 'payment-service', level: 'ERROR', threshold: 100, window_seconds: 300, aggregation: 'count' },
  action: { type: 'webhook', url: 'https://example.com/hook' },
};
const designC = {
  name: 'Payment errors spike',
  condition: { filter: { service: 'payment-service', level: 'ERROR' }, threshold: 100, window: '5m', comparison: 'above' },
  actions: [
    { type: 'pagerduty', severity: 'critical' },
    { type: 'slack', channel: '#payments-oncall' },
  ],
  cooldown: '15m',
};

interface Kept {
  readonly id: string;
  readonly version: number;
  readonly rule: {
    readonly name: string;
    readonly cooldown_ms?: number;
    readonly filter?: string;
    readonly condition: { readonly threshold: number };
  };
  readonly state: string;
  readonly muted_until: string | null;
  readonly warnings: readonly { readonly field: string }[];
}

async function apiWithRules(t: TestContext, settings: Partial<AlertsConfig> = {}) {
  const documents = await openSqliteDocuments(':memory:');
  t.after(() => documents.close());
  const clock = new ManualClock(nowMs);
  const config = { ...alertDefaults, ...settings };
  let lastId = 0;
  const rules = await AlertRules.open({
    ...{ documents, config, queryConfig: defaultQueryConfig, clock, logger: silentLogger },
    randomId: () => `rule-${++lastId}`,
    channels: async () =>
      new Map([
        ['ops', 'slack'],
        ['pager', 'pagerduty'],
      ]),
    fields: async () => new Set(['latency_ms']),
  });
  const facts = new Map<string, RuleFactsNow>();
  const incidents: Incident[] = [];
  const records = Array.from({ length: 200 }, (_, index) => ({
    timestamp: new Date(nowMs - 600_000 + index * 1000).toISOString(),
    ...{ level: 'ERROR', service: 'payment-service', host: `h${index % 2}`, message: 'declined' },
  }));
  const api = createTestApi(t, {
    keys: [
      { name: 'alice', key: new Secret('a-key-of-alice-0000'), tenant: 'default' },
      { name: 'bob', key: new Secret('a-key-of-bob-000000'), tenant: 'other' },
      { name: 'reader', key: new Secret('a-key-of-reader-000'), tenant: 'default', may_ingest: false },
    ],
    alertRules: {
      ...{ rules, config, clock, decode: decodeRecords },
      facts: { ofRules: () => facts },
      records: {
        list: async ({ tenant, ruleId }) => incidents.filter((one) => one.tenant === tenant && (ruleId ?? one.ruleId) === one.ruleId),
      },
      store: new FakeBlockStore('default', records),
    },
  });
  const send = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: unknown, key = 'a-key-of-alice-0000') =>
    api.app.inject({
      method,
      url,
      headers: { ...(body === undefined ? {} : json), 'x-api-key': key },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
  return { ...api, clock, rules, facts, incidents, send };
}

test('rules in the shapes of the designs, at their addresses', async (t) => {
  const { send } = await apiWithRules(t);
  const a = await send('POST', '/v1/alerts/rules', designA);
  assert.equal(a.statusCode, 201);
  const { rule: ruleA, warnings, ...told } = a.json<Kept & Record<string, unknown>>();
  assert.deepEqual(ruleA.condition, { kind: 'count', window_ms: 300_000, operator: '>', threshold: 100 });
  assert.deepEqual(warnings, []);
  assert.deepEqual(
    [told['query'], told['condition'], told['id'], told['updated_by']],
    [designA.query, designA.condition, 'rule-1', 'alice'],
  );

  const b = await send('POST', '/api/v1/alerts/rules', designB);
  assert.equal(b.statusCode, 201);
  const ofB = b.json<Kept & { rule_id: string; condition: object; action: object }>();
  assert.deepEqual([ofB.rule_id, ofB.condition, ofB.action, ofB.rule.cooldown_ms], ['rule-2', designB.condition, designB.action, 600_000]);

  const c = await send('POST', '/v1/alerts', designC);
  assert.equal(c.statusCode, 201);
  const { id } = c.json<Kept>();
  const got = (await send('GET', `/v1/alerts/${id}`)).json<Record<string, unknown>>();
  for (const [member, value] of Object.entries(designC)) assert.deepEqual(got[member], value, member);

  const listed = (await send('GET', '/v1/alerts')).json<{ rules: Kept[]; total: number }>();
  assert.deepEqual([listed.total, listed.rules.map((one) => one.id)], [3, ['rule-2', 'rule-1', 'rule-3']]);
  assert.deepEqual((await send('GET', '/v1/alerts/rules')).json(), listed);
});

test('what one got is what one may send back, changed', async (t) => {
  const { send } = await apiWithRules(t);
  const { id } = (await send('POST', '/v1/alerts', designC)).json<Kept>();
  const { rule, ...got } = (await send('GET', `/v1/alerts/${id}`)).json<Kept & { condition: object }>();
  const changed = await send('PUT', `/v1/alerts/${id}`, { ...got, condition: { ...got.condition, threshold: 7 } });
  assert.equal(changed.statusCode, 200, changed.body);
  assert.deepEqual([changed.json<Kept>().version, changed.json<Kept>().rule.condition.threshold], [2, 7]);
  // the version that it was made of is no more
  assert.equal((await send('PUT', `/v1/alerts/${id}`, got)).statusCode, 409);
  const model = await send('PUT', `/v1/alerts/${id}`, { rule: { ...rule, name: 'other' }, version: 2 });
  assert.equal(model.json<Kept>().rule.name, 'other');
  const twice = await send('PUT', `/v1/alerts/${id}`, { ...got, rule });
  assert.match(twice.json<{ error: { message: string } }>().error.message, /given twice/);
  const versions = (await send('GET', `/v1/alerts/${id}/versions`)).json<{ versions: Kept[] }>().versions;
  assert.deepEqual(
    versions.map(({ version, rule: { name } }) => [version, name]),
    [
      [3, 'other'],
      [2, designC.name],
      [1, designC.name],
    ],
  );
});

test('what is wrong is told with its place, and nothing is kept', async (t) => {
  const { send, rules } = await apiWithRules(t);
  const answer = await send('POST', '/v1/alerts/rules', { ...designA, query: 'level:ERROR AND (', actions: [{ channel: 'opps' }] });
  assert.equal(answer.statusCode, 400);
  const { code, message, details } = answer.json<{ error: { code: string; message: string; details: Record<string, unknown> } }>().error;
  assert.deepEqual([code, details['field'], details['position']], ['query_syntax', 'filter', 17]);
  assert.match(message, /^rule "Payment errors spike": filter: .* \(and 1 more\)$/);
  assert.deepEqual(
    (details['problems'] as { field: string }[]).map(({ field }) => field),
    ['filter', 'actions.0.channel'],
  );
  const wide = await send('POST', '/v1/alerts', { ...designC, condition: { ...designC.condition, window: '25h' } });
  assert.deepEqual(
    [wide.statusCode, wide.json<{ error: { details: { setting: string } } }>().error.details.setting],
    [400, 'alerts.max_window'],
  );
  assert.equal((await send('POST', '/v1/alerts', [])).statusCode, 400);
  assert.equal((await send('POST', '/v1/alerts')).statusCode, 400);
  assert.equal(rules.live.length, 0);

  const checked = await send(
    'POST',
    '/v1/alerts/rules/check',
    { rule: { ...designA, query: 'latency_mss:>5', actions: [{ channel: 'opps' }] } },
    'a-key-of-reader-000',
  );
  const { valid, problems, warnings, rule } = checked.json<{
    valid: boolean;
    problems: object[];
    warnings: { message: string }[];
    rule: { filter: string };
  }>();
  assert.deepEqual([checked.statusCode, valid, problems.length, rule.filter], [200, false, 1, 'latency_mss:>5']);
  assert.match(warnings[0].message, /did you mean "latency_ms"/);
  const unread = (await send('POST', '/v1/alerts/rules/check', { rule: { name: 'x' } })).json<{ valid: boolean; rule: null }>();
  assert.deepEqual([unread.valid, unread.rule], [false, null]);
});

test('mute, unmute, enable, disable and remove', async (t) => {
  const { send, clock } = await apiWithRules(t);
  const { id } = (await send('POST', '/v1/alerts', designC)).json<Kept>();
  const act = async (action: string, body?: object) => (await send('POST', `/v1/alerts/${id}/${action}`, body)).json<Kept>();
  assert.equal((await act('mute', { for: '2h' })).muted_until, new Date(nowMs + 7_200_000).toISOString());
  // what the rule says may change meanwhile
  assert.notEqual((await send('PUT', `/v1/alerts/${id}`, designC)).json<Kept>().muted_until, null);
  assert.equal((await act('unmute')).muted_until, null);
  assert.equal((await act('mute', { until: '2025-07-15T12:00:00Z' })).muted_until, '2025-07-15T12:00:00.000Z');
  clock.advance(3_600_001);
  assert.equal((await send('GET', `/v1/alerts/${id}`)).json<Kept>().muted_until, null);
  for (const body of [
    {},
    { for: '5' },
    { for: 'soon' },
    { for: '1h', until: '2026-01-01T00:00:00Z' },
    { until: '2020-01-01T00:00:00Z' },
    { to: '1h' },
  ])
    assert.equal((await send('POST', `/v1/alerts/${id}/mute`, body)).statusCode, 400, JSON.stringify(body));
  assert.equal((await act('disable')).state, 'disabled');
  assert.equal((await act('enable')).state, 'unknown');
  assert.deepEqual((await send('DELETE', `/v1/alerts/${id}`)).json(), { removed: true });
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['GET', '/versions'],
    ['POST', '/mute'],
    ['POST', '/enable'],
  ] as const)
    assert.equal(
      (await send(method, `/v1/alerts/${id}${path}`, method === 'POST' ? { for: '1h' } : undefined)).statusCode,
      path === '/enable' ? 404 : 404,
    );
});

test('each tenant has rules of its own; who may only read changes nothing', async (t) => {
  const { send } = await apiWithRules(t);
  const { id } = (await send('POST', '/v1/alerts', designC)).json<Kept>();
  assert.equal((await send('GET', `/v1/alerts/${id}`, undefined, 'a-key-of-bob-000000')).statusCode, 404);
  assert.equal((await send('GET', '/v1/alerts', undefined, 'a-key-of-bob-000000')).json<{ total: number }>().total, 0);
  assert.equal((await send('GET', `/v1/alerts/${id}`, undefined, 'a-key-of-reader-000')).statusCode, 200);
  for (const [method, path] of [
    ['POST', '/v1/alerts'],
    ['PUT', `/v1/alerts/${id}`],
    ['DELETE', `/v1/alerts/${id}`],
    ['POST', `/v1/alerts/${id}/mute`],
    ['POST', '/v1/alerts/rules/apply'],
  ] as const)
    assert.equal((await send(method, path, designC, 'a-key-of-reader-000')).statusCode, 403, path);
});

test('a rule is told with what it is doing', async (t) => {
  const { send, facts, incidents } = await apiWithRules(t);
  const { id } = (await send('POST', '/v1/alerts', designC)).json<Kept>();
  facts.set(id, {
    state: 'firing',
    value: 123,
    evaluatedMs: nowMs - 500,
    groups: 3,
    pendingGroups: 1,
    firingGroups: 1,
    linesWithoutGroup: 5,
  });
  incidents.push({
    ...{ id: 'i1', tenant: 'default', ruleId: id, ruleVersion: 1, ruleName: 'x', severity: 'critical', group: { host: 'a' }, labels: {} },
    ...{ state: 'firing', beganMs: nowMs - 9000, firedMs: nowMs - 8000, value: 123, lateMs: 0, samples: [], suppressedBy: [] },
  });
  const { rules } = (await send('GET', '/v1/alerts')).json<{ rules: (Kept & Record<string, unknown>)[] }>();
  assert.deepEqual(
    {
      state: rules[0].state,
      value: rules[0]['value'],
      evaluated_at: rules[0]['evaluated_at'],
      groups: rules[0]['groups'],
      firing: rules[0]['firing'],
      last_error: rules[0]['last_error'],
    },
    {
      ...{ state: 'firing', value: 123, evaluated_at: new Date(nowMs - 500).toISOString(), last_error: null },
      groups: { total: 3, pending: 1, firing: 1, left_out: 5 },
      firing: [
        {
          incident: 'i1',
          group: { host: 'a' },
          state: 'firing',
          since: new Date(nowMs - 8000).toISOString(),
          value: 123,
          acknowledged_by: null,
        },
      ],
    },
  );
});

test('a list of rules is applied: made, changed, kept and removed', async (t) => {
  const { send, rules } = await apiWithRules(t);
  const apply = async (body: object) =>
    (await send('POST', '/v1/alerts/rules/apply', body)).json<{
      changes: { action: string; id: string | null; name: string; differences: object[] }[];
      applied: boolean;
      error?: { message: string; details: { field: string } };
    }>();
  const [x, y] = [
    { ...designA, name: 'x' },
    { ...designC, name: 'y' },
  ];
  const dry = await apply({ rules: [x, y], dry_run: true });
  assert.deepEqual(
    [dry.applied, dry.changes.map(({ action, id }) => [action, id])],
    [
      false,
      [
        ['create', null],
        ['create', null],
      ],
    ],
  );
  assert.equal(rules.live.length, 0);
  assert.deepEqual(
    (await apply({ rules: [x, y] })).changes.map(({ action, id }) => [action, id]),
    [
      ['create', 'rule-1'],
      ['create', 'rule-2'],
    ],
  );
  assert.deepEqual(
    (await apply({ rules: [y, x], prune: true })).changes.map(({ action }) => action),
    ['keep', 'keep'],
  );
  const changed = await apply({ rules: [{ ...x, condition: { ...x.condition, threshold: 5 } }], prune: true });
  assert.deepEqual(
    changed.changes.map(({ action, name, differences }) => [action, name, differences]),
    [
      ['update', 'x', [{ member: 'condition.threshold', before: 100, after: 5 }]],
      ['remove', 'y', []],
    ],
  );
  const { id } = rules.live[0];
  assert.deepEqual((await apply({ rules: [{ ...x, id, name: 'renamed' }] })).changes[0].action, 'update');
  // nothing is made where one is wrong
  const wrong = await apply({
    rules: [
      { ...x, name: 'new' },
      { ...y, condition: { ...y.condition, filter: '(' } },
    ],
  });
  assert.match(wrong.error?.message ?? '', /^rules\.1\.filter: /);
  const unread = await apply({ rules: [x, { name: 'z' }] });
  assert.equal(unread.error?.details.field, 'rules.1.condition');
  assert.match((await apply({ rules: [x, x] })).error?.message ?? '', /the same rule as number 0/);
  assert.match((await apply({ rules: [{ ...x, id: 'nobody' }] })).error?.message ?? '', /no alert rule "nobody"/);
  assert.deepEqual(
    rules.list('default').map(({ body }) => body.name),
    ['renamed'],
  );
});

test('a tenant has a bounded number of rules', async (t) => {
  const { send } = await apiWithRules(t, { max_rules: 2 });
  for (const name of ['a', 'b']) assert.equal((await send('POST', '/v1/alerts', { ...designC, name })).statusCode, 201);
  const third = await send('POST', '/v1/alerts', designC);
  assert.deepEqual(
    [third.statusCode, third.json<{ error: { details: { setting: string } } }>().error.details.setting],
    [400, 'alerts.max_rules'],
  );
  const applied = await send('POST', '/v1/alerts/rules/apply', { rules: [designC], prune: true });
  assert.equal(applied.statusCode, 200, 'as many go as come');
});

test('a rule is tried on given lines and on the past', async (t) => {
  const { send } = await apiWithRules(t);
  const rule = { query: 'service:payment-service', condition: { threshold: 5, window: '1m', operator: '>' } };
  const logs = Array.from({ length: 8 }, (_, index) => ({
    timestamp: new Date(nowMs + index).toISOString(),
    service: index === 0 ? 'x' : 'payment-service',
    message: 'm',
  }));
  const tried = await send('POST', '/v1/alerts/rules/test', { rule, logs }, 'a-key-of-reader-000');
  assert.equal(tried.statusCode, 200, tried.body);
  const {
    total_incidents: total,
    lines,
    incidents,
  } = tried.json<{ total_incidents: number; lines: { matches: boolean }[]; incidents: { peak: number; resolved_at: string }[] }>();
  assert.deepEqual([total, lines.map(({ matches }) => matches).indexOf(true), incidents[0].peak], [1, 1, 7]);

  const past = await send(
    'POST',
    '/v1/alerts/rules/backtest',
    { rule: { ...rule, group_by: ['host'] }, time_range: { last: '1h' } },
    'a-key-of-reader-000',
  );
  assert.equal(past.statusCode, 200, past.body);
  const told = past.json<{
    complete: boolean;
    lines: number;
    total_groups: number;
    incidents: { group: object }[];
    series: { points: object[] }[];
    from: string;
    to: string;
  }>();
  assert.deepEqual(
    [told.complete, told.lines, told.total_groups, told.incidents.map(({ group }) => group)],
    [true, 200, 2, [{ host: 'h0' }, { host: 'h1' }]],
  );
  assert.ok(told.series.every(({ points }) => points.length > 0));
  assert.equal(Date.parse(told.to) - Date.parse(told.from), 3_600_000);

  for (const body of [{ rule: { ...rule, query: '(' } }, { rule, time_range: { last: '90d' } }, { rule, time_range: { last: 'x' } }, {}])
    assert.equal((await send('POST', '/v1/alerts/rules/backtest', body)).statusCode, 400, JSON.stringify(body));
  for (const body of [{ rule, logs: [] }, { rule, logs: ['x'] }, { rule, logs, after: '5' }, { rule, logs, after: '90d' }, { logs }])
    assert.equal((await send('POST', '/v1/alerts/rules/test', body)).statusCode, 400, JSON.stringify(body));
});
