/** Bounds of a query, `query.*`: what keeps parsing, SQL and matching of any text cheap. */
import { integer, section } from '#base/config-schema.ts';
import type { Static } from '#base/config-schema.ts';

export const queryConfig = section('Bounds of a query text', {
  max_length: integer(16_384, 'Longest query text, in characters', { minimum: 1, maximum: 1_000_000 }),
  max_depth: integer(100, 'Deepest nesting of parentheses and NOT', { minimum: 1, maximum: 500 }),
  max_terms: integer(500, 'Most words, phrases, field values and names in one query', { minimum: 1, maximum: 10_000 }),
  max_pipes: integer(32, 'Most pipes in one query', { minimum: 0, maximum: 64 }),
});

export type QueryConfig = Static<typeof queryConfig>;

/** The defaults, for callers without a configuration such as the browser. */
export const defaultQueryConfig: QueryConfig = { max_length: 16_384, max_depth: 100, max_terms: 500, max_pipes: 32 };
