import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#base/errors.ts';
import { defaultQueryConfig } from '../config.ts';
import { parseQuery } from '../parser.ts';
import { parsePipeline } from './parser.ts';
import { planPipeline } from './plan.ts';
import { printPipeline } from './printer.ts';

/** Text, and its canonical form. */
const accepted: readonly (readonly [string, string])[] = [
  ['', '*'],
  ['declined', 'declined'],
  ['|stats count()', '* | stats count()'],
  ['a b|stats count', 'a AND b\\|stats AND count'],
  ['a b |stats count', 'a AND b | stats count()'],
  ['a b| stats count', 'a AND b | stats count()'],
  ['service:x| limit 5', 'service:x | limit 5'],
  ['"a | b" | limit 5', '"a | b" | limit 5'],
  ['(a OR b)|limit 5', '(a OR b) | limit 5'.replace(/[()]/g, '')],
  ['a || b | limit 5', 'a OR b | limit 5'],
  ['a|b |200|x', 'a\\|b AND \\|200\\|x'],
  ['/a|b/ | limit 5', '/a|b/ | limit 5'],
  ['* | STATS Count() BY service, BIN(90s) As minute', '* | stats count() by service, bin(90s) as minute'],
  ['* | stats count(), rate, error_rate() by bin', '* | stats count(), rate(), error_rate() by "bin"'],
  [
    '* | stats count(user), distinct(http.path), sum("odd name") as total',
    '* | stats count(user), distinct(http.path), sum("odd name") as total',
  ],
  ['* | stats p50(t), p99.9(t), P95(t) as "95 %"', '* | stats p50(t), p99.9(t), p95(t) as "95 %"'],
  ['* | stats first(message), last(message) by trace_id', '* | stats first(message), last(message) by trace_id'],
  ['* | stats count() by bin(1h30m), service as s', '* | stats count() by bin(90m), service as s'],
  ['* | top by service', '* | top 10 by service'],
  ['* | top 3 by service, host', '* | top 3 by service, host'],
  ['* | rate', '* | rate'],
  ['* | rate by level, bin(1ms)', '* | rate by level, bin(1ms)'],
  ['* | patterns | limit 5', '* | patterns | limit 5'],
  ['* | sort by -count, service asc, p99(latency_ms) desc', '* | sort count desc, service, p99_latency_ms desc'],
  ['* | sort "by" desc', '* | sort "by" desc'],
  ['* | fields timestamp, @t, k8s.pod-name, "a \\"b\\" \\\\"', '* | fields timestamp, @t, k8s.pod-name, "a \\"b\\" \\\\"'],
  ['* | dedup trace_id, service', '* | dedup trace_id, service'],
  ['* | where level>=WARN -timeout | where a:(b OR c)', '* | where level>=WARN AND NOT timeout | where a:(b OR c)'],
  ['* | parse "user <user> took <ms>ms"', '* | parse "user <user> took <ms>ms"'],
  ['* | parse "<_> from <ip>:<_>" FROM raw_text', '* | parse "<_> from <ip>:<_>" from raw_text'],
  ['* | parse "<a> <b>" as user, "odd name"', '* | parse "<_0> <_1>" as user, "odd name"'],
  ['* | parse "<a> <b>" as x, y', '* | parse "<x> <y>"'],
  ['* | parse "<<<a>> < <_> \\"<b>\\""', '* | parse "<<<a>> << <_> \\"<b>\\""'],
];

/** Text, code, place. */
const refused: readonly (readonly [string, string, number])[] = [
  ['a |', 'query_syntax', 2],
  ['a | |', 'query_syntax', 4],
  ['a | 5', 'query_syntax', 4],
  ['a | nothing', 'query_syntax', 4],
  ['(a | limit 5)', 'query_syntax', 0],
  ['a OR | limit 5', 'query_syntax', 5],
  ['| where', 'query_syntax', 7],
  ['| where *', 'query_syntax', 7],
  ['| where | limit 5', 'query_syntax', 7],
  ['| where (a', 'query_syntax', 8],
  ['| limit', 'query_syntax', 7],
  ['| limit 0', 'query_syntax', 8],
  ['| limit 1.5', 'query_syntax', 8],
  ['| limit five', 'query_syntax', 8],
  ['| limit 5 6', 'query_syntax', 10],
  ['| limit 9999999999', 'query_syntax', 8],
  ['| fields', 'query_syntax', 8],
  ['| fields a b', 'query_syntax', 11],
  ['| fields a,', 'query_syntax', 11],
  ['| fields ""', 'query_syntax', 9],
  ['| fields "a', 'query_syntax', 9],
  ['| fields nothing(a)', 'query_syntax', 9],
  ['| stats', 'query_syntax', 7],
  ['| stats count(', 'query_syntax', 14],
  ['| stats count( |', 'query_syntax', 15],
  ['| stats rate(x)', 'query_syntax', 13],
  ['| stats sum()', 'query_syntax', 12],
  ['| stats sum', 'query_syntax', 11],
  ['| stats p0(x)', 'query_syntax', 8],
  ['| stats p100(x)', 'query_syntax', 8],
  ['| stats count() as', 'query_syntax', 18],
  ['| stats count() by', 'query_syntax', 18],
  ['| stats count() service', 'query_syntax', 16],
  ['| stats count() by bin(5)', 'query_syntax', 23],
  ['| stats count() by bin(1us)', 'query_syntax', 23],
  ['| stats count() by bin(5 m)', 'query_syntax', 23],
  ['| top 5 service', 'query_syntax', 8],
  ['| top service', 'query_syntax', 6],
  ['| sort a sideways', 'query_syntax', 9],
  ['| parse user', 'query_syntax', 8],
  ['| parse "no place"', 'query_syntax', 8],
  ['| parse "<_>"', 'query_syntax', 8],
  ['| parse "<a><b>"', 'query_syntax', 8],
  ['| parse "<a> <a>"', 'query_syntax', 8],
  ['| parse "<a> <b>" as x', 'query_syntax', 18],
  ['| patterns 5', 'query_syntax', 11],
];

/** Text and place of what has no plan. */
const unplanned: readonly (readonly [string, number])[] = [
  ['| where level:ERRR', 8],
  ['| where a AND (b OR timestamp:never)', 20],
  ['| parse "<a>" | where a:x AND level:ERRR', 30],
  ['| limit 5 | where status:[5 TO x]', 18],
  ['| stats count() by service | where level:ERROR', 35],
  ['| stats count() by service | where timeout', 35],
  ['| stats count() by service | where count:many', 35],
  ['| stats count() by service | where count:1*', 35],
  ['| stats count() by level | where level:ERRR', 33],
  ['| stats count() by level | where level:/E/', 33],
  ['| stats count() by bin(1h) | where time:yesterday', 35],
  ['| stats count() by bin(1h) | where time:2025*', 35],
  ['| stats count() by service | sort host', 34],
  ['| stats count() by service | fields service, cont', 45],
  ['| stats count() by service | stats first(service)', 35],
  ['| stats count() by service | stats rate()', 35],
  ['| stats count() by service | stats count() by bin(1h)', 46],
  ['| stats count() by bin(1h), bin(1m)', 28],
  ['| stats count() by service | parse "<a>" from service', 29],
  ['| stats count() by service | patterns', 29],
  ['| stats count() by count', 2],
  ['| stats count(), count()', 2],
  ['| stats sum(timestamp)', 8],
  ['| stats avg(level)', 8],
  ['| parse "<a>" from timestamp', 19],
  ['| patterns | where text:x', 19],
  ['| patterns | where pattern:x', 19],
  ['| patterns | sort text', 18],
  ['| patterns | stats count() by text', 30],
  ['| patterns | stats max(pattern)', 19],
];

for (const [text, printed] of accepted) {
  test(`reads ${JSON.stringify(text)}`, () => {
    const pipeline = parsePipeline(text);
    assert.equal(printPipeline(pipeline), printed);
    assert.equal(printPipeline(parsePipeline(printed)), printed);
  });
}

function refusalOf(run: () => unknown, text: string): AppError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof AppError, `${text}: ${String(error)}`);
    return error;
  }
  return assert.fail(`${text} was read`);
}

for (const [text, code, position] of refused) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    const { code: given, details, message } = refusalOf(() => parsePipeline(text), text);
    assert.deepEqual([given, details['position']], [code, position], message);
    if (code === 'query_syntax') assert.equal(typeof details['expected'], 'string');
  });
}

for (const [text, position] of unplanned) {
  test(`has no plan for ${JSON.stringify(text)}`, () => {
    const pipeline = parsePipeline(text);
    const { code, details, message } = refusalOf(() => planPipeline(pipeline, { text, nowMs: 0 }), text);
    assert.deepEqual([code, details['position']], ['query_unsupported', position], message);
  });
}

test('suggestions name what was probably meant', () => {
  for (const [text, suggestion] of [
    ['| head 5', 'limit'],
    ['| Filter a', 'where'],
    ['| wehre a', 'where'],
    ['| stats median(x)', 'p50'],
    ['| stats dc(x)', 'distinct'],
    ['| stats agv(x)', 'avg'],
    ['| stats count() by service | sort servce', 'service'],
  ]) {
    const error = refusalOf(() => planPipeline(parsePipeline(text), { text, nowMs: 0 }), text);
    assert.equal(error.details['suggestion'], suggestion, error.message);
  }
});

test('bounds name their setting', () => {
  const settingOf = (text: string, config: object): unknown =>
    refusalOf(() => parsePipeline(text, { ...defaultQueryConfig, ...config }), text).details['setting'];
  assert.equal(settingOf('| limit 1 | limit 2', { max_pipes: 1 }), 'query.max_pipes');
  assert.equal(settingOf('a | where b | fields c', { max_terms: 2 }), 'query.max_terms');
  assert.equal(settingOf('| parse "<a> <b> <c>"', { max_terms: 2 }), 'query.max_terms');
  assert.equal(settingOf('| stats count(a) by b', { max_terms: 2 }), 'query.max_terms');
  assert.equal(settingOf('| limit 1', { max_length: 5 }), 'query.max_length');
});

test('a query without pipes is the same with both parsers; elsewhere a pipe is refused with the way', () => {
  assert.deepEqual(parsePipeline('a OR service:b').query, parseQuery('a OR service:b'));
  assert.match(refusalOf(() => parseQuery('a | limit 5'), 'a | limit 5').message, /POST \/v1\/query/);
});

const words = [
  '|',
  ' | ',
  'stats ',
  'where ',
  'top 5 by ',
  'by ',
  'count()',
  'p99(',
  ')',
  '(',
  ',',
  '"',
  '"<a> <b>"',
  'parse ',
  'bin(5m)',
  ' as ',
  'sort ',
  'a',
  '5',
  '\\',
  'limit ',
  '-',
  'ö',
  '\ud800',
  '<',
];

test('any text ends in a pipeline that prints and parses to itself, or in an AppError with a place inside the text', () => {
  const plain = (value: unknown): string => JSON.stringify(value, (key, part: unknown) => (key === 'span' ? undefined : part));
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...words) }, fc.string({ maxLength: 5 })), { maxLength: 20 }),
      (parts) => {
        const text = parts.join('');
        try {
          const pipeline = parsePipeline(text);
          assert.equal(plain(parsePipeline(printPipeline(pipeline))), plain(pipeline), text);
          planPipeline(pipeline, { text, nowMs: 0 });
        } catch (error) {
          assert.ok(error instanceof AppError, `${JSON.stringify(text)}: ${String(error)}`);
          const { position, length } = error.details as { position: number; length: number };
          assert.ok(position >= 0 && length >= 0 && position + length <= text.length, `${JSON.stringify(text)}: ${error.message}`);
        }
      },
    ),
    { numRuns: 8000 },
  );
});

test('reading takes linear time', () => {
  const config = { max_length: 1_000_000, max_depth: 500, max_terms: 1_000_000, max_pipes: 64 };
  const heads = ['', '| where ', '| fields ', '| stats ', '| stats count() by ', '| parse "', '| parse "<a>" as ', '| sort '];
  const units = [
    'a, ',
    'count(), ',
    'bin(5m), ',
    'a',
    '"',
    '<',
    '<a> ',
    '<<',
    '\\',
    '-',
    '(',
    'p9',
    'a(',
    '5',
    '1h',
    'count(a(',
    '| ',
    'a|',
    ' |',
    '"a", ',
  ];
  for (const head of heads) {
    for (const unit of units) {
      const timeOf = (length: number): number => {
        const text = `${head}${unit.repeat(length / unit.length)}`;
        const started = performance.now();
        try {
          parsePipeline(text, config);
        } catch (error) {
          assert.ok(error instanceof AppError, `${JSON.stringify(head + unit)}: ${String(error)}`);
        }
        return performance.now() - started;
      };
      // quadratic reading takes minutes
      const elapsedMs = timeOf(50_000);
      assert.ok(elapsedMs < 5000, `${JSON.stringify(head + unit)} took ${elapsedMs} ms`);
    }
  }
});
