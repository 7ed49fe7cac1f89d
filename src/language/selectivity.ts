/** How few lines a query is likely to match, told from its form alone: readers choose their way by it, never their answer. */
import { resolveField } from './fields.ts';
import type { QueryNode } from './ast.ts';

/** True where an index is likely to leave few lines: every match holds some word or exact value. */
export function isNarrow(node: QueryNode): boolean {
  switch (node.kind) {
    case 'word':
    case 'phrase':
      return true;
    case 'field-equals':
      return ['id', 'message', 'entry', 'property'].includes(resolveField(node.field).kind);
    case 'and':
      return node.children.some(isNarrow);
    case 'or':
      return node.children.every(isNarrow);
    default:
      return false;
  }
}

/** True where every match holds something that looks like the id of one trace, order or user: a handful of lines at most. */
export function isLookup(node: QueryNode): boolean {
  switch (node.kind) {
    case 'word':
      return looksLikeId(node.text);
    case 'field-equals':
      return resolveField(node.field).kind === 'id' || (isNarrow(node) && node.values.every(looksLikeId));
    case 'and':
      return node.children.some(isLookup);
    case 'or':
      return node.children.every(isLookup);
    default:
      return false;
  }
}

const shortestId = 8;

/** Long, of one piece, and with a digit. */
const looksLikeId = (text: string): boolean => text.length >= shortestId && /\d/.test(text) && !/\s/.test(text);
