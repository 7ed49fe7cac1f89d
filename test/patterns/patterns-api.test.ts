/** Patterns of the whole product: exact counts, what is new, what changed, lines of a pattern, the same ids after a kill. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, Product, temporaryDirectory } from '../support/product.ts';

const nowMs = Date.now();
const at = (minutesAgo: number): string => new Date(nowMs - minutesAgo * 60_000).toISOString();
const lines = (count: number, minutesAgo: number, message: (i: number) => string, level = 'INFO'): object[] =>
  Array.from({ length: count }, (_, i) => ({ timestamp: at(minutesAgo + i / 100), level, service: 'shop', message: message(i) }));

const users = ['root', 'news', 'cyrus', 'test', 'guest'];

interface Pattern {
  readonly id: string;
  readonly text: string;
  readonly count: number;
  readonly share: number;
  readonly first_seen: string;
  readonly levels: Readonly<Record<string, number>>;
  readonly buckets: readonly (readonly [string, number])[];
  readonly example: { readonly id: string; readonly message: string };
  readonly compared?: { readonly count: number; readonly change: string };
}

async function patternsOf(product: Product, request: object): Promise<{ patterns: Pattern[]; total_lines: number }> {
  const response = await product.post('/v1/patterns', request);
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as { patterns: Pattern[]; total_lines: number };
}

const ingest = async (product: Product, logs: readonly object[]): Promise<void> =>
  assert.equal((await product.post('/v1/logs/ingest', { logs })).status, 202);

test('patterns of the whole product', { timeout: 420_000 }, async (t) => {
  const dataDirectory = await temporaryDirectory('patterns');
  const product = await Product.start({ dataDirectory, flags: ['--patterns.enabled=true'] });
  t.after(() => product.kill());
  await ingest(product, [
    ...lines(40, 50, (i) => `order ${i} paid in ${i * 7} ms`),
    ...lines(25, 50, (i) => `session closed for user ${users[i % users.length]}`),
    ...lines(10, 5, (i) => `order ${i} paid in ${i} ms`),
    ...lines(30, 5, (i) => `cannot reach 10.0.0.${i}:5432`, 'ERROR'),
  ]);
  const lastHour = { query: 'service:shop', time_range: { last: '2h' } };
  const texts = (patterns: readonly Pattern[]): string[] => patterns.map(({ text }) => text);
  const answer = await eventually(
    () => patternsOf(product, lastHour),
    ({ patterns, total_lines }) => total_lines === 105 && texts(patterns).includes('session closed for user <*>'),
  );
  assert.deepEqual(
    answer.patterns.map(({ text, count }) => [text, count]),
    [
      ['order <*> paid in <*>', 50],
      ['cannot reach <*>', 30],
      ['session closed for user <*>', 25],
    ],
  );
  const [order, unreachable, session] = answer.patterns;

  await t.test('levels, buckets, an example that is a line', async () => {
    assert.deepEqual(unreachable.levels, { ERROR: 30 });
    assert.equal(
      unreachable.buckets.reduce((sum, [, count]) => sum + count, 0),
      30,
    );
    const line = (await (await fetch(`${product.url}/v1/logs/${order.example.id}`)).json()) as { message: string };
    assert.equal(line.message, order.example.message);
  });

  await t.test('lines of a pattern', async () => {
    const found = await product.search({ query: `pattern:${session.id}`, time_range: { last: '2h' } });
    assert.equal(found.total, 25);
    const filtered = await product.search({ filters: { pattern: unreachable.id, time_range: { last: '2h' } } });
    assert.deepEqual([filtered.total, (await patternsOf(product, { ...lastHour, filters: { pattern: order.id } })).total_lines], [30, 50]);
  });

  await t.test('a line shows the id of its pattern, and on request the text', async () => {
    const request = { query: `pattern:${session.id}`, time_range: { last: '2h' }, limit: 3 };
    const plain = await product.search(request);
    assert.deepEqual(
      (plain.hits as unknown as { pattern: string }[]).map(({ pattern }) => pattern),
      [session.id, session.id, session.id],
    );
    const told = (await (await product.post('/v1/logs/search', { ...request, pattern_texts: true })).json()) as object;
    assert.deepEqual((told as { patterns: unknown }).patterns, { [session.id]: 'session closed for user <*>' });
    assert.ok(!('patterns' in plain));
    const counted = await product.post('/v1/aggregate', { query: `pattern:${session.id}`, time_range: { last: '2h' } });
    assert.equal(((await counted.json()) as { buckets: { value: number }[] }).buckets[0].value, 25);
  });

  await t.test('the live tail shows lines of a pattern alone', async () => {
    const tail = await fetch(`${product.url}/v1/tail?pattern=${unreachable.id}`);
    const reader = (tail.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
    await ingest(product, [...lines(1, 0, () => 'order 5 paid in 2 ms'), ...lines(1, 0, () => 'cannot reach 10.9.9.9:1', 'ERROR')]);
    let text = '';
    while (!text.includes('10.9.9.9')) text += (await reader.read()).value ?? assert.fail(`the tail has ended after ${text}`);
    await reader.cancel();
    assert.ok(text.includes(`"pattern":"${unreachable.id}"`) && !text.includes('paid'), text);
  });

  await t.test('two ranges compared, and what is new', async () => {
    const recent = { from: at(30), to: at(0) };
    const { patterns } = await patternsOf(product, {
      query: 'service:shop',
      time_range: recent,
      compare: { time_range: { from: at(60), to: at(30) } },
    });
    assert.deepEqual(Object.fromEntries(patterns.map(({ text, compared }) => [text, compared?.change])), {
      'cannot reach <*>': 'new',
      'session closed for user <*>': 'gone',
      'order <*> paid in <*>': 'less',
    });
    const none = await patternsOf(product, { ...lastHour, new_since: 'now+1h' });
    assert.deepEqual(none.patterns, []);
    assert.equal((await patternsOf(product, { ...lastHour, new_since: 'now-1h' })).patterns.length, 3);
  });

  await t.test('after a kill the same lines have the same patterns', async () => {
    await product.kill();
    const again = await Product.start({ dataDirectory, flags: ['--patterns.enabled=true'] });
    t.after(() => again.kill());
    await ingest(again, [...lines(1, 1, () => 'session closed for user nobody'), ...lines(1, 1, () => 'order 4711 paid in 3 ms')]);
    const after = await eventually(
      () => patternsOf(again, lastHour),
      ({ total_lines }) => total_lines === 109,
    );
    assert.deepEqual(Object.fromEntries(after.patterns.map(({ id, count }) => [id, count])), {
      [order.id]: 52,
      [unreachable.id]: 31,
      [session.id]: 26,
    });
    assert.equal(await again.stop(), 0);
  });
});
