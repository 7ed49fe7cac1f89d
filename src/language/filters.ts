/**
 * The `filters` object of a search, aggregation or alert request → AST nodes. Every name of the query language is
 * allowed; a list means any of. Time ranges are taken out by the caller before.
 */
import { AppError } from '#base/errors.ts';
import { allOf, leaf } from './ast.ts';
import { conditionOf } from './conditions.ts';
import { defaultQueryConfig } from './config.ts';
import type { FieldNode, QueryNode } from './ast.ts';
import type { QueryConfig } from './config.ts';

export { allOf } from './ast.ts';

/**
 * One node: the lines that pass every filter; no filters (also undefined or null): all lines. Texts are taken
 * literally, wildcards and operators included; numbers and booleans as their JSON text. Throws AppError `bad_request`
 * for a wrong shape, `query_unsupported` for what does not exist (a level), `limit_exceeded` beyond `query.max_terms`.
 */
export function parseFilters(filters: unknown, config: QueryConfig = defaultQueryConfig): QueryNode {
  if (filters === undefined || filters === null) return allOf([]);
  if (typeof filters !== 'object' || Array.isArray(filters))
    throw wrongShape('filters', 'filters must be an object of field names and values');
  const nodes = Object.entries(filters).map(([field, value]) => filterNode(field, value));
  const terms = nodes.reduce((sum, node) => sum + (node.kind === 'field-equals' ? node.values.length : 1), 0);
  if (terms > config.max_terms) {
    throw new AppError('limit_exceeded', `the filters have ${terms} values; the most is ${config.max_terms} (setting "query.max_terms")`, {
      details: { setting: 'query.max_terms', limit: config.max_terms },
    });
  }
  return allOf(nodes);
}

function filterNode(field: string, value: unknown): FieldNode {
  if (field === '') throw wrongShape(field, 'a filter must have a field name');
  const listed: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (listed.length === 0) throw wrongShape(field, `filter "${field}" is an empty list; leave it out or give a value`);
  const node = leaf({
    kind: 'field-equals',
    field: field.toWellFormed(),
    values: [...new Set(listed.map((item) => filterText(field, item)))],
  });
  conditionOf(node);
  return node;
}

function filterText(field: string, value: unknown): string {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return String(value);
  throw wrongShape(field, `filter "${field}" must be a text, a number, true, false, or a list of these`);
}

function wrongShape(field: string, message: string): AppError {
  return new AppError('bad_request', message, { details: { field } });
}
