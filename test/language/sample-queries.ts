/** Generated canonical queries over the vocabulary of sample-rows.ts. */
import fc from 'fast-check';
import { foldText, tokenize } from '#base/text-folding.ts';
import { allLines, allOf, anyOf, notOf } from '#language/ast.ts';
import { hasTokens } from '#language/conditions.ts';
import { sampleIds, sampleKeys, sampleMessages, sampleServices, sampleValues } from './sample-rows.ts';
import type { QueryNode } from '#language/ast.ts';

const vocabulary = [
  ...new Set([
    ...sampleMessages,
    ...sampleValues,
    ...sampleMessages.flatMap((text) => text.split(/\s+/)),
    ...sampleMessages.flatMap((text) => tokenize(foldText(text))),
  ]),
].filter(hasTokens);
const someOf = (texts: readonly string[]) => fc.constantFrom(...texts);

/** A word, a whole message, or a piece cut out anywhere. */
const searchText = fc
  .oneof(
    someOf(vocabulary),
    fc
      .tuple(someOf(vocabulary), fc.nat(30), fc.integer({ min: 1, max: 20 }))
      .map(([text, from, length]) => text.slice(from % text.length).slice(0, length)),
    fc.string({ maxLength: 8 }),
  )
  .map((text) => text.toWellFormed())
  .filter(hasTokens);

const valueFields = [
  'service',
  'service.name',
  'host',
  'env',
  'environment',
  'trace_id',
  'meta.trace_id',
  'metadata.trace_id',
  'span_id',
  'tags',
  'message',
  'msg',
  'resource.region',
  'metadata',
  'tenant',
  ...sampleKeys.filter((key) => key !== ''),
  ...sampleKeys.filter((key) => key !== '').flatMap((key) => [`metadata.${key}`, `resource.${key}`]),
];
const fieldValue = fc.oneof(
  someOf(sampleValues),
  someOf(sampleServices),
  someOf(sampleIds),
  someOf(['web-1', 'production', 'canary']),
  searchText,
);
const levelText = fc.constantFrom(
  'ERROR',
  'warn',
  'Info',
  'debug',
  'notice',
  'fatal',
  'TRACE',
  '1',
  '17',
  '18',
  '24',
  'ERROR3',
  'err',
  'crit',
);

const timeValue = fc.constantFrom(
  'now',
  'now-1h',
  'now-1d/d',
  'now/h',
  'now-7d',
  '2025-03-15',
  '2025-03',
  '2025',
  '2025-03-15T12:30',
  '2025-03-15T12:30:00Z',
  '2025-03-15T11:30:00.000000001Z',
  '1742041800',
  '1742041800000',
);
const numberValue = fc.constantFrom('0', '5', '7', '500', '5000', '5001', '1e3', '-5', '1kB', '1MB', '2s', '5s', '1m', '.5', '12');
const textBound = someOf(sampleValues.filter((text) => text !== '' && !/^\s*[-+.\d]/.test(text)));
const operator = fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const);
const comparedFields = [...valueFields.filter((field) => !['message', 'msg'].includes(field))];
const addressValue = fc.constantFrom(
  '10.0.0.1',
  '10.0.0.0',
  '9.255.255.255',
  '192.168.1.1',
  '::1',
  '2001:db8::',
  '2001:db8::7',
  '::ffff:10.0.0.1',
);
const network = fc.constantFrom(
  '10.0.0.0/8',
  '10.0.0.1/32',
  '0.0.0.0/0',
  '10.0.0.0/15',
  '2001:db8::/32',
  '::/0',
  '::ffff:10.0.0.0/104',
  '::1/128',
);

/** Two pieces or more, at least one of which is something to search for; `a*` alone is a prefix. */
const pieces = (texts: fc.Arbitrary<string>) =>
  fc
    .tuple(
      fc.boolean(),
      fc.array(
        texts.filter((text) => text !== ''),
        { minLength: 1, maxLength: 3 },
      ),
      fc.boolean(),
    )
    .map(([before, inner, behind]) => [...(before ? [''] : []), ...inner, ...(behind ? [''] : [])])
    .filter((list) => list.length > 2 || (list.length === 2 && list[1] !== ''));
/** Pieces of one token, mostly. */
const shortText = fc
  .tuple(someOf(vocabulary), fc.nat(30), fc.integer({ min: 1, max: 6 }))
  .map(([text, from, length]) =>
    text
      .slice(from % text.length)
      .slice(0, length)
      .toWellFormed(),
  )
  .filter((text) => text !== '');

const regexAtom = fc.oneof(
  fc.constantFrom('.', '.*', '\\d', '\\d+', '\\w+', '\\W', '^', '$', '\\b', '(?i)', '[a-z]+', '[^ ]', '\\pL', '(a|p|d)', 'x?', '-'),
  shortText.map((text) => text.replace(/[^\p{L}\p{N} _]/gu, '.')),
);
const regexText = fc
  .array(regexAtom, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''))
  .filter((text) => /^[^\s]/.test(text));
/** Field and two bounds of one type. */
const bounded = fc.oneof(
  fc.tuple(someOf(comparedFields), numberValue, numberValue),
  fc.tuple(someOf(comparedFields), textBound, textBound),
  fc.tuple(someOf(comparedFields), addressValue, addressValue),
  fc.tuple(fc.constantFrom('level', 'severity'), levelText, levelText),
  fc.tuple(someOf(['timestamp', '@timestamp']), timeValue, timeValue),
);

export const leafNode: fc.Arbitrary<QueryNode> = fc.oneof(
  { weight: 4, arbitrary: searchText.map((text) => ({ kind: 'word', text }) as const) },
  { weight: 3, arbitrary: searchText.map((text) => ({ kind: 'phrase', text }) as const) },
  { weight: 3, arbitrary: searchText.map((text) => ({ kind: 'prefix', text }) as const) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('field-equals' as const),
      field: someOf(valueFields),
      values: fc.array(fieldValue, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('field-prefix' as const),
      field: someOf(valueFields),
      prefix: fieldValue.filter((text) => text !== ''),
    }),
  },
  {
    weight: 2,
    arbitrary: someOf([...valueFields, 'level', 'skewed', 'timestamp']).map((field) => ({ kind: 'field-exists', field }) as const),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(levelText, { minLength: 1, maxLength: 2 })
      .map((values) => ({ kind: 'field-equals', field: 'level', values }) as const),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('true', 'false').map((value) => ({ kind: 'field-equals', field: 'skewed', values: [value] }) as const),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(bounded, operator)
      .map(([[field, value], comparison]) => ({ kind: 'field-compare', field, operator: comparison, value }) as const),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(bounded, fc.boolean(), fc.boolean()).map(
      ([[field, from, to], fromIncluded, toIncluded]) =>
        ({
          kind: 'field-range',
          field,
          from: { value: from, included: fromIncluded },
          to: { value: to, included: toIncluded },
        }) as const,
    ),
  },
  {
    weight: 3,
    arbitrary: pieces(shortText)
      .filter((list) => list.some(hasTokens))
      .map((list) => ({ kind: 'wildcard', pieces: list }) as const),
  },
  { weight: 3, arbitrary: regexText.map((text) => ({ kind: 'regex', pattern: text }) as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('field-wildcard' as const),
      field: someOf(valueFields),
      pieces: pieces(fc.oneof(shortText, fieldValue)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('field-regex' as const), field: someOf(valueFields), pattern: regexText }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('field-network' as const), field: someOf(valueFields), network }) },
  { weight: 1, arbitrary: timeValue.map((value) => ({ kind: 'field-equals', field: 'timestamp', values: [value] }) as const) },
);

/** Canonical trees up to a small depth. */
export const queryNode: fc.Arbitrary<QueryNode> = fc.letrec<{ node: QueryNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'query' },
    { weight: 6, arbitrary: leafNode },
    { weight: 2, arbitrary: fc.array(tie('node'), { minLength: 2, maxLength: 3, depthIdentifier: 'query' }).map((nodes) => allOf(nodes)) },
    {
      weight: 2,
      arbitrary: fc
        .array(tie('node'), { minLength: 2, maxLength: 3, depthIdentifier: 'query' })
        .map((nodes) => anyOf(nodes as [QueryNode, ...QueryNode[]])),
    },
    { weight: 2, arbitrary: tie('node').map((node) => notOf(node)) },
    { weight: 1, arbitrary: fc.constant(allLines) },
  ),
})).node;

/** The node without positions, as plain data. */
export function withoutSpans(node: QueryNode): unknown {
  return JSON.parse(JSON.stringify(node, (key, value) => (key === 'span' ? undefined : value)));
}
