import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import { anExpression } from './expressions.fake.ts';
import { parseLogExpression, parseLogQl } from './parser.ts';
import { printLogQl } from './printer.ts';

/** Query, and its regular form where that is another. */
const accepted: readonly (readonly [string, string?])[] = [
  ['{app="x"}'],
  ['({app="x"})', '{app="x"}'],
  ['{ app = "x" , b!="y",c=~`a\\d+`, d!~"" } # a comment', '{app="x", b!="y", c=~"a\\\\d+", d!~""}'],
  ['{app="\\u00e9\\x41\\t"}', '{app="éA\\t"}'],
  ['{app="x"}|="a"!="b"|~"c"!~"d"|>"<_> e"!>"f <_>"', '{app="x"} |= "a" != "b" |~ "c" !~ "d" |> "<_> e" !> "f <_>"'],
  ['{app="x"} |= "a" or "b" or `c`', '{app="x"} |= "a" or "b" or "c"'],
  ['{app="x"} |= ip("10.0.0.0/8") != ip("::1")'],
  ['{app="x"} | json | logfmt | unpack | decolorize'],
  ['{app="x"} | json a="b.c[0]", d', '{app="x"} | json a="b.c[0]", d="d"'],
  ['{app="x"} | logfmt --strict --keep-empty a, b="c"', '{app="x"} | logfmt --strict --keep-empty a="a", b="c"'],
  ['{app="x"} | pattern "<ip> - <_> <path>" | regexp "(?P<a>\\\\w+)"'],
  ['{app="x"} | line_format "{{.a | ToUpper}} {{if .b}}c{{end}}" | label_format a=b, c="{{.d}}"'],
  ['{app="x"} | drop a, b="c", d=~"e.*" | keep f'],
  ['{app="x"} | a="b" | c!~"d" | e>=5 | f==-1.5 | g=2', '{app="x"} | a="b" | c!~"d" | e >= 5 | f == -1.5 | g == 2'],
  ['{app="x"} | took>1.5s and size<=10KiB or a=ip("1.2.3.4")', '{app="x"} | ((took > 1.5s and size <= 10KiB) or a = ip("1.2.3.4"))'],
  ['{app="x"} | a="1",b="2" c="3" and (d="4" or e="5")', '{app="x"} | (((a="1" and b="2") and c="3") and (d="4" or e="5"))'],
  // words of the language are labels where an operator follows
  ['{app="x"} | json="y" | by="z"'],
  ['rate({app="x"}[5m])', 'rate({app="x"} [5m])'],
  ['rate({app="x"}[1h30m] offset 1d |= "y")', 'rate({app="x"} |= "y" [90m] offset 1d)'],
  ['rate(({app="x"} |= "y")[5m])', 'rate({app="x"} |= "y" [5m])'],
  ['rate(({app="x"}[5m]))', 'rate({app="x"} [5m])'],
  ['rate({app="x"}[5m] offset -5m)', 'rate({app="x"} [5m] offset -5m)'],
  ['sum_over_time({app="x"} | unwrap bytes(size) | __error__="" [1m])'],
  ['quantile_over_time(0.99, {app="x"} | json | unwrap duration(took) [1m]) by (a, b)'],
  ['avg_over_time(({app="x"} | unwrap a)[1m]) without (b)', 'avg_over_time({app="x"} | unwrap a [1m]) without (b)'],
  ['sum(rate({app="x"}[5m])) by (a)', 'sum by (a) (rate({app="x"} [5m]))'],
  ['topk(3, sum by () (count_over_time({app="x"}[5m])))', 'topk(3, sum by () (count_over_time({app="x"} [5m])))'],
  ['sort_desc(rate({app="x"}[5m]))', 'sort_desc(rate({app="x"} [5m]))'],
  ['1+2*3^2^0 > bool 4', '((1 + (2 * (3 ^ (2 ^ 0)))) > bool 4)'],
  ['vector(1)+vector(1)', '(vector(1) + vector(1))'],
  ['vector(1) unless vector(2) or vector(3) and vector(4)', '((vector(1) unless vector(2)) or (vector(3) and vector(4)))'],
  ['1e3 / 0x10 - .5', '((1000 / 16) - 0.5)'],
  ['vector(1) * on (a,b) group_left (c) vector(2)', '(vector(1) * on (a, b) group_left (c) vector(2))'],
  ['vector(1) == ignoring (a) group_right vector(2)', '(vector(1) == ignoring (a) group_right () vector(2))'],
  ['label_replace(vector(1), "a", "$1", "b", "(.*)")'],
];

for (const [query, regular = query] of accepted) {
  test(`reads ${query}`, () => {
    const expression = parseLogQl(query);
    assert.equal(printLogQl(expression), regular);
    assert.deepEqual(parseLogQl(regular), expression);
  });
}

/** Query, and what is said about it: the words that Grafana shows. */
const refused: readonly (readonly [string, string])[] = [
  ['', 'parse error at line 1, col 1: syntax error: unexpected $end'],
  ['{app="x"', 'parse error at line 1, col 9: syntax error: unexpected $end, expecting } or ,'],
  ['{app="x",}', 'parse error at line 1, col 10: syntax error: unexpected }, expecting IDENTIFIER'],
  ['{app=x}', 'parse error at line 1, col 6: syntax error: unexpected IDENTIFIER "x", expecting STRING'],
  ['{app="x}', 'parse error at line 1, col 6: literal not terminated'],
  ['{app="\\q"}', 'parse error at line 1, col 6: invalid char escape'],
  ['{app="x"}\n |= y', 'parse error at line 2, col 5: syntax error: unexpected IDENTIFIER "y", expecting STRING'],
  ['{app="x"} ; ', 'parse error at line 1, col 11: syntax error: unexpected character ";"'],
  ['{app="x"} {b="y"}', 'parse error at line 1, col 11: syntax error: unexpected {, expecting $end'],
  ['{app="x"} | json | 5', 'parse error at line 1, col 20: syntax error: unexpected NUMBER "5", expecting IDENTIFIER or ('],
  ['rate({app="x"})', 'parse error at line 1, col 15: syntax error: unexpected ), expecting ['],
  ['rate({app="x"}[5])', 'parse error at line 1, col 16: syntax error: unexpected NUMBER "5", expecting DURATION'],
  ['rate({app="x"}[5parsec])', 'parse error at line 1, col 16: not a valid duration string: "5parsec"'],
  ['sum({app="x"})', 'parse error at line 1, col 5: syntax error: unexpected {'],
  ['nosuch(vector(1))', 'parse error at line 1, col 1: syntax error: unexpected IDENTIFIER "nosuch"'],
  ['{app=~"("}', 'parse error : error parsing regexp: a parenthesis is not closed: `(`'],
  ['{app="x"} |~ "[a"', 'parse error : error parsing regexp: a bracket is not closed: `[a`'],
  ['rate({app="x"}[5m]) by (a)', 'parse error : grouping not allowed for rate aggregation'],
  ['{app="x"} | json a="b..c"', 'parse error : cannot parse expression [b..c]: syntax error: unexpected "."'],
  ['{app="x"} | regexp "a"', 'parse error : at least one named capture must be supplied'],
  ['{app="x"} | regexp "(?P<a>x)(?P<a>y)"', "parse error : duplicate extracted label name 'a'"],
  ['{app="x"} | pattern "<_>"', 'parse error : invalid pattern "<_>": at least one capture is required'],
  ['{app="x"} | pattern "<a><b>"', 'parse error : invalid pattern "<a><b>": consecutive captures are not allowed'],
  ['{app="x"} |> "<a>"', 'parse error : invalid pattern "<a>": named captures are not allowed, found \'<a>\''],
  ['{app="x"} |= ip("300.1.1.1")', 'parse error : ip: invalid pattern "300.1.1.1": expected an address, a network or a range'],
  ['{app="x"} | label_format a=b, a=c', "parse error : multiple label name 'a' not allowed in a single format operation"],
  ['sum_over_time({app="x"}[1m])', 'parse error : invalid aggregation sum_over_time without unwrap'],
  ['count_over_time({app="x"} | unwrap a [1m])', 'parse error : invalid aggregation count_over_time with unwrap'],
  ['sum_over_time({app="x"} | unwrap a [1m]) by (b)', 'parse error : grouping not allowed for sum_over_time aggregation'],
  ['quantile_over_time({app="x"} | unwrap a [1m])', 'parse error : parameter required for operation quantile_over_time'],
  ['rate(5, {app="x"}[1m])', 'parse error : parameter 5 not supported for operation rate'],
  ['topk(rate({app="x"}[1m]))', 'parse error : parameter required for operation topk'],
  ['sum(3, rate({app="x"}[1m]))', 'parse error : unsupported parameter for operation sum(3,'],
  ['rate({app="x"}[0s])', 'parse error : the range of an aggregation must be longer than 0'],
];

for (const [query, message] of refused) {
  test(`refuses ${query}`, () => {
    assert.throws(() => parseLogQl(query), { name: 'AppError', code: 'query_syntax', message });
  });
}

test('a selector must ask for something', () => {
  for (const query of ['{}', '{a=""}', '{a!="b"}', '{a=~".*"}', '{a=~".*", b!="c"}']) {
    assert.throws(() => parseLogQl(query), /at least one regexp or equality matcher/, query);
  }
  for (const query of ['{a=~".+"}', '{a="b", c=""}', '{a!=""}']) assert.equal(parseLogQl(query).kind, 'log', query);
});

test('only selectors are taken where lines are asked for', () => {
  assert.throws(() => parseLogExpression('rate({a="b"}[5m])'), /unexpected IDENTIFIER "rate", expecting \{/);
  assert.equal(parseLogExpression('{a="b"} | json').stages.length, 1);
});

/** Without the prototypes that generated objects lack. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('what is printed reads as the same', () => {
  fc.assert(
    fc.property(anExpression, (expression) => {
      assert.deepEqual(plain(parseLogQl(printLogQl(expression))), plain(expression));
    }),
    { numRuns: 2000 },
  );
});

test('any text is read or refused, never more', () => {
  const words = ['{', '}', '(', ')', '[5m]', '"x"', '`y`', '=', '=~', '!=', '|', '|=', '|~', 'or', 'and', 'by', 'a', 'json', 'logfmt'];
  const more = ['unwrap', 'rate', 'sum', 'topk', '1', '5s', ',', '--strict', '"("', '"{{"', '"<_>"', 'ip', 'offset', '+', '^', '\\', '"'];
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.array(fc.constantFrom(...words, ...more), { maxLength: 30 }).map((parts) => parts.join(' ')),
    fc.array(fc.constantFrom(...words, ...more), { maxLength: 30 }).map((parts) => `{a="b"} ${parts.join('')}`),
  );
  fc.assert(
    fc.property(text, (query) => {
      try {
        parseLogQl(query);
      } catch (thrown) {
        assert.ok(thrown instanceof AppError && thrown.code === 'query_syntax', String(thrown));
      }
    }),
    { numRuns: 3000 },
  );
});

test('deep nesting and long texts are refused', () => {
  assert.throws(() => parseLogQl('('.repeat(500) + '1' + ')'.repeat(500)), /nested deeper/);
  assert.throws(() => parseLogQl(`{a="b"} | ${'('.repeat(500)}a="b"`), /nested deeper/);
  assert.throws(() => parseLogQl(`{a="${'x'.repeat(200_000)}"}`), { code: 'limit_exceeded' });
});
