import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { compileLinearRegex } from './linear-regex.ts';

/** Time that this process used: a busy machine makes no test fail. */
const cpuMs = (): number => process.cpuUsage().user / 1000;

test('what is admitted matches as usual', () => {
  for (const [pattern, text, group] of [
    ['^(?<a>\\w+) (?:b|c)+$', 'x bcb', 'x'],
    ['(?<a>[^"]*?)"', 'say "', 'say '],
    ['\\b(?<a>\\d{1,3})\\.', 'v10.2', undefined],
    ['(?<a>é+)', 'caféé', 'éé'],
  ] as const) {
    assert.equal(compileLinearRegex(pattern).exec(text)?.groups?.a, group, pattern);
  }
  assert.ok(compileLinearRegex('^a.b$', 's').test('a\nb'));
});

test('what is refused, with the reason', () => {
  for (const [pattern, reason] of [
    ['(?=a)', /look-ahead/],
    ['(?!a)', /look-ahead/],
    ['(?<=a)b', /look-behind/],
    ['(?<!a)b', /look-behind/],
    ['(a)\\1', /back-references/],
    ['(?<x>a)\\k<x>', /back-references/],
    ['(?i:a)', /flags/],
    ['a{5000}', /count/],
    ['(', /Unterminated/],
    ['a'.repeat(30_000), /longer than/],
  ] as const) {
    assert.throws(
      () => compileLinearRegex(pattern),
      (error) => error instanceof AppError && error.code === 'bad_request' && reason.test(error.message),
      pattern.slice(0, 40),
    );
  }
});

test('no text makes an admitted expression run for long', () => {
  for (const pattern of ['(a*)*b', '(a|aa)+$', '([a-z]+)*[0-9]', '^(([a-z])+.)+[A-Z]([a-z])+$']) {
    const started = cpuMs();
    compileLinearRegex(pattern).test('a'.repeat(10_000));
    // it would be more than the age of the universe
    assert.ok(cpuMs() - started < 3000, pattern);
  }
});
