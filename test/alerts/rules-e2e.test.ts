/**
 * Rules of the whole product: the three designs' shapes over HTTP, lines that make them fire, trying them on the past that
 * the stream has seen, the command line, and a restart.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, Product, repositoryRoot, temporaryDirectory } from '../support/product.ts';

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly value: number | null;
  readonly firing: readonly { readonly group: Readonly<Record<string, string>>; readonly since: string }[];
  readonly muted_until: string | null;
  readonly last_error: string | null;
  readonly rule: { readonly name: string };
}

const action = { type: 'inbox' };
const designs: readonly (readonly [path: string, body: object])[] = [
  [
    '/v1/alerts/rules',
    {
      name: 'A',
      query: 'level:ERROR AND service:pay',
      group_by: ['host'],
      condition: { threshold: 20, window: '5m', operator: '>' },
      actions: [action],
    },
  ],
  [
    '/api/v1/alerts/rules',
    { name: 'B', condition: { service: 'pay', level: 'ERROR', threshold: 20, window_seconds: 300, aggregation: 'count' }, action },
  ],
  [
    '/v1/alerts',
    {
      name: 'C',
      condition: { filter: { service: 'pay', level: 'ERROR' }, threshold: 1000, window: '5m', comparison: 'above' },
      actions: [action],
      cooldown: '15m',
    },
  ],
];

test('rules are made, fire, are tried on the past, and live through a restart', { timeout: 420_000 }, async (t) => {
  const dataDirectory = await temporaryDirectory('alert-rules');
  const product = await Product.start({ dataDirectory });
  t.after(() => product.kill());
  for (const [path, body] of designs) assert.equal((await product.post(path, body)).status, 201, path);
  const startMs = Date.now();
  const logs = Array.from({ length: 60 }, (_, index) => ({
    timestamp: new Date(startMs - index).toISOString(),
    ...{ level: 'ERROR', service: 'pay', host: index % 3 === 0 ? 'h1' : 'h2', message: `declined ${index}`, metadata: { amount: index } },
  }));
  assert.equal((await product.post('/v1/logs/ingest', { logs })).status, 202);

  const rules = await eventually(
    () => listOf(product),
    // a tick between two of the lines fires with those before it
    (found) => found.filter(({ state }) => state === 'firing').length === 2 && found[0].value === 40 && found[1].value === 60,
  );
  assert.deepEqual(
    rules.map(({ rule, state, last_error: error }) => [rule.name, state, error]),
    [
      ['A', 'firing', null],
      ['B', 'firing', null],
      ['C', 'ok', null],
    ],
  );
  assert.deepEqual([rules[0].value, rules[0].firing.map(({ group }) => group)], [40, [{ host: 'h2' }]]);
  assert.equal(rules[1].value, 60);

  await t.test('the past tells what the stream told', () => triedOnThePast(product, rules[0]));
  await t.test('files', () => files(product, dataDirectory));
  await t.test('unknown fields are warned of', () => warnings(product));

  assert.equal(await product.stop(), 0);
  const again = await Product.start({ dataDirectory });
  t.after(() => again.kill());
  const after = await eventually(
    () => listOf(again),
    (found) => found[0].state === 'firing',
  );
  assert.deepEqual(
    after.map(({ id, firing }) => [id, firing.map(({ since }) => since)]),
    rules.map(({ id, firing }) => [id, firing.map(({ since }) => since)]),
    'the same incidents go on',
  );
  assert.equal((await fetch(`${again.url}/v1/alerts/${after[1].id}`, { method: 'DELETE' })).status, 200);
  const disabled = await again.post(`/v1/alerts/${after[0].id}/disable`, {});
  assert.equal(((await disabled.json()) as Listed).state, 'disabled');
  await eventually(
    () => listOf(again),
    (found) => found.every(({ firing }) => firing.length === 0),
  );
});

async function triedOnThePast(product: Product, { id, firing }: Listed): Promise<void> {
  await eventually(
    () => product.search({ query: 'service:pay' }),
    ({ total }) => total === 60,
  );
  const { rule } = (await (await fetch(`${product.url}/v1/alerts/${id}`)).json()) as { rule: object };
  const answer = await product.post('/v1/alerts/rules/backtest', { rule, time_range: { last: '1h' } });
  const told = (await answer.json()) as {
    incidents: { group: object; fired_at: string; peak: number; resolved_at: null }[];
    lines: number;
    complete: boolean;
    total_groups: number;
  };
  assert.equal(answer.status, 200, JSON.stringify(told));
  assert.deepEqual([told.lines, told.complete, told.total_groups], [60, true, 2]);
  const [incident] = told.incidents;
  assert.deepEqual([told.incidents.length, incident.group, incident.peak, incident.resolved_at], [1, { host: 'h2' }, 40, null]);
  const apartMs = Math.abs(Date.parse(incident.fired_at) - Date.parse(firing[0].since));
  assert.ok(apartMs < 30_000, `the try fires ${apartMs} ms from when the stream did`);
}

async function files(product: Product, directory: string): Promise<void> {
  const exported = await millrace(product, 'alerts', 'export');
  assert.equal(exported.code, 0, exported.said);
  const file = join(directory, 'rules.yaml');
  await writeFile(file, exported.said);
  const same = await millrace(product, 'alerts', 'diff', '--prune', file);
  assert.deepEqual([same.code, same.said], [0, 'nothing would change\n']);
  await writeFile(file, exported.said.replace('threshold: 1000', 'threshold: 999'));
  const differs = await millrace(product, 'alerts', 'diff', file);
  assert.equal(differs.code, 3);
  assert.match(differs.said, /~ C .*\n {4}condition\.threshold: 1000 → 999\n/);
  const applied = await millrace(product, 'alerts', 'apply', file);
  assert.deepEqual([applied.code, applied.said.split('\n').at(-2)], [0, '0 made, 1 changed, 0 removed, 2 as they were']);
  await writeFile(file, 'rules:\n  - name: wrong\n    condition: { kind: count, window: 5m, operator: ">" }\n');
  const wrong = await millrace(product, 'alerts', 'apply', file);
  assert.equal(wrong.code, 1);
  assert.match(wrong.said, /rules\.yaml:2: condition\.threshold: it is missing/);
  assert.match((await millrace(product, 'alerts', 'mute', 'C', '--for', '1h')).said, /"C" is mute until/);
  const listed = await millrace(product, 'alerts', 'list');
  assert.match(listed.said, /firing +40 +1 +- +A\n/);
}

async function warnings(product: Product): Promise<void> {
  const body = { rule: { name: 'x', query: 'amuont:>5', condition: { threshold: 1, window: '1m' } } };
  const answer = (await (await product.post('/v1/alerts/rules/check', body)).json()) as { valid: boolean; warnings: { message: string }[] };
  assert.equal(answer.valid, true);
  assert.match(answer.warnings[0]?.message ?? 'no warning', /did you mean "amount"/);
}

async function listOf({ url }: Product): Promise<readonly Listed[]> {
  return ((await (await fetch(`${url}/v1/alerts`)).json()) as { rules: Listed[] }).rules;
}

function millrace({ url }: Product, ...args: string[]): Promise<{ readonly code: number; readonly said: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(repositoryRoot, 'src/cli/main.ts'), ...args, '--url', url], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }),
    );
  });
}
