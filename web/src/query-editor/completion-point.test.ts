import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQuery } from '#language/parser.ts';
import { completionAt, fieldInsert, valueInsert } from './completion-point.ts';

/** The caret is written `|`; the answer as `field>prefix [replaced] rest`. */
function check(marked: string, expected: string | undefined): void {
  const position = marked.indexOf('|');
  const text = marked.replace('|', '');
  const point = completionAt(text, position);
  const shown = point && `${point.field ?? ''}>${point.prefix} [${text.slice(point.from, point.to)}] ${point.rest}`.trim();
  assert.equal(shown, expected, marked);
}

test('names of fields', () => {
  check('ser|', '>ser [ser]');
  check('level:ERROR ser|', '>ser [ser] level:ERROR');
  check('level:ERROR -ser|', '>ser [ser] level:ERROR');
  check('(a OR ser|', '>ser [ser]');
  check('se|rvice x', '>se [service] x');
  check('a |', undefined);
  check('|', undefined);
  check('"in a phra|', undefined);
});

test('values of a field', () => {
  check('service:|', 'service> []');
  check('service:pay|', 'service>pay [pay]');
  check('service:p|ay level:ERROR', 'service>p [pay] level:ERROR');
  check('level:ERROR NOT service:pay|', 'service>pay [pay] level:ERROR');
  check('level:ERROR OR service:pay|', 'service>pay [pay] level:ERROR');
  check('path:"/a b|', 'path>/a b ["/a b]');
  check('path:"/a b|" x', 'path>/a b ["/a b"] x');
  check('service:(a OR b|) x', 'service>b [b] x');
  check('service:(a OR |', 'service> []');
  check('"my field":x|', 'my field>x [x]');
  check('level>=W|', 'level>W [W]');
  check('latency_ms:>5|', 'latency_ms>5 [5]');
  check('trace.id:ab|', 'trace.id>ab [ab]');
});

test('what is put in asks for what was chosen', () => {
  for (const value of ['a', 'a b', 'a"b', 'OR', '10.0.0.0/8', '-1', '/x/', '*', 'a:b', 'ünï', '']) {
    const node = parseQuery(`${fieldInsert('my field')}${valueInsert(value)}`);
    assert.deepEqual({ ...node, span: undefined }, { kind: 'field-equals', field: 'my field', values: [value], span: undefined });
  }
  assert.equal(fieldInsert('http.status'), 'http.status:');
});
