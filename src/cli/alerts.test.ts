import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { applyAlerts, diffAlerts, exportAlerts, listAlerts, muteAlert } from './alerts.ts';
import { rulesOfText } from './alerts/rule-files.ts';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly key: string | undefined;
  readonly body: unknown;
}

function server(answers: Readonly<Record<string, { readonly status?: number; readonly body: object }>>) {
  const asked: Asked[] = [];
  const said: string[] = [];
  const request = (async (url: string, init: RequestInit) => {
    const path = url.slice('http://h'.length);
    const headers = init.headers as Record<string, string>;
    asked.push({
      method: init.method ?? '',
      path,
      key: headers['x-api-key'],
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
    });
    const answer = answers[`${init.method} ${path}`];
    if (answer === undefined) throw new TypeError('fetch failed');
    return new Response(JSON.stringify(answer.body), { status: answer.status ?? 200 });
  }) as typeof fetch;
  return { asked, said, options: { url: 'http://h/', apiKey: 'k', fetch: request, say: (text: string) => said.push(text) } };
}

const listed = (id: string, name: string, more: object = {}) => ({
  ...{ id, state: 'ok', value: null, groups: { firing: 0 }, muted_until: null, last_error: null },
  rule: { name, condition: { kind: 'count', window_ms: 300_000, operator: '>', threshold: 5 }, for_ms: 60_000, muted_until_ms: 5 },
  ...more,
});
const noInput = () => Promise.reject(new Error('the standard input is not read'));

async function fileOf(t: TestContext, text: string, name = 'rules.yaml'): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-cli-alerts-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, name), text);
  return join(directory, name);
}

const change = (action: string, name: string, more: object = {}) => ({ action, id: '1', name, differences: [], warnings: [], ...more });

test('rules are listed as a table', async () => {
  const rules = [
    listed('a1', 'first', { state: 'firing', value: 12.3456, groups: { firing: 2 } }),
    listed('b', 'second', { last_error: 'too long' }),
  ];
  const { said, options, asked } = server({ 'GET /v1/alerts': { body: { rules } } });
  await listAlerts(options);
  assert.deepEqual(said, [
    'id  state   value   firing  muted until  name',
    'a1  firing  12.346  2       -            first',
    'b   ok      -       0       -            second  (too long)',
  ]);
  assert.equal(asked[0].key, 'k');
  const none = server({ 'GET /v1/alerts': { body: { rules: [] } } });
  await listAlerts(none.options);
  assert.deepEqual(none.said, ['there are no alert rules']);
});

test('what is exported reads as the same rules', async () => {
  const { said, options } = server({ 'GET /v1/alerts': { body: { rules: [listed('a', 'first: "quoted"')] } } });
  await exportAlerts(options);
  const [{ rule }] = rulesOfText(said.join('\n'), 'x');
  assert.deepEqual(rule, {
    id: 'a',
    name: 'first: "quoted"',
    condition: { kind: 'count', window: '5m', operator: '>', threshold: 5 },
    for: '1m',
  });
});

test('files are applied, and it is told what changed', async (t) => {
  const changes = [
    change('create', 'new', { warnings: [{ field: 'filter', message: 'no line has it' }] }),
    change('update', 'old', { differences: [{ member: 'condition.threshold', before: null, after: 5 }] }),
    change('keep', 'same'),
    change('remove', 'gone', { id: '9' }),
  ];
  const { said, options, asked } = server({ 'POST /v1/alerts/rules/apply': { body: { changes } } });
  const file = await fileOf(t, 'rules:\n  - name: new\n  - name: old\n  - name: same\n');
  await applyAlerts({ ...options, files: [file], prune: true, readInput: noInput });
  assert.deepEqual(asked[0].body, { rules: [{ name: 'new' }, { name: 'old' }, { name: 'same' }], dry_run: false, prune: true });
  assert.deepEqual(said, [
    `+ new  1  (${file}:2)`,
    '    warning: filter: no line has it',
    `~ old  1  (${file}:3)`,
    '    condition.threshold: nothing → 5',
    '- gone  9',
    '1 made, 1 changed, 1 removed, 1 as they were',
  ]);
});

test('a difference is told, and nothing is changed', async (t) => {
  const file = await fileOf(t, '{name: a}');
  const differs = server({ 'POST /v1/alerts/rules/apply': { body: { changes: [change('create', 'a', { id: null })] } } });
  assert.equal(await diffAlerts({ ...differs.options, files: [file], prune: false, readInput: noInput }), false);
  assert.deepEqual(differs.asked[0].body, { rules: [{ name: 'a' }], dry_run: true, prune: false });
  const same = server({ 'POST /v1/alerts/rules/apply': { body: { changes: [change('keep', 'a')] } } });
  assert.equal(await diffAlerts({ ...same.options, files: ['-'], prune: false, readInput: async () => '- name: a' }), true);
  assert.deepEqual(same.said, ['nothing would change']);
});

test('what is wrong is told with its line', async (t) => {
  const problems = [
    { field: 'rules.1.condition.threshold', message: 'it is missing' },
    { field: 'rules.0', message: 'must be an object' },
  ];
  const refusal = { status: 400, body: { error: { message: 'x', details: { problems } } } };
  const { options } = server({ 'POST /v1/alerts/rules/apply': refusal });
  const file = await fileOf(t, '# comment\n- name: a\n\n- name: b\n  condition: {}\n');
  await assert.rejects(applyAlerts({ ...options, files: [file], prune: false, readInput: noInput }), {
    message: `nothing was changed:\n  ${file}:4: condition.threshold: it is missing\n  ${file}:2: must be an object`,
  });
  const forbidden = server({ 'GET /v1/alerts': { status: 403, body: { error: { message: 'the key may not' } } } });
  await assert.rejects(listAlerts(forbidden.options), /refused \(403\): the key may not/);
  await assert.rejects(listAlerts(server({}).options), /no Millrace server answers at http:\/\/h; name it with --url/);
});

test('files that have no rules', async (t) => {
  const { options, asked } = server({});
  const apply = (files: readonly string[]) => applyAlerts({ ...options, files, prune: false, readInput: noInput });
  await assert.rejects(apply(['/nowhere/at/all.yaml']), /no file or directory/);
  await assert.rejects(apply([await fileOf(t, 'a: [')]), /rules\.yaml:1: /);
  await assert.rejects(apply([await fileOf(t, '- 5')]), /rules\.yaml:1: a rule has members/);
  await assert.rejects(apply([await fileOf(t, '')]), /there are no rules in/);
  assert.deepEqual(asked, []);
});

test('a file may have one rule, a list, "rules", and several documents', () => {
  const names = (text: string) => rulesOfText(text, 'f').map(({ rule, place }) => `${(rule as { name: string }).name} ${place}`);
  assert.deepEqual(names('name: a'), ['a f:1']);
  assert.deepEqual(names('- name: a\n- name: b'), ['a f:1', 'b f:2']);
  assert.deepEqual(names('rules:\n- name: a\n---\nname: b\n---\n- name: c\n'), ['a f:2', 'b f:4', 'c f:6']);
  assert.deepEqual(names('rules:'), []);
  assert.deepEqual(names('base: &b {name: a}\nrules:\n- <<: *b\n'), ['a f:3']);
});

test('a rule is muted by its name or id', async () => {
  const rules = [listed('a', 'one'), listed('b', 'twin'), listed('c', 'twin')];
  const muted = listed('a', 'one', { muted_until: '2026-01-01T00:00:00.000Z' });
  const { said, asked, options } = server({
    'GET /v1/alerts': { body: { rules } },
    'POST /v1/alerts/a/mute': { body: muted },
    'POST /v1/alerts/c/unmute': { body: rules[2] },
  });
  await muteAlert({ ...options, rule: 'one', for: '2h', off: false });
  await muteAlert({ ...options, rule: 'c', off: true });
  assert.deepEqual(said, ['"one" is mute until 2026-01-01T00:00:00.000Z', '"twin" is heard again']);
  assert.deepEqual(asked[1].body, { for: '2h' });
  await assert.rejects(
    muteAlert({ ...options, rule: 'twin', for: '2h', off: false }),
    /2 alert rules are called "twin"; say which by its id: b, c/,
  );
  await assert.rejects(muteAlert({ ...options, rule: 'nobody', for: '2h', off: false }), /there is no alert rule "nobody"/);
  await assert.rejects(muteAlert({ ...options, rule: 'one', off: false }), /one of --for, --until and --off/);
});
