import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#base/errors.ts';
import { systemClock } from '#platform/clock.ts';
import { parsingDefaults } from '../parsing-defaults.test-support.ts';
import { testParser } from '../test-parser.ts';
import type { ParsedLine } from '../test-parser.ts';
import { compileGrok, compileRegex } from './compile-grok.ts';
import { grokPatterns } from './grok-patterns.ts';

/** Time that this process used: a busy machine makes no test fail. */
const cpuMs = (): number => process.cpuUsage().user / 1000;

const none = new Map<string, string>();
const clock = { ...systemClock, nowMs: () => Date.parse('2026-01-15T12:00:00Z') };

function parse(parser: 'grok' | 'regex', pattern: string, line: string, patterns: { name: string; pattern: string }[] = []): ParsedLine {
  return testParser({ parser, pattern }, [line], { ...parsingDefaults, patterns }, clock)[0];
}

test('every standard pattern is admitted, alone and within another', () => {
  for (const name of grokPatterns.keys()) {
    compileGrok(`%{${name}}`, none);
    compileGrok(`^a %{${name}:field} b$`, none);
  }
  assert.ok(grokPatterns.size > 100);
});

/** What patterns match whole, and what they do not. */
const matches: readonly (readonly [name: string, yes: readonly string[], no: readonly string[]])[] = [
  ['INT', ['1', '-12', '+7'], ['a', '1.5', '']],
  ['NUMBER', ['1', '-1.5', '.5'], ['1.', 'x']],
  ['IPV4', ['1.2.3.4', '255.255.255.255'], ['256.1.1.1', '1.2.3', '1.2.3.4.5']],
  ['IPV6', ['::1', 'fe80::1%eth0', '2001:db8::8a2e:370:7334', '::ffff:1.2.3.4', '1:2:3:4:5:6:7:8'], ['1.2.3.4', ':', 'g::1']],
  ['MAC', ['00:1b:44:11:3a:b7', '00-1B-44-11-3A-B7', '001b.4411.3ab7'], ['00:1b:44:11:3a']],
  ['HOSTNAME', ['web-1', 'a.b.example.com'], ['-a', '']],
  ['UUID', ['6bd4b1e9-3c68-4cd9-9ef0-0a8e2a4cf0a5'], ['6bd4b1e9-3c68-4cd9-9ef0']],
  ['EMAILADDRESS', ['a.b+c@example.com'], ['a@', '@b']],
  ['URI', ['https://user:pw@example.com:8080/a/b?c=d&e', 'http://x'], ['//x', 'x']],
  ['UNIXPATH', ['/var/log/x.log', '/'], ['var', '']],
  ['WINPATH', ['C:\\Windows\\x.dll'], ['/x']],
  ['QS', ['"a \\" b"', "'x'"], ['"open', 'x']],
  ['TIMESTAMP_ISO8601', ['2015-10-18T18:01:47.978Z', '2015-10-18 18:01:47,978', '2015-10-18 18:01:47+02:00'], ['2015-10', '18:01']],
  ['HTTPDATE', ['10/Oct/2000:13:55:36 -0700'], ['10/Oct/2000']],
  ['SYSLOGTIMESTAMP', ['Oct 18 18:01:47', 'Oct  8 18:01:47'], ['18 Oct']],
  ['LOGLEVEL', ['INFO', 'warning', 'Error', 'CRITICAL'], ['great']],
  ['JAVACLASS', ['a.b.C$D'], ['1a']],
  ['BASE16NUM', ['0xff', 'DEADbeef'], ['xyz']],
  ['MONTHDAY', ['1', '09', '31'], ['32', '0']],
];

test('patterns match what they are for', () => {
  for (const [name, yes, no] of matches) {
    const { expression } = compileGrok(`^%{${name}}$`, none);
    for (const text of yes) assert.ok(expression.test(text), `${name} should match "${text}"`);
    for (const text of no) assert.ok(!expression.test(text), `${name} should not match "${text}"`);
  }
});

test('fields, their types, dotted names and own patterns', () => {
  const own = [{ name: 'ORDER', pattern: 'ord-%{INT}' }];
  const line = parse(
    'grok',
    '^%{TIMESTAMP_ISO8601:timestamp} %{LOGLEVEL:level} %{ORDER:order} took %{NUMBER:took_ms:float}ms code %{INT:code:string} %{WORD:[user][name]} (?<rest.part>.*)$',
    '2025-07-15T10:23:45Z WARN ord-17 took 1.5ms code 007 ann it is',
    own,
  );
  assert.deepEqual(line, {
    parser: 'grok',
    isFailed: false,
    message: '2025-07-15T10:23:45Z WARN ord-17 took 1.5ms code 007 ann it is',
    timestamp: '2025-07-15T10:23:45.000Z',
    level: 'WARN',
    fields: { order: 'ord-17', took_ms: 1.5, code: '007', 'user.name': 'ann', 'rest.part': 'it is' },
  });
});

test('the combined log by its standard pattern', () => {
  const { message, fields, timestamp } = parse(
    'grok',
    '%{COMBINEDAPACHELOG}',
    '203.0.113.9 - frank [15/Jul/2025:12:23:45 +0200] "GET /a HTTP/1.1" 200 - "https://example.com/" "Mozilla/5.0"',
  );
  assert.equal(timestamp, '2025-07-15T10:23:45.000Z');
  assert.equal(fields.status, 200);
  assert.deepEqual(
    [fields.client_ip, fields.user, fields.method, fields.path, fields.protocol],
    ['203.0.113.9', 'frank', 'GET', '/a', 'HTTP/1.1'],
  );
  assert.deepEqual([fields.referer, fields.user_agent, fields.bytes], ['https://example.com/', 'Mozilla/5.0', undefined]);
  assert.ok(message.startsWith('203.0.113.9 - frank'));
});

test('a message group becomes the message; text beyond ASCII is text', () => {
  const { message, fields } = parse('regex', '^(?P<who>\\S+): (?<message>.*)$', 'Zoë: grüße an 😀');
  assert.deepEqual([message, fields], ['grüße an 😀', { who: 'Zoë' }]);
});

test('numbers that JSON does not write so', () => {
  const line = '+5 007 .5 x';
  const { fields } = parse('grok', '%{NOTSPACE:a:int} %{NOTSPACE:b:int} %{NOTSPACE:c:float} %{NOTSPACE:d:int}', line);
  assert.deepEqual(fields, { a: 5, b: 7, c: 0.5, d: 'x' });
});

test('what is refused, and why', () => {
  const grok: readonly (readonly [pattern: string, reason: RegExp])[] = [
    ['%{NOSUCH}', /no grok pattern "NOSUCH"/],
    ['%{IPV5}', /did you mean "IPV[46]"/],
    ['%{INT:a:decimal}', /"decimal" in .* is no type/],
    ['%{A}', /"A" contains itself: A > B > A/],
    ['(?=look)%{INT}', /look-ahead/],
    ['(?<!x)%{INT}', /look-behind/],
    ['(a)\\1', /back-references/],
    ['(?i:a)', /flags/],
    ['a{1,5000}', /count/],
    ['(', /Unterminated group/],
  ];
  const own = new Map([
    ['A', '%{B}'],
    ['B', '%{A}'],
  ]);
  for (const [pattern, reason] of grok) {
    assert.throws(
      () => compileGrok(pattern, own),
      (error) => error instanceof AppError && error.code === 'bad_request' && reason.test(error.message),
      pattern,
    );
  }
  assert.throws(() => compileRegex('(?<a>'), AppError);
});

test('patterns that backtrack for ever elsewhere end soon here', () => {
  const lines = ['a'.repeat(5000), `${'a'.repeat(5000)}!`, '(('.repeat(2000)];
  for (const pattern of ['^(a+)+$', '^(a|a)*b$', '(?:a*)*c', '^(?:(?:a?){1,3})*x$']) {
    const started = cpuMs();
    testParser({ parser: 'regex', pattern }, lines, parsingDefaults, systemClock);
    assert.ok(cpuMs() - started < 2000, pattern);
  }
});
