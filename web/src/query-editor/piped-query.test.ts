import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeFilter, clearField, filterState } from './edit-filters.ts';
import { highlightQuery, problemsOf } from './highlight-spans.ts';
import { splitPipes } from './piped-query.ts';

test('a query is parted at its first pipe', () => {
  const cases: [text: string, base: string, pipes: string][] = [
    ['level:ERROR', 'level:ERROR', ''],
    ['level:ERROR | top 5 by service', 'level:ERROR', '| top 5 by service'],
    ['| stats count()', '', '| stats count()'],
    ['service:(a OR b) x | sort y | limit 5', 'service:(a OR b) x', '| sort y | limit 5'],
    ['"a | b" | limit 5', '"a | b"', '| limit 5'],
    ['a || b', 'a || b', ''],
    ['"open', '"open', ''],
  ];
  for (const [text, base, pipes] of cases) assert.deepEqual(splitPipes(text), { base, pipes }, text);
});

test('clicks change which lines, and leave what is made of them', () => {
  const text = 'level:ERROR | top 5 by service';
  assert.equal(changeFilter(text, { field: 'service', value: 'a' }, 'only'), 'level:ERROR service:a | top 5 by service');
  assert.equal(clearField(text, 'level'), '| top 5 by service');
  assert.equal(filterState(text, { field: 'level', value: 'ERROR' }), 'included');
});

test('pipes are coloured, and told at the character where they are wrong', () => {
  const text = 'level:ERROR | stats count() as n by service | limit 5';
  assert.equal(
    highlightQuery(text)
      .map(({ kind, start, end }) => `${kind}<${text.slice(start, end)}>`)
      .join(' '),
    'field<level:> value<ERROR> operator<|> operator<stats> word<count> operator<as> word<n> operator<by> word<service> operator<|> operator<limit> value<5>',
  );
  assert.deepEqual(problemsOf(text), []);
  const [problem] = problemsOf('level:ERROR | stat count()');
  assert.equal(problem.severity, 'error');
  assert.equal('level:ERROR | stat count()'.slice(problem.start, problem.end), 'stat');
});
