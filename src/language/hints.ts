/** What in a query was perhaps not meant as it is written. The query is right all the same: these are no errors. */
import { nearestName } from '#base/nearest-name.ts';
import { fieldSpellings } from '#model/field-names.ts';
import { resolveField } from './fields.ts';
import { stageKinds } from './pipes/nodes.ts';
import type { QueryNode, Span } from './ast.ts';

export interface QueryHint {
  readonly message: string;
  readonly suggestion: string;
  readonly span?: Span;
}

const shortestName = 4;
const columnNames = Object.entries(fieldSpellings)
  .filter(([field]) => field !== 'metadata' && field !== 'resource')
  .flatMap(([, spellings]) => spellings)
  .filter((name) => name.length >= shortestName);
const stageNames = new Set<string>(stageKinds);
const operatorNames = new Set(['and', 'or', 'not']);

/** In the order of the query. */
export function hintsOf(node: QueryNode): QueryHint[] {
  switch (node.kind) {
    case 'and':
    case 'or':
      return node.children.flatMap(hintsOf);
    case 'not':
      return hintsOf(node.child);
    case 'word':
      if (operatorNames.has(node.text)) return [operatorHint(node.text, node.span)];
      return pipeHints(node.text, node.span);
    case 'field-equals':
      return [...fieldHints(node.field, node.span), ...node.values.flatMap((value) => pipeHints(value, node.span))];
    default:
      return 'field' in node ? fieldHints(node.field, node.span) : [];
  }
}

function operatorHint(text: string, span: Span | undefined): QueryHint {
  const suggestion = text.toUpperCase();
  return { message: `"${text}" is searched as a word; the operator is ${suggestion}`, suggestion, ...(span ? { span } : {}) };
}

/** `checkout|stats` is one word. */
function pipeHints(text: string, span: Span | undefined): QueryHint[] {
  const at = text.lastIndexOf('|');
  if (at < 1 || !stageNames.has(text.slice(at + 1))) return [];
  const suggestion = `${text.slice(0, at)} | ${text.slice(at + 1)}`;
  return [{ message: `"${text}" is one word; before a pipe there is a space`, suggestion, ...(span ? { span } : {}) }];
}

/** A bare name that one slip makes a line's own field: as an attribute it is hardly ever what was meant. */
function fieldHints(field: string, span: Span | undefined): QueryHint[] {
  if (field.length < shortestName || resolveField(field).kind !== 'property') return [];
  const suggestion = nearestName(field, columnNames);
  if (suggestion === undefined || Math.abs(suggestion.length - field.length) > 1) return [];
  return [{ message: `"${field}" is an attribute; did you mean "${suggestion}"?`, suggestion, ...(span ? { span } : {}) }];
}
