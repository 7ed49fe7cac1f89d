/** Any expression that the parser can give, for properties. */
import fc from 'fast-check';
import type { Expression, Grouping, LabelFilter, LabelMatcher, LogExpression, MetricExpression, RangeExpression, Stage } from './ast.ts';

const name = fc.constantFrom('app', 'level', 'status', 'x_1', 'by', 'took');
const text = fc
  .oneof(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.constantFrom('', 'a"b', 'c\\d', 'e\nf', '`'))
  .map((value) => value.toWellFormed());
const pattern = fc.constantFrom('a.*', '.+', '(b|c)\\d', '^x$');

const matcher: fc.Arbitrary<LabelMatcher> = fc.oneof(
  fc.record({ name, operator: fc.constantFrom('=', '!='), value: text }),
  fc.record({ name, operator: fc.constantFrom('=~', '!~'), value: pattern }),
) as fc.Arbitrary<LabelMatcher>;

const comparison = fc.constantFrom('==', '!=', '>', '>=', '<', '<=');
const number = fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.constantFrom(0.5, 1.25, 1e9));

const filterLeaf = fc.oneof(
  fc.record({ kind: fc.constant('text'), matcher }),
  fc.record({ kind: fc.constant('number'), name, operator: comparison, value: number }),
  fc.record({ kind: fc.constant('duration'), name, operator: comparison, value: fc.constant(1.5), text: fc.constant('1.5s') }),
  fc.record({ kind: fc.constant('bytes'), name, operator: comparison, value: fc.constant(10_240), text: fc.constant('10KiB') }),
  fc.record({ kind: fc.constant('address'), name, operator: fc.constantFrom('=', '!='), network: fc.constant('10.0.0.0/8') }),
);
const filter = fc.letrec<{ filter: LabelFilter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small' },
    filterLeaf as fc.Arbitrary<LabelFilter>,
    fc.record({ kind: fc.constantFrom('and', 'or'), left: tie('filter'), right: tie('filter') }) as fc.Arbitrary<LabelFilter>,
  ),
})).filter;

const extractions = fc.array(fc.record({ label: name, source: fc.constantFrom('a', 'a.b', 'a[0].c') }), { maxLength: 2 });
const choice = fc.oneof(
  name.map((label) => ({ name: label })),
  matcher.map((one) => ({ name: one.name, matcher: one })),
);
const lineTerm = fc.oneof(
  text.map((value) => ({ text: value, isAddress: false })),
  fc.constant({ text: '10.0.0.1', isAddress: true }),
);

const stage = fc.oneof(
  fc.record({
    kind: fc.constant('line-filter'),
    operator: fc.constantFrom('|=', '!='),
    terms: fc.array(lineTerm, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('line-filter'),
    operator: fc.constantFrom('|~', '!~'),
    terms: fc.array(
      pattern.map((value) => ({ text: value, isAddress: false })),
      { minLength: 1, maxLength: 2 },
    ),
  }),
  fc.record({ kind: fc.constant('json'), extractions }),
  fc.record({ kind: fc.constant('logfmt'), strict: fc.boolean(), keepEmpty: fc.boolean(), extractions }),
  fc.record({ kind: fc.constant('pattern'), pattern: fc.constantFrom('<a> <_>', '"<b>"') }),
  fc.record({ kind: fc.constant('regexp'), pattern: fc.constant('(?P<a>.*)') }),
  fc.record({ kind: fc.constantFrom('unpack', 'decolorize') }),
  fc.record({ kind: fc.constant('line-format'), template: fc.constantFrom('{{.a}}', 'x "{{.b | lower}}"') }),
  fc.record({
    kind: fc.constant('label-format'),
    assignments: fc.uniqueArray(
      fc.record({ label: name, from: fc.record({ kind: fc.constantFrom('label', 'template'), text: fc.constant('b') }) }),
      { minLength: 1, maxLength: 3, selector: ({ label }) => label },
    ),
  }),
  fc.record({ kind: fc.constantFrom('drop', 'keep'), labels: fc.array(choice, { minLength: 1, maxLength: 3 }) }),
  fc.record({ kind: fc.constant('label-filter'), filter }),
) as fc.Arbitrary<Stage>;

/** `| drop a !~ "b"` is never read as a filter on the line behind `drop a`. */
function isMatcherOf(one: Stage, before: Stage | undefined): boolean {
  const isChoice = before?.kind === 'drop' || before?.kind === 'keep';
  return isChoice && one.kind === 'line-filter' && one.operator.startsWith('!');
}

const asked: LabelMatcher = { name: 'env', operator: '=', value: 'prod' };

export const aLogExpression: fc.Arbitrary<LogExpression> = fc.record({
  kind: fc.constant('log'),
  matchers: fc.array(matcher, { maxLength: 3 }).map((matchers) => [...matchers, asked]),
  stages: fc
    .array(stage, { maxLength: 4 })
    .map((stages) => stages.reduce<Stage[]>((kept, one) => (isMatcherOf(one, kept.at(-1)) ? kept : [...kept, one]), [])),
});

const grouping: fc.Arbitrary<Grouping> = fc.record({ without: fc.boolean(), labels: fc.array(name, { maxLength: 2 }) });
const maybe = <T>(key: string, value: fc.Arbitrary<T>): fc.Arbitrary<object> =>
  fc.oneof(
    fc.constant({}),
    value.map((one) => ({ [key]: one })),
  );
const window = { rangeMs: fc.constantFrom(1000, 300_000, 5_400_000, 86_400_000, 15), offsetMs: fc.constantFrom(0, 60_000, -1000) };

const plainRange = fc.record({
  kind: fc.constant('range'),
  operation: fc.constantFrom('rate', 'count_over_time', 'bytes_rate', 'bytes_over_time', 'absent_over_time'),
  log: aLogExpression,
  ...window,
});
const unwrap = fc
  .tuple(
    fc.record({ label: name, filters: fc.array(filter, { maxLength: 2 }) }),
    maybe('conversion', fc.constantFrom('bytes', 'duration', 'duration_seconds')),
  )
  .map(([base, conversion]) => ({ ...base, ...conversion }));
const unwrappedRange = fc
  .tuple(
    fc.record({
      kind: fc.constant('range'),
      operation: fc.constantFrom('avg_over_time', 'max_over_time', 'last_over_time'),
      log: aLogExpression,
      unwrap,
      ...window,
    }),
    maybe('grouping', grouping),
  )
  .map(([range, grouped]) => ({ ...range, ...grouped }));
export const aRange = fc.oneof(plainRange, unwrappedRange) as fc.Arbitrary<RangeExpression>;

const matching = fc
  .tuple(
    fc.record({ on: fc.boolean(), labels: fc.array(name, { maxLength: 2 }) }),
    fc.oneof(
      fc.constant({ include: [] as string[] }),
      fc.record({ group: fc.constantFrom('left', 'right'), include: fc.array(name, { maxLength: 2 }) }),
    ),
  )
  .map(([base, group]) => ({ ...base, ...group }));

const aMetric = fc.letrec<{ metric: MetricExpression }>((tie) => ({
  metric: fc.oneof(
    { depthSize: 'small' },
    aRange as fc.Arbitrary<MetricExpression>,
    fc.record({ kind: fc.constantFrom('number', 'vector-of'), value: number }) as fc.Arbitrary<MetricExpression>,
    fc
      .tuple(
        fc.record({ kind: fc.constant('vector'), operation: fc.constantFrom('sum', 'avg', 'count', 'stddev'), operand: tie('metric') }),
        maybe('grouping', grouping),
      )
      .map(([base, grouped]) => ({ ...base, ...grouped })) as fc.Arbitrary<MetricExpression>,
    fc.record({
      kind: fc.constant('vector'),
      operation: fc.constantFrom('topk', 'bottomk'),
      parameter: fc.integer({ min: 1, max: 10 }),
      operand: tie('metric'),
    }) as fc.Arbitrary<MetricExpression>,
    fc
      .tuple(
        fc.record({
          kind: fc.constant('binary'),
          operator: fc.constantFrom('+', '-', '*', '/', '%', '^', '==', '!=', '>', '<=', 'and', 'or', 'unless'),
          left: tie('metric'),
          right: tie('metric'),
          isBool: fc.boolean(),
        }),
        maybe('matching', matching),
      )
      .map(([base, matched]) => ({ ...base, ...matched })) as fc.Arbitrary<MetricExpression>,
    fc.record({
      kind: fc.constant('label-replace'),
      operand: tie('metric'),
      target: name,
      replacement: text,
      source: name,
      pattern,
    }) as fc.Arbitrary<MetricExpression>,
  ),
})).metric;

export const anExpression: fc.Arbitrary<Expression> = fc.oneof(aLogExpression, aMetric);
