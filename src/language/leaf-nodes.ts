/** One token, or a field and its value → a leaf of the AST. What a star, a slash or a network means is told apart here. */
import { parseNetwork } from './addresses.ts';
import { allLines, leaf } from './ast.ts';
import { hasTokens } from './conditions.ts';
import type { ComparisonOperator, FieldCompareNode, FieldNode, QueryNode, Span, TextNode } from './ast.ts';
import type { RangeToken, RegexToken, TextToken, Token, ValueToken } from './lexer.ts';

export type FieldToken = Token & { readonly kind: 'field' | 'compare' };

/** Undefined for a text without letter or digit, which would be found everywhere. */
export function textNode({ kind, pieces, start, end }: TextToken): QueryNode | undefined {
  const span = { start, end };
  const [text, ...rest] = pieces;
  if (rest.length === 1 && text === '' && rest[0] === '') return allLines;
  if (!pieces.some(hasTokens)) return undefined;
  if (rest.length === 0) return leaf({ kind: kind === 'word' ? 'word' : 'phrase', text, span });
  return rest.length === 1 && rest[0] === '' ? leaf({ kind: 'prefix', text, span }) : leaf({ kind: 'wildcard', pieces, span });
}

export function regexTextNode({ pattern, start, end }: RegexToken): TextNode {
  return leaf({ kind: 'regex', pattern, span: { start, end } });
}

export function valueNode(token: FieldToken, value: TextToken | RegexToken | RangeToken): FieldNode {
  const field = token.name;
  const span = { start: token.start, end: value.end };
  switch (value.kind) {
    case 'regex':
      return leaf({ kind: 'field-regex', field, pattern: value.pattern, span });
    case 'range':
      return rangeNode(field, value, span);
    default:
      return fieldTextNode(field, value, span);
  }
}

function fieldTextNode(field: string, { kind, pieces }: TextToken, span: Span): FieldNode {
  const [text, ...rest] = pieces;
  if (rest.length === 0) {
    const isNetwork = kind === 'word' && parseNetwork(text) !== undefined;
    return isNetwork
      ? leaf({ kind: 'field-network', field, network: text, span })
      : leaf({ kind: 'field-equals', field, values: [text], span });
  }
  if (rest.length > 1 || rest[0] !== '') return leaf({ kind: 'field-wildcard', field, pieces, span });
  return text === '' ? leaf({ kind: 'field-exists', field, span }) : leaf({ kind: 'field-prefix', field, prefix: text, span });
}

/** A range that is open on one side is a comparison. */
function rangeNode(field: string, { from, to }: RangeToken, span: Span): FieldNode {
  if (from !== undefined && to !== undefined) return leaf({ kind: 'field-range', field, from, to, span });
  if (from !== undefined) return leaf({ kind: 'field-compare', field, operator: from.included ? '>=' : '>', value: from.value, span });
  if (to !== undefined) return leaf({ kind: 'field-compare', field, operator: to.included ? '<=' : '<', value: to.value, span });
  return leaf({ kind: 'field-exists', field, span });
}

/** Undefined where the value is no name of a field. */
export function existsNode(token: FieldToken, value: ValueToken): FieldNode | undefined {
  if ((value.kind !== 'word' && value.kind !== 'string') || value.pieces.length > 1 || value.pieces[0] === '') return undefined;
  return leaf({ kind: 'field-exists', field: value.pieces[0], span: { start: token.start, end: value.end } });
}

export function comparisonNode(token: FieldToken, operator: ComparisonOperator, { pieces: [value], end }: TextToken): FieldCompareNode {
  return leaf({ kind: 'field-compare', field: token.name, operator, value, span: { start: token.start, end } });
}
