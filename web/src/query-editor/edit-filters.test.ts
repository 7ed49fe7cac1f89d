import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseQuery } from '#language/parser.ts';
import { addTerm, changeFilter, clearField, filterState, termsOf, tryParse } from './edit-filters.ts';
import type { FilterChange } from './edit-filters.ts';

function check(text: string, change: FilterChange, field: string, value: string | undefined, expected: string): void {
  const actual = changeFilter(text, { field, value }, change);
  assert.equal(actual, expected, JSON.stringify({ text, change, field, value }));
  parseQuery(actual);
}

test('filters are set behind what was typed', () => {
  check('', 'only', 'service', 'checkout', 'service:checkout');
  check('card   declined', 'only', 'service', 'checkout', 'card   declined service:checkout');
  check('a OR b', 'only', 'service', 'checkout', '(a OR b) service:checkout');
  check('declined', 'exclude', 'service', 'checkout', 'declined -service:checkout');
  check('declined', 'only', 'path', '/a b', 'declined path:"/a b"');
  check('declined', 'only', 'user', 'a"b\\c', 'declined user:"a\\"b\\\\c"');
  check('declined', 'only', 'my field', 'x', 'declined "my field":x');
  check('', 'only', 'net', '10.0.0.0/8', 'net:"10.0.0.0/8"');
  check('', 'only', 'word', 'OR', 'word:"OR"');
  check('', 'only', 'status', '500', 'status:500');
  check('', 'exclude', 'customer_id', undefined, '-customer_id:*');
  check('', 'only', 'customer_id', undefined, 'customer_id:*');
});

test('a line without the field has the empty text there', () => {
  check('x', 'only', 'service', '', 'x -service:*');
  check('x', 'exclude', 'service', '', 'x service:*');
});

test('only takes the place of what was asked of the field', () => {
  check('service:a declined', 'only', 'service', 'b', 'declined service:b');
  check('service.name:a', 'only', 'service', 'b', 'service:b');
  check('-service:b declined', 'only', 'service', 'b', 'declined service:b');
  check('latency_ms>500', 'only', 'latency_ms', '20', 'latency_ms:20');
  check('metadata.host:a', 'only', 'host', 'b', 'metadata.host:a host:b');
});

test('include adds to the values of the field', () => {
  check('service:a', 'include', 'service', 'b', 'service:(a OR b)');
  check('service:(a OR b) x', 'include', 'service', 'c', 'service:(a OR b OR c) x');
  check('service:a', 'include', 'service', 'a', 'service:a');
  check('-service:b x', 'include', 'service', 'b', 'x service:b');
});

test('exclude takes the value out where it was asked for', () => {
  check('service:(a OR b) x', 'exclude', 'service', 'b', 'service:a x');
  check('service.name:b x', 'exclude', 'service', 'b', 'x -service:b');
  check('service:b x', 'exclude', 'service', 'b', 'x -service:b');
  check('x -service:b', 'exclude', 'service', 'b', 'x -service:b');
});

test('a text that cannot be read is kept', () => {
  assert.equal(changeFilter('"open', { field: 'service', value: 'a' }, 'only'), '"open service:a');
});

test('terms come and go', () => {
  assert.equal(addTerm('a OR b', 'pattern:0123'), '(a OR b) pattern:0123');
  assert.equal(addTerm('', 'level>=WARN'), 'level>=WARN');
  assert.equal(addTerm('x', 'a OR b'), 'x (a OR b)');
  assert.equal(clearField('service:a x -service:b', 'service'), 'x');
  assert.equal(clearField('x  y', 'service'), 'x  y');
});

test('marks beside values', () => {
  assert.equal(filterState('service:(a OR b) -level:DEBUG', { field: 'service', value: 'b' }), 'included');
  assert.equal(filterState('service:(a OR b) -level:DEBUG', { field: 'level', value: 'DEBUG' }), 'excluded');
  assert.equal(filterState('service:a', { field: 'service', value: 'b' }), undefined);
  assert.equal(filterState('"open', { field: 'service', value: 'b' }), undefined);
});

test('any value of any field makes a query that asks for it, and can be taken out again', () => {
  const text = fc.constantFrom('', 'declined', 'a OR b', 'service:x -y', 'NOT (a b)', '"a b" c*', 'latency_ms>5');
  const some = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
    fc.constantFrom('OR', '-1', '1e5', 'a:b', '*', '/x/', '[a TO b]'),
  );
  fc.assert(
    fc.property(text, some, some, (query, name, value) => {
      const field = `f.${name.toWellFormed()}`;
      const given = value.toWellFormed();
      for (const change of ['only', 'include', 'exclude'] as const) {
        const changed = changeFilter(query, { field, value: given }, change);
        const last = termsOf(tryParse(changed) ?? assert.fail(changed)).at(-1)!;
        const inner = last.kind === 'not' ? last.child : last;
        assert.deepEqual({ ...inner, span: undefined }, { kind: 'field-equals', field, values: [given], span: undefined }, changed);
        assert.equal(last.kind === 'not', change === 'exclude');
        assert.equal(filterState(changed, { field, value: given }), change === 'exclude' ? 'excluded' : 'included');
        assert.equal(tryParse(clearField(changed, field)) !== undefined, true);
      }
    }),
  );
});
