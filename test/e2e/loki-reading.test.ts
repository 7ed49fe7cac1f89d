/**
 * Loki's API for reading over the whole product: what was pushed comes back; metric queries are what a plain count of the
 * pushed lines says, whether the engine counts or a pipeline does; and the requests that Grafana and logcli send are answered.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import type { TestContext } from 'node:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { eventually, Product } from '../support/product.ts';

const categorized = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };

interface Pushed {
  readonly tsNs: bigint;
  readonly labels: Readonly<Record<string, string>>;
  readonly line: string;
  readonly metadata: Readonly<Record<string, string>>;
}

let product: Product;
let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-loki-reading-'));
  product = await Product.start({ dataDirectory: directory });
  await push(lines);
  await product.post('/v1/admin/flush', {});
  // some stay in memory
  await push(late);
  const count = lines.length + late.length;
  await eventually(
    () => instant('sum(count_over_time({suite="yes"}[2h]))'),
    (value) => value === String(count),
  );
});

after(async () => {
  await product?.stop();
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

/** A whole minute some time ago: all times of the test are told from it. */
const startNs = BigInt(Math.floor(Date.now() / 60_000) * 60 - 3600) * 1_000_000_000n;
const secondNs = 1_000_000_000n;

const lines: Pushed[] = Array.from({ length: 240 }, (_, index) => ({
  tsNs: startNs + BigInt(index) * 5n * secondNs + (index % 2 === 0 ? 0n : 1n),
  labels: { app: index % 3 === 0 ? 'cart' : 'shop', env: 'prod', suite: 'yes', pod: `p${index % 4}` },
  line: JSON.stringify({
    level: index % 10 === 0 ? 'error' : 'info',
    msg: `order ${index}`,
    took: `${index}ms`,
    status: 200 + (index % 5) * 100,
  }),
  metadata: { trace_id: `t${index % 7}`, user: `u${index % 5}` },
}));
const late: Pushed[] = Array.from({ length: 10 }, (_, index) => ({
  tsNs: startNs + 1300n * secondNs + BigInt(index) * secondNs,
  labels: { service_name: 'api', host: 'h1', level: 'warning', suite: 'yes' },
  line: `level=warn msg="late ${index}" size=${index}KB`,
  metadata: {},
}));
const endNs = startNs + 1400n * secondNs;

async function push(entries: readonly Pushed[], headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const streams = entries.map(({ tsNs, labels, line, metadata }) => ({ stream: labels, values: [[String(tsNs), line, metadata]] }));
  const answer = await product.post('/loki/api/v1/push', { streams }, headers);
  assert.equal(answer.status, 204, await answer.text());
}

type Json = any;

async function get(
  path: string,
  parameters: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Json> {
  const answer = await fetch(`${product.url}/loki/api/v1/${path}?${new URLSearchParams(parameters)}`, { headers });
  const text = await answer.text();
  assert.equal(answer.status, 200, `${path} ${JSON.stringify(parameters)}: ${text}`);
  return JSON.parse(text);
}

const range = { start: String(startNs), end: String(endNs) };

async function instant(query: string, time = endNs): Promise<string | undefined> {
  return (await get('query', { query, time: String(time) })).data.result[0]?.value[1];
}

/** Series of a matrix or vector as sorted texts. */
async function series(query: string, parameters: Readonly<Record<string, string>>): Promise<string[]> {
  const { data } = await get('query_range', { query, ...range, ...parameters });
  return data.result
    .map(({ metric, values }: Json) => JSON.stringify([new URLSearchParams(metric).toString().split('&').sort(), values]))
    .sort();
}

test('what was pushed comes back: lines, labels, structured metadata, to the nanosecond', async () => {
  const answer = await get('query_range', { query: '{suite="yes"}', ...range, limit: '5000', direction: 'forward' }, categorized);
  const found = answer.data.result.flatMap(({ stream, values }: Json) =>
    values.map(([ts, line, { structuredMetadata = {} }]: Json) => ({ ts, line, stream, structuredMetadata })),
  );
  assert.equal(found.length, lines.length + late.length);
  for (const { tsNs, labels, line, metadata } of [...lines, ...late]) {
    const one = found.find(({ ts }: Json) => ts === String(tsNs));
    assert.equal(one.line, line);
    assert.deepEqual({ ...one.stream, ...labels }, one.stream);
    assert.deepEqual({ ...one.structuredMetadata, ...metadata }, one.structuredMetadata);
  }
  const [first] = answer.data.result;
  assert.deepEqual(first.stream, { app: 'cart', env: 'prod', level: 'error', pod: 'p0', service_name: 'cart', suite: 'yes' });
  assert.deepEqual(found.at(-1).stream, { service_name: 'api', host: 'h1', level: 'warning', suite: 'yes' });
});

test('direction, limit, interval, and the half-open range', async () => {
  const values = async (parameters: Readonly<Record<string, string>>): Promise<string[]> => {
    const { data } = await get('query_range', { query: '{app="cart"}', ...range, ...parameters });
    return data.result.flatMap((stream: Json) => stream.values.map(([ts]: Json) => ts));
  };
  const times = lines.filter(({ labels }) => labels['app'] === 'cart').map(({ tsNs }) => String(tsNs));
  assert.deepEqual((await values({ direction: 'FORWARD', limit: '3' })).sort(), times.slice(0, 3));
  assert.deepEqual((await values({ limit: '3' })).sort(), times.slice(-3));
  assert.deepEqual((await values({ start: times[1], end: times[3], limit: '10' })).sort(), times.slice(1, 3));
  assert.deepEqual(
    (await values({ start: `${startNs / secondNs}`, end: new Date(Number(startNs / 1_000_000n) + 16_000).toISOString() })).sort(),
    times.slice(0, 2),
  );
  const spaced = await get('query_range', { query: '{app="cart", pod="p0"} | keep app', ...range, interval: '10m', direction: 'forward' });
  assert.equal(spaced.data.result.flatMap((stream: Json) => stream.values).length, 2);
});

/** Lines whose time lies in (from, to]. */
const within = (from: bigint, to: bigint, keep: (one: Pushed) => boolean): Pushed[] =>
  [...lines, ...late].filter((one) => one.tsNs > from && one.tsNs <= to && keep(one));

const counts: readonly (readonly [string, (one: Pushed) => boolean])[] = [
  ['{suite="yes"}', () => true],
  ['{app="cart", env="prod"}', ({ labels }) => labels['app'] === 'cart'],
  ['{app=~"sh.*"} |= "order 1"', ({ labels, line }) => labels['app'] === 'shop' && line.includes('order 1')],
  ['{suite="yes"} |~ "took\\":\\"1\\\\d+ms"', ({ line }) => /took":"1\d+ms/.test(line)],
  ['{suite="yes"} != "error" | user="u1"', ({ line, metadata }) => !line.includes('error') && metadata['user'] === 'u1'],
  ['{suite="yes"} | json | status >= 500', ({ line }) => line.startsWith('{') && JSON.parse(line).status >= 500],
  ['{level="warning"}', ({ labels }) => labels['level'] === 'warning'],
  ['{service_name=~".+"} | detected_level="error"', ({ line }) => line.includes('"error"')],
];
for (const [query, keep] of counts) {
  test(`counts ${query} in each window`, async () => {
    const skip = query.includes('json') ? '{app=~".+"}' : undefined;
    const asked = skip === undefined ? query : query.replace('{suite="yes"}', skip);
    for (const [step, window] of [
      ['60', '60s'],
      ['45', '5m'],
      ['7', '13s'],
    ]) {
      const { data } = await get('query_range', { query: `sum(count_over_time(${asked}[${window}]))`, ...range, step });
      const windowNs = BigInt(window.endsWith('m') ? parseInt(window, 10) * 60 : parseInt(window, 10)) * secondNs;
      const expected: [number, string][] = [];
      for (let at = startNs; at <= endNs; at += BigInt(step) * secondNs) {
        const found = within(at - windowNs, at, keep).length;
        if (found > 0) expected.push([Number(at / secondNs), String(found)]);
      }
      assert.deepEqual(data.result[0]?.values ?? [], expected, `${asked} ${window} every ${step} s`);
    }
  });
}

/** The engine counts the first; the stage in the second does nothing but makes the pipeline count it. */
const both = [
  'count_over_time({suite="yes"} STAGE [5m])',
  'sum by (app, level) (rate({suite="yes"} |= "1" STAGE [1m]))',
  'sum by (service_name, detected_level) (bytes_rate({suite="yes"} STAGE [90s]))',
  'bytes_over_time({app="shop"} STAGE [3m] offset 2m)',
  'sum by (user) (count_over_time({app="shop"} | trace_id=~"t[12]" STAGE [2m]))',
  'topk(2, sum by (pod) (rate({suite="yes"} STAGE [5m])))',
  'absent_over_time({app="shop"} STAGE [1m])',
  'sum(rate({level=~"error|warning"} STAGE [5m])) / sum(rate({suite="yes"} STAGE [5m]))',
];
for (const query of both) {
  test(`engine and pipeline agree on ${query}`, async () => {
    for (const step of ['60', '17']) {
      const counted = await series(query.replaceAll('STAGE ', ''), { step });
      const sampled = await series(query.replaceAll('STAGE', '| line_format "{{__line__}}"'), { step });
      assert.ok(counted.length > 0);
      assert.deepEqual(counted, sampled);
    }
  });
}

test('unwrapped values', async () => {
  const cart = lines.filter(({ labels }) => labels['app'] === 'cart').map(({ line }) => parseInt(JSON.parse(line).took, 10) / 1000);
  const at = async (query: string): Promise<number> => Number(await instant(query));
  assert.equal(await at('max(max_over_time({app="cart"} | json | unwrap duration(took) [1h]))'), Math.max(...cart));
  assert.ok(
    Math.abs(
      (await at('avg_over_time({app="cart"} | json | unwrap duration(took) [1h]) by (app)')) - cart.reduce((a, b) => a + b) / cart.length,
    ) < 1e-9,
  );
  assert.equal(await at('sum(sum_over_time({service_name="api"} | logfmt | unwrap bytes(size) [1h]))'), 45_000);
  // a line that cannot be read makes no silent hole
  const answer = await fetch(
    `${product.url}/loki/api/v1/query?${new URLSearchParams({ query: 'sum(rate({suite="yes"} | json [1h]))', time: String(endNs) })}`,
  );
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /^parse error : pipeline error: 'JSONParserErr' for series: /);
});

test('labels, values, series, statistics, volumes', async () => {
  assert.deepEqual((await get('labels', range)).data, ['app', 'env', 'host', 'level', 'pod', 'service_name', 'suite']);
  assert.deepEqual((await get('label', { ...range, query: '{service_name="api"}' })).data, ['host', 'level', 'service_name', 'suite']);
  assert.deepEqual((await get('label/level/values', range)).data, ['error', 'info', 'warning']);
  assert.deepEqual((await get('label/service_name/values', { ...range, query: '{env="prod"}' })).data, ['cart', 'shop']);
  assert.deepEqual((await get('series', { ...range, 'match[]': '{host="h1"}' })).data, [
    { host: 'h1', level: 'warning', service_name: 'api', suite: 'yes' },
  ]);
  const stats = await get('index/stats', { ...range, query: '{service_name="api"}' });
  assert.deepEqual(stats, { streams: 1, chunks: 1, entries: 10, bytes: late.reduce((sum, { line }) => sum + line.length, 0) });
  const bytes = (keep: (one: Pushed) => boolean): string =>
    String([...lines, ...late].filter(keep).reduce((sum, { line }) => sum + line.length, 0));
  const volume = await get('index/volume', { ...range, query: '{app=~".+"}' });
  assert.deepEqual(
    volume.data.result.map(({ metric, value }: Json) => [metric.app, value[1]]),
    ['shop', 'cart'].map((app) => [app, bytes(({ labels }) => labels['app'] === app)]),
  );
  const byLabels = await get('index/volume_range', {
    ...range,
    query: '{suite="yes"}',
    aggregateBy: 'labels',
    targetLabels: 'host,env',
    step: '3600',
  });
  assert.deepEqual(
    byLabels.data.result.map(({ metric }: Json) => metric),
    [{ env: '' }, { host: '' }],
  );
  const labels = (await get('detected_labels', { ...range, query: '{app="cart"}' })).detectedLabels;
  assert.deepEqual(
    labels.find(({ label }: Json) => label === 'pod'),
    { label: 'pod', cardinality: 4 },
  );
  const { fields } = await get('detected_fields', { ...range, query: '{suite="yes"}' });
  const field = (name: string): Json => fields.find(({ label }: Json) => label === name);
  assert.deepEqual(
    [field('took').type, field('status').type, field('size').type, field('size').parsers],
    ['duration', 'int', 'bytes', ['logfmt']],
  );
  assert.deepEqual((await get('detected_field/status/values', { ...range, query: '{app="cart"}' })).values.sort(), [
    '200',
    '300',
    '400',
    '500',
    '600',
  ]);
});

test('what Grafana asks before it shows anything', async () => {
  const health = await get('query', { direction: 'backward', query: 'vector(1)+vector(1)', time: '4000000000' });
  assert.deepEqual(health.data, { resultType: 'vector', result: [{ metric: {}, value: [4_000_000_000, '2'] }], stats: {} });
  const buildInfo = await get('status/buildinfo');
  assert.match(buildInfo.version, /^3\./);
  assert.equal((await fetch(`${product.url}/ready`)).status, 200);
  assert.equal((await get('drilldown-limits')).limits.volume_enabled, true);
  assert.deepEqual(await get('format_query', { query: '{a="b"}|json' }), { status: 'success', data: '{a="b"} | json' });
  const patterns = (await get('patterns', { ...range, query: '{app="cart"}' })).data as { pattern: string; samples: [number, number][] }[];
  assert.ok(patterns.length > 0);
  for (const { pattern, samples } of patterns) {
    assert.equal(typeof pattern, 'string');
    assert.ok(samples.length > 0 && samples.every(([seconds, lines]) => Number.isInteger(seconds) && lines > 0));
  }
});

test('what Explore asks: lines by kind of label, the volume of lines by level, forms in place of long addresses', async () => {
  const logs = await get(
    'query_range',
    { direction: 'backward', limit: '2', query: '{service_name="shop"} |= `` | json', step: '5000ms', ...range },
    categorized,
  );
  assert.deepEqual(logs.data.encodingFlags, ['categorize-labels']);
  const [ts, line, { parsed, structuredMetadata }] = logs.data.result[0].values[0];
  assert.deepEqual([typeof ts, typeof line], ['string', 'string']);
  assert.deepEqual([parsed.status !== undefined, structuredMetadata.detected_level !== undefined], [true, true]);

  const query = 'sum by (level, detected_level) (count_over_time({service_name="shop"} |= `` | json | drop __error__[1m]))';
  const answer = await fetch(`${product.url}/loki/api/v1/query_range`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'X-Query-Tags': 'Source=logvolhist' },
    body: new URLSearchParams({ query, ...range, step: '60000ms' }),
  });
  const { data } = (await answer.json()) as Json;
  assert.deepEqual(data.resultType, 'matrix');
  const total = data.result.flatMap(({ values }: Json) => values).reduce((sum: number, [, value]: Json) => sum + Number(value), 0);
  assert.equal(total, lines.filter(({ labels }) => labels['app'] === 'shop').length);
  // counted without the parser, whose labels are thrown away, it is what the parser's lines come to
  const parsed60 = await series(query.replace('| json', '| json | line_format "{{__line__}}"'), { step: '60' });
  assert.deepEqual(await series(query, { step: '60' }), parsed60);
});

test('what logcli asks: plain labels, pages behind one another', async () => {
  const seen = new Set<string>();
  let end = String(endNs);
  for (let page = 0; page < 20; page++) {
    const { data } = await get('query_range', { direction: 'BACKWARD', start: String(startNs), end, limit: '50', query: '{suite="yes"}' });
    const entries = data.result.flatMap(({ values }: Json) => values.map(([ts]: Json) => ts as string)).sort();
    for (const ts of entries) seen.add(ts);
    if (entries.length < 50) break;
    // the next page ends behind the last line, for others may have its time
    end = String(BigInt(entries[0]) + 1n);
  }
  assert.deepEqual([...seen].sort(), [...lines, ...late].map(({ tsNs }) => String(tsNs)).sort());
});

const refusals: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
  ['query_range', { query: '{app="x"' }, /^parse error at line 1, col 9: syntax error: unexpected \$end, expecting \} or ,\n$/],
  ['query_range', {}, /^missing 'query' parameter\n$/],
  [
    'query_range',
    { query: '{a="b"}', limit: '100000' },
    /^max entries limit per query exceeded, limit > max_entries_limit_per_query \(100000 > 5000; setting "loki\.max_entries"\)\n$/,
  ],
  ['query_range', { query: '{a="b"}', limit: 'x' }, /^limit must be a positive value/],
  ['query_range', { query: '{a="b"}', direction: 'up' }, /^invalid direction 'up'/],
  ['query_range', { query: '{a="b"}', start: '20', end: '10' }, /^end timestamp must not be before or equal to start time/],
  ['query_range', { query: '{a="b"}', start: 'yesterday' }, /^could not parse 'start' parameter/],
  ['query_range', { query: 'rate({a="b"}[1m])', step: '0.0001' }, /^exceeded maximum resolution of 11000 points per time series/],
  ['query_range', { query: 'rate({a="b"}[1m])', step: '-5' }, /^zero or negative query resolution step widths/],
  ['query', { query: '{a="b"}' }, /^log queries are not supported as an instant query type/],
  ['series', {}, /^0 matcher groups supplied/],
  ['label/a/values', { query: 'rate({a="b"}[1m])' }, /^parse error at line 1, col 1/],
  ['index/volume', { query: '{a="b"}', aggregateBy: 'x' }, /^aggregateBy must be/],
];
for (const [path, parameters, message] of refusals) {
  test(`refuses ${path} ${JSON.stringify(parameters)} in words that Grafana shows`, async () => {
    const answer = await fetch(`${product.url}/loki/api/v1/${path}?${new URLSearchParams(parameters)}`);
    assert.match(await answer.text(), message);
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [400, 'text/plain; charset=utf-8']);
  });
}

test('tenants by X-Scope-OrgID', async () => {
  const own = { 'X-Scope-OrgID': 'other' };
  await push([{ ...late[0], labels: { app: 'theirs' } }], own);
  const query = { query: '{app="theirs"}', ...range };
  await eventually(
    () => get('query_range', query, own),
    ({ data }) => data.result.length === 1,
  );
  assert.equal((await get('query_range', query)).data.result.length, 0);
});

test('tail: the last lines, then those that come, through the pipeline', async (t: TestContext) => {
  const socket = new WebSocket(
    `${product.url.replace('http', 'ws')}/loki/api/v1/tail?${new URLSearchParams({ query: '{tail="yes"} | logfmt | n != "2" | line_format "{{.n}}"', limit: '1' })}`,
  );
  t.after(() => socket.terminate());
  const found: string[] = [];
  socket.on('message', (data) => {
    for (const { stream, values } of JSON.parse(String(data)).streams) {
      assert.equal(stream.tail, 'yes');
      for (const [ts, line] of values) found.push(`${BigInt(ts) > 0n} ${line}`);
    }
  });
  await once(socket, 'open');
  const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n;
  await push([1, 2, 3].map((n) => ({ tsNs: nowNs(), labels: { tail: 'yes' }, line: `n=${n}`, metadata: {} })));
  await eventually(
    async () => found,
    (lines) => lines.length >= 2,
  );
  assert.deepEqual(found.sort(), ['true 1', 'true 3']);

  await eventually(
    () => instant('sum(count_over_time({tail="yes"}[1h]))', nowNs() + 60n * secondNs),
    (value) => value === '3',
  );
  const later = new WebSocket(
    `${product.url.replace('http', 'ws')}/loki/api/v1/tail?${new URLSearchParams({ query: '{tail="yes"}', limit: '2' })}`,
  );
  t.after(() => later.terminate());
  const [data] = await once(later, 'message');
  assert.equal(JSON.parse(String(data)).streams.flatMap(({ values }: Json) => values).length, 2);
});

test('a tail of no query is refused before it begins', async () => {
  const socket = new WebSocket(`${product.url.replace('http', 'ws')}/loki/api/v1/tail?query=%7B`);
  const [, answer] = await once(socket, 'unexpected-response').catch((error: unknown) => [undefined, error]);
  assert.equal(answer.statusCode, 400);
  socket.on('error', () => undefined);
  socket.terminate();
});
