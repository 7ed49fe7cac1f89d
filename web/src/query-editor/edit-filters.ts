/**
 * Changing a query by clicks: filters are added to its text, replaced in it and taken out of it, through the language's own
 * parser and printer. What a person has typed stays as it was typed, unless a change must rewrite it.
 *
 * A query is its terms that must all match; a click changes one of them. `only` and `include` first take away what the
 * query demands of the same field, since no line could satisfy both.
 */
import { leaf, notOf } from '#language/ast.ts';
import { resolveField } from '#language/fields.ts';
import { parseQuery } from '#language/parser.ts';
import { printQuery } from '#language/printer.ts';
import { changeBase, splitPipes } from './piped-query.ts';
import type { FieldEqualsNode, QueryNode } from '#language/ast.ts';

export interface FieldValue {
  readonly field: string;
  /** Undefined: that the line has the field at all. */
  readonly value: string | undefined;
}

/** What a click asks for. */
export type FilterChange =
  /** This value beside the values of the field that are asked for already. */
  | 'include'
  /** This value, whatever was asked of the field before. */
  | 'only'
  /** Lines without this value. */
  | 'exclude';

/** The query's text with the change. A text that cannot be read is kept, and the filter set behind it. */
export function changeFilter(text: string, filter: FieldValue, change: FilterChange): string {
  return changeBase(text, (base) => changeBaseFilter(base, filter, change));
}

function changeBaseFilter(text: string, { field, value }: FieldValue, change: FilterChange): string {
  const node = nodeOf(field, value);
  const parsed = tryParse(text);
  if (parsed === undefined) return `${text.trimEnd()} ${termText(change === 'exclude' ? notOf(node) : node)}`;
  const terms = termsOf(parsed);
  if (change === 'exclude') return excluded(text, parsed, terms, node);
  const contrary = (term: QueryNode): boolean => asksForField(term, field) || excludes(term, node);
  if (change === 'only' || value === undefined)
    return appended(
      text,
      parsed,
      terms,
      terms.filter((term) => !contrary(term)),
      node,
    );
  return included(text, parsed, terms, node as FieldEqualsNode);
}

/** The query with one more condition, given as text of the language. */
export function addTerm(text: string, term: string): string {
  return changeBase(text, (base) => addBaseTerm(base, term));
}

function addBaseTerm(text: string, term: string): string {
  const parsed = tryParse(text);
  const added = tryParse(term);
  if (parsed === undefined || added === undefined) return `${text.trimEnd()} ${term}`.trim();
  const terms = termsOf(parsed);
  return appended(text, parsed, terms, terms, added);
}

/** The query without every condition on the field that stands among its terms. */
export function clearField(text: string, field: string): string {
  return changeBase(text, (base) => clearBaseField(base, field));
}

function clearBaseField(text: string, field: string): string {
  const parsed = tryParse(text);
  if (parsed === undefined) return text;
  const terms = termsOf(parsed);
  const left = terms.filter((term) => !mentionsField(term, field));
  return left.length === terms.length ? text : printTerms(left);
}

export type FilterState = 'included' | 'excluded' | undefined;

/** Whether the query asks for the value, or leaves it out; for marks beside values. */
export function filterState(text: string, { field, value }: FieldValue): FilterState {
  const parsed = tryParse(splitPipes(text).base);
  if (parsed === undefined) return undefined;
  for (const term of termsOf(parsed)) {
    const inner = term.kind === 'not' ? term.child : term;
    if (!isOfField(inner, field)) continue;
    const hit = value === undefined ? inner.kind === 'field-exists' : inner.kind === 'field-equals' && inner.values.includes(value);
    if (hit) return term.kind === 'not' ? 'excluded' : 'included';
  }
  return undefined;
}

/** The terms that must all match. */
export function termsOf(node: QueryNode): readonly QueryNode[] {
  return node.kind === 'all' ? [] : node.kind === 'and' ? node.children : [node];
}

/** A text for each term; side by side they are the query. */
export function termText(node: QueryNode): string {
  const text = printQuery(node);
  if (node.kind === 'or') return `(${text})`;
  return node.kind === 'not' && !['and', 'or', 'not'].includes(node.child.kind) ? `-${text.slice('NOT '.length)}` : text;
}

export function tryParse(text: string): QueryNode | undefined {
  try {
    return parseQuery(text);
  } catch {
    return undefined;
  }
}

function nodeOf(field: string, value: string | undefined): QueryNode {
  if (value === undefined) return leaf({ kind: 'field-exists', field });
  // a line without the field has the empty text there
  return value === '' ? notOf(leaf({ kind: 'field-exists', field })) : leaf({ kind: 'field-equals', field, values: [value] });
}

const printTerms = (terms: readonly QueryNode[]): string => terms.map(termText).join(' ');

/** The new term behind the text as it is, where nothing was taken away; else the printed query. */
function appended(text: string, parsed: QueryNode, terms: readonly QueryNode[], left: readonly QueryNode[], added: QueryNode): string {
  const term = termText(simplified(added));
  if (left.length < terms.length) return [printTerms(left), term].filter((part) => part !== '').join(' ');
  if (terms.some((one) => termText(one) === term)) return text;
  if (terms.length === 0) return term;
  return parsed.kind === 'or' ? `(${text.trim()}) ${term}` : `${text.trim()} ${term}`;
}

/** The exact complement of a complement is the thing itself. */
function simplified(node: QueryNode): QueryNode {
  return node.kind === 'not' && node.child.kind === 'not' ? node.child.child : node;
}

/** `service:a` and a click on b: `service:(a OR b)`. */
function included(text: string, parsed: QueryNode, terms: readonly QueryNode[], node: QueryNode): string {
  if (node.kind !== 'field-equals')
    return appended(
      text,
      parsed,
      terms,
      terms.filter((term) => !asksForField(term, fieldOf(node))),
      node,
    );
  const [value] = node.values;
  const same = terms.find((term): term is FieldEqualsNode => term.kind === 'field-equals' && isOfField(term, node.field));
  if (same?.values.includes(value)) return text;
  const left = terms.filter((term) => !excludes(term, node));
  if (same === undefined) return appended(text, parsed, terms, left, node);
  const both = leaf<FieldEqualsNode>({ kind: 'field-equals', field: same.field, values: [...same.values, value] });
  return printTerms(left.map((term) => (term === same ? both : term)));
}

function fieldOf(node: QueryNode): string {
  const inner = node.kind === 'not' ? node.child : node;
  return 'field' in inner ? inner.field : '';
}

/** `service:(a OR b)` without b is `service:a`; elsewhere the value is denied, in the place of what asked for it. */
function excluded(text: string, parsed: QueryNode, terms: readonly QueryNode[], node: QueryNode): string {
  const list = node.kind === 'field-equals' ? terms.find((term) => asksForOneOf(term, node)) : undefined;
  if (list !== undefined && node.kind === 'field-equals') {
    const values = list.values.filter((one) => one !== node.values[0]);
    return printTerms(
      terms.map((term) => (term === list ? leaf<FieldEqualsNode>({ kind: 'field-equals', field: list.field, values }) : term)),
    );
  }
  const left = terms.filter((term) => printQuery(withoutSpelling(term)) !== printQuery(withoutSpelling(node)));
  return appended(text, parsed, terms, left, notOf(node));
}

function asksForOneOf(term: QueryNode, node: FieldEqualsNode): term is FieldEqualsNode {
  return term.kind === 'field-equals' && term.values.length > 1 && isOfField(term, node.field) && term.values.includes(node.values[0]);
}

/** The same node whatever spelling of its field was typed. */
function withoutSpelling(node: QueryNode): QueryNode {
  return 'field' in node ? { ...node, field: JSON.stringify(resolveField(node.field)) } : node;
}

function asksForField(term: QueryNode, field: string): boolean {
  return term.kind !== 'not' && isOfField(term, field);
}

/** `-service:a`, also within `-service:(a OR b)`. */
function excludes(term: QueryNode, node: QueryNode): boolean {
  if (term.kind !== 'not') return false;
  const inner = term.child;
  if (node.kind === 'field-equals' && inner.kind === 'field-equals')
    return isOfField(inner, node.field) && inner.values.includes(node.values[0]);
  return printQuery(inner) === printQuery(node);
}

function mentionsField(term: QueryNode, field: string): boolean {
  return isOfField(term.kind === 'not' ? term.child : term, field);
}

/** Different spellings of a field are one field. */
function isOfField(node: QueryNode, field: string): boolean {
  return 'field' in node && JSON.stringify(resolveField(node.field)) === JSON.stringify(resolveField(field));
}
