/**
 * The query language as frozen data. Parsers build it, compilers read it; nothing else knows a query's meaning.
 * Positions are UTF-16 offsets into the query text; nodes made from JSON filters have none.
 *
 * Canonical form, which the functions below keep: `and` and `or` have at least two children, none of the same kind;
 * `and` has no `all` among its children; wildcards have two pieces or more, none empty but the first and last, and are no
 * mere beginnings, which are prefixes. `parseQuery(printQuery(node))` equals a canonical node but for spans.
 */

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** All lines. */
export interface AllNode {
  readonly kind: 'all';
}
export interface AndNode {
  readonly kind: 'and';
  readonly children: readonly QueryNode[];
}
export interface OrNode {
  readonly kind: 'or';
  readonly children: readonly QueryNode[];
}
export interface NotNode {
  readonly kind: 'not';
  readonly child: QueryNode;
}

/**
 * A bare word: a token of the message, or exactly an attribute value, trace_id, span_id, service or host. A word with
 * separators is the phrase of its tokens in the message, or an equal value (api.md).
 */
export interface WordNode {
  readonly kind: 'word';
  readonly text: string;
  readonly span?: Span;
}
/** "quoted": tokens of the message, adjacent and in order. */
export interface PhraseNode {
  readonly kind: 'phrase';
  readonly text: string;
  readonly span?: Span;
}
/** pay*: a token of the message that begins so; with separators the last token is the beginning of one. */
export interface PrefixNode {
  readonly kind: 'prefix';
  readonly text: string;
  readonly span?: Span;
}
/** *pay*, a*b: a token of the message that is the pieces with anything between; without separator a star stays in a token. */
export interface WildcardNode {
  readonly kind: 'wildcard';
  readonly pieces: readonly string[];
  readonly span?: Span;
}
/** /expression/: found anywhere in the message; RE2's syntax. */
export interface RegexNode {
  readonly kind: 'regex';
  readonly pattern: string;
  readonly span?: Span;
}

/** field:value, field:"value", field:(a OR b) and filters: the field equals any of the values (message: contains their phrase). */
export interface FieldEqualsNode {
  readonly kind: 'field-equals';
  readonly field: string;
  readonly values: readonly string[];
  readonly span?: Span;
}
/** field:pay* */
export interface FieldPrefixNode {
  readonly kind: 'field-prefix';
  readonly field: string;
  readonly prefix: string;
  readonly span?: Span;
}
/** field:*pay*, field:a*b: the whole value is the pieces with anything between. */
export interface FieldWildcardNode {
  readonly kind: 'field-wildcard';
  readonly field: string;
  readonly pieces: readonly string[];
  readonly span?: Span;
}
/** field:/expression/: found anywhere in the value. */
export interface FieldRegexNode {
  readonly kind: 'field-regex';
  readonly field: string;
  readonly pattern: string;
  readonly span?: Span;
}
/** field:10.0.0.0/8: the value is an address of the network, or this text. */
export interface FieldNetworkNode {
  readonly kind: 'field-network';
  readonly field: string;
  readonly network: string;
  readonly span?: Span;
}
/** field:* : the line has the field. */
export interface FieldExistsNode {
  readonly kind: 'field-exists';
  readonly field: string;
  readonly span?: Span;
}
export type ComparisonOperator = '<' | '<=' | '>' | '>=';
/** level>=WARN, latency_ms:>500, timestamp:<now-1h, field:[500 TO *]. */
export interface FieldCompareNode {
  readonly kind: 'field-compare';
  readonly field: string;
  readonly operator: ComparisonOperator;
  readonly value: string;
  readonly span?: Span;
}
export interface RangeBound {
  readonly value: string;
  /** [ or ] rather than { or }. */
  readonly included: boolean;
}
/** field:[a TO b}; a range that is open on one side is a comparison. */
export interface FieldRangeNode {
  readonly kind: 'field-range';
  readonly field: string;
  readonly from: RangeBound;
  readonly to: RangeBound;
  readonly span?: Span;
}

export type FieldNode =
  | FieldEqualsNode
  | FieldPrefixNode
  | FieldWildcardNode
  | FieldRegexNode
  | FieldNetworkNode
  | FieldExistsNode
  | FieldCompareNode
  | FieldRangeNode;
export type TextNode = WordNode | PhraseNode | PrefixNode | WildcardNode | RegexNode;
export type QueryNode = AllNode | AndNode | OrNode | NotNode | TextNode | FieldNode;
export type QueryKind = QueryNode['kind'];

/** The query that every line matches. */
export const allLines: AllNode = Object.freeze({ kind: 'all' });

/** Lines that match every node; no nodes: all lines. */
export function allOf(nodes: readonly QueryNode[]): QueryNode {
  const children = nodes.flatMap((node) => (node.kind === 'and' ? node.children : node.kind === 'all' ? [] : [node]));
  if (children.length === 0) return allLines;
  return children.length === 1 ? children[0] : Object.freeze({ kind: 'and', children: Object.freeze(children) });
}

/** Lines that match at least one node; there must be one. */
export function anyOf(nodes: readonly [QueryNode, ...QueryNode[]]): QueryNode {
  const children = nodes.flatMap((node) => (node.kind === 'or' ? node.children : [node]));
  return children.length === 1 ? children[0] : Object.freeze({ kind: 'or', children: Object.freeze(children) });
}

/** Exactly the lines that do not match the node. */
export function notOf(child: QueryNode): NotNode {
  return Object.freeze({ kind: 'not', child });
}

/** Freezes a leaf made by a parser; absent spans are left out. */
export function leaf<N extends TextNode | FieldNode>(node: N): N {
  if (node.kind === 'field-equals') Object.freeze(node.values);
  if (node.kind === 'wildcard' || node.kind === 'field-wildcard') Object.freeze(node.pieces);
  if (node.kind === 'field-range') [node.from, node.to].forEach(Object.freeze);
  if (node.span === undefined) {
    const { span: _, ...rest } = node;
    return Object.freeze(rest) as N;
  }
  return Object.freeze(node);
}
