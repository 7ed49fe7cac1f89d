/** Draws which folder imports which, as it is now: a Mermaid graph without the arrows that others imply, and a table. */
import { actualEdges } from './architecture-rules.ts';
import { folderOrder } from './boundaries.ts';
import type { SourceFile } from './imports.ts';

/** An arrow is implied where its end is reached by a longer way. */
function withoutImplied(edges: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    (edges.get(from) ?? []).some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, to, seen);
    });
  const isImplied = (targets: readonly string[], to: string): boolean => targets.some((other) => other !== to && reaches(other, to));
  return new Map([...edges].map(([from, targets]) => [from, targets.filter((to) => !isImplied(targets, to))]));
}

export function folderDiagram(files: readonly SourceFile[]): string {
  const edges = actualEdges(files);
  const arrows = [...withoutImplied(edges)].reverse().flatMap(([from, targets]) => targets.map((to) => `  ${from} --> ${to}`));
  const rows = [...edges].map(([from, targets]) => {
    const rising = targets.filter((to) => folderOrder.indexOf(to as never) > folderOrder.indexOf(from as never));
    const note = rising.length > 0 ? ` (against the order, by leave: ${rising.join(', ')})` : '';
    return `| \`${from}\` | ${targets.length > 0 ? targets.join(', ') : '—'}${note} |`;
  });
  return ['```mermaid', 'graph TD', ...arrows, '```', '', '| folder | imports |', '|---|---|', ...rows, ''].join('\n');
}
