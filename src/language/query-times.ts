/** The event times that a query names: relative ones made absolute, and the range that they leave. */
import { allOf, anyOf, leaf, notOf } from './ast.ts';
import { conditionOf } from './conditions.ts';
import { resolveField } from './fields.ts';
import { instantText, isRelativeTime, resolveEdge } from './time-spans.ts';
import type { FieldNode, QueryNode } from './ast.ts';
import type { Condition } from './conditions.ts';

/** Half open; an absent side is open. */
interface Moments {
  readonly fromNs?: bigint;
  readonly toNs?: bigint;
}

/**
 * The query with `now-1h` and the like as moments, so that it means the same on every page and in every statement. SQL is
 * compiled only from such a query. The node itself where it names none.
 */
export function withFixedTimes(node: QueryNode, nowMs: number): QueryNode {
  switch (node.kind) {
    case 'and':
    case 'or': {
      const children = node.children.map((child) => withFixedTimes(child, nowMs));
      if (children.every((child, i) => child === node.children[i])) return node;
      return node.kind === 'and' ? allOf(children) : anyOf(children as [QueryNode, ...QueryNode[]]);
    }
    case 'not': {
      const child = withFixedTimes(node.child, nowMs);
      return child === node.child ? node : notOf(child);
    }
    case 'field-equals':
    case 'field-compare':
    case 'field-range':
      return namesRelativeTime(node) ? fixedNode(node.field, conditionOf(node), nowMs) : node;
    default:
      return node;
  }
}

function namesRelativeTime(node: FieldNode): boolean {
  if (resolveField(node.field).kind !== 'time') return false;
  switch (node.kind) {
    case 'field-equals':
      return node.values.some(isRelativeTime);
    case 'field-compare':
      return isRelativeTime(node.value);
    case 'field-range':
      return isRelativeTime(node.from.value) || isRelativeTime(node.to.value);
    default:
      return false;
  }
}

function fixedNode(field: string, condition: Condition, nowMs: number): QueryNode {
  if (condition.kind === 'or') {
    return anyOf(condition.children.map((child) => fixedNode(field, child, nowMs)) as [QueryNode, ...QueryNode[]]);
  }
  const { from, to } = condition as Condition & { kind: 'time' };
  const textOf = (edge: NonNullable<typeof from>): string => instantText(resolveEdge(edge, nowMs));
  if (from !== undefined && to !== undefined) {
    return leaf({ kind: 'field-range', field, from: { value: textOf(from), included: true }, to: { value: textOf(to), included: false } });
  }
  return from === undefined
    ? leaf({ kind: 'field-compare', field, operator: '<', value: textOf(to as NonNullable<typeof to>) })
    : leaf({ kind: 'field-compare', field, operator: '>=', value: textOf(from) });
}

/** The range outside of which no line can match, as RFC 3339; undefined where the query names no times. */
export function timeRangeOf(node: QueryNode, nowMs: number): { readonly from?: string; readonly to?: string } | undefined {
  const { fromNs, toNs } = momentsOf(node, nowMs);
  if (fromNs === undefined && toNs === undefined) return undefined;
  return { ...(fromNs === undefined ? {} : { from: instantText(fromNs) }), ...(toNs === undefined ? {} : { to: instantText(toNs) }) };
}

function momentsOf(node: QueryNode, nowMs: number): Moments {
  if (node.kind === 'and') return node.children.map((child) => momentsOf(child, nowMs)).reduce(overlap, {});
  const isTime = 'field' in node && resolveField(node.field).kind === 'time';
  const condition = isTime ? conditionOf(node) : undefined;
  if (condition?.kind !== 'time') return {};
  return {
    ...(condition.from ? { fromNs: resolveEdge(condition.from, nowMs) } : {}),
    ...(condition.to ? { toNs: resolveEdge(condition.to, nowMs) } : {}),
  };
}

function overlap(a: Moments, b: Moments): Moments {
  const { fromNs = b.fromNs, toNs = b.toNs } = a;
  return {
    ...(fromNs === undefined ? {} : { fromNs: b.fromNs !== undefined && b.fromNs > fromNs ? b.fromNs : fromNs }),
    ...(toNs === undefined ? {} : { toNs: b.toNs !== undefined && b.toNs < toNs ? b.toNs : toNs }),
  };
}
