/** A query for the lines of a pattern finds those too whose template became the same as its own later. */
import type { QueryNode } from '#language/ast.ts';
import { isPatternId } from '#language/conditions.ts';
import type { PatternCatalogue } from './pattern-catalogue.ts';

/** The query with every id of each pattern that it names. */
export function withAllIds(node: QueryNode, catalogue: Pick<PatternCatalogue, 'idsOf'>): QueryNode {
  switch (node.kind) {
    case 'and':
    case 'or':
      return { ...node, children: node.children.map((child) => withAllIds(child, catalogue)) };
    case 'not':
      return { ...node, child: withAllIds(node.child, catalogue) };
    case 'field-equals': {
      const { field, values } = node;
      if (!values.some((value) => isPatternId(field, value))) return node;
      return {
        ...node,
        values: [...new Set(values.flatMap((value) => (isPatternId(field, value) ? catalogue.idsOf(value.toLowerCase()) : [value])))],
      };
    }
    default:
      return node;
  }
}
