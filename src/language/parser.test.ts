import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import { parseQuery } from './parser.ts';
import { printQuery } from './printer.ts';

/** Query, and its canonical text. */
const accepted: readonly (readonly [string, string])[] = [
  ['', '*'],
  ['   \n\t ', '*'],
  ['*', '*'],
  ['Failed to process payment', 'Failed AND to AND process AND payment'],
  ['"card declined"', '"card declined"'],
  ['"a \\"quoted\\" C:\\\\x C:\\y"', '"a \\"quoted\\" C:\\\\x C:\\\\y"'],
  ['service:payment-service', 'service:payment-service'],
  ['service:"payment service"', 'service:"payment service"'],
  ['service:""', 'service:""'],
  ['metadata.user_id:u-123 k8s.pod.name:web-1', 'metadata.user_id:u-123 AND k8s.pod.name:web-1'],
  ['"weird key":5', '"weird key":5'],
  ['service:(a OR "b c" OR d)', 'service:(a OR "b c" OR d)'],
  ['service:(a)', 'service:a'],
  ['temperature:-5', 'temperature:"-5"'],
  ['service:OR', 'service:"OR"'],
  ['pay*', 'pay*'],
  ['"card decl"*', '"card decl"*'],
  ['10.0.*', '10.0.*'],
  ['user:pay*', 'user:pay*'],
  ['user:*', 'user:*'],
  ['_exists_:user', 'user:*'],
  ['level:ERROR', 'level:ERROR'],
  ['level>=WARN', 'level>=WARN'],
  ['level:>=warn', 'level>=warn'],
  ['severity<error', 'severity<error'],
  ['latency_ms>500', 'latency_ms>500'],
  ['latency_ms:>500 bytes:<=1MB took:>2s', 'latency_ms>500 AND bytes<=1MB AND took>2s'],
  ['"weird key":<5', '"weird key":<5'],
  ['version:>=v2', 'version:>=v2'],
  ['status:[500 TO 599]', 'status:[500 TO 599]'],
  ['status:{ 1 TO  5 ]', 'status:{1 TO 5]'],
  ['x:[a TO "b c"}', 'x:[a TO "b c"}'],
  ['x:["TO" TO "*"]', 'x:["TO" TO "*"]'],
  ['x:[5 TO *] x:{* TO 5} x:[* TO *]', 'x>=5 AND x<5 AND x:*'],
  ['temperature:[-5 TO -1]', 'temperature:["-5" TO "-1"]'],
  ['@timestamp:[now-7d TO now]', '@timestamp:[now-7d TO now]'],
  ['timestamp:>2025-03-01T10:15:00Z', 'timestamp>"2025-03-01T10:15:00Z"'],
  ['ts:2025-03-01', 'ts:2025-03-01'],
  ['*pay*', '*pay*'],
  ['a*b a**b', 'a*b AND a*b'],
  ['**', '*'],
  ['user:*pay*', 'user:*pay*'],
  ['user:a*b*', 'user:a*b*'],
  ['user:\\*a*', 'user:"*a"*'],
  ['/a.*b/', '/a.*b/'],
  ['/card declined \\d+/ x', '/card declined \\d+/ AND x'],
  ['(/a\\/b/)', '/a\\/b/'],
  ['path:/^\\/api/', 'path:/^\\/api/'],
  ['/var/log/ /etc/passwd', '\\/var/log/ AND \\/etc/passwd'],
  ['GET /api/v1/users?id=7', 'GET AND \\/api/v1/users?id=7'],
  ['a / b / c', 'a AND b AND c'],
  ['service:(a OR b*)', 'service:a OR service:b*'],
  ['service:(NOT a)', 'NOT service:a'],
  ['tags:(a b)', 'tags:a AND tags:b'],
  ['tags:(+a -b)', 'tags:a AND NOT tags:b'],
  ['status:(>=400 AND <500)', 'status>=400 AND status<500'],
  ['status:([200 TO 299] OR 304 OR /^5/)', 'status:[200 TO 299] OR status:304 OR status:/^5/'],
  ['temperature:(-5 OR -6)', 'temperature:("-5" OR "-6")'],
  ['message:("a b" OR c)', 'message:("a b" OR c)'],
  ['service:((a OR b) OR c)', 'service:(a OR b OR c)'],
  ['a && b || !c', 'a AND b OR NOT c'],
  ['+must -mustnot !"x y" !(a)', 'must AND NOT mustnot AND NOT "x y" AND NOT a'],
  ['+service:a !host:b', 'service:a AND NOT host:b'],
  ['a != b !!', 'a AND b'],
  ['a\\!b \\!c \\+d', 'a!b AND \\!c AND \\+d'],
  ['payment^2 "a b"^1.5 (a OR b)^3 service:x^2 x:(a OR b)^2 /r/^2', 'payment AND "a b" AND (a OR b) AND service:x AND x:(a OR b) AND /r/'],
  ['x\\^2', 'x\\^2'],
  ['ip:10.0.0.0/8 ip:"10.0.0.0/8"', 'ip:10.0.0.0/8 AND ip:"10.0.0.0/8"'],
  ['ip:2001:db8::/32 ip:::1', 'ip:2001:db8::/32 AND ip:"::1"'],
  ['ip:[10.0.0.1 TO 10.0.0.9]', 'ip:[10.0.0.1 TO 10.0.0.9]'],
  ['~/dir a~b/', '\\~/dir AND a\\~b/'],
  ['a AND b OR c AND d', 'a AND b OR c AND d'],
  ['a OR b c', 'a OR b AND c'],
  ['(a OR b) c', '(a OR b) AND c'],
  ['((a))', 'a'],
  ['a (b (c d))', 'a AND b AND c AND d'],
  ['NOT a b', 'NOT a AND b'],
  ['NOT (a b)', 'NOT (a AND b)'],
  ['-a -"b c" -(d OR e) -f:g', 'NOT a AND NOT "b c" AND NOT (d OR e) AND NOT f:g'],
  ['NOT NOT a', 'NOT NOT a'],
  ['not and or', 'not AND and AND or'],
  ['\\AND', '\\AND'],
  ['\\-x \\*y a\\ b \\/r/', '\\-x AND \\*y AND a\\ b AND \\/r/'],
  // pasted text
  ['card - declined', 'card AND declined'],
  ['Failed: card declined!', 'Failed\\: AND card AND declined!'],
  ['at main() in x', 'at AND main AND in AND x'],
  ['see https://example.com/a?b=1', 'see AND https\\://example.com/a?b=1'],
  ['std::vector', 'std\\:\\:vector'],
  ['C:\\Users\\x', 'C\\:\\\\Users\\\\x'],
  ['10:23:45 fe80::1', '10\\:23\\:45 AND fe80\\:\\:1'],
  ['{"level":"error","msg":"card declined"}', 'level:error AND msg:"card declined"'],
  ['x->y <tag>', 'x-\\>y AND \\<tag\\>'],
  ['支付失败 Größe', '支付失败 AND Größe'],
];

for (const [query, canonical] of accepted) {
  test(`reads ${JSON.stringify(query)}`, () => {
    const node = parseQuery(query);
    assert.equal(printQuery(node), canonical);
    assert.equal(printQuery(parseQuery(canonical)), canonical);
  });
}

/** Query, error code, position, length. */
const refused: readonly (readonly [string, string, number, number])[] = [
  ['"not closed', 'query_syntax', 0, 1],
  ['a "b', 'query_syntax', 2, 1],
  ['(a', 'query_syntax', 0, 1],
  ['a (b OR (c)', 'query_syntax', 2, 1],
  ['a)', 'query_syntax', 1, 1],
  ['a AND', 'query_syntax', 5, 0],
  ['OR a', 'query_syntax', 0, 2],
  ['a OR', 'query_syntax', 4, 0],
  ['a AND OR b', 'query_syntax', 6, 2],
  ['(a AND )', 'query_syntax', 7, 1],
  ['NOT', 'query_syntax', 3, 0],
  ['???', 'query_syntax', 0, 3],
  ['*-*', 'query_syntax', 0, 3],
  ['a OR -', 'query_syntax', 5, 1],
  ['NOT ...', 'query_syntax', 4, 3],
  ['()', 'query_syntax', 0, 1],
  ['service:', 'query_syntax', 8, 0],
  ['service: payment', 'query_syntax', 8, 0],
  ['level>= WARN', 'query_syntax', 7, 0],
  ['service:(a', 'query_syntax', 8, 1],
  ['service:(a b)', 'query_syntax', 11, 1],
  ['service:()', 'query_syntax', 9, 1],
  ['service:(a OR )', 'query_syntax', 14, 1],
  ['service:(a OR (b)', 'query_syntax', 8, 1],
  ['service>(a)', 'query_syntax', 8, 0],
  ['_exists_:(a)', 'query_syntax', 9, 0],
  ['/a(b/', 'query_unsupported', 0, 5],
  ['path:/(?=a)/', 'query_unsupported', 0, 12],
  ['level:/err/', 'query_unsupported', 0, 11],
  ['level:*r*', 'query_unsupported', 0, 9],
  ['timestamp:2025*', 'query_unsupported', 0, 15],
  ['payment~', 'query_unsupported', 7, 1],
  ['a payment~2', 'query_unsupported', 9, 1],
  ['"card declined"~3', 'query_unsupported', 15, 1],
  ['f:value~1', 'query_unsupported', 7, 1],
  ['x:[1* TO 5]', 'query_syntax', 5, 1],
  ['a && ', 'query_syntax', 5, 0],
  ['|| a', 'query_syntax', 0, 2],
  ['_exists_:*', 'query_syntax', 9, 1],
  ['level:loud', 'query_unsupported', 0, 10],
  ['level:err*', 'query_unsupported', 0, 10],
  ['skewed:maybe', 'query_unsupported', 0, 12],
  ['timestamp:soon', 'query_unsupported', 0, 14],
  ['timestamp:>soon', 'query_unsupported', 0, 15],
  ['a List<String>', 'query_unsupported', 2, 12],
  ['x:[1 TO b]', 'query_unsupported', 0, 10],
  ['x:>now-1d', 'query_unsupported', 0, 9],
  ['message:>5', 'query_unsupported', 0, 10],
  ['level:[WARN TO loud]', 'query_unsupported', 0, 20],
  ['x:[1 5]', 'query_syntax', 5, 1],
  ['x:[1 TO 5', 'query_syntax', 9, 0],
  ['x:[1 TO ]', 'query_syntax', 8, 1],
  ['x:[1', 'query_syntax', 4, 0],
  ['x:{"a":1}', 'query_syntax', 6, 1],
  ['level>=WAR*', 'query_syntax', 7, 4],
  ['a | count', 'query_unsupported', 2, 1],
];

for (const [query, code, position, length] of refused) {
  test(`refuses ${JSON.stringify(query)}`, () => {
    assert.throws(
      () => parseQuery(query),
      (error: AppError) => {
        assert.deepEqual([error.code, error.details.position, error.details.length], [code, position, length], error.message);
        assert.match(error.message, position >= query.length ? /\(at the end\)$/ : new RegExp(`\\(at character ${position + 1}, "`));
        return true;
      },
    );
  });
}

test('bounds name their setting', () => {
  const config = { max_length: 20, max_depth: 3, max_terms: 4, max_pipes: 32 };
  const settingOf = (query: string): unknown => {
    try {
      parseQuery(query, config);
    } catch (error) {
      assert.equal((error as AppError).code, 'limit_exceeded');
      assert.equal(typeof (error as AppError).details.limit, 'number');
      return (error as AppError).details.setting;
    }
    return undefined;
  };
  assert.equal(settingOf('a'.repeat(20)), undefined);
  assert.equal(settingOf('a'.repeat(21)), 'query.max_length');
  assert.equal(settingOf('(((a)))'), undefined);
  assert.equal(settingOf('((((a))))'), 'query.max_depth');
  assert.equal(settingOf('-(-(a))'), 'query.max_depth');
  assert.equal(settingOf('(a) (b) (-(c))'), undefined);
  assert.equal(settingOf('a b c d'), undefined);
  assert.equal(settingOf('a b c d e'), 'query.max_terms');
  assert.equal(settingOf('a b f:(x OR y OR z)'), 'query.max_terms');
});

test('nodes are frozen and know where they stand', () => {
  const node = parseQuery('a  svc:"b c"');
  assert.ok(node.kind === 'and' && Object.isFrozen(node) && Object.isFrozen(node.children) && node.children.every(Object.isFrozen));
  assert.deepEqual(
    node.children.map((child) => ('span' in child ? child.span : undefined)),
    [
      { start: 0, end: 1 },
      { start: 3, end: 12 },
    ],
  );
});

const pieces = [
  'a',
  'pay',
  'AND',
  'OR',
  'NOT',
  '-',
  '(',
  ')',
  '"',
  '\\',
  '*',
  ':',
  '>=',
  '<',
  ' ',
  '\n',
  'level',
  'service:',
  'f:(',
  '/',
  '[',
  '|',
  '…',
  'ß',
  '\ud83d',
  '\0',
  '{',
  '_exists_:',
  '支',
  ']',
  ' TO ',
  '/',
  '+',
  '!',
  '&&',
  '||',
  '^2',
  '~',
  '5',
  'ts:',
];
const roughQuery = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

test('any text ends in a query that prints and parses to itself, or in an AppError with a place inside the text', () => {
  fc.assert(
    fc.property(roughQuery, (text) => {
      let node: ReturnType<typeof parseQuery>;
      try {
        node = parseQuery(text);
      } catch (error) {
        assert.ok(error instanceof AppError, String(error));
        const { position, length } = error.details as { position: number; length: number };
        assert.ok(position >= 0 && length >= 0 && position + length <= text.length, `${position}+${length} of ${text.length}`);
        return;
      }
      const printed = printQuery(node);
      assert.equal(printQuery(parseQuery(printed)), printed);
    }),
    { numRuns: 8000 },
  );
});

test('reading takes linear time', () => {
  const config = { max_length: 1_000_000, max_depth: 500, max_terms: 1_000_000, max_pipes: 64 };
  const units = [
    'a ',
    'a:',
    '\\',
    'a"',
    '"b" ',
    '-',
    'f:(a OR ',
    '*',
    'a-',
    '(',
    'a>',
    '….',
    'level',
    '" "x:',
    '()',
    '/',
    '/a ',
    '/\\/ ',
    '/[ ',
    'x:[',
    'x:(',
    'f:(a ',
    '+',
    '!',
    'a^',
    'a~',
    '^1',
    'a*',
    '*a ',
    'x:[a TO ',
    '&& ',
  ];
  for (const unit of units) {
    const timeOf = (length: number): number => {
      const text = unit.repeat(length / unit.length);
      const started = performance.now();
      try {
        parseQuery(text, config);
      } catch (error) {
        assert.ok(error instanceof AppError, `${JSON.stringify(unit)}: ${error}`);
      }
      return performance.now() - started;
    };
    timeOf(10_000);
    // 100,000 characters: quadratic reading takes minutes
    const elapsedMs = timeOf(100_000);
    assert.ok(elapsedMs < 5000, `${JSON.stringify(unit)} took ${elapsedMs} ms`);
  }
});
