/**
 * The query language as frozen data. Parsers build it, compilers read it; nothing else knows a query's meaning.
 * Positions are UTF-16 offsets into the query text; nodes made from JSON filters have none.
 */

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** All lines. */
export interface AllNode { readonly kind: 'all' }
export interface AndNode { readonly kind: 'and'; readonly children: readonly QueryNode[] }
export interface OrNode { readonly kind: 'or'; readonly children: readonly QueryNode[] }
export interface NotNode { readonly kind: 'not'; readonly child: QueryNode }

/**
 * A bare word: a token of the message, or exactly an attribute value, trace_id, span_id, service or host. A word with
 * separators is the phrase of its tokens in the message, or an equal value (api.md).
 */
export interface WordNode { readonly kind: 'word'; readonly text: string; readonly span?: Span }
/** "quoted": tokens of the message, adjacent and in order. */
export interface PhraseNode { readonly kind: 'phrase'; readonly text: string; readonly span?: Span }
/** pay*: a token of the message that begins so. */
export interface PrefixNode { readonly kind: 'prefix'; readonly text: string; readonly span?: Span }

/** field:value, field:"value" and filters: the field equals any of the values (message: contains their phrase). */
export interface FieldEqualsNode { readonly kind: 'field-equals'; readonly field: string; readonly values: readonly string[]; readonly span?: Span }
/** field:pay* */
export interface FieldPrefixNode { readonly kind: 'field-prefix'; readonly field: string; readonly prefix: string; readonly span?: Span }
/** field:* : the line has the field. */
export interface FieldExistsNode { readonly kind: 'field-exists'; readonly field: string; readonly span?: Span }
/** level>=WARN and later numeric fields. */
export interface FieldCompareNode {
  readonly kind: 'field-compare';
  readonly field: string;
  readonly operator: '<' | '<=' | '>' | '>=';
  readonly value: string;
  readonly span?: Span;
}

export type QueryNode =
  | AllNode | AndNode | OrNode | NotNode | WordNode | PhraseNode | PrefixNode
  | FieldEqualsNode | FieldPrefixNode | FieldExistsNode | FieldCompareNode;

export type QueryKind = QueryNode['kind'];
