/** Generated pipelines over the vocabulary of sample-rows.ts. Not all of them have a plan: a column may not be there. */
import fc from 'fast-check';
import { leafNode, queryNode } from './sample-queries.ts';
import { sampleKeys } from './sample-rows.ts';
import type { Pipeline, Stage } from '#language/pipes.ts';

const lineFields = [
  'service',
  'host',
  'level',
  'message',
  'timestamp',
  'trace_id',
  'tags',
  'skewed',
  'order.id',
  'error_code',
  ...sampleKeys.filter((key) => key !== ''),
];
const tableColumns = [
  'count',
  'service',
  'level',
  'time',
  'share',
  'x',
  'a',
  'n',
  'rate',
  'error_code',
  'avg_error_code',
  'max_timestamp',
  'first',
  'pattern',
  'b',
];
const column = fc
  .oneof({ weight: 3, arbitrary: fc.constantFrom(...lineFields) }, { weight: 3, arbitrary: fc.constantFrom(...tableColumns) })
  .map((name) => ({ name }));
const columns = fc.uniqueArray(column, { minLength: 1, maxLength: 3, selector: ({ name }) => name });
const alias = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constantFrom('x', 'a', 'by', 'odd name').map((as) => ({ as })) },
);

const measured = fc
  .constantFrom('count', 'distinct', 'sum', 'avg', 'min', 'max', 'first', 'last')
  .chain((name) => fc.tuple(column, alias).map(([field, as]) => ({ function: name, field, ...as })));
const counted = fc.constantFrom('count', 'count', 'rate', 'error_rate').chain((name) => alias.map((as) => ({ function: name, ...as })));
const percentile = fc
  .tuple(fc.constantFrom(1, 50, 90, 99, 99.9), column, alias)
  .map(([share, field, as]) => ({ function: 'percentile' as const, percentile: share, field, ...as }));
const aggregate = fc.oneof({ weight: 4, arbitrary: counted }, { weight: 4, arbitrary: measured }, { weight: 1, arbitrary: percentile });

const group = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(column, alias).map(([name, as]) => ({ kind: 'field' as const, column: name, ...as })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(1, 1000, 60_000, 300_000, 86_400_000), alias)
      .map(([intervalMs, as]) => ({ kind: 'bin' as const, intervalMs, ...as })),
  },
);
const by = fc.array(group, { maxLength: 2 });

const texts = fc.constantFrom(
  ['', ' for order ', ''],
  ['payment ', ''],
  ['', ':', ' refused'],
  ['declined', ' ', ''],
  ['<', '> |"\\', ''],
  ['a', 'e', 'o', ''],
  ['', ''],
  ['', 'é', ' '],
);
const parse = fc
  .tuple(texts, fc.constantFrom({}, { from: { name: 'error_code' } }, { from: { name: 'a' } }), fc.boolean())
  .map(([parts, from, skipsFirst]) => ({
    kind: 'parse' as const,
    texts: parts,
    places: parts.slice(1).map((_, i) => (skipsFirst && i === 0 && parts.length > 2 ? undefined : { name: ['a', 'b', 'odd name'][i] })),
    ...from,
  }));

const columnCondition = fc
  .constantFrom<Stage[]>(
    ...[
      { kind: 'field-compare', field: 'count', operator: '>', value: '2' } as const,
      { kind: 'field-equals', field: 'count', values: ['1', '3'] } as const,
      { kind: 'field-range', field: 'share', from: { value: '1', included: true }, to: { value: '50', included: false } } as const,
      { kind: 'field-exists', field: 'avg_error_code' } as const,
      { kind: 'field-compare', field: 'level', operator: '>=', value: 'WARN' } as const,
      { kind: 'field-equals', field: 'a', values: ['', 'ord-456', 'connection to 10.0.0.1'] } as const,
      { kind: 'field-prefix', field: 'a', prefix: 'o' } as const,
      { kind: 'field-wildcard', field: 'x', pieces: ['', 'e', ''] } as const,
      { kind: 'field-compare', field: 'time', operator: '<', value: 'now-1h' } as const,
      { kind: 'field-exists', field: 'x' } as const,
      { kind: 'field-regex', field: 'b', pattern: '[a-f]+' } as const,
    ].map((condition): Stage[] => [{ kind: 'where', condition }]),
  )
  .map(([stage]) => stage);

const stage: fc.Arbitrary<Stage> = fc.oneof(
  { weight: 2, arbitrary: leafNode.map((condition) => ({ kind: 'where', condition }) as const) },
  { weight: 4, arbitrary: columnCondition },
  { weight: 2, arbitrary: columns.map((names) => ({ kind: 'fields', columns: names }) as const) },
  {
    weight: 3,
    arbitrary: fc
      .array(fc.record({ column, order: fc.constantFrom('asc' as const, 'desc' as const) }), { minLength: 1, maxLength: 2 })
      .map((keys) => ({ kind: 'sort', keys }) as const),
  },
  { weight: 2, arbitrary: fc.constantFrom(1, 3, 10, 40).map((count) => ({ kind: 'limit', count }) as const) },
  { weight: 2, arbitrary: columns.map((names) => ({ kind: 'dedup', columns: names }) as const) },
  { weight: 3, arbitrary: parse },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.array(aggregate, { minLength: 1, maxLength: 3 }), by)
      .map(([aggregates, groups]) => ({ kind: 'stats', aggregates, by: groups }) as Stage),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(1, 3, 10), columns).map(([count, names]) => ({ kind: 'top', count, columns: names }) as const),
  },
  { weight: 1, arbitrary: by.map((groups) => ({ kind: 'rate', by: groups }) as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'patterns' } as const) },
);

export const pipeline: fc.Arbitrary<Pipeline> = fc
  .tuple(
    fc.oneof({ weight: 2, arbitrary: fc.constant({ kind: 'all' } as const) }, { weight: 1, arbitrary: queryNode }),
    fc.array(stage, { minLength: 1, maxLength: 5 }),
  )
  .map(([query, stages]) => ({ query, stages }));
