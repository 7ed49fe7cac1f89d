import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Compile } from 'typebox/compile';
import { compareAnswer, fieldsAnswer, valuesAnswer } from './fields-schemas.ts';
import { createTestApi, nowMs } from './create-api.fake.ts';

type Json = Record<string, unknown>;

function bedWithLines(t: Parameters<typeof createTestApi>[0], search = {}) {
  const bed = createTestApi(t, { search });
  for (let index = 0; index < 40; index++) {
    const isFailed = index % 4 === 0;
    bed.store.add({
      tsMs: nowMs - 1000 - index,
      service: isFailed ? 'pay' : 'shop',
      level: isFailed ? 'ERROR' : 'INFO',
      message: isFailed ? 'request failed' : 'request done',
      attributes: {
        latency_ms: index,
        version: isFailed ? '2.0' : '1.0',
        level: 'inner',
        ...(index === 0 ? { mixed: true } : index === 1 ? { mixed: 'x' } : {}),
      },
      resource: { region: 'eu' },
    });
  }
  bed.store.add({ tenant: 'other', tsMs: nowMs - 1000, attributes: { secret: 1 } });
  return bed;
}

test('the fields of a selection', async (t) => {
  const { post } = bedWithLines(t);
  const response = await post('/v1/logs/fields', { query: 'failed', time_range: { last: '1h' }, limit_values: 2 });
  assert.equal(response.statusCode, 200, response.body);
  const answer = response.json<Json>();
  assert.ok(Compile(fieldsAnswer).Check(answer), response.body);
  assert.deepEqual([answer['total_lines'], answer['sampled'], answer['sample_rate'], answer['more_fields']], [10, false, 1, false]);
  const fields = answer['fields'] as Json[];
  assert.deepEqual(
    fields.map(({ name, coverage }) => [name, coverage]),
    [
      ['service', 100],
      ['host', 100],
      ['level', 100],
      ['latency_ms', 100],
      ['version', 100],
      ['metadata.level', 100],
      ['resource.region', 100],
      ['mixed', 10],
    ],
  );
  const latency = fields.find(({ name }) => name === 'latency_ms');
  assert.deepEqual([latency?.['types'], latency?.['distinct'], latency?.['distinct_is']], [{ number: 10 }, 10, 'exact']);
  const numbers = latency?.['numbers'] as Json;
  assert.deepEqual([numbers['min'], numbers['max'], numbers['avg']], [0, 36, 18]);
  assert.deepEqual(fields[0]['values'], [{ value: 'pay', lines: 10, share: 100 }]);
});

test('named fields only, the types of each told; over the bound it is a sample', async (t) => {
  const { post } = bedWithLines(t, { field_sample_lines: 20 });
  const answer = (await post('/v1/logs/fields', { fields: ['mixed', 'level', 'metadata.version'] })).json<Json>();
  assert.deepEqual([answer['sampled'], answer['sample_rate'], answer['total_lines']], [true, 0.5, 40]);
  const fields = answer['fields'] as Json[];
  assert.deepEqual(
    fields.map(({ name, distinct_is: distinctIs }) => [name, distinctIs]),
    [
      ['level', 'exact'],
      ['version', 'at_least'],
      ['mixed', 'at_least'],
    ],
  );
});

test('bounds and fields that are none', async (t) => {
  const { post, get } = bedWithLines(t, { max_fields: 20, max_field_values: 5 });
  const refusal = async (run: ReturnType<typeof post>): Promise<unknown[]> => {
    const response = await run;
    const { error } = response.json<{ error: { code: string; details?: Json } }>();
    return [response.statusCode, error.code, error.details?.['setting'] ?? error.details?.['field']];
  };
  assert.deepEqual(await refusal(post('/v1/logs/fields', { limit_fields: 21 })), [400, 'limit_exceeded', 'search.max_fields']);
  assert.deepEqual(await refusal(post('/v1/logs/fields', { limit_values: 6 })), [400, 'limit_exceeded', 'search.max_field_values']);
  assert.deepEqual(await refusal(post('/v1/logs/fields', { fields: ['message'], limit_fields: 5, limit_values: 5 })), [
    400,
    'query_unsupported',
    'message',
  ]);
  assert.deepEqual(await refusal(post('/v1/logs/fields', { field: 'x' })), [400, 'bad_request', 'field']);
  assert.deepEqual(await refusal(post('/v1/logs/fields/compare', { selection: { qery: '' } })), [400, 'bad_request', 'selection.qery']);
  assert.deepEqual(await refusal(get('/v1/fields/values?limit=6')), [400, 'limit_exceeded', 'search.max_field_values']);
});

test('what is different in a selection, against the rest or a baseline', async (t) => {
  const { post } = bedWithLines(t);
  const response = await post('/v1/logs/fields/compare', { selection: { filters: { level: 'ERROR' } } });
  const answer = response.json<Json>();
  assert.ok(Compile(compareAnswer).Check(answer), response.body);
  const told = (answer['differences'] as Json[]).map(({ field, value, selection_share: selected, baseline_share: base, lift }) => [
    field,
    value,
    selected,
    base,
    lift,
  ]);
  assert.deepEqual(
    told.sort(([a], [b]) => String(a).localeCompare(String(b))),
    [
      ['level', 'ERROR', 100, 0, null],
      ['service', 'pay', 100, 0, null],
      ['version', '2.0', 100, 0, null],
    ],
  );
  assert.deepEqual((answer['baseline'] as Json)['total_lines'], 30);
  const all = await post('/v1/logs/fields/compare', { selection: { query: 'failed' }, baseline: { query: '' }, limit: 1 });
  assert.equal((all.json<Json>()['differences'] as Json[]).length, 1);
  assert.equal((all.json<Json>()['baseline'] as Json)['total_lines'], 40);
  const none = await post('/v1/logs/fields/compare', { selection: { query: 'nowhere' } });
  assert.deepEqual(none.json<Json>()['differences'], []);
});

test('completion of names and values, by what is frequent in the selection', async (t) => {
  const { get } = bedWithLines(t);
  const complete = async (parameters: string): Promise<unknown> => {
    const response = await get(`/v1/fields/values?${parameters}`);
    assert.ok(Compile(valuesAnswer).Check(response.json()), response.body);
    return (response.json<Json>()['values'] as Json[]).map(({ value, lines }) => [value, lines]);
  };
  assert.deepEqual(await complete('field=service'), [
    ['shop', 30],
    ['pay', 10],
  ]);
  assert.deepEqual(await complete('field=service&query=failed'), [['pay', 10]]);
  assert.deepEqual(await complete('field=version&prefix=2'), [['2.0', 10]]);
  assert.deepEqual(await complete('field=region'), [['eu', 40]]);
  assert.deepEqual(await complete('prefix=le'), [
    ['level', 40],
    ['metadata.level', 40],
  ]);
  assert.deepEqual(await complete('prefix=metadata.lat'), [['latency_ms', 40]]);
  assert.deepEqual(await complete('prefix=secret'), []);
});
