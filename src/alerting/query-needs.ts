/**
 * What a query asks of every line, as far as that can be told at a glance: services, levels, and the rest. Rules are
 * found by their services, lines by their level, and only the rest is left to the matcher.
 */
import { allOf } from '#language/ast.ts';
import type { QueryNode } from '#language/ast.ts';
import { conditionOf } from '#language/conditions.ts';
import { resolveField } from '#language/fields.ts';

const lowestLevel = 0;
const highestLevel = 255;

export interface QueryNeeds {
  /** Every matching line is of one of them; undefined where any will do. */
  readonly services: readonly string[] | undefined;
  /** Severity numbers, both included. */
  readonly fromLevel: number;
  readonly toLevel: number;
  /** What lines of these services and levels must match besides; undefined for nothing. */
  readonly rest: QueryNode | undefined;
}

/** The query is the same as: services, levels and rest together. Throws AppError `query_unsupported`. */
export function needsOf(query: QueryNode): QueryNeeds {
  let services: readonly string[] | undefined;
  let [fromLevel, toLevel] = [lowestLevel, highestLevel];
  const rest: QueryNode[] = [];
  for (const node of query.kind === 'and' ? query.children : [query]) {
    const named = servicesOf(node);
    const level = named === undefined ? levelOf(node) : undefined;
    if (named !== undefined) {
      services = services === undefined ? [...new Set(named)] : services.filter((service) => named.includes(service));
    } else if (level !== undefined) {
      fromLevel = Math.max(fromLevel, level.from);
      toLevel = Math.min(toLevel, level.to);
    } else if (node.kind !== 'all') {
      rest.push(node);
    }
  }
  return { services, fromLevel, toLevel, rest: rest.length === 0 ? undefined : allOf(rest) };
}

/** Services that the node asks for and nothing else. */
function servicesOf(node: QueryNode): readonly string[] | undefined {
  if (node.kind === 'or') {
    const children = node.children.map(servicesOf);
    return children.every((child) => child !== undefined) ? children.flat() : undefined;
  }
  if (node.kind !== 'field-equals') return undefined;
  const target = resolveField(node.field);
  return target.kind === 'dictionary' && target.column === 'service' ? node.values : undefined;
}

function levelOf(node: QueryNode): { readonly from: number; readonly to: number } | undefined {
  if (node.kind !== 'field-equals' && node.kind !== 'field-compare' && node.kind !== 'field-range') return undefined;
  if (resolveField(node.field).kind !== 'level') return undefined;
  const condition = conditionOf(node);
  return condition.kind === 'level' ? condition : undefined;
}
