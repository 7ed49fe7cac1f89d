import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MalformedLabels, parseLabels } from './label-text.ts';

/** Time that this process used: a busy machine makes no test fail. */
const cpuMs = (): number => process.cpuUsage().user / 1000;

test('labels that are taken', () => {
  const cases: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['{}', {}],
    [' { } ', {}],
    ['{app="api"}', { app: 'api' }],
    ['{ app = "api" , env="prod", }', { app: 'api', env: 'prod' }],
    ['{a="",b="{x=\\"y\\"},"}', { a: '', b: '{x="y"},' }],
    ['{path="C:\\\\x",text="a\\tb\\nc"}', { path: 'C:\\x', text: 'a\tb\nc' }],
    ['{u="\\u00e9\\U0001F600\\x41\\101\\a"}', { u: 'é😀AA\x07' }],
    ['{bad="\\xff\\377\\ud800"}', { bad: '\ufffd\ufffd\ufffd' }],
    ['{raw=`a"\\n`}', { raw: 'a"\\n' }],
    ['{"service.name"="x",__name__="n",a:b="c"}', { 'service.name': 'x', __name__: 'n', 'a:b': 'c' }],
    ['{multi="a\\\nb"}', { multi: 'a\nb' }],
    ['{app="grüße"}', { app: 'grüße' }],
  ];
  for (const [text, labels] of cases) assert.deepEqual(Object.fromEntries(parseLabels(text)), labels, text);
});

test('labels that are not', () => {
  for (const text of [
    '',
    'app="x"',
    '{',
    '{app}',
    '{app=}',
    '{app=x}',
    '{app="x}',
    '{app="x"',
    '{app="x" b="y"}',
    '{1a="x"}',
    '{a="x"}}',
    "{a='x'}",
    '{,}',
  ]) {
    assert.throws(() => parseLabels(text), MalformedLabels, text);
  }
});

test('what is quoted comes back', () => {
  const name = fc.stringMatching(/^[a-zA-Z_][\w.]{0,10}$/);
  fc.assert(
    fc.property(fc.dictionary(name, fc.string({ unit: 'binary' })), (labels) => {
      const text = `{${Object.entries(labels)
        .map(([label, value]) => `${label}=${JSON.stringify(value.toWellFormed())}`)
        .join(', ')}}`;
      const wellFormed = Object.entries(labels).map(([label, value]) => [label, value.toWellFormed()]);
      assert.deepEqual(parseLabels(text), wellFormed);
    }),
  );
});

test('any text ends soon', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[{}a"\\=,` ]*$/), (text) => {
      try {
        parseLabels(text);
      } catch (thrown) {
        assert.ok(thrown instanceof MalformedLabels);
      }
    }),
  );
  const before = cpuMs();
  assert.throws(() => parseLabels(`{a="${'\\"'.repeat(30_000)}`), MalformedLabels);
  assert.equal(parseLabels(`{a="${'\\"'.repeat(30_000)}"}`)[0][1].length, 30_000);
  assert.ok(cpuMs() - before < 2000);
});
