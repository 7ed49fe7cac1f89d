import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseTemplate, renderTemplate, templateProblems } from './message-template.ts';

const render = (text: string, values: Readonly<Record<string, string>> = {}): string =>
  renderTemplate(parseTemplate(text), (name) => (Object.hasOwn(values, name) ? values[name] : undefined));

test('names are replaced by their values', () => {
  assert.equal(render('{{ value }} of {{group.service}}!', { value: '5', 'group.service': 'a' }), '5 of a!');
  assert.equal(render('a {{value}} b'), 'a  b');
  assert.equal(render(''), '');
  assert.equal(render('{"json": {"a": 1}} }} {'), '{"json": {"a": 1}} }} {');
  assert.equal(render('{{{{value}}', { value: '5' }), '{{value}}');
});

test('a value is not looked at again', () => {
  assert.equal(render('{{detail}}', { detail: '{{value}}', value: '5' }), '{{value}}');
});

test('a text without braces is itself, and rendering never throws', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.includes('{{')),
      (text) => assert.equal(render(text), text),
    ),
  );
  fc.assert(fc.property(fc.array(fc.constantFrom('{', '}', '{{', '}}', 'a', 'value', '.', ' ')), (parts) => void render(parts.join(''))));
});

test('what is wrong is told with its place', () => {
  const known = { groupBy: ['service'], labels: ['team'] };
  assert.deepEqual(templateProblems('summary', '{{value}} {{group.service}} {{labels.team}}', known), []);
  const places = (text: string) => templateProblems('x', text, known).map(({ position, length }) => [position, length]);
  assert.deepEqual(places('ab {{vale}} {{group.host}} {{'), [
    [3, 8],
    [12, 14],
    [27, 2],
  ]);
  assert.deepEqual(places('{{}}'), [[0, 4]]);
  assert.deepEqual(places('{{group.}}'), [[0, 10]]);
  assert.match(templateProblems('x', '{{group.servce}}', known)[0].message, /did you mean "group.service"/);
});

test('of channels any group and label may be named', () => {
  assert.deepEqual(templateProblems('title', '{{group.x}} {{labels.y}}'), []);
});
