/**
 * What the store must build so that compiled queries are fast, and the expression that both must name. Without any of
 * the indexes the same SQL gives the same rows, only slower (memtable, parts flushed without indexes, warm tier).
 */

/** The text that words, phrases and prefixes are searched in: folded once by the gateway where that differs from `lower`. */
export const messageSearchExpression = 'if(empty(folded), lower(message), folded)';

export interface IndexDefinition {
  readonly name: string;
  /** `INDEX name expression TYPE …` for CREATE TABLE; for ALTER TABLE put `ADD` in front. */
  readonly ddl: string;
  readonly isTextIndex: boolean;
}

/**
 * Skip indexes of the table `logs`. An OR is pruned only where every branch has an index; a bare word asks all but the
 * last, a bare field name asks `attribute_values` and `resource_keys`. One index of type `set` among those of an OR spoils
 * it, as would a granularity unlike the others' (test/language/index-use.test.ts).
 */
export const logIndexes: readonly IndexDefinition[] = [
  {
    name: 'message_words',
    ddl: `INDEX message_words ${messageSearchExpression} TYPE text(tokenizer = splitByNonAlpha, posting_list_codec = 'bitpacking', dictionary_block_size = 4096)`,
    isTextIndex: true,
  },
  {
    name: 'attribute_values',
    ddl: "INDEX attribute_values mapValues(attributes) TYPE text(tokenizer = array, posting_list_codec = 'bitpacking', dictionary_block_size = 4096)",
    isTextIndex: true,
  },
  { name: 'trace_ids', ddl: 'INDEX trace_ids trace_id TYPE bloom_filter(0.001) GRANULARITY 1', isTextIndex: false },
  { name: 'span_ids', ddl: 'INDEX span_ids span_id TYPE bloom_filter(0.005) GRANULARITY 1', isTextIndex: false },
  { name: 'services', ddl: 'INDEX services service TYPE bloom_filter(0.001) GRANULARITY 1', isTextIndex: false },
  { name: 'hosts', ddl: 'INDEX hosts host TYPE bloom_filter(0.001) GRANULARITY 1', isTextIndex: false },
  { name: 'resource_keys', ddl: 'INDEX resource_keys mapKeys(resource) TYPE bloom_filter(0.001) GRANULARITY 1', isTextIndex: false },
];

/**
 * Settings for every query with compiled conditions. Prefixes of 2 and 3 letters use the text index too (the engine's
 * default asks for 4).
 */
export const textSearchSettings: Readonly<Record<string, string | number>> = { text_index_like_min_pattern_length: 2 };
